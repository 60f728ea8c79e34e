"""An intent explained: everything that would become of it, and nothing of it sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment import explain as command
from dualwitness.alignment.explain import explain
from dualwitness.alignment.explanation import Explanation, as_document, as_text
from dualwitness.alignment.preflight import Preflight
from dualwitness.models import AccountLevel, CheckResult, Library, MarginMode, OrderIntent, PositionMode
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.errors import TransportError, VenueError
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent
from tests.support.clients import heard_venue
from tests.support.preflight_world import PreflightWorld, posted, preflight_world
from tests.support.venue import ask, parsed

PRECHECK = "POST /api/v5/trade/order-precheck"


@pytest.fixture
def world() -> Iterator[PreflightWorld]:
    """A futures account in net mode."""
    with preflight_world() as running:
        yield running


def intent(symbol: str = "BTC/USDT:USDT", **fields: Any) -> OrderIntent:
    """A market buy under cross, unless told otherwise."""
    defaults = {"side": "long", "order_type": "market", "size": "0.01239", "td_mode": "cross"}
    return OrderIntent(symbol=symbol, **(defaults | fields))


def explained(world: PreflightWorld, wanted: OrderIntent, **options: Any) -> Explanation:
    """The explanation, as a preflight of both libraries gives it."""
    return Preflight(world.clients, lambda _: None).explain(wanted, **options)


def test_explanation_shows_both_requests_the_size_the_modes_and_the_checks(world: PreflightWorld) -> None:
    """One intent, everything about it; the numbers by hand."""
    check = CheckResult(rule="max_notional_per_trade_usd", value="792", limit="1000", passed=True)
    found = explained(world, intent(), checks=(check,), reference_price=Decimal(64000))
    document = as_document(found)
    assert document["would_be_sent"] is True
    assert document["sizing"] == {
        "asked": "0.01239", "sent": "1.23", "unit": "contracts", "base_quantity": "0.0123", "shortfall": "0.00009",
        "nearest_below": "0.0123", "nearest_above": "0.0124",
    }  # fmt: skip
    assert [json.loads(one["body"])["sz"] for one in document["requests"]] == ["1.23", "1.23"]
    assert set(document["comparison"]["fields"].values()) == {"match", "not_comparable"}
    assert document["notional_usd"] == "792.96"
    assert document["checks"][0]["rule"] == "max_notional_per_trade_usd"
    assert {one["field"] for one in document["resolution"]["decided"]} >= {"instId", "tdMode", "posSide", "tgtCcy"}
    assert document["venue_answer"]["source"] == "not_asked"
    json.dumps(document)


def test_explanation_for_people_says_the_same_in_plain_lines(world: PreflightWorld) -> None:
    """Asked, sent, left over, both requests side by side, the reasons, and what was asked of the venue."""
    text = as_text(explained(world, intent(), reference_price=Decimal(64000)))
    for part in (
        "would be sent", "sent           1.23 contracts, worth 0.0123", "shortfall      0.00009", "posSide",
        "both libraries send the same order", "none were evaluated", "is not known to refuse it",
        "asked of the venue, and nothing else: ",
    ):  # fmt: skip
        assert part in text, part
    assert all(character.isprintable() or character == "\n" for character in text)


def test_control_characters_of_a_venue_do_not_reach_the_terminal(world: PreflightWorld) -> None:
    """A text with an escape sequence is shown without it, on its own line."""
    check = CheckResult(rule="x", value="\x1b[31m\n", limit="1", passed=False, reason="BAD\r\n")
    text = as_text(explained(world, intent(), checks=(check,)))
    assert "\x1b" not in text
    assert "\r" not in text


@pytest.mark.parametrize("level", list(AccountLevel))
def test_nothing_but_reads_and_the_precheck_leaves_for_an_explanation(level: AccountLevel) -> None:
    """Whatever the account and the order, the venue hears no order, and the account stays as it was."""
    with preflight_world(level) as world:
        before = parsed(ask(world.venue, "/api/v5/account/balance"))["data"]
        for wanted in (intent(), intent("BTC/USDT", td_mode="cash"), intent("BTCUSDT"), intent(size="0.00001")):
            found = explained(world, wanted)
            assert all(call.startswith("GET ") or call == PRECHECK for call in found.wire)
        heard = {f"{request.method} {request.path}" for request in world.heard}
        assert {call for call in heard if not call.startswith("GET ")} <= {PRECHECK}
        assert parsed(ask(world.venue, "/api/v5/trade/orders-pending"))["data"] == []
        assert parsed(ask(world.venue, "/api/v5/account/balance"))["data"] == before


def test_wire_of_an_explanation_is_the_wire_of_the_venue(world: PreflightWorld) -> None:
    """What it says was asked is what the venue heard, call by call."""
    found = explained(world, intent())
    assert sorted(found.wire) == sorted(f"{one.method} {one.path}" for one in world.heard)


def test_order_that_is_really_placed_would_be_heard(world: PreflightWorld) -> None:
    """The proof can fail: a placed order shows in the same places."""
    posted(world.venue, {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1",
                         "px": "60000"})  # fmt: skip
    assert len(parsed(ask(world.venue, "/api/v5/trade/orders-pending"))["data"]) == 1


@pytest.mark.parametrize("level", [AccountLevel.MULTI_CURRENCY, AccountLevel.PORTFOLIO])
def test_precheck_of_the_venue_tells_what_an_order_would_do(level: AccountLevel) -> None:
    """OKX itself says that it would take the order, and how the margin would change."""
    with preflight_world(level) as world:
        found = explained(world, intent(), reference_price=Decimal(64000))
    assert found.wire.count(PRECHECK) == 1
    assert (found.answer.takes, found.answer.source, found.answer.code) == (True, "order_precheck", "0")
    assert Decimal(found.answer.effect["imrChg"]) > 0
    assert found.would_be_sent


def test_precheck_that_says_no_stands_against_the_order() -> None:
    """Beyond the funds: both libraries agree on the request, and OKX would answer 51008."""
    with preflight_world(AccountLevel.MULTI_CURRENCY) as world:
        found = explained(world, intent(size="300"), reference_price=Decimal(64000))
    assert found.preflight.ok
    assert (found.answer.takes, found.answer.code) == (False, "51008")
    assert not found.would_be_sent
    assert "51008" in found.reasons[-1]


def test_precheck_that_cannot_be_asked_leaves_the_answer_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is not a yes and not a no."""
    with preflight_world(AccountLevel.MULTI_CURRENCY) as world:

        def gone(_: object) -> None:
            message = "no complete answer arrived"
            raise TransportError(message)

        monkeypatch.setattr(world.client(Library.CCXT), "precheck_order", gone)
        found = explained(world, intent())
        assert (found.answer.takes, found.answer.source) == (None, "error")
        alone = {"okx_sdk": world.clients["okx_sdk"]}
        without = Preflight(alone, lambda _: None, expected=(Library.OKX_SDK,)).explain(intent())
        assert (without.answer.takes, without.answer.source) == (None, "not_asked")


