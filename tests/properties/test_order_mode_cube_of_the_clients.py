"""
The whole cube of account set-ups and orders, as both clients really build them, beside the table of order modes.

What leaves is read as OKX reads it: an absent leg is net, an absent flag is false, a size unit means something on spot
market orders alone and a margin currency on margin orders of a futures account alone (okx-v5-facts sections 5 and 6).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

from dualwitness.models import (
    AccountLevel,
    Library,
    MarketType,
    OrderIntent,
    OrderSide,
    OrderType,
    PositionMode,
    Refusal,
    ResolvedMode,
    TdMode,
    ValidatedOrder,
    Venue,
    resolve_order_mode,
)
from dualwitness.models.wire import WireAnswer, WireRequest
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import Unsupported, UsageError, VenueError
from dualwitness.venues.opening import open_wired
from dualwitness.venues.wiring import Credentials, Wiring

STEPS = {"state": "live", "tickSz": "0.1", "lotSz": "0.01", "minSz": "0.01", "lever": "10", "groupId": "1"}
BLANKS = dict.fromkeys(("uly", "instFamily", "baseCcy", "quoteCcy", "settleCcy", "ctVal", "ctMult", "ctType"), "")
BLANKS |= dict.fromkeys(("ctValCcy", "expTime", "stk", "optType"), "")
PAIR = BLANKS | STEPS | {"instType": "SPOT", "instId": "BTC-USDT", "baseCcy": "BTC", "quoteCcy": "USDT"}
SWAP = BLANKS | STEPS | {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "uly": "BTC-USDT", "instFamily": "BTC-USDT", "settleCcy": "USDT",
    "ctVal": "0.01", "ctMult": "1", "ctValCcy": "BTC", "ctType": "linear",
}  # fmt: skip
DATED = {"expTime": "1901001600000"}
FUTURE = SWAP | DATED | {"instType": "FUTURES", "instId": "BTC-USDT-300329"}
OPTION = SWAP | DATED | {
    "instType": "OPTION", "instId": "BTC-USD-300329-60000-C", "uly": "BTC-USD", "instFamily": "BTC-USD",
    "settleCcy": "BTC", "ctVal": "1", "ctMult": "0.01", "ctType": "", "stk": "60000", "optType": "C",
}  # fmt: skip
ROWS = (PAIR, PAIR | {"instType": "MARGIN"}, SWAP, FUTURE, OPTION)

SYMBOLS = {
    MarketType.SPOT: "BTC/USDT",
    MarketType.MARGIN: "BTC/USDT",
    MarketType.SWAP: "BTC/USDT:USDT",
    MarketType.FUTURE: "BTC/USDT:USDT-300329",
    MarketType.OPTION: "BTC/USD:BTC-300329-60000-C",
}
PAIRS = (MarketType.SPOT, MarketType.MARGIN)
LEVELS = {
    AccountLevel.SPOT: "1",
    AccountLevel.FUTURES: "2",
    AccountLevel.MULTI_CURRENCY: "3",
    AccountLevel.PORTFOLIO: "4",
}
MODES = {PositionMode.NET: "net_mode", PositionMode.LONG_SHORT: "long_short_mode"}


class Cell(NamedTuple):
    """One account set-up and one order."""

    level: AccountLevel
    position_mode: PositionMode
    market_type: MarketType
    td_mode: TdMode
    side: OrderSide
    reduce_only: bool
    order_type: OrderType


class Reading(NamedTuple):
    """What OKX understands of an order's body."""

    td_mode: str
    position_side: str
    reduce_only: bool
    size_unit: str | None
    margin_currency: str | None


CUBE = [
    Cell(*row)
    for row in product(AccountLevel, PositionMode, MarketType, TdMode, OrderSide, (False, True), OrderType)
]  # fmt: skip


def is_margin_market_buy(cell: Cell) -> bool:
    """OKX sizes it in quote currency and takes no unit (59110), so no client has a way to say base currency."""
    margin = cell.market_type in PAIRS and cell.level is AccountLevel.FUTURES and cell.td_mode is not TdMode.CASH
    return margin and cell.side is OrderSide.BUY and cell.order_type is OrderType.MARKET


def is_cash_order_of_a_margin_pair(cell: Cell) -> bool:
    """An intent names a pair and no kind: in cash it *is* the spot order, which the table judges in the spot cell."""
    return cell.market_type is MarketType.MARGIN and cell.td_mode is TdMode.CASH


