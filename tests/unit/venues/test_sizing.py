"""What an intent becomes for an account: sizes that never grow, prices that are never worse, refusals with a code."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    FeeType,
    Instrument,
    InstrumentState,
    MarginMode,
    MarketType,
    NullReason,
    OrderIntent,
    PositionMode,
    TdMode,
    Venue,
)
from dualwitness.venues.decisions import decisions_of
from dualwitness.venues.sizing import IntentRefusalReason, IntentRefused, ResolvedIntent, names_of, resolve_intent


def instrument(**fields: Any) -> Instrument:
    """A linear perpetual, unless told otherwise."""
    defaults = {
        "symbol": "BTC/USDT:USDT",
        "venue_instrument_id": "BTC-USDT-SWAP",
        "market_type": MarketType.SWAP,
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "linear": True,
        "inverse": False,
        "contract_size": Decimal("0.01"),
        "tick_size": Decimal("0.1"),
        "lot_size": Decimal("0.01"),
        "min_size": Decimal("0.01"),
        "max_leverage": Decimal(100),
        "state": InstrumentState.LIVE,
    }
    return Instrument(**(defaults | fields))


def account(
    level: AccountLevel | None = AccountLevel.FUTURES, mode: PositionMode | None = PositionMode.NET
) -> AccountConfig:
    """An account of that set-up."""
    reasons = {
        name: NullReason.UNMAPPED
        for name, value in (("account_level", level), ("position_mode", mode))
        if value is None
    }
    return AccountConfig(
        account_level=level,
        position_mode=mode,
        permissions=("trade",),
        fee_type=FeeType.RECEIVED_CURRENCY,
        reasons=reasons,
    )


def intent(**fields: Any) -> OrderIntent:
    """A market buy of the perpetual under cross, unless told otherwise."""
    defaults = {
        "symbol": "BTC/USDT:USDT",
        "side": "long",
        "order_type": "market",
        "size": "1",
        "td_mode": "cross",
        "client_order_id": "a1",
    }
    return OrderIntent(**(defaults | fields))


LINEAR = instrument()
INVERSE = instrument(
    symbol="BTC/USD:BTC", venue_instrument_id="BTC-USD-SWAP", quote="USD", settle="BTC", linear=False, inverse=True,
    contract_size=Decimal(100), lot_size=Decimal("0.1"), min_size=Decimal("0.1"),
)  # fmt: skip
SPOT = instrument(
    symbol="BTC/USDT", venue_instrument_id="BTC-USDT", market_type=MarketType.SPOT, settle=None, linear=None,
    inverse=None, contract_size=None, lot_size=Decimal("0.00000001"), min_size=Decimal("0.00001"),
)  # fmt: skip
OPTION = instrument(
    symbol="BTC/USD:BTC-260925-60000-C", venue_instrument_id="BTC-USD-260925-60000-C", market_type=MarketType.OPTION,
    quote="USD", settle="BTC", linear=None, inverse=None, contract_size=Decimal("0.01"), lot_size=Decimal(1),
    min_size=Decimal(1), tick_size=Decimal("0.0001"), max_leverage=None,
)  # fmt: skip


def resolved(wanted: OrderIntent, kind: Instrument = LINEAR, **options: Any) -> ResolvedIntent:
    """The intent resolved; a refusal fails the test."""
    setup = options.pop("account", account())
    answer = resolve_intent(wanted, setup, kind, **options)
    assert isinstance(answer, ResolvedIntent), answer
    return answer


def refused(wanted: OrderIntent, kind: Instrument = LINEAR, **options: Any) -> IntentRefused:
    """The refusal; an order fails the test."""
    setup = options.pop("account", account())
    answer = resolve_intent(wanted, setup, kind, **options)
    assert isinstance(answer, IntentRefused), answer
    return answer


SIZES = [
    ("linear", LINEAR, "0.01239", {}, "1.23", "0.0123", "0.00009", "0.0124"),
    ("spot", SPOT, "0.123456789", {}, "0.12345678", "0.12345678", "0.000000009", "0.12345679"),
    ("option", OPTION, "0.029", {"order_type": "limit", "price": "0.05"}, "2", "0.02", "0.009", "0.03"),
    ("inverse limit", INVERSE, "1", {"order_type": "limit", "price": "50000"}, "500", "1", "0", "1.0002"),
]


@pytest.mark.parametrize(
    ("kind", "size", "more", "contracts", "base", "shortfall", "above"),
    [case[1:] for case in SIZES],
    ids=[case[0] for case in SIZES],
)
def test_size_in_base_currency_becomes_whole_lots_and_never_more(
    kind: Instrument, size: str, more: dict[str, str], contracts: str, base: str, shortfall: str, above: str
) -> None:
    """What is sent, what it is worth, what is left over, and the next size up, by hand."""
    mode = TdMode.CASH if kind is SPOT else TdMode.CROSS
    found = resolved(intent(symbol=kind.symbol, size=size, td_mode=mode, **more), kind)
    assert (found.sized.contracts, found.sized.base_quantity) == (Decimal(contracts), Decimal(base))
    assert (found.sized.shortfall, found.nearest_above) == (Decimal(shortfall), Decimal(above))
    assert found.size_unit == ("base_currency" if kind is SPOT else "contracts")


def test_market_order_of_an_inverse_contract_is_sized_by_its_worth_in_dollars() -> None:
    """1 BTC worth 64,032 dollars is 640.3 contracts of 100 dollars; the rest is told in BTC."""
    found = resolved(intent(symbol="BTC/USD:BTC"), INVERSE, notional_usd=Decimal(64032))
    assert found.sized.contracts == Decimal("640.3")
    assert found.sized.base_quantity == Decimal("0.9999687656171914042978510744627686156921")
    assert found.sized.base_quantity + found.sized.shortfall == 1
    assert Fraction(found.nearest_above) >= Fraction(64040, 64032)


@pytest.mark.parametrize("worth", [None, Decimal(0), Decimal(-5), Decimal("NaN"), Decimal("Infinity")])
def test_market_order_of_an_inverse_contract_without_a_sound_worth_is_refused(worth: Decimal | None) -> None:
    """Nobody guesses a price: unknown, zero, negative and infinite worths make no order."""
    found = refused(intent(symbol="BTC/USD:BTC"), INVERSE, notional_usd=worth)
    assert found.reason is IntentRefusalReason.PRICE


def test_size_below_the_smallest_order_names_the_size_that_would_do() -> None:
    """Nothing smaller can be ordered, so there is none below; OKX would answer 51020."""
    found = refused(intent(size="0.00009"))
    assert (found.reason, found.okx_code) == (IntentRefusalReason.SIZE, "51020")
    assert (found.nearest_below, found.nearest_above) == (None, Decimal("0.0001"))
    assert resolved(intent(size=found.nearest_above)).sized.contracts == Decimal("0.01")


def test_inverse_market_order_below_the_smallest_names_a_size_that_would_do() -> None:
    """The size is told in base currency although the contract is worth dollars."""
    found = refused(intent(symbol="BTC/USD:BTC", size="0.0001"), INVERSE, notional_usd=Decimal("6.4"))
    assert found.nearest_above == Decimal("0.00015625")
    again = intent(symbol="BTC/USD:BTC", size=found.nearest_above)
    assert resolved(again, INVERSE, notional_usd=Decimal(10)).sized.contracts == Decimal("0.1")


@given(
    size=st.decimals("0.001", "500", places=9),
    price=st.decimals("0.5", "90000", places=2),
    kind=st.sampled_from([LINEAR, INVERSE, SPOT]),
)
def test_any_size_is_sent_in_lots_below_it_and_less_than_one_lot_from_the_next(
    size: Decimal, price: Decimal, kind: Instrument
) -> None:
    """Never more than was asked; and ordering the next size up gives exactly one lot more."""
    mode = TdMode.CASH if kind is SPOT else TdMode.CROSS
    wanted = intent(symbol=kind.symbol, size=size, order_type="limit", price=price, td_mode=mode)
    found = resolve_intent(wanted, account(), kind)
    if isinstance(found, IntentRefused):
        assert found.reason is IntentRefusalReason.SIZE
        assert found.nearest_above is not None
        assert found.nearest_above > size
        return
    lot = kind.lot_size
    assert lot is not None
    assert found.sized.base_quantity <= size < found.nearest_above
    assert found.sized.contracts % lot == 0
    larger = resolve_intent(wanted.model_copy(update={"size": found.nearest_above}), account(), kind)
    assert isinstance(larger, ResolvedIntent)
    assert larger.sized.contracts == found.sized.contracts + lot


@pytest.mark.parametrize(
    ("side", "price", "sent"),
    [("long", "60000.09", "60000.0"), ("short", "60000.01", "60000.1"), ("long", "60000", "60000")],
)
def test_limit_price_moves_to_the_tick_that_is_no_worse(side: str, price: str, sent: str) -> None:
    """A buy never pays more and a sell never takes less than was asked for."""
    found = resolved(intent(side=side, order_type="limit", price=price))
    assert found.price == Decimal(sent)


def test_price_below_one_tick_is_refused_and_a_market_order_has_none() -> None:
    """Rounded down it would be zero; a market order carries no price, whatever the intent says."""
    found = refused(intent(order_type="limit", price="0.05"))
    assert (found.reason, found.okx_code) == (IntentRefusalReason.PRICE, "51150")
    assert resolved(intent(price="60000")).price is None


@pytest.mark.parametrize(
    ("configured", "sent"), [(MarginMode.CROSS, TdMode.CROSS), (MarginMode.ISOLATED, TdMode.ISOLATED)]
)
def test_the_word_margin_becomes_what_is_configured_and_never_goes_out(configured: MarginMode, sent: TdMode) -> None:
    """TdMode.MARGIN is a wish; the intent that goes out names cross or isolated."""
    found = resolved(intent(td_mode="margin"), margin_mode=configured)
    assert found.asked.td_mode is TdMode.MARGIN
    assert found.intent.td_mode is found.mode.td_mode is sent


def test_margin_order_of_a_pair_names_the_currency_of_the_position_that_it_opens_or_reduces() -> None:
    """Quote currency margins a long and base currency a short, so a reducing sell names quote."""
    limit = {"symbol": "BTC/USDT", "order_type": "limit", "price": "60000"}
    currencies = {
        (side, reduce_only): resolved(intent(side=side, reduce_only=reduce_only, **limit), SPOT).margin_currency
        for side in ("long", "short")
        for reduce_only in (False, True)
    }
    assert currencies == {
        ("long", False): "USDT", ("short", True): "USDT", ("short", False): "BTC", ("long", True): "BTC",
    }  # fmt: skip


def test_spot_market_order_says_that_its_size_is_base_currency() -> None:
    """OKX would read a market buy of 1 as one dollar otherwise; a limit order needs no word."""
    cash = {"symbol": "BTC/USDT", "td_mode": "cash"}
    assert resolved(intent(**cash), SPOT).target_currency == "base_ccy"
    assert resolved(intent(**cash, order_type="limit", price="1"), SPOT).target_currency is None
    assert resolved(intent()).target_currency is None


REFUSALS = [
    ("margin market buy", {"symbol": "BTC/USDT"}, SPOT, {}, "size_unit", "59110"),
    ("contract in cash", {"td_mode": "cash"}, LINEAR, {}, "mode", "51000"),
    ("option at market", {"symbol": OPTION.symbol}, OPTION, {}, "order_type", "51066"),
    (
        "option sold by a spot account",
        {"symbol": OPTION.symbol, "td_mode": "cash", "side": "short", "order_type": "limit", "price": "0.05"},
        OPTION, {"account": account(AccountLevel.SPOT)}, "mode", "51018",
    ),
    ("reduce only in cash", {"symbol": "BTC/USDT", "td_mode": "cash", "reduce_only": True}, SPOT, {}, "reduce_only",
     "51205"),
    ("unknown level", {}, LINEAR, {"account": account(level=None)}, "account_unknown", None),
    ("unknown position mode", {}, LINEAR, {"account": account(mode=None)}, "account_unknown", None),
    ("suspended", {}, instrument(state=InstrumentState.SUSPENDED), {}, "instrument_state", "51022"),
    ("not listed yet", {}, instrument(state=InstrumentState.PREOPEN), {}, "instrument_state", "51021"),
    ("expired", {}, instrument(state=InstrumentState.EXPIRED), {}, "instrument_state", "51027"),
    ("unknown state", {}, instrument(state=None, reasons={"state": NullReason.UNMAPPED}), {}, "instrument_state", None),
    ("unknown lot", {}, instrument(lot_size=None, reasons={"lot_size": NullReason.ABSENT}), {},
     "instrument_incomplete", None),
    ("unknown tick", {"order_type": "limit", "price": "1"},
     instrument(tick_size=None, reasons={"tick_size": NullReason.ABSENT}), {}, "instrument_incomplete", None),
    ("too much leverage", {"leverage": "101"}, LINEAR, {}, "leverage", None),
    ("leverage in cash", {"symbol": "BTC/USDT", "td_mode": "cash", "leverage": "3"}, SPOT, {}, "leverage", None),
    ("another instrument", {"symbol": "ETH/USDT:USDT"}, LINEAR, {}, "symbol", None),
    ("another venue", {"venue": "bybit"}, LINEAR, {}, "venue", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "kind", "options", "reason", "code"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
def test_what_must_not_be_ordered_is_refused_with_what_okx_would_answer(
    fields: dict[str, Any], kind: Instrument, options: dict[str, Any], reason: str, code: str | None
) -> None:
    """Each refusal says why in words, and names OKX's code only where OKX would refuse the same."""
    found = refused(intent(**fields), kind, **options)
    assert (str(found.reason), found.okx_code) == (reason, code)
    assert len(found.text) > 20


