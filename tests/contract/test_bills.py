"""Bills: every change of the account's cash, once, as the venue's own books hold it, with what an execution did."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import Bill, BillKind, Library, MarketType, NullReason, OrderSide, TdMode
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import RowInvalid
from dualwitness.venues.sim.engine.bulk import load_round_trips
from dualwitness.venues.sim.envelope import Response
from tests.support.clients import HeardVenue, checked_order, heard_venue, opened, symbol_of

SWAP, PAIR = "BTC/USDT:USDT", "BTC/USDT"
ARCHIVE = "/api/v5/account/bills-archive"
HOUR_MS = 3_600_000
KINDS = {
    "1": BillKind.TRANSFER,
    "2": BillKind.TRADE,
    "3": BillKind.DELIVERY,
    "5": BillKind.LIQUIDATION,
    "6": BillKind.MARGIN,
    "8": BillKind.FUNDING,
    "9": BillKind.AUTO_DELEVERAGING,
    "16": BillKind.BORROW,
    "22": BillKind.REPAY,
}


@pytest.fixture(scope="module", params=["positions", "long_short", "margin", "liquidated"])
def lived(request: pytest.FixtureRequest) -> Iterator[tuple[HeardVenue, str]]:
    """A venue whose account has a past: spot, linear, inverse, isolated, borrowed, delivered, liquidated."""
    with heard_venue(request.param) as running:
        yield running


@pytest.fixture(params=list(Library), ids=str)
def teller(request: pytest.FixtureRequest, lived: tuple[HeardVenue, str]) -> Iterator[VenueClient]:
    """A client of that venue over each library."""
    with opened(request.param, lived[1]) as client:
        yield client


def listed(client: VenueClient) -> set[str]:
    """The symbols that can be asked for: CCXT knows no contract that has expired."""
    return {one.symbol for one in client.get_instruments()}


def size_after(bills: tuple[Bill, ...]) -> dict[str, Decimal]:
    """Signed contracts by symbol, as the bills of executions add up."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for one in bills:
        if one.side is not None and one.contracts is not None and one.symbol is not None:
            held[one.symbol] += one.contracts if one.side is OrderSide.BUY else -one.contracts
    return {symbol: size for symbol, size in held.items() if size}


def test_bills_of_each_client_are_the_accounts_changes_of_cash(
    teller: VenueClient, lived: tuple[HeardVenue, str]
) -> None:
    """Each once, oldest first, with change, balance, fee and order; together they are the cash."""
    account = lived[0].account
    told = teller.get_bills()
    assert [
        (one.bill_id, one.currency, one.change, one.balance, one.ts_venue_ms, one.venue_order_id) for one in told
    ] == [
        (one.bill_id, one.ccy, one.change, one.balance, one.ts_ms, one.fill.ord_id if one.fill else None)
        for one in account.bills
    ]
    assert len(told) > 10
    for one, true in zip(told, account.bills, strict=True):
        paid = None if one.fee is None else -true.fee
        assert one.fee == paid
        assert (one.fee is None) is (true.bill_type not in ("2", "8") and true.fill is None)
    cash: dict[str, Decimal] = defaultdict(Decimal)
    for one in told:
        cash[str(one.currency)] += one.change or 0
    assert cash == account.cash


