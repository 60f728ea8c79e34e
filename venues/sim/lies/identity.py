"""Lies about the account's identity: what it holds, in which mode."""

from __future__ import annotations

from dualwitness.models import Axis, FindingKind
from dualwitness.venues.sim.lies import account_edits as account
from dualwitness.venues.sim.lies import edits as edit
from dualwitness.venues.sim.lies.kinds import Cause, Lie, Row, Theme

__all__ = ["IDENTITY"]

_BALANCE = ("/api/v5/account/balance",)
_CONFIG = ("/api/v5/account/config",)
_POSITIONS = ("/api/v5/account/positions",)
_CONFLICT, _GONE = FindingKind.EVIDENCE_CONFLICT, FindingKind.UNOBTAINABLE
_WORDS = FindingKind.LIBRARY_DISAGREEMENT
_HELD = edit.only("ETH-USDT-SWAP")


def _isolated(row: Row) -> bool:
    return row.get("mgnMode") == "isolated" and edit.of_derivatives(row)


def _lie(
    name: str,
    field: str,
    text: str,
    change: edit.Edit,
    *,
    kind: FindingKind = _CONFLICT,
    operation: str = "get_positions",
    paths: tuple[str, ...] = _POSITIONS,
    seen_at: str = "",
) -> Lie:
    """A lie about positions, unless others are named; ``seen_at`` is the field that evidence contradicts."""
    cause = Cause(kind, operation, seen_at or field)
    return Lie(name, Theme.IDENTITY, Axis.I, operation, field, text, paths, cause, transform=change)


IDENTITY = (
    _lie("balance_blank", "total", "every amount of the balance is blank",
         edit.written("availBal", "availEq", "cashBal", "eq", value=""),
         kind=_GONE, operation="get_account_balance", paths=_BALANCE),
    _lie("balance_inflated", "total", "every currency is ten times as much",
         edit.scaled("availBal", "availEq", "cashBal", "eq", by="10"),
         kind=_WORDS, operation="get_account_balance", paths=_BALANCE),
    _lie("blank_positions_field", "contracts", "pos is blank", edit.written("pos", value=""), kind=_GONE),
    _lie("entry_price_blank", "entry_price", "avgPx is blank", edit.written("avgPx", value=""), kind=_GONE),
    _lie("entry_price_is_mark", "entry_price", "avgPx is today's mark price, as if every position were new",
         edit.put("avgPx", "markPx")),
    _lie("entry_price_shifted", "entry_price", "avgPx is five percent too high", edit.scaled("avgPx", by="1.05")),
    _lie("leverage_wrong", "leverage", "lever is ten times too high", edit.scaled("lever", by="10"), kind=_WORDS),
    _lie("margin_mode_blank", "margin_mode", "mgnMode is blank", edit.written("mgnMode", value=""), kind=_GONE),
    _lie("margin_mode_swapped", "margin_mode", "cross is called isolated and back",
         edit.swapped("mgnMode", "cross", "isolated"), kind=_WORDS),
    _lie("position_contracts_doubled", "contracts", "pos is twice as large", edit.scaled("pos", by="2")),
    _lie("position_invented", "has_position", "a position stands there that nobody ever opened",
         edit.copied_as(lambda row: row.get("instType") == "SWAP", instId="LTC-USDT-SWAP", posId="9")),
    _lie("position_missing", "has_position", "ETH-USDT-SWAP is left out",
         lambda envelope, _: edit.with_data(envelope, _without_held)),
    _lie("position_mode_wrong", "position_mode", "net mode is called long/short and back",
         edit.swapped("posMode", "net_mode", "long_short_mode"), operation="get_account_config", paths=_CONFIG),
    _lie("position_not_liquidated", "contracts",
         "isolated contracts are a quarter more, as if a partial liquidation had never been told",
         edit.scaled("pos", by="1.25", chosen=_isolated)),
    _lie("position_of_another_symbol", "has_position", "ETH-USDT-SWAP's position is shown as LTC-USDT-SWAP's",
         edit.written("instId", value="LTC-USDT-SWAP", chosen=_HELD)),
    _lie("position_partly_closed", "contracts", "pos of contracts is half of what it is",
         edit.scaled("pos", by="0.5", chosen=edit.of_derivatives)),
    _lie("position_side_flipped", "direction", "long for short on every derivative", account.flip_position),
    _lie("position_sides_invented", "has_position", "net positions are shown as if in long/short mode",
         account.sides_invented),
    _lie("positions_empty", "has_position", "no position at all", edit.empty),
    _lie("positions_twice", "contracts", "every contract position stands there twice, under two ids", account.twice),
)  # fmt: skip


def _without_held(data: list[object]) -> list[object]:
    return [row for row in data if not (isinstance(row, dict) and _HELD(row))]
