"""Damaged answers to both libraries or to one: never an error of somebody else's, never reliably wrong, never flat."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.alignment.freshness import LIMITS_MS
from dualwitness.alignment.guarding.judge import judged
from dualwitness.alignment.history import history_from
from dualwitness.alignment.observe import Ask, observe
from dualwitness.alignment.testimony import testimonies as heard_from
from dualwitness.alignment.witness import AdjudicatedPosition
from dualwitness.alignment.world import World
from dualwitness.models import Direction, Library, PositionsQuality, Venue
from dualwitness.models.observation import Observation
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.client import VenueClient
from dualwitness.venues.opening import open_wired
from dualwitness.venues.wiring import Credentials, Wiring
from tests.support.clients import SECRETS
from tests.support.venue import FROZEN_MS, ask, frozen_venue

SEED = 20261121
COUNT = 10_000 if os.environ.get("DUALWITNESS_FULL") == "1" else 600
HELD = (
    "BTC/USDT:USDT",
    "DOGE/USDT:USDT",
    "ETH/USD:ETH",
    "ETH/USDT:USDT",
    "SOL/USDT:USDT",
)
FOREIGN = "an error foreign to the client"

Change = Callable[[bytes, random.Random], bytes]


@dataclass
class Damaged:
    """The answers of an honest venue that holds positions, but for one path."""

    path: str = ""
    change: Callable[[bytes], bytes] | None = None
    known: dict[str, WireAnswer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._venue = frozen_venue("positions")

    def __call__(self, request: WireRequest) -> WireAnswer:
        target = f"{request.path}?{request.query}" if request.query else request.path
        if target not in self.known:
            answer = ask(self._venue, target)
            self.known[target] = WireAnswer(answer.status, answer.body)
        true = self.known[target]
        if self.change is None or request.path != self.path:
            return true
        return WireAnswer(true.status, self.change(true.body))


@dataclass(frozen=True)
class Place:
    """One surface: the endpoint that is damaged and the questions that read it, by their place in a world."""

    path: str
    asks: Mapping[tuple[str, str | None], Ask]


PLACES = {
    "positions": Place("/api/v5/account/positions", {("get_positions", None): lambda client: client.get_positions()}),
    "fills": Place("/api/v5/trade/fills-history", {("get_fills", None): lambda client: client.get_fills()}),
    "open orders": Place(
        "/api/v5/trade/orders-pending", {("get_open_orders", None): lambda client: client.get_open_orders()}
    ),
    "finished orders": Place(
        "/api/v5/trade/orders-history",
        {
            ("get_order_history", symbol): lambda client, symbol=symbol: client.get_order_history(  # type: ignore[misc]
                symbol, since_ms=0
            )
            for symbol in HELD
        },
    ),
    "balance": Place(
        "/api/v5/account/balance", {("get_account_balance", None): lambda client: client.get_account_balance()}
    ),
    "bills": Place("/api/v5/account/bills-archive", {("get_bills", None): lambda client: client.get_bills()}),
}
SETTING: Mapping[tuple[str, str | None], Ask] = {
    ("get_instruments", None): lambda client: client.get_instruments(),
    ("get_account_config", None): lambda client: (client.get_account_config(),),
}


class Bench:
    """Both clients over one venue, what each was told honestly, and what is held."""

    def __init__(self) -> None:
        self.damage = Damaged()
        key, secret, passphrase = SECRETS
        keys = Credentials(api_key=key, api_secret=secret, passphrase=passphrase)
        self.clients = {
            library: open_wired(Venue.OKX, library, Wiring("http://127.0.0.1:9", answers=self.damage, credentials=keys))
            for library in Library
        }
        questions = {**SETTING, **{key: one for place in PLACES.values() for key, one in place.asks.items()}}
        self.honest = {library: self._read(client, questions) for library, client in self.clients.items()}
        self.truth = {
            (one.symbol, one.position_side): (one.direction, one.contracts, one.entry_price) for one in self.judge({})
        }

    def close(self) -> None:
        for client in self.clients.values():
            client.close()

    def _read(
        self, client: VenueClient, questions: Mapping[tuple[str, str | None], Ask]
    ) -> dict[tuple[str, str | None], Observation]:
        return {key: observe(client, *key, one) for key, one in questions.items()}

    def damaged(self, place: Place, change: Callable[[bytes], bytes]) -> dict[Library, dict[Any, Observation]]:
        """What each library makes of the same damaged answers."""
        self.damage.path, self.damage.change = place.path, change
        try:
            return {library: self._read(client, place.asks) for library, client in self.clients.items()}
        finally:
            self.damage.change = None

    def judge(self, told: Mapping[Library, Mapping[Any, Observation]]) -> tuple[AdjudicatedPosition, ...]:
        """What is held, when these answers stand in the place of the honest ones."""
        worlds = [World(library, {**self.honest[library], **told.get(library, {})}, FROZEN_MS) for library in Library]
        heard = heard_from(worlds, history_from(worlds))
        return judged(heard, symbols=HELD, now_ms=FROZEN_MS, limits=LIMITS_MS).positions


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """The bench, once for all damage."""
    made = Bench()
    yield made
    made.close()


def _flipped(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + bytes((body[at] ^ (1 << chance.randrange(8)),)) + body[at + 1 :]


def _cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body))]


def _envelope(body: bytes, chance: random.Random) -> bytes:
    document = json.loads(body)
    broken: list[Any] = [
        {"code": "0", "msg": ""},
        document | {"data": None},
        document | {"data": {}},
        document | {"data": "[]"},
        document | {"code": 0},
        document | {"code": "50011"},
        document | {"data": [None]},
        document | {"data": [[]]},
        [document],
        None,
    ]
    return json.dumps(chance.choice(broken)).encode()


_WORDS: tuple[Any, ...] = (
    "", None, "NaN", "1e400", "-1", "0", "1", "3", "0.00001", "long", "short", "net", "buy", "sell", "sideways", [], {},
    True, 7, "ETH-USDT-SWAP", "BTC-USDT-SWAP", "XXX-USDT-SWAP", "1782907200000", "9999999999999", "1",
)  # fmt: skip


def _value(body: bytes, chance: random.Random) -> bytes:
    document = json.loads(body)
    rows = [row for row in document["data"] if isinstance(row, dict)]
    if not rows:
        return body
    row = chance.choice(rows)
    name = chance.choice(sorted(row))
    if chance.random() < 0.2:
        del row[name]
    else:
        row[name] = chance.choice(_WORDS)
    return json.dumps(document).encode()


def _rows(body: bytes, chance: random.Random) -> bytes:
    document = json.loads(body)
    rows = document["data"]
    if rows:
        act = chance.randrange(3)
        at = chance.randrange(len(rows))
        document["data"] = [] if act == 0 else rows[:at] + rows[at + 1 :] if act == 1 else [*rows[: at + 1], *rows[at:]]
    return json.dumps(document).encode()


# Mostly both are told the same: two witnesses of one endpoint are no two witnesses.
TO_BOTH: tuple[None, None] = (None, None)
CHANGES: tuple[Change, ...] = (_flipped, _flipped, _cut, _envelope, _value, _value, _value, _rows)


def test_positions_are_reliable_and_held_while_nothing_is_damaged(bench: Bench) -> None:
    """Without this every other test here would pass over a bench that can never say anything."""
    held = {leg: value for leg, value in bench.truth.items() if value[1]}
    assert {symbol for symbol, _ in held} == set(HELD) - {"DOGE/USDT:USDT"}
    assert {one.positions_quality for one in bench.judge({}) if one.contracts} == {PositionsQuality.RELIABLE}
    assert bench.truth["BTC/USDT:USDT", "net"][:2] == (Direction.LONG, Decimal("2.5"))


@pytest.mark.parametrize("surface", PLACES)
def test_damaged_answers_never_make_positions_flat_or_reliably_wrong(bench: Bench, surface: str) -> None:
    """Bytes flipped, answers cut, envelopes broken, words and rows exchanged; told to both libraries, or to one."""
    chance = random.Random(f"{SEED} {surface}")
    place = PLACES[surface]
    wrong: list[str] = []
    for number in range(COUNT // len(PLACES)):
        change = chance.choice(CHANGES)
        state = chance.getstate()

        def damage(body: bytes, change: Change = change, state: Any = state) -> bytes:
            # The same damage for both libraries, and for each page.
            again = random.Random()
            again.setstate(state)
            return change(body, again)

        told = bench.damaged(place, damage)
        hearing = chance.choice((*TO_BOTH, *Library))
        foreign = {
            f"{library} {one.error.kind}"
            for library, answers in told.items()
            for one in answers.values()
            if one.error is not None and one.error.message == FOREIGN
        }
        wrong += [
            f"{number} {change.__name__}: {text}"
            for text in (*foreign, *_lies(bench, bench.judge(_only(told, hearing))))
        ]
    assert wrong == []


def _only(told: Mapping[Library, Any], hearing: Library | None) -> Mapping[Library, Any]:
    """What one of them was told, or both (None)."""
    return told if hearing is None else {hearing: told[hearing]}


def _lies(bench: Bench, judged: tuple[AdjudicatedPosition, ...]) -> Iterator[str]:
    found = {(one.symbol, one.position_side): one for one in judged}
    for leg, (direction, contracts, entry) in bench.truth.items():
        one = found.get(leg)
        if one is None:
            yield f"{leg} was not judged at all"
            continue
        if contracts and one.has_position is False:
            yield f"{leg} is called flat: {one.rule}"
        if one.positions_quality is PositionsQuality.RELIABLE and (one.direction, one.contracts) != (
            direction,
            contracts,
        ):
            yield f"{leg} is reliably {one.direction} {one.contracts} instead of {direction} {contracts}: {one.rule}"
        if (
            one.positions_quality is PositionsQuality.RELIABLE
            and entry is not None
            and one.entry_price is not None
            and abs(one.entry_price - entry) > entry * Decimal("0.0001")
        ):
            yield f"{leg} has reliably entered at {one.entry_price} instead of {entry}: {one.rule}"
    for leg, one in found.items():
        if leg not in bench.truth and one.positions_quality is PositionsQuality.RELIABLE and one.contracts:
            yield f"{leg} is held, though it is not: {one.rule}"


def test_believing_the_first_report_would_be_noticed(bench: Bench) -> None:
    """The negative control: an adjudication that takes the report's word calls a held position flat or wrong."""
    told = bench.damaged(PLACES["positions"], lambda body: json.dumps(json.loads(body) | {"data": []}).encode())
    credulous = tuple(
        one.model_copy(
            update={
                "has_position": False,
                "contracts": Decimal(0),
                "direction": Direction.FLAT,
                "positions_quality": PositionsQuality.RELIABLE,
            }
        )
        for one in bench.judge(told)
    )
    assert list(_lies(bench, bench.judge(told))) == []
    assert list(_lies(bench, credulous)) != []