def test_bills_say_what_an_execution_did_where_the_library_has_words_for_it(
    teller: VenueClient, lived: tuple[HeardVenue, str]
) -> None:
    """python-okx: kind, side, size, instrument of each; CCXT drops them all, and says so."""
    for one, true in zip(teller.get_bills(), lived[0].account.bills, strict=True):
        if teller.label == Library.CCXT:
            words = ("side", "position_side", "contracts", "symbol", "trade_id", "venue_kind", "realized_pnl")
            assert {one.value_or_reason(name) for name in words} == {(None, NullReason.UNSUPPORTED)}
            continue
        assert (one.kind, one.venue_kind) == (KINDS[true.bill_type], f"{true.bill_type}/{true.sub_type}")
        if true.fill is None:
            assert one.value_or_reason("side") == one.value_or_reason("position_side") == (None, NullReason.ABSENT)
            assert one.trade_id is None
            continue
        fill = true.fill
        assert (one.symbol, one.price, one.trade_id) == (symbol_of(fill.instrument), fill.px, fill.trade_id)
        assert (one.side, one.realized_pnl) == (fill.side, true.pnl)
        if one.kind is not BillKind.DELIVERY:
            assert one.position_side == (fill.pos_side or "net")
        in_base = not fill.instrument.is_spot or true.ccy == fill.instrument.base_ccy
        assert one.value_or_reason("contracts") == ((fill.sz, None) if in_base else (None, NullReason.UNMAPPED))


def test_bills_of_executions_add_up_to_what_is_held(teller: VenueClient, lived: tuple[HeardVenue, str]) -> None:
    """Liquidations and deliveries included: an independent witness of every derivative position."""
    bills = tuple(one for one in teller.get_bills() if one.market_type is not MarketType.SPOT)
    bills = tuple(one for one in bills if one.market_type is not MarketType.MARGIN)
    true: dict[str, Decimal] = defaultdict(Decimal)
    for leg in lived[0].account.open_legs():
        if not leg.instrument.is_spot:
            true[symbol_of(leg.instrument)] += leg.contracts
    assert size_after(bills) == ({} if teller.label == Library.CCXT else {s: c for s, c in true.items() if c})