def test_refused_intent_says_what_okx_would_answer_and_what_would_do(world: PreflightWorld) -> None:
    """Too small: OKX's code, the size that would do, and both libraries' own words."""
    found = explained(world, intent(size="0.00009"))
    assert isinstance(found.resolution, IntentRefused)
    assert (found.answer.takes, found.answer.code, found.answer.source) == (False, "51020", "resolution")
    document = as_document(found)
    assert (document["sizing"]["sent"], document["sizing"]["nearest_above"]) == (None, "0.0001")
    assert [one["body"] for one in document["requests"]] == [None, None]
    assert len(found.reasons) == 3
    assert "would NOT be sent" in as_text(found)


def test_failed_risk_check_stands_against_the_order(world: PreflightWorld) -> None:
    """The results are given; one that did not pass is a reason."""
    check = CheckResult(rule="max_leverage", value="9", limit="3", passed=False, reason="LEVERAGE_ABOVE_LIMIT")
    found = explained(world, intent(), checks=(check,))
    assert found.reasons == ("max_leverage: LEVERAGE_ABOVE_LIMIT",)
    assert "FAILED  LEVERAGE_ABOVE_LIMIT" in as_text(found)


def test_market_order_of_an_inverse_contract_is_valued_by_the_last_price(world: PreflightWorld) -> None:
    """The ticker is read, and nothing where it cannot be: then the order is refused for want of a price."""
    wanted = intent("BTC/USD:BTC", size="0.1")
    found = explained(world, wanted)
    assert isinstance(found.resolution, ResolvedIntent)
    assert found.notional_usd == Decimal("0.1") * (found.reference_price or 0)
    assert "GET /api/v5/market/ticker" in found.wire
    world.venue.teller.plant("html_instead_of_json:path=market/ticker")
    blind = explained(world, wanted)
    assert isinstance(blind.resolution, IntentRefused)
    assert (blind.reference_price, blind.notional_usd) == (None, None)