def is_option(cell: Cell) -> bool:
    """CCXT lacks ctMult, so it cannot size options (difference option-contract-size-ignores-ctmult)."""
    return cell.market_type is MarketType.OPTION


def table_of(cell: Cell) -> ResolvedMode | Refusal:
    """The table's answer; the pair in cash is asked for as spot, as an intent does."""
    return resolve_order_mode(
        account_level=cell.level,
        position_mode=cell.position_mode,
        market_type=MarketType.SPOT if is_cash_order_of_a_margin_pair(cell) else cell.market_type,
        td_mode=cell.td_mode,
        side=cell.side,
        reduce_only=cell.reduce_only,
    )


def expected_of(cell: Cell, mode: ResolvedMode) -> Reading:
    """How OKX must understand an order of a resolved cell."""
    is_spot = cell.market_type in PAIRS and not mode.currency_needed
    # A margin order that reduces names the currency with which the other side was opened.
    currency = "USDT" if (cell.side is OrderSide.BUY) is not cell.reduce_only else "BTC"
    return Reading(
        td_mode=mode.td_mode.value,
        position_side="net" if mode.position_side is None else mode.position_side.value,
        reduce_only=mode.reduce_only,
        size_unit="base_ccy" if is_spot and cell.order_type is OrderType.MARKET else None,
        margin_currency=currency if mode.currency_needed else None,
    )


def read_as_okx(cell: Cell, body: dict[str, Any]) -> Reading:
    """What OKX understands; ``posSide`` where it must not be sent would show up here as it is."""
    is_pair, is_market = cell.market_type in PAIRS, body["ordType"] == "market"
    is_margin = is_pair and cell.level is AccountLevel.FUTURES and body["tdMode"] != "cash"
    # CCXT names the unit on spot limit orders too, where it is ignored (difference tgtccy-sent-on-spot-limit-orders).
    unit = None if is_pair and not is_margin and not is_market else body.get("tgtCcy") or None
    if is_pair and not is_margin and is_market and unit is None:
        unit = "quote_ccy" if body["side"] == "buy" else "base_ccy"
    # CCXT names a currency for each pair that is not in cash; above the futures level it is not applicable.
    ignores_currency = is_pair and not is_margin and body["tdMode"] == "cross"
    return Reading(
        td_mode=body["tdMode"],
        position_side=body.get("posSide") or "net",
        reduce_only=str(body.get("reduceOnly")).lower() == "true",
        size_unit=unit,
        margin_currency=None if ignores_currency else body.get("ccy") or None,
    )


@pytest.fixture(scope="module", params=[Library.CCXT, Library.OKX_SDK])
def library(request: pytest.FixtureRequest) -> Library:
    """Each library in turn."""
    chosen: Library = request.param
    return chosen


_opened: list[VenueClient] = []


@pytest.fixture(scope="module", autouse=True)
def _all_closed() -> Iterator[None]:
    yield
    for client in _opened:
        client.close()


@cache
def client_of(library: Library, level: AccountLevel, position_mode: PositionMode) -> Any:
    """A client of an account of that set-up; no socket, and an order that leaves would fail the test."""
    account = {"acctLv": LEVELS[level], "posMode": MODES[position_mode], "perm": "trade", "feeType": "0", "uid": "1"}

    def answers(request: WireRequest) -> WireAnswer:
        rows: list[dict[str, str]] = [account]
        if request.path == "/api/v5/public/instruments":
            asked = dict(part.split("=") for part in request.query.split("&"))
            rows = [row for row in ROWS if row["instType"] == asked["instType"] and "ETH" not in request.query]
        elif request.path != "/api/v5/account/config":
            pytest.fail(f"{request.path} was asked for")
        return WireAnswer(200, json.dumps({"code": "0", "data": rows, "msg": ""}).encode())

    keys = Credentials(api_key=SecretStr("k"), api_secret=SecretStr("s"), passphrase=SecretStr("p"))
    client = open_wired(Venue.OKX, library, Wiring("http://127.0.0.1:9", credentials=keys, answers=answers))
    _opened.append(client)
    return client