def test_bills_of_one_symbol_or_since_a_moment_leave_out_the_others(
    teller: VenueClient, lived: tuple[HeardVenue, str]
) -> None:
    """A filter neither adds nor loses a bill; those of no instrument belong to none."""
    true = list(lived[0].account.bills)
    for symbol in {symbol_of(one.fill.instrument) for one in true if one.fill is not None} & listed(teller):
        mine = [one.bill_id for one in true if _names(lived[0], one) == symbol]
        assert [one.bill_id for one in teller.get_bills(symbol)] == mine
    moment = true[len(true) // 2].ts_ms
    recent = [one.bill_id for one in true if one.ts_ms >= moment]
    assert [one.bill_id for one in teller.get_bills(since_ms=moment)] == recent
    assert 0 < len(recent) < len(true)


def _names(venue: HeardVenue, bill: Any) -> str | None:
    if bill.fill is not None:
        return symbol_of(bill.fill.instrument)
    return symbol_of(venue.account.instruments[bill.inst_id]) if bill.inst_id else None


def test_funding_is_a_bill_of_its_own_and_no_execution(library: Library) -> None:
    """It moves cash, changes no position, and says how large the position was that paid."""
    with heard_venue("positions") as (venue, base_url), opened(library, base_url) as client:
        before = client.get_bills()
        venue.answer("POST", "/control/time", {}, json.dumps({"advance_ms": 9 * HOUR_MS}).encode())
        new = client.get_bills()[len(before) :]
        held = {symbol_of(leg.instrument): abs(leg.contracts) for leg in venue.account.open_legs()}
    assert new
    if library is Library.CCXT:
        assert {one.value_or_reason("kind") for one in new} == {(None, NullReason.UNMAPPED)}
        return
    assert {one.kind for one in new} == {BillKind.FUNDING}
    assert all(one.value_or_reason("side") == (None, NullReason.ABSENT) for one in new)
    assert {str(one.symbol): one.contracts for one in new} == {str(one.symbol): held[str(one.symbol)] for one in new}


def test_bills_over_many_pages_are_all_there_once_and_a_moment_saves_pages(library: Library) -> None:
    """A hundred a page: two hundred and fifty round trips are six pages; since now, one is enough."""
    with heard_venue("funded") as (venue, base_url), opened(library, base_url) as client:
        load_round_trips(venue.account, "BTC-USDT-SWAP", 500)
        told = [one.bill_id for one in client.get_bills()]
        assert told == [one.bill_id for one in venue.account.bills]
        assert venue.count(ARCHIVE) == len(told) // 100 + 1 == 6
        moment = next(reversed(list(venue.account.bills))).ts_ms + 1
        assert client.get_bills(since_ms=moment) == ()
        assert venue.count(ARCHIVE) == 7


@pytest.mark.parametrize("cursor", ["same", "", None])
def test_pages_of_bills_that_do_not_go_on_are_an_error(library: Library, cursor: str | None) -> None:
    """A full page whose last id asks for itself again, or names nothing, would hide the rest."""
    with heard_venue("funded") as (venue, base_url), opened(library, base_url) as client:
        load_round_trips(venue.account, "BTC-USDT-SWAP", 300)
        pages: list[Response] = []

        def stuck(answer: Response) -> Response:
            pages.append(answer)
            document = json.loads(pages[0].body)
            if cursor != "same":
                document["data"][-1]["billId"] = cursor
            return replace(answer, body=json.dumps(document).encode())

        with venue.broken(ARCHIVE, stuck), pytest.raises(RowInvalid):
            client.get_bills()
        assert len(pages) == (2 if cursor == "same" else 1)


def test_bills_that_come_twice_are_kept_twice(library: Library) -> None:
    """Whether the venue repeats itself is for others to judge."""
    with heard_venue("positions") as (venue, base_url), opened(library, base_url) as client:
        once = client.get_bills()

        def doubled(answer: Response) -> Response:
            document = json.loads(answer.body)
            document["data"].insert(0, document["data"][0])
            return replace(answer, body=json.dumps(document).encode())

        with venue.broken(ARCHIVE, doubled):
            assert client.get_bills() == (*once, once[-1])


def test_finished_orders_and_leverage_of_each_client_are_the_accounts(
    teller: VenueClient, lived: tuple[HeardVenue, str]
) -> None:
    """Every order that can fill no more, newest first; the leverage that the position has."""
    account = lived[0].account
    finished = [one for one in account.orders if not one.open]
    for symbol in {symbol_of(one.instrument) for one in finished} & listed(teller):
        told = teller.get_order_history(symbol, since_ms=0)
        true = {one.ord_id: (one.state, one.filled) for one in finished if symbol_of(one.instrument) == symbol}
        assert {str(one.venue_order_id): (one.state, one.filled_contracts) for one in told} == true
        times = [one.ts_venue_ms or 0 for one in told]
        assert times == sorted(times, reverse=True)
    for leg in account.open_legs():
        # Cross futures and both sides of one instrument share a setting: the highest is told.
        told_leverage = teller.get_leverage(symbol_of(leg.instrument), TdMode(leg.mgn_mode))
        assert told_leverage >= leg.lever


def test_every_route_books_what_it_trades(client: VenueClient) -> None:
    """The paper venue has books too: they begin with what was put in, and each fill changes them."""
    before = client.get_bills()
    assert all(one.kind is BillKind.TRANSFER for one in before)
    assert all(one.change == one.balance for one in before)
    client.place_order(checked_order(SWAP, "0.03", client_order_id="swap1"))
    client.place_order(checked_order(PAIR, "0.01", td_mode=TdMode.CASH, client_order_id="spot1"))
    new = client.get_bills()[len(before) :]
    assert {one.kind for one in new} == {BillKind.TRADE}
    fills = client.get_fills()
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for fill in fills:
        paid[str(fill.fee_currency)] += fill.fee or 0
    told: dict[str, Decimal] = defaultdict(Decimal)
    for one in new:
        told[str(one.currency)] += one.fee or 0
    assert {code: fee for code, fee in told.items() if fee} == paid
    cash = {one.currency: one.total for one in client.get_account_balance()}
    latest = {one.currency: one.balance for one in client.get_bills()}
    if client.label != Library.CCXT:  # its total is equity, and its bills have no sizes
        assert latest == cash
        assert size_after(new) == {SWAP: Decimal(3), PAIR: Decimal("0.01")}
