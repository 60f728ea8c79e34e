"""Lies about the account's identity: what it holds, in which mode. Its money is in `money.py`."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from dualwitness.models import Axis, FindingKind, PositionsQuality, Severity
from dualwitness.venues.sim.lies import account_edits as account
from dualwitness.venues.sim.lies import edits as edit
from dualwitness.venues.sim.lies.kinds import Asked, Cause, Lie, Needs, Row, Theme

__all__ = ["IDENTITY"]

_CONFIG = ("/api/v5/account/config",)
_LEVERAGE = ("/api/v5/account/leverage-info",)
_POSITIONS = ("/api/v5/account/positions",)
_S0, _S1, _S2, _S3 = Severity
_CONFLICT, _GONE = FindingKind.EVIDENCE_CONFLICT, FindingKind.UNOBTAINABLE
_HELD = edit.only("ETH-USDT-SWAP")
_AN_HOUR_MS, _A_DAY_MS = 3_600_000, 86_400_000


# What was held before the first execution is proven by bills that end at the balance; without that executions add up
# to nothing.
_PROOF = ("get_account_balance", "get_bills")
_ADDED_UP = frozenset({"contracts", "direction", "entry_price", "has_position"})


def _isolated(row: Row) -> bool:
    return row.get("mgnMode") == "isolated" and edit.of_derivatives(row)


def _lie(
    name: str,
    field: str,
    severity: Severity,
    text: str,
    change: edit.Edit | None = None,
    *,
    kind: FindingKind = _CONFLICT,
    recalled: Callable[[Asked], Hashable] | None = None,
    needs: Needs = Needs.NOTHING,
    quality: PositionsQuality = PositionsQuality.RECONSTRUCTED_FROM_FILLS,
) -> Lie:
    """A lie about positions: whatever else is known, their report alone cannot be relied on."""
    cause = Cause(kind, "get_positions", field, severity, quality)
    return Lie(
        name, Theme.IDENTITY, Axis.I, "get_positions", field, text, _POSITIONS, cause,
        transform=change, recalled=recalled, needs=needs, rests_on=_PROOF if field in _ADDED_UP else (),
    )  # fmt: skip


def _setting(
    name: str, place: str, severity: Severity, paths: tuple[str, ...], text: str, change: edit.Edit, seen_at: str = ""
) -> Lie:
    """A lie about how the account is set, which leaves its positions as they are."""
    operation, _, field = place.partition(".")
    shown_by, _, shown_in = (seen_at or place).partition(".")
    cause = Cause(_CONFLICT, shown_by, shown_in, severity)
    return Lie(name, Theme.IDENTITY, Axis.I, operation, field, text, paths, cause, transform=change)


IDENTITY = (
    _setting("account_level_wrong", "get_account_config.account_level", _S2, _CONFIG,
             "the account is said to trade spot alone", edit.written("acctLv", value="1")),
    _lie("blank_positions_field", "contracts", _S3, "pos is blank", edit.written("pos", value=""), kind=_GONE),
    _lie("entry_price_blank", "entry_price", _S2, "avgPx is blank", edit.written("avgPx", value=""), kind=_GONE),
    _lie("entry_price_is_mark", "entry_price", _S2, "avgPx is today's mark price, as if every position were new",
         edit.put("avgPx", "markPx")),
    _lie("entry_price_shifted", "entry_price", _S2, "avgPx is five percent too high", edit.scaled("avgPx", by="1.05")),
    _setting("leverage_setting_wrong", "get_leverage.leverage", _S1, _LEVERAGE,
             "the setting of the leverage is ten times too high", edit.scaled("lever", by="10"),
             "get_positions.leverage"),
    _lie("leverage_wrong", "leverage", _S1, "lever is ten times too high", edit.scaled("lever", by="10")),
    _lie("liquidation_price_passed", "liquidation_price", _S1, "liqPx lies where the position would be gone already",
         account.liquidated_already),
    _lie("liquidation_price_wrong", "liquidation_price", _S1, "liqPx is half as far again from nothing",
         edit.scaled("liqPx", by="1.5"), quality=PositionsQuality.RELIABLE),
    _lie("live_positions_in_demo", "has_position", _S3, "the positions are those of another account",
         account.another_accounts_positions),
    _lie("margin_mode_blank", "margin_mode", _S2, "mgnMode is blank", edit.written("mgnMode", value=""), kind=_GONE),
    _lie("margin_mode_swapped", "margin_mode", _S2, "cross is called isolated and back",
         edit.swapped("mgnMode", "cross", "isolated")),
    _lie("mark_price_blank", "mark_price", _S1, "markPx is blank", edit.written("markPx", value=""), kind=_GONE,
         quality=PositionsQuality.RELIABLE),
    _lie("mark_price_shifted", "mark_price", _S1, "markPx is five percent too high", edit.scaled("markPx", by="1.05")),
    _lie("position_contracts_doubled", "contracts", _S3, "pos is twice as large", edit.scaled("pos", by="2")),
    _lie("position_from_the_future", "ts_venue_ms", _S1, "uTime of every position is tomorrow",
         edit.moved_in_time("uTime", by_ms=_A_DAY_MS)),
    _lie("position_invented", "has_position", _S3, "a position stands there that nobody ever opened",
         edit.copied_as(lambda row: row.get("instType") == "SWAP", instId="LTC-USDT-SWAP", posId="9")),
    _lie("position_missing", "has_position", _S3, "ETH-USDT-SWAP is left out", edit.left_out(_HELD)),
    _setting("position_mode_wrong", "get_account_config.position_mode", _S3, _CONFIG,
             "net mode is called long/short and back", edit.swapped("posMode", "net_mode", "long_short_mode")),
    _lie("position_not_liquidated", "contracts", _S3,
         "isolated contracts are a quarter more, as if a partial liquidation had never been told",
         edit.scaled("pos", by="1.25", chosen=_isolated)),
    _lie("position_of_another_symbol", "has_position", _S3, "ETH-USDT-SWAP's position is shown as LTC-USDT-SWAP's",
         edit.written("instId", value="LTC-USDT-SWAP", chosen=_HELD)),
    _lie("position_partly_closed", "contracts", _S3, "pos of contracts is half of what it is",
         edit.scaled("pos", by="0.5", chosen=edit.of_derivatives)),
    _lie("position_side_flipped", "direction", _S3, "long for short on every derivative", account.flip_position),
    _lie("position_sides_invented", "has_position", _S3, "net positions are shown as if in long/short mode",
         account.sides_invented),
    _lie("position_stale", "ts_venue_ms", _S1, "uTime of every position is an hour before its last execution",
         edit.moved_in_time("uTime", by_ms=-_AN_HOUR_MS)),
    _lie("positions_empty", "has_position", _S3, "no position at all", edit.empty),
    _lie("positions_frozen", "contracts", _S3, "the positions stand still although executions go on",
         recalled=edit.asked_alike, needs=Needs.TRADING),
    _lie("positions_twice", "contracts", _S3, "every contract position stands there twice, under two ids",
         account.twice),
    # CCXT makes a profit of its own where the venue says none, so the two are heard to differ.
    _lie("unrealized_profit_blank", "unrealized_pnl", _S1, "upl is blank", edit.written("upl", value=""),
         kind=FindingKind.LIBRARY_DISAGREEMENT, quality=PositionsQuality.RELIABLE),
    _lie("unrealized_profit_sign_flipped", "unrealized_pnl", _S2, "a profit is called a loss and back",
         edit.negated("upl")),
    _lie("unrealized_profit_tripled", "unrealized_pnl", _S2, "upl is three times what it is",
         edit.scaled("upl", by="3")),
)  # fmt: skip