def built(library: Library, cell: Cell) -> Reading | VenueError | UsageError:
    """What one client makes of a cell, read as OKX reads it, or its refusal."""
    intent = OrderIntent(
        symbol=SYMBOLS[cell.market_type],
        side="long" if cell.side is OrderSide.BUY else "short",
        order_type=cell.order_type,
        size="1",
        price="60000" if cell.order_type is OrderType.LIMIT else None,
        td_mode=cell.td_mode,
        client_order_id="cube1",
        reduce_only=cell.reduce_only,
    )
    order = ValidatedOrder(intent=intent, validated_at=1, notional_usd="60000", risk_checks_passed=True)
    try:
        request = client_of(library, cell.level, cell.position_mode).build_order_request(order)
    except (Unsupported, UsageError) as error:
        return error
    return read_as_okx(cell, json.loads(request.body))


def test_every_resolved_cell_leaves_each_client_as_the_table_says(library: Library) -> None:
    """Mode, leg, flag, unit and currency of every legal order, as OKX reads them; exceptions are named above."""
    counts: Counter[str] = Counter()
    wrong: list[object] = []
    for cell in CUBE:
        mode = table_of(cell)
        if cell.td_mode is TdMode.MARGIN or not isinstance(mode, ResolvedMode):
            continue
        found = built(library, cell)
        if library is Library.CCXT and is_option(cell):
            counts["unsupported"] += 1
            right = isinstance(found, Unsupported)
        elif is_margin_market_buy(cell):
            counts["unsizeable"] += 1
            right = isinstance(found, UsageError) and "sized in quote currency" in str(found)
        else:
            counts["sent"] += 1
            right = found == expected_of(cell, mode)
        if not right:
            wrong.append((cell, found))
    assert wrong == []
    assert counts["unsizeable"] == 16
    assert counts["sent"] > 200
    assert (counts["unsupported"] > 0) is (library is Library.CCXT)


def test_every_refused_cell_is_refused_by_each_client(library: Library) -> None:
    """What OKX would refuse never leaves; the error names the code that OKX would answer."""
    refused = 0
    wrong: list[object] = []
    for cell in CUBE:
        answer = table_of(cell)
        if cell.td_mode is TdMode.MARGIN or not isinstance(answer, Refusal):
            continue
        found = built(library, cell)
        right = isinstance(found, UsageError) and answer.okx_code in found.advice
        if library is Library.CCXT and is_option(cell):
            right = isinstance(found, Unsupported)
        refused += 1
        if not right:
            wrong.append((cell, found))
    assert wrong == []
    assert refused > 400


def test_cash_order_of_a_margin_pair_is_the_only_cell_that_an_intent_cannot_name() -> None:
    """The exception that the two tests above make is needed in the margin row alone, where the table says 51000."""
    for cell in CUBE:
        asked_as_it_is = resolve_order_mode(
            account_level=cell.level,
            position_mode=cell.position_mode,
            market_type=cell.market_type,
            td_mode=cell.td_mode,
            side=cell.side,
            reduce_only=cell.reduce_only,
        )
        if asked_as_it_is != table_of(cell):
            assert is_cash_order_of_a_margin_pair(cell)
            assert isinstance(asked_as_it_is, Refusal)
            assert asked_as_it_is.okx_code == "51000"


def test_the_word_margin_is_refused_alike_by_both_clients() -> None:
    """Neither client chooses cross or isolated for the caller, and both say so in the same words."""
    cells = [cell for cell in CUBE if cell.td_mode is TdMode.MARGIN and cell.market_type is not MarketType.OPTION]
    for cell in cells:
        ours, theirs = built(Library.CCXT, cell), built(Library.OKX_SDK, cell)
        assert isinstance(ours, UsageError)
        assert isinstance(theirs, UsageError)
        assert (str(ours), ours.advice) == (str(theirs), theirs.advice)
        assert "must be resolved to cross or isolated" in str(ours)
    assert len(cells) == 256


def test_both_clients_build_the_same_order_in_every_cell_that_both_can_build() -> None:
    """Independent of the table: whatever leaves over one library is understood like what leaves over the other."""
    same = 0
    for cell in CUBE:
        ours, theirs = built(Library.CCXT, cell), built(Library.OKX_SDK, cell)
        if isinstance(ours, Reading) or (isinstance(theirs, Reading) and not is_option(cell)):
            assert ours == theirs, cell
            same += 1
    assert same > 200