def test_word_margin_is_explained_by_the_configuration(world: PreflightWorld) -> None:
    """Asked margin, sent isolated, because the venue is configured so."""
    resolver = AccountResolver(world.clients["okx_sdk"], margin_mode=MarginMode.ISOLATED)
    wanted = intent("BTCUSDT", td_mode="margin", side="short")
    found = explain(Preflight(world.clients, lambda _: None, resolver=resolver), wanted)
    assert "margin stands for isolated by the venue's configuration" in as_text(found)
    assert {json.loads(one.request.body)["tdMode"] for one in found.preflight.built if one.request} == {"isolated"}


def test_account_that_cannot_be_read_is_an_error_and_no_explanation(world: PreflightWorld) -> None:
    """What is not known cannot be explained."""
    world.venue.teller.plant("html_instead_of_json:path=account/config")
    with pytest.raises(VenueError):
        explained(world, intent())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, in which the call journal is written."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_command_asks_a_venue_and_its_journal_holds_nothing_but_reads(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way over loopback: exit 0, both requests on screen, and GET alone in the call journal."""
    with heard_venue("funded") as (venue, base_url):
        words = ["--symbol", "BTC/USDT", "--side", "long", "--type", "market", "--size", "0.01", "--base-url", base_url]
        assert command.main(words) == 0
        assert {method for method, _, _ in venue.heard} == {"GET"}
    assert "both libraries send the same order" in capsys.readouterr().out
    lines = [
        json.loads(line)
        for name in ("okx_api.jsonl", "ccxt_api.jsonl")
        for line in (place / "reports" / "exchanges" / name).read_text().splitlines()
    ]
    assert {line["library"] for line in lines} == {"ccxt", "okx_sdk"}
    assert {line["method"] for line in lines} == {"GET"}


@pytest.mark.usefixtures("place")
def test_command_gives_one_json_document_and_exit_1_for_what_would_not_be_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A perpetual in cash: refused, with OKX's code, in JSON alone."""
    with heard_venue("funded") as (_, base_url):
        words = [
            "--symbol",
            "BTC-USDT-SWAP",
            "--side",
            "short",
            "--type",
            "limit",
            "--price",
            "60000",
            "--size",
            "0.01",
        ]
        assert command.main([*words, "--base-url", base_url, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["would_be_sent"], document["venue_answer"]["code"]) == (False, "51000")


GOOD = ["--symbol", "BTC/USDT", "--side", "long", "--type", "market", "--size", "1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "required"),
        ([*GOOD, "--mode", "offline"], "mode offline reaches no venue"),
        ([*GOOD, "--mode", "okx_demo"], "Did you mean okx_demo_"),
        ([*GOOD, "--size", "NaN"], "size"),
        ([*GOOD, "--size", "-1"], "size"),
        ([*GOOD, "--size", "1e400"], "size"),
        ([*GOOD, "--type", "limit"], "a limit order needs a price"),
        ([*GOOD, "--side", "up"], "invalid choice"),
        ([*GOOD, "--mode", "okx_live"], "demo_mode"),
    ],
)
@pytest.mark.usefixtures("place")
def test_command_that_makes_no_sense_is_refused_with_what_to_do(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """Exit 2 (4 for safety), one clear line, and no traceback."""
    code = command.main(words)
    assert code == (4 if "okx_live" in words else 2)
    output = capsys.readouterr()
    assert said in output.err
    assert "Traceback" not in output.err
    assert output.out == ""


def test_help_of_the_command_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """Who runs it can read what came of it."""
    assert command.main(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for code in ("0 it would", "1 something", "2 usage", "3 the venue", "4 blocked", "5 the difference", "130 inter"):
        assert code in text


def test_hedged_account_names_the_leg_that_is_closed() -> None:
    """In long/short mode a reducing sell goes to the long leg, and the explanation says why."""
    with preflight_world(position_mode=PositionMode.LONG_SHORT) as world:
        text = as_text(explained(world, intent(side="short", reduce_only=True)))
    assert "a sell that reduces closes long" in text
    assert "position_side            long                     long" in text
