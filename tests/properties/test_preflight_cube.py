"""
The whole cube of account set-ups and orders, from an intent to the embedded venue's own answer.

Every cell is resolved, built by both libraries, compared as OKX reads them, and then really put to a fresh venue:
what the preflight lets through is taken there, and what is refused is refused there with the code that was said. The
words of a refused order are written down here, independently of both libraries and of the resolution.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest

from dualwitness.alignment.preflight import Preflight, PreflightResult
from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    Instrument,
    Library,
    MarketType,
    OrderIntent,
    OrderSide,
    OrderType,
    PositionMode,
    Side,
    TdMode,
    ValidatedOrder,
)
from dualwitness.models.wire import WireRequest
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent, resolve_intent
from tests.support.preflight_world import PreflightWorld, posted, preflight_world, small_venue

# Kind of market: its market type, OKX id, unified symbol, and a size in base currency that is worth whole lots.
MARKETS: dict[str, tuple[MarketType, str, str, str]] = {
    "spot": (MarketType.SPOT, "BTC-USDT", "BTC/USDT", "0.01"),
    "margin": (MarketType.MARGIN, "BTC-USDT", "BTC/USDT", "0.01"),
    "linear": (MarketType.SWAP, "BTC-USDT-SWAP", "BTC/USDT:USDT", "0.01"),
    "inverse": (MarketType.SWAP, "BTC-USD-SWAP", "BTC/USD:BTC", "0.01"),
    "future": (MarketType.FUTURE, "BTC-USDT-270326", "BTC/USDT:USDT-270326", "0.01"),
    "option": (MarketType.OPTION, "BTC-USD-270326-60000-C", "BTC/USD:BTC-270326-60000-C", "0.02"),
}
PAIRS = ("spot", "margin")
TWO_SIDED = ("linear", "inverse", "future")
# One lot of each, as OKX counts it, and an amount that more than covers every order of the cube.
LITERAL_SIZE = {"linear": "1", "inverse": "6", "future": "1", "option": "2"}
OPENED_SIZE = {"linear": "5", "inverse": "50", "future": "5"}


class Cell(NamedTuple):
    """One account set-up and one order."""

    market: str
    level: AccountLevel
    position_mode: PositionMode
    td_mode: TdMode
    side: OrderSide
    order_type: OrderType
    reduce_only: bool


CUBE = [
    Cell(*row)
    for row in product(MARKETS, AccountLevel, PositionMode, TdMode, OrderSide, OrderType, (False, True))
]  # fmt: skip


@cache
def price_of(market: str) -> Decimal:
    """A price on the tick near the mark, the same for every venue: their clocks and seeds are the same."""
    inst_id = MARKETS[market][1]
    venue = small_venue(AccountLevel.FUTURES, PositionMode.NET)
    tick = venue.account.instruments[inst_id].tick_sz
    return (venue.market.mark(inst_id) / tick).to_integral_value(ROUND_FLOOR) * tick


def intent_of(cell: Cell) -> OrderIntent:
    """The cell as a strategy would ask for it."""
    _, _, symbol, size = MARKETS[cell.market]
    return OrderIntent(
        symbol=symbol,
        side=Side.LONG if cell.side is OrderSide.BUY else Side.SHORT,
        order_type=cell.order_type,
        size=size,
        price=price_of(cell.market) if cell.order_type is OrderType.LIMIT else None,
        td_mode=cell.td_mode,
        client_order_id="cube1",
        reduce_only=cell.reduce_only,
    )


def literal_body(cell: Cell, *, opens: bool = False) -> dict[str, Any]:
    """
    The cell in OKX's own words, taken literally; ``opens``: the opposite side of it, which gives it what to reduce.

    ``posSide`` where long/short mode asks for it, ``tgtCcy`` where a base size must be said, ``ccy`` on margin orders.
    """
    buys = (cell.side is OrderSide.BUY) is not opens
    reduces = cell.reduce_only and not opens
    mode = "cross" if cell.td_mode is TdMode.MARGIN else str(cell.td_mode)
    is_pair = cell.market in PAIRS
    body: dict[str, Any] = {
        "instId": MARKETS[cell.market][1],
        "tdMode": mode,
        "side": "buy" if buys else "sell",
        "ordType": "limit" if opens else str(cell.order_type),
        "sz": "0.01" if is_pair else LITERAL_SIZE[cell.market],
    }
    if opens:
        body["sz"] = "0.05" if is_pair else OPENED_SIZE[cell.market]
        body["px"] = str(price_of(cell.market) * (Decimal("1.004") if buys else Decimal("0.996"))).split(".")[0]
    elif cell.order_type is OrderType.LIMIT:
        body["px"] = str(price_of(cell.market))
    if cell.market in TWO_SIDED and cell.position_mode is PositionMode.LONG_SHORT:
        body["posSide"] = "long" if buys is not reduces else "short"
    if reduces:
        body["reduceOnly"] = True
    if is_pair and body["ordType"] == "market":
        body["tgtCcy"] = "base_ccy"
    if is_pair and mode != "cash" and cell.level is AccountLevel.FUTURES:
        body["ccy"] = "USDT" if buys is not reduces else "BTC"
    return body


def venue_for(cell: Cell) -> EmbeddedVenue:
    """A fresh venue of that account, with a position to reduce where the cell reduces one."""
    venue = small_venue(cell.level, cell.position_mode)
    if cell.reduce_only and cell.market != "option":
        posted(
            venue, literal_body(cell, opens=True)
        )  # refused where the whole cell is: then there is nothing to reduce
    return venue


class World(NamedTuple):
    """Both clients of one account, and what resolves intents for it."""

    world: PreflightWorld
    resolver: AccountResolver
    preflight: Preflight
    account: AccountConfig
    instruments: Mapping[tuple[MarketType, str], Instrument]


@pytest.fixture(scope="module")
def worlds() -> Iterator[dict[tuple[AccountLevel, PositionMode], World]]:
    """Every account set-up with its clients; no acceptance, so that no disagreement passes."""
    with ExitStack() as stack:
        found = {}
        for setup in product(AccountLevel, PositionMode):
            world = stack.enter_context(preflight_world(*setup))
            client = world.clients[Library.OKX_SDK]
            resolver = AccountResolver(client)
            instruments = {(one.market_type, one.venue_instrument_id): one for one in client.get_instruments()}
            preflight = Preflight(world.clients, lambda _: None, resolver=resolver)
            found[setup] = World(world, resolver, preflight, client.get_account_config(), instruments)
        yield found


class Outcome(NamedTuple):
    """What became of one cell on our side."""

    resolution: ResolvedIntent | IntentRefused
    preflight: PreflightResult


@pytest.fixture(scope="module")
def outcomes(worlds: dict[tuple[AccountLevel, PositionMode], World]) -> dict[Cell, Outcome]:
    """Every cell, resolved and put before both libraries."""
    return {cell: outcome_of(worlds[cell.level, cell.position_mode], cell) for cell in CUBE}


def outcome_of(world: World, cell: Cell) -> Outcome:
    """Resolve one cell for the instrument of its kind, then let both libraries build it."""
    market_type, inst_id, _, _ = MARKETS[cell.market]
    notional = Decimal(MARKETS[cell.market][3]) * price_of("linear")
    resolution = resolve_intent(
        intent_of(cell), world.account, world.instruments[market_type, inst_id], notional_usd=notional
    )
    order = ValidatedOrder(intent=resolution.intent, validated_at=1, notional_usd=notional, risk_checks_passed=True)
    return Outcome(resolution, world.preflight.check(order))


def is_spot_in_disguise(cell: Cell) -> bool:
    """A margin pair in cash: OKX knows no margin instrument, and takes it for the spot order that nobody asked for."""
    return cell.market == "margin" and cell.td_mode is TdMode.CASH


def sent(outcome: Outcome, library: Library) -> bytes | None:
    """The body that one library built."""
    (built,) = (one for one in outcome.preflight.built if one.library is library)
    return None if built.request is None else built.request.body


def test_cube_covers_every_combination_and_both_answers_are_common(outcomes: dict[Cell, Outcome]) -> None:
    """1536 cells, none left out; neither refusals nor orders are a corner of it."""
    assert len(outcomes) == len(set(CUBE)) == 6 * 4 * 2 * 4 * 2 * 2 * 2
    resolved = sum(isinstance(one.resolution, ResolvedIntent) for one in outcomes.values())
    assert resolved == 498
    assert len(outcomes) - resolved == 1038


def test_every_resolved_cell_is_built_alike_by_both_libraries(outcomes: dict[Cell, Outcome]) -> None:
    """Not one field differs, also from what the intent resolves to; options alone lack a second library."""
    counts: Counter[str] = Counter()
    wrong: list[object] = []
    for cell, (resolution, preflight) in outcomes.items():
        if isinstance(resolution, IntentRefused):
            continue
        if cell.market == "option":
            right = not preflight.ok and not preflight.compared and "ctMult" in " ".join(preflight.reasons)
            right = right and [one.library for one in preflight.built if one.request] == [Library.OKX_SDK]
        else:
            right = preflight.ok and preflight.compared and preflight.disagreements == ()
        counts["option" if cell.market == "option" else "pair of requests"] += 1
        if not right:
            wrong.append((cell, preflight.reasons))
    assert wrong == []
    assert counts == {"pair of requests": 464, "option": 34}


def test_every_refused_cell_is_refused_alike_by_both_libraries(outcomes: dict[Cell, Outcome]) -> None:
    """Neither builds it, both say the same, and the preflight blocks it; CCXT says one thing of all options."""
    wrong: list[object] = []
    for cell, (resolution, preflight) in outcomes.items():
        if isinstance(resolution, ResolvedIntent) or (is_spot_in_disguise(cell) and resolution.okx_code is None):
            continue
        words = {(one.refusal, one.advice) for one in preflight.built}
        right = not preflight.ok and (cell.market == "option" or (len(words) == 1 and (None, None) not in words))
        if not right:
            wrong.append((cell, words))
    assert wrong == []


def test_whatever_the_preflight_lets_through_is_taken_by_the_venue(outcomes: dict[Cell, Outcome]) -> None:
    """The bytes of each library, put to a fresh venue with the position to reduce, are placed."""
    placed = 0
    wrong: list[object] = []
    for cell, outcome in outcomes.items():
        if isinstance(outcome.resolution, IntentRefused):
            continue
        for library in Library:
            body = sent(outcome, library)
            if body is None:
                continue
            answer = posted(venue_for(cell), body)
            placed += 1
            if answer[0] != "0":
                wrong.append((cell, library, answer, body))
    assert wrong == []
    assert placed == 2 * 464 + 34


def test_whatever_is_refused_is_refused_by_the_venue_with_the_code_that_was_said(
    outcomes: dict[Cell, Outcome],
) -> None:
    """The same words, taken literally, get that very code; where none was said, the venue takes them."""
    codes: Counter[str] = Counter()
    wrong: list[object] = []
    for cell, (resolution, _) in outcomes.items():
        if isinstance(resolution, ResolvedIntent):
            continue
        code, text = posted(venue_for(cell), literal_body(cell))
        codes[code] += 1
        if code != (resolution.okx_code or "0"):
            wrong.append((cell, resolution.text, resolution.okx_code, code, text))
        if resolution.okx_code is None:
            assert is_spot_in_disguise(cell)
    assert wrong == []
    assert codes.keys() == {
        "0",
        "50072",
        "51000",
        "51010",
        "51018",
        "51041",
        "51066",
        "51133",
        "51139",
        "51205",
        "59110",
    }
    assert codes["0"] == 16


@pytest.mark.parametrize("library", list(Library))
def test_a_library_that_lies_about_one_field_is_blocked_in_every_cell(
    worlds: dict[tuple[AccountLevel, PositionMode], World], monkeypatch: pytest.MonkeyPatch, library: Library
) -> None:
    """The measure can fail: with the other side on the wire, no cell passes that passed before."""
    world = worlds[AccountLevel.FUTURES, PositionMode.NET]
    client = world.world.client(library)
    build = client.build_order_request

    def turned(order: ValidatedOrder) -> WireRequest:
        request: WireRequest = build(order)
        swap = {b'"buy"': b'"sell"', b'"sell"': b'"buy"'}
        (word,) = (word for word in swap if word in request.body)
        return replace(request, body=request.body.replace(word, swap[word]))

    monkeypatch.setattr(client, "build_order_request", turned)
    blocked = 0
    for cell in CUBE:
        if (cell.level, cell.position_mode) != (AccountLevel.FUTURES, PositionMode.NET) or cell.market == "option":
            continue
        outcome = outcome_of(world, cell)
        if isinstance(outcome.resolution, ResolvedIntent):
            blocked += 1
            assert not outcome.preflight.ok
            assert any("S3 side" in reason for reason in outcome.preflight.reasons)
    assert blocked > 60
