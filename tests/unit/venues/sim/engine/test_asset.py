"""The funding account: transfers that change two balances by the same amount, and refusals that change none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.venues.sim.kinds import Refusal
from tests.support.engine_desk import Desk, open_desk


@pytest.fixture
def desk() -> Desk:
    """A funded desk."""
    return open_desk()


def trading(desk: Desk, ccy: str) -> Decimal:
    """Cash of the trading account."""
    return Decimal(desk.detail(ccy)["cashBal"])


def funding(desk: Desk, ccy: str) -> Decimal:
    """Cash of the funding account."""
    return sum((Decimal(row["bal"]) for row in desk.get("asset/balances", ccy=ccy)), Decimal(0))


def move(desk: Desk, amount: str, source: str, target: str, **more: str) -> str:
    """Transfer USDT and give the transfer's id."""
    params = {"ccy": "USDT", "amt": amount, "from": source, "to": target}
    return str(desk.post("asset/transfer", **{**params, **more})["transId"])


def test_a_transfer_takes_from_one_account_what_it_gives_to_the_other(desk: Desk) -> None:
    """There and back again, each way with a bill in both accounts."""
    before = trading(desk, "USDT")
    transfer_id = move(desk, "250.5", "18", "6", clientId="c1")
    assert (trading(desk, "USDT"), funding(desk, "USDT")) == (before - Decimal("250.5"), Decimal("250.5"))
    desk.clock.ms += 1000
    move(desk, "50.5", "6", "18")
    assert (trading(desk, "USDT"), funding(desk, "USDT")) == (before - 200, Decimal(200))
    newest, older = desk.get("asset/bills", ccy="USDT")
    assert (newest["type"], newest["balChg"], older["type"], older["balChg"]) == ("131", "-50.5", "130", "250.5")
    kinds = [(bill["subType"], Decimal(bill["balChg"])) for bill in desk.get("account/bills", type="1", ccy="USDT")[:2]]
    assert kinds == [("11", Decimal("50.5")), ("12", Decimal("-250.5"))]
    (state,) = desk.get("asset/transfer-state", transId=transfer_id)
    assert (state["state"], state["clientId"]) == ("success", "c1")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amt": "1000000"}, "58350"),
        ({"from": "6", "to": "18"}, "58350"),
        ({"amt": "0"}, "58114"),
        ({"amt": "-1"}, "58114"),
        ({"amt": "1e3"}, "51000"),
        ({"to": "18"}, "58123"),
        ({"to": "1"}, "51000"),
        ({"ccy": "NOPE"}, "51000"),
        ({"ccy": ""}, "50014"),
        ({"type": "1"}, "51000"),
    ],
)
def test_a_transfer_that_cannot_be_made_moves_nothing(desk: Desk, changed: dict[str, str], code: str) -> None:
    """Refused with OKX's code, both balances as before."""
    before = trading(desk, "USDT")
    with pytest.raises(Refusal) as refused:
        desk.post("asset/transfer", **{"ccy": "USDT", "amt": "1", "from": "18", "to": "6", **changed})
    assert refused.value.code == code
    assert (trading(desk, "USDT"), funding(desk, "USDT")) == (before, 0)


def test_money_that_margins_a_position_cannot_leave(desk: Desk) -> None:
    """What is frozen stays."""
    desk.order("BTC-USDT-SWAP", "buy", "100")
    free = Decimal(desk.detail("USDT")["availBal"])
    with pytest.raises(Refusal, match="58350"):
        move(desk, str(free + 1), "18", "6")
    move(desk, str(free), "18", "6")
    assert Decimal(desk.detail("USDT")["availBal"]) == 0


def test_the_valuation_covers_both_accounts(desk: Desk) -> None:
    """In BTC by default; a transfer does not change the sum."""
    (before,) = desk.get("asset/asset-valuation")
    move(desk, "50000", "18", "6")
    (after,) = desk.get("asset/asset-valuation")
    assert Decimal(after["totalBal"]) == Decimal(before["totalBal"])
    assert Decimal(after["details"]["funding"]) == 1
