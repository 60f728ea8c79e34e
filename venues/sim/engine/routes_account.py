"""The account endpoints: balance, positions, configuration, fees, bills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.account_stamp import account_stamp
from dualwitness.venues.sim.engine.balances import currencies, currency_state
from dualwitness.venues.sim.engine.fees import FEE_RATES
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.paging import page, page_ask
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.engine.rows_balance import balance_row, bill_row
from dualwitness.venues.sim.engine.rows_config import config_row, fee_row
from dualwitness.venues.sim.engine.rows_position import closed_position_row, position_row
from dualwitness.venues.sim.instruments import row as instrument_row
from dualwitness.venues.sim.kinds import Params

__all__ = [
    "MANY",
    "ONE",
    "get_balance",
    "get_bills",
    "get_bills_archive",
    "get_config",
    "get_instruments",
    "get_positions",
    "get_positions_history",
    "get_trade_fee",
]

Rows = list[dict[str, object]]

_POSITION_TYPES = ("MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS")
# A closed position's posId expires 30 days after the last full close (okx-v5-facts section 9).
_POSITION_ID_LIFE_MS = 30 * 24 * 3_600_000
_DAY_MS = 24 * 3_600_000
_BILL_FILTERS = ("ccy", "instId", "instType", "mgnMode", "subType", "type")


def _names(params: Params, name: str, most: int) -> tuple[str, ...]:
    names = tuple(word for word in text(params, name).split(",") if word)
    if len(names) > most:
        raise refusals.too_many(name, most)
    return names


def get_config(account: Account, _params: Params) -> Rows:
    """GET account/config."""
    return [config_row(account)]


def get_balance(account: Account, params: Params) -> Rows:
    """GET account/balance: a currency with neither cash nor equity is left out unless ``ccy`` asks for it."""
    asked = _names(params, "ccy", 20)
    known = currencies(account)
    listed = asked or tuple(ccy for ccy in known if account.cash.get(ccy) or currency_state(account, ccy).equity)
    return [balance_row(account, listed, account.clock.now_ms())]


def get_positions(account: Account, params: Params) -> Rows:
    """GET account/positions: closed positions only when asked for by instId or posId; newest first; raises 51001."""
    inst_type = text(params, "instType")
    if inst_type and inst_type not in _POSITION_TYPES:
        raise refusals.bad_parameter("instType")
    inst_ids, pos_ids = _names(params, "instId", 10), _names(params, "posId", 20)
    if any(inst_id not in account.instruments for inst_id in inst_ids):
        raise refusals.unknown_instrument(per_row=False)
    now_ms = account.clock.now_ms()
    legs = [
        leg
        for leg in account.legs.values()
        if (leg.contracts or ((inst_ids or pos_ids) and now_ms - leg.updated_ms <= _POSITION_ID_LIFE_MS))
        and inst_type in ("", leg.instrument.inst_type)
        and (not inst_ids or leg.instrument.inst_id in inst_ids)
        and (not pos_ids or leg.pos_id in pos_ids)
    ]
    legs.sort(key=lambda leg: (leg.created_ms, int(leg.pos_id)), reverse=True)
    stamp, memo = account_stamp(account), account.position_rows
    return [memo.row(stamp, leg.key, partial(position_row, account, leg)) for leg in legs]


def get_positions_history(account: Account, params: Params) -> Rows:
    """GET account/positions-history: positions closed in full, and open ones closed in part; cursor uTime."""
    legs = [*account.finished_legs, *(leg for leg in account.open_legs() if leg.closed_contracts)]
    wanted: dict[str, Callable[[Leg], str]] = {
        "instType": lambda leg: leg.instrument.inst_type,
        "instId": lambda leg: leg.instrument.inst_id,
        "mgnMode": lambda leg: leg.mgn_mode,
        "posId": lambda leg: leg.pos_id,
        "type": lambda leg: leg.closed_by or ("1" if leg.contracts else "2"),
    }
    for name, pick in wanted.items():
        if text(params, name):
            legs = [leg for leg in legs if pick(leg) == text(params, name)]
    shown = page(
        legs,
        params,
        cursor=lambda leg: leg.updated_ms,
        time_ms=lambda leg: leg.updated_ms,
        nearest=False,
    )
    return [closed_position_row(leg) for leg in shown]


def get_trade_fee(account: Account, params: Params) -> Rows:
    """GET account/trade-fee; raises 50014 without instType, 51000 for another one, 51001."""
    inst_type = text(params, "instType")
    if not inst_type:
        raise refusals.empty_parameter("instType")
    if inst_type not in FEE_RATES:
        raise refusals.bad_parameter("instType")
    rows = [one for one in account.table if one.inst_type == inst_type]
    inst_id = text(params, "instId")
    if inst_id:
        rows = [one for one in rows if one.inst_id == inst_id]
        if not rows:
            raise refusals.unknown_instrument(per_row=False)
    family = text(params, "instFamily") or text(params, "uly")
    groups = {one.group_id for one in rows if family in ("", one.inst_family)}
    asked = text(params, "groupId")
    if asked and asked not in groups:
        raise refusals.bad_parameter("groupId")
    shown = sorted((group for group in groups if asked in ("", group)), key=lambda group: (len(group), group))
    return [fee_row(account, inst_type, shown)]


def get_bills(account: Account, params: Params) -> Rows:
    """GET account/bills: seven days; filters ccy, type, instType, mgnMode."""
    since_ms = account.clock.now_ms() - 7 * _DAY_MS
    return _bills(account, params, since_ms)


def get_bills_archive(account: Account, params: Params) -> Rows:
    """GET account/bills-archive: three months."""
    return _bills(account, params, account.clock.now_ms() - 90 * _DAY_MS)


def _bills(account: Account, params: Params, since_ms: int) -> Rows:
    filters = {name: text(params, name) for name in _BILL_FILTERS if text(params, name)}
    return [bill_row(bill) for bill in account.bills.page(page_ask(params), filters, since_ms)]


def get_instruments(account: Account, params: Params) -> Rows:
    """GET account/instruments; raises 50014 without instType, 51000 for an unknown one."""
    inst_type = text(params, "instType")
    if not inst_type:
        raise refusals.empty_parameter("instType")
    if inst_type not in FEE_RATES:
        raise refusals.bad_parameter("instType")
    inst_id, family = text(params, "instId"), text(params, "instFamily") or text(params, "uly")
    return [
        instrument_row(one)
        for one in account.table
        if one.inst_type == inst_type and inst_id in ("", one.inst_id) and family in ("", one.inst_family)
    ]


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "account/balance"): get_balance,
    ("GET", "account/bills"): get_bills,
    ("GET", "account/bills-archive"): get_bills_archive,
    ("GET", "account/config"): get_config,
    ("GET", "account/instruments"): get_instruments,
    ("GET", "account/positions"): get_positions,
    ("GET", "account/positions-history"): get_positions_history,
    ("GET", "account/trade-fee"): get_trade_fee,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
