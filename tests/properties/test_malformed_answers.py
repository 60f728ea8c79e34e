"""Laws of damaged answers, over both clients: an error of ours or the truth with holes in it, never another number."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import Library, Venue
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, EnvelopeInvalid, RowInvalid
from dualwitness.venues.opening import open_wired
from dualwitness.venues.wiring import Credentials, Wiring
from tests.support.clients import READS, SECRETS
from tests.support.venue import ask, frozen_venue

SEED = 20261118
_MISSING = object()
# No number and no time of OKX's in any reading; a blank, a null and a missing key are none either.
NO_NUMBERS: tuple[object, ...] = (
    _MISSING, "", None, [], {}, True, 0, 1, -1, 1.5, 10**30, ["1"], {"a": 1},
    "NaN", "-NaN", "sNaN", "Infinity", "-inf", "1e400", "1e99999999999", "1e-99999999999", "9" * 400,
    "1_000", " 1 ", "1,000", "0x10", "--1", "1e", "\u0661", "\uff11", "\u22121", "1\n", "1\0", "abc", "\ud800",
)  # fmt: skip
NUMBERS: Mapping[str, str] = {
    "get_server_time": "ts",
    "get_ticker": "last bidPx askPx bidSz askSz open24h high24h low24h vol24h volCcy24h ts",
    "get_account_balance": "cashBal availBal frozenBal eq liab",
    "get_positions": "pos avgPx markPx upl realizedPnl lever uTime",
    "get_fee_rates": "maker taker makerU takerU",
    "get_open_orders": "px sz accFillSz avgPx fee cTime",
    "get_fills": "fillPx fillSz fee ts fillTime",
    "get_order_history": "px sz accFillSz avgPx fee cTime",
    "get_bills": "balChg bal fee pnl px sz ts",
}
STATUSES = (200, 200, 200, 204, 301, 403, 429, 500)
HEADERS = (
    (("content-type", "application/json"),),
    (("content-type", "text/html"),),
    (("content-type", "application/json; charset=utf-16"), ("content-encoding", "gzip")),
    (),
)
JUNK = (b"", b" ", b"\xef\xbb\xbf{}", b"\x1f\x8b\x08\x00garbage", b"\xff\xfe", b"null", b"[]", b"[" * 5000, b"\0")


@dataclass
class Damage:
    """The answers of an honest venue, but for one path."""

    path: str = ""
    change: Callable[[WireAnswer], WireAnswer] | None = None

    def __post_init__(self) -> None:
        self._venue = frozen_venue("positions")
        self._known: dict[str, WireAnswer] = {}

    def __call__(self, request: WireRequest) -> WireAnswer:
        target = f"{request.path}?{request.query}" if request.query else request.path
        if target not in self._known:
            answer = ask(self._venue, target)
            self._known[target] = WireAnswer(answer.status, answer.body)
        true = self._known[target]
        return self.change(true) if self.change is not None and request.path == self.path else true


@pytest.fixture(scope="module", params=list(Library), ids=str)
def damaged(request: pytest.FixtureRequest) -> Iterator[tuple[VenueClient, Damage]]:
    """A client of each library that has read the instruments, and what can be done to its answers."""
    damage = Damage()
    key, secret, passphrase = SECRETS
    keys = Credentials(api_key=key, api_secret=secret, passphrase=passphrase)
    client = open_wired(Venue.OKX, request.param, Wiring("http://127.0.0.1:9", answers=damage, credentials=keys))
    client.get_instruments()
    client.get_account_config()
    yield client, damage
    client.close()


def outcome(client: VenueClient, damage: Damage, operation: str, change: Callable[[WireAnswer], WireAnswer]) -> Any:
    """What a read gives under damage, or the error of ours that it raises; any other error fails the test."""
    path, read = READS[operation]
    damage.path, damage.change = path, change
    try:
        return read(client)
    except DualwitnessError as error:
        told = error
    finally:
        damage.change = None
        client.drain_exchanges()
    assert not any(secret in told.diagnostics() for secret in SECRETS)
    return told


def with_body(body: bytes) -> Callable[[WireAnswer], WireAnswer]:
    """An answer of these bytes."""
    return lambda true: WireAnswer(true.status, body)


def rows_of(row: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of an answer's row in which a key is: itself, or its currencies."""
    return [one for one in (row, *row.get("details", ())) if name in one]


def with_value(name: str, value: object) -> Callable[[WireAnswer], WireAnswer]:
    """The true answer whose first rows say something else under one key."""

    def change(true: WireAnswer) -> WireAnswer:
        document = json.loads(true.body)
        for row in [one for whole in document["data"][:1] for one in rows_of(whole, name)[:1]]:
            if value is _MISSING:
                del row[name]
            else:
                row[name] = value
        return WireAnswer(true.status, json.dumps(document).encode())

    return change


def holes(operation: str, name: str) -> frozenset[str]:
    """Fields that CCXT works out itself where OKX leaves a blank, which is its word and a finding."""
    # free, used and total each follow from the other two; a fee rate from the next of three fields.
    known = {
        "get_account_balance": frozenset({"free", "used", "total"}),
        "get_fee_rates": frozenset({"maker", "taker"}),
    }
    # A position's size and entry out of its notional and margin: what an audit finds as ccxt-invents-….
    position = {
        "pos": frozenset({"contracts", "base_quantity", "has_position", "direction"}),
        "avgPx": frozenset({"entry_price"}),
    }
    late = frozenset({"ts_venue_ms"}) if name in ("ts", "fillTime") else frozenset()
    worked_out = position.get(name, frozenset()) if operation == "get_positions" else frozenset()
    return known.get(operation, frozenset()) | worked_out | late


