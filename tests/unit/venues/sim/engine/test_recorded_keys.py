"""The keys of our rows against the keys of answers OKX really gave."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.engine_desk import Desk, open_desk
from tests.support.shared import require_shared

SWAP, PAIR = "BTC-USDT-SWAP", "BTC-USDT"


@pytest.fixture(scope="module")
def desk() -> Desk:
    """An account with a position, a resting order, a canceled one, fills and bills."""
    desk = open_desk()
    desk.order(SWAP, "buy", "2")
    desk.order(SWAP, "sell", "1")
    desk.order(PAIR, "buy", "0.1", tgtCcy="base_ccy")
    desk.order(SWAP, "buy", "1", "49000", ordType="post_only")
    return desk


def recorded(path: str) -> dict[str, Any]:
    """The first row of a recorded answer."""
    text = (require_shared() / "okx-payloads" / path).read_text(encoding="utf-8")
    row = json.loads(text)["data"][0]
    assert isinstance(row, dict)
    return row


CASES = [
    ("account/positions", {}, "ccxt/account_positions/fetchPosition_inverse_isolated_hedge_long.json"),
    ("account/positions-history", {}, "ccxt/account_positions-history/positions_history_short_closed.json"),
    ("account/balance", {}, "python_okx_notebook/account_balance/get_account_balance_2026_03.json"),
    ("account/config", {}, "python_okx_notebook/account_config/get_account_config_2026_03.json"),
    ("account/bills", {}, "ccxt/account_bills/fetchLedger_spot_trade.json"),
    ("account/trade-fee", {"instType": "SPOT"}, "jkorf/account_trade-fee/GetFeeRates.json"),
    ("trade/fills", {"instType": "SPOT"}, "ccxt/trade_fills-history/fetchMyTrades_spot_taker_fee_in_base.json"),
    ("trade/orders-pending", {}, "ccxt/trade_orders-pending/fetchOpenOrders_swap_post_only_hedge_long.json"),
    (
        "trade/orders-history",
        {"instType": "SWAP"},
        "ccxt/trade_orders-history/fetchClosedOrders_swap_market_filled.json",
    ),
]
# Added by OKX after the recording was made (okx-v5-facts sections 7 to 11), and per-account level fields.
NEWER = {
    "account/positions-history": {"nonSettleAvgPx", "posSide", "settledPnl"},
    "account/trade-fee": {"feeGroup", "ruleType"},
    "trade/fills": {"subType", "tradeQuoteCcy"},
    "trade/orders-history": {"isTpLimit", "linkedAlgoOrd", "tradeQuoteCcy"},
    "trade/orders-pending": {"isTpLimit", "linkedAlgoOrd", "tradeQuoteCcy"},
}


@pytest.mark.parametrize(("path", "params", "file"), CASES)
def test_row_has_the_recorded_keys_in_alphabetical_order(
    desk: Desk, path: str, params: dict[str, str], file: str
) -> None:
    """Every recorded key, and beyond them only the ones OKX added since."""
    row, known = desk.get(path, **params)[0], set(recorded(file))
    assert list(row) == sorted(row)
    assert set(row) - known == NEWER.get(path, set())
    assert known - set(row) == set()


def test_balance_details_have_the_recorded_keys(desk: Desk) -> None:
    """The 45 keys of a currency in a real answer."""
    file = "ccxt/account_balance/fetchBalance_trading_13ccy_b.json"
    assert set(desk.detail("USDT")) == set(recorded(file)["details"][0])


def test_single_order_query_has_the_recorded_keys(desk: Desk) -> None:
    """The row of trade/order, and its blanks where OKX has blanks."""
    known = recorded("ccxt/trade_order/fetchOrder_spot_market_filled_base_ccy.json")
    row = desk.get("trade/orders-history", instType="SPOT")[0]
    (row,) = desk.get("trade/order", instId=PAIR, ordId=row["ordId"])
    assert set(row) - set(known) == {"tradeQuoteCcy"}
    assert set(known) <= set(row)
    assert {key for key, value in known.items() if value == "" and key not in ("clOrdId", "tag")} == {
        key for key in known if row[key] == "" and key not in ("clOrdId", "tag")
    }


def test_values_are_strings_wherever_the_recorded_ones_are(desk: Desk) -> None:
    """A number that is no string would hide what a client does with strings."""
    for path, params, file in CASES:
        row, known = desk.get(path, **params)[0], recorded(file)
        assert {key for key in known if type(row[key]) is not type(known[key])} == set()
