"""The settings endpoints: leverage and position mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import money, parsed
from dualwitness.venues.sim.engine.balances import currency_state
from dualwitness.venues.sim.engine.bill import MARGIN_TYPE, Bill
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.engine.rows_config import leverage_row
from dualwitness.venues.sim.kinds import Params, Refusal, SimInstrument

__all__ = ["MANY", "ONE", "get_leverage_info", "post_set_leverage", "post_set_position_mode"]

Rows = list[dict[str, object]]

_MARGIN_ADDED, _MARGIN_REDUCED = "160", "161"


def post_set_position_mode(account: Account, params: Params) -> Rows:
    """POST account/set-position-mode; raises 59000 (recorded text) while positions or orders exist, 51000."""
    mode = text(params, "posMode")
    if not mode:
        raise refusals.empty_parameter("posMode")
    if mode not in ("net_mode", "long_short_mode") or (account.account_level == "4" and mode != "net_mode"):
        raise refusals.bad_parameter("posMode")
    busy = any(account.open_legs()) or any(account.open_orders())
    if busy and mode != account.position_mode:
        text_59000 = "Setting failed. Cancel any open orders, close positions, and stop trading bots first."
        raise Refusal("59000", text_59000)
    account.set_position_mode(mode)
    return [{"posMode": account.position_mode}]


def get_leverage_info(account: Account, params: Params) -> Rows:
    """GET account/leverage-info: two rows an instrument in long/short mode, one (``net``) otherwise."""
    for name in ("instId", "mgnMode"):
        if not text(params, name):
            raise refusals.empty_parameter(name)
    mode = text(params, "mgnMode")
    if mode not in ("cross", "isolated"):
        raise refusals.bad_parameter("mgnMode")
    inst_ids = text(params, "instId").split(",")
    if len(inst_ids) > 20:
        raise refusals.too_many("instId", 20)
    rows: Rows = []
    for inst_id in inst_ids:
        instrument = _instrument(account, inst_id)
        two_sided = account.hedged and instrument.inst_type in ("SWAP", "FUTURES")
        for side in ("long", "short") if two_sided else ("net",):
            lever = account.leverage(instrument, mode, side)
            rows.append(leverage_row(inst_id, "", mode, side, lever))
    return rows


def post_set_leverage(account: Account, params: Params) -> Rows:
    """
    POST account/set-leverage for a contract; an open isolated position gets or gives back margin.

    Raises 50014, 51000, 51001, 59102 above the maximum, 59103 when the isolated margin it needs is not there.
    """
    for name in ("instId", "lever", "mgnMode"):
        if not text(params, name):
            raise refusals.empty_parameter(name)
    instrument = _instrument(account, text(params, "instId"))
    mode, lever = text(params, "mgnMode"), parsed(text(params, "lever"))
    if mode not in ("cross", "isolated"):
        raise refusals.bad_parameter("mgnMode")
    if lever is None or lever < 1:
        raise refusals.bad_parameter("lever")
    if lever > (parsed(instrument.lever) or Decimal(1)):
        raise Refusal("59102", "Leverage exceeds the maximum limit. Please lower the leverage.")
    side = _side(account, instrument, mode, text(params, "posSide"))
    _apply(account, instrument, mode, side, lever)
    return [leverage_row(instrument.inst_id, "", mode, side if side != "net" else text(params, "posSide"), lever)]


def _instrument(account: Account, inst_id: str) -> SimInstrument:
    instrument = account.instruments.get(inst_id)
    if instrument is None:
        raise refusals.unknown_instrument(per_row=False)
    return instrument


def _side(account: Account, instrument: SimInstrument, mode: str, asked: str) -> str:
    """PosSide belongs to isolated contracts in long/short mode and nowhere else (okx-v5-facts section 5)."""
    two_sided = account.hedged and mode == "isolated" and instrument.inst_type in ("SWAP", "FUTURES")
    allowed = ("long", "short") if two_sided else ("", "net", *(("long", "short") if account.hedged else ()))
    if asked not in allowed:
        raise refusals.bad_parameter("posSide")
    return asked if two_sided else "net"


def _apply(account: Account, instrument: SimInstrument, mode: str, side: str, lever: Decimal) -> None:
    """Change the setting and the legs it governs; funds are checked before anything moves."""
    same_family = mode == "cross" and instrument.inst_type == "FUTURES"
    legs = [
        leg
        for leg in account.legs.values()
        if leg.mgn_mode == mode
        and (mode == "cross" or leg.pos_side == side)
        and (
            leg.instrument.inst_family == instrument.inst_family and leg.instrument.inst_type == "FUTURES"
            if same_family
            else leg.instrument.inst_id == instrument.inst_id
        )
    ]
    changes = [money(leg.margin * leg.lever / lever) - leg.margin for leg in legs]
    if sum(changes) > currency_state(account, instrument.settle_ccy).available:
        text_59103 = "Leverage is too low and no sufficient margin in the account. Please increase the leverage."
        raise Refusal("59103", text_59103)
    account.keep_leverage(instrument, mode, side, lever)
    for leg, change in zip(legs, changes, strict=True):
        account.keep_leg(replace(leg, lever=lever, margin=leg.margin + change), "set_leverage")
        if change:
            _bill(account, account.legs[leg.key], change)


def _bill(account: Account, leg: Leg, change: Decimal) -> None:
    ts_ms, ccy = account.clock.now_ms(), leg.instrument.settle_ccy
    balance = account.book(ccy, -change, ts_ms)
    account.write(
        Bill(
            bill_id=account.ids.unique(),
            ccy=ccy,
            bill_type=MARGIN_TYPE,
            sub_type=_MARGIN_ADDED if change > 0 else _MARGIN_REDUCED,
            change=-change,
            balance=balance,
            ts_ms=ts_ms,
            sz=abs(change),
            mgn_mode=leg.mgn_mode,
            margin=leg.margin,
            margin_change=change,
            inst_type=leg.instrument.inst_type,
            inst_id=leg.instrument.inst_id,
        ),
        "set_leverage",
    )


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "account/leverage-info"): get_leverage_info,
    ("POST", "account/set-leverage"): post_set_leverage,
    ("POST", "account/set-position-mode"): post_set_position_mode,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