def lies(true: Any, told: Any, ignored: frozenset[str]) -> list[str]:
    """Numbers and words in ``told`` that the truth does not have, and rows too few."""
    if isinstance(true, int):
        return [] if true == told else [f"{told} instead of {true}"]
    before, after = (one if isinstance(one, tuple) else (one,) for one in (true, told))
    if len(before) != len(after):
        return [f"{len(after)} rows instead of {len(before)}"]
    missing, new = [one for one in before if one not in after], [one for one in after if one not in before]
    return [
        f"{name} {getattr(other, name)} instead of {getattr(one, name)}"
        for one, other in zip(missing, new, strict=True)
        for name in set(type(one).model_fields) - {"reasons"} - ignored
        if getattr(other, name) not in (None, getattr(one, name))
    ]


@pytest.mark.parametrize("operation", NUMBERS)
def test_value_that_is_no_number_is_an_error_or_a_null_and_changes_nothing_else(
    damaged: tuple[VenueClient, Damage], operation: str
) -> None:
    """Whatever stands in the place of a number, nobody reads another number out of it, and no call hangs."""
    client, damage = damaged
    true = READS[operation][1](client)
    for name in NUMBERS[operation].split():
        for value in NO_NUMBERS:
            told = outcome(client, damage, operation, with_value(name, value))
            if isinstance(told, DualwitnessError):
                assert isinstance(told, EnvelopeInvalid | RowInvalid), (name, value, told)
                continue
            ignored = holes(operation, name) if value in (_MISSING, "", None) else frozenset()
            assert lies(true, told, ignored) == [], (name, value)


@pytest.mark.parametrize("operation", READS)
def test_damaged_bytes_never_raise_a_foreign_error_and_never_empty_an_account(
    damaged: tuple[VenueClient, Damage], operation: str
) -> None:
    """Cuts, flips, insertions, statuses and headers, seeded: an empty list stands on a sound envelope alone."""
    client, damage = damaged
    draws = random.Random(f"{SEED}-{operation}")
    for _ in range(12 if operation == "get_instruments" else 120):
        sent: list[WireAnswer] = []

        def change(true: WireAnswer, sent: list[WireAnswer] = sent) -> WireAnswer:
            start, width = draws.randrange(len(true.body)), draws.choice((0, 1, 1, 1, 5, 60, 10**6))
            filling = draws.choice((b"", b"", draws.randbytes(1), draws.randbytes(3), b'"', b"{", b"e9", b"\\ud800"))
            body = true.body[:start] + filling + true.body[start + width :]
            body = draws.choice((body, body, body, body, draws.choice(JUNK)))
            sent.append(WireAnswer(draws.choice(STATUSES), body, draws.choice(HEADERS)))
            return sent[-1]

        told = outcome(client, damage, operation, change)
        assert sent
        if isinstance(told, tuple) and not told:
            assert all(one.status == 200 and json.loads(one.body)["data"] == [] for one in sent)


@pytest.mark.parametrize(
    "operation", ["get_ticker", "get_positions", "get_open_orders", "get_fills", "get_order_history"]
)
def test_row_without_a_readable_instrument_is_never_given_a_symbol(
    damaged: tuple[VenueClient, Damage], operation: str
) -> None:
    """CCXT would call it None, and a word that is no instrument by that word."""
    client, damage = damaged
    for value in (_MISSING, "", None, 7, [], "NaN", "None", "\uff22TC-USDT", "BTC USDT", "1\n"):
        told = outcome(client, damage, operation, with_value("instId", value))
        assert isinstance(told, RowInvalid), (value, told)


@pytest.mark.parametrize("operation", ["get_candles", "get_order_book"])
def test_column_too_few_is_an_error_because_the_others_would_move_up(
    damaged: tuple[VenueClient, Damage], operation: str
) -> None:
    """A bar without its open has no other open, and a level without its price no other price."""
    client, damage = damaged

    def change(true: WireAnswer) -> WireAnswer:
        document = json.loads(true.body)
        row = document["data"][0]
        del (row if isinstance(row, list) else row["bids"][0])[1]
        return WireAnswer(200, json.dumps(document).encode())

    assert isinstance(outcome(client, damage, operation, change), RowInvalid)


@pytest.mark.parametrize("operation", ["get_order_book", "get_positions", "get_account_balance"])
def test_half_a_character_anywhere_is_no_answer(damaged: tuple[VenueClient, Damage], operation: str) -> None:
    """CCXT drops the whole answer over it and gives an empty book."""
    told = outcome(
        *damaged, operation, lambda true: WireAnswer(200, true.body.replace(b'"msg":""', b'"msg":"\\ud800"'))
    )
    assert isinstance(told, EnvelopeInvalid)


def test_negative_zero_and_exponents_are_read_as_the_numbers_they_are(damaged: tuple[VenueClient, Damage]) -> None:
    """Another spelling is not damage, and a zero has no sign."""
    for spelling, number in (("-0", "0"), ("6e4", "60000"), ("6E+4", "60000"), ("0060000.10", "60000.1")):
        told = outcome(*damaged, "get_ticker", with_value("bidSz", spelling))
        assert told.bid_size == Decimal(number)
        assert not told.bid_size.is_signed()


def test_the_true_answers_are_read_and_a_plausible_lie_is_noticed_by_the_oracle(
    damaged: tuple[VenueClient, Damage],
) -> None:
    """Negative control: the oracle sees another number, a turned side and a row too few."""
    client, damage = damaged
    true = client.get_positions()
    assert len(true) == 4
    assert lies(true, outcome(client, damage, "get_positions", copy.copy), frozenset()) == []
    for name, value in (("avgPx", "2"), ("pos", "7")):
        assert lies(true, outcome(client, damage, "get_positions", with_value(name, value)), frozenset())
    assert lies(true, true[1:], frozenset()) == ["3 rows instead of 4"]
