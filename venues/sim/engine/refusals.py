"""
Every way the engine says no, in OKX's words.

Texts: recorded answers where there is one (``sMsg`` ends with a space), otherwise the error table of OKX docs v5.
"""

from __future__ import annotations

from dualwitness.venues.sim.kinds import Refusal

__all__ = [
    "account_mode",
    "already_finished",
    "amend_finished",
    "bad_parameter",
    "bad_row_parameter",
    "below_minimum",
    "close_too_large",
    "duplicate_client_order_id",
    "empty_parameter",
    "insufficient_balance",
    "insufficient_margin",
    "insufficient_without_loan",
    "net_mode_only",
    "no_isolated_pairs",
    "no_margin_position",
    "no_position",
    "not_a_lot_multiple",
    "order_id_required",
    "order_unknown",
    "over_borrow_quota",
    "over_tier",
    "price_outside_limit",
    "row",
    "same_direction",
    "too_many",
    "unknown_instrument",
    "would_flip",
    "wrong_margin_currency",
]


def row(code: str, msg: str, sub_code: str = "") -> Refusal:
    """A refusal of one order, which travels inside its row; ``msg`` without the trailing space OKX adds."""
    return Refusal(code, f"{msg} ", per_row=True, sub_code=sub_code)


def bad_row_parameter(name: str) -> Refusal:
    """51000 for one order (recorded: "Parameter posSide error ")."""
    return row("51000", f"Parameter {name} error")


def bad_parameter(name: str) -> Refusal:
    """51000 for the whole request: HTTP 400 by OKX docs v5."""
    return Refusal("51000", f"Parameter {name} error", http_status=400)


def empty_parameter(name: str) -> Refusal:
    """50014: HTTP 400, top level, with an empty ``data``."""
    return Refusal("50014", f"Parameter {name} can not be empty.", http_status=400)


def too_many(name: str, limit: int) -> Refusal:
    """50025 for a list parameter that is too long."""
    return Refusal("50025", f"Parameter {name} count exceeds the limit {limit}.")


def unknown_instrument(*, per_row: bool) -> Refusal:
    """51001."""
    text = "Instrument ID, Instrument ID code, or Spread ID doesn't exist."
    return row("51001", text) if per_row else Refusal("51001", text)


def account_mode() -> Refusal:
    """51010 (recorded text)."""
    return row("51010", "You can't complete this request under your current account mode.")


def below_minimum() -> Refusal:
    """51020."""
    return row("51020", "Your order should meet or exceed the minimum order amount.")


def not_a_lot_multiple() -> Refusal:
    """51121."""
    return row("51121", "Order quantity must be a multiple of the lot size.")


def price_outside_limit(max_buy: str, min_sell: str) -> Refusal:
    """51006."""
    return row(
        "51006",
        f"Order price is not within the price limit (max buy price: {max_buy} min sell price: {min_sell})",
    )


def insufficient_balance(ccy: str) -> Refusal:
    """51008 for cash."""
    return row("51008", f"Order failed. Insufficient {ccy} balance in account.", "1000")


def insufficient_margin(ccy: str) -> Refusal:
    """51008 for margin."""
    return row("51008", f"Order failed. Insufficient {ccy} margin in account.", "1001")


def insufficient_without_loan(ccy: str) -> Refusal:
    """51008 for cash that could have been borrowed."""
    return row("51008", f"Order failed. Insufficient {ccy} balance in account, and Auto Borrow is not enabled", "1002")


def over_borrow_quota(ccy: str) -> Refusal:
    """51008 for what is beyond the quota."""
    return row("51008", f"Order failed. Your main account's {ccy} borrowing quota is insufficient.", "1019")


def over_tier(inst_id: str, kind: str, limit: str, lever: str, sub_code: str) -> Refusal:
    """51004: the position would be larger than its leverage allows."""
    text = (
        f"Order failed. For {kind} of {inst_id}, the sum of current order size, position quantity and pending orders "
        f"in the same direction can’t be more than {limit}(contracts) which is the maximum position amount under "
        f"current leverage. Please lower the leverage or use a new sub-account to place the order again (current "
        f"leverage: {lever}×)."
    )
    return row("51004", text, sub_code)


def no_isolated_pairs() -> Refusal:
    """50072."""
    return row("50072", "Isolated margin is not supported in the current account mode.")


def net_mode_only() -> Refusal:
    """51041."""
    return row("51041", "Portfolio margin account only supports the Buy/Sell mode.")


def wrong_margin_currency() -> Refusal:
    """51130."""
    return row("51130", "Fixed margin currency error.")


def no_margin_position() -> Refusal:
    """51134."""
    text = "Closing failed. Please check your margin holdings and pending orders. Turn off the Reduce-only to continue."
    return row("51134", text)


def would_flip() -> Refusal:
    """51148."""
    text = (
        "Failed to place order. The new order may execute an opposite trading direction of your existing reduce-only "
        "positions. Cancel or edit pending orders to continue order"
    )
    return row("51148", text)


def duplicate_client_order_id() -> Refusal:
    """51016."""
    return row("51016", "Client order ID already exists.")


def no_position() -> Refusal:
    """51169."""
    return row(
        "51169",
        "Order failed because you don't have any positions in this direction for this contract to reduce or close.",
    )


def same_direction() -> Refusal:
    """51170."""
    return row(
        "51170",
        "Failed to place order. A reduce-only order can't be the same trading direction as your existing positions.",
    )


def close_too_large() -> Refusal:
    """51112."""
    return row("51112", "Close order size exceeds available size for this position.")


def already_finished() -> Refusal:
    """51400: one code for filled, canceled and unknown (OKX docs v5)."""
    return row("51400", "Cancellation failed as the order has been filled, canceled or does not exist.")


def amend_finished() -> Refusal:
    """51503."""
    return row("51503", "Your order has already been filled or canceled.")


def order_unknown() -> Refusal:
    """51603, top level (many captures: no full stop, no trailing space)."""
    return Refusal("51603", "Order does not exist")


def order_id_required() -> Refusal:
    """51003 for a query."""
    return Refusal("51003", "Either client order ID or order ID is required")