def test_every_name_of_an_instrument_resolves_to_its_unified_symbol() -> None:
    """Unified symbol, OKX id and shorthand name the same order; the intent goes out with the unified one."""
    assert names_of(LINEAR) == {"BTC/USDT:USDT", "BTC-USDT-SWAP", "BTCUSDT"}
    for name in names_of(LINEAR):
        assert resolved(intent(symbol=name)).intent.symbol == "BTC/USDT:USDT"


def test_paper_orders_are_resolved_like_those_of_okx() -> None:
    """The paper venue imitates OKX's modes and sizes."""
    assert resolved(intent(venue=Venue.PAPER)).mode == resolved(intent()).mode


def test_each_word_of_a_resolved_order_has_its_reason() -> None:
    """What is sent, what is not, and why, for a reducing order in long/short mode."""
    setup = account(mode=PositionMode.LONG_SHORT)
    found = resolved(intent(symbol="BTCUSDT", side="short", reduce_only=True, leverage="3"), account=setup)
    told = {one.field: (one.value, one.why) for one in decisions_of(found)}
    assert {name: value for name, (value, _) in told.items()} == {
        "instId": "BTC-USDT-SWAP", "tdMode": "cross", "posSide": "long", "reduceOnly": None, "tgtCcy": None,
        "ccy": None, "lever": None,
    }  # fmt: skip
    assert "a sell that reduces closes long" in told["posSide"][1]
    assert "can only reduce" in told["reduceOnly"][1]
    assert "3 must be set at the venue" in told["lever"][1]
    assert "BTCUSDT names BTC/USDT:USDT" in told["instId"][1]
    words = decisions_of(resolved(intent(td_mode="margin"), account=setup))
    assert "by the venue's configuration" in next(one.why for one in words if one.field == "tdMode")
