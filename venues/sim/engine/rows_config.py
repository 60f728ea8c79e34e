"""How OKX spells the account's configuration, its leverage and its fee rates."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import plain
from dualwitness.venues.sim.engine.fees import fee_rate

__all__ = ["config_row", "fee_row", "leverage_row"]

Row = dict[str, object]


def config_row(account: Account) -> Row:
    """The one row of account/config (keys of a recorded answer of March 2026)."""
    settings = account.settings
    return {
        "acctLv": account.account_level,
        "acctStpMode": "cancel_maker",
        "autoLoan": settings.auto_loan,
        "ctIsoMode": settings.contract_isolated_mode,
        "enableSpotBorrow": settings.spot_borrow,
        "feeType": settings.fee_type,
        "greeksType": settings.greeks_type,
        "ip": "",
        "kycLv": "3",
        "label": "embedded venue",
        "level": settings.fee_level,
        "levelTmp": "",
        "liquidationGear": "-1",
        "mainUid": account.uid,
        "mgnIsoMode": settings.margin_isolated_mode,
        "opAuth": "0",
        "perm": "read_only,trade",
        "posMode": account.position_mode,
        "roleType": "0",
        "settleCcy": "USDC",
        "settleCcyList": ["USDC"],
        "spotBorrowAutoRepay": settings.auto_repay,
        "spotOffsetType": "",
        "spotRoleType": "0",
        "spotTraderInsts": [],
        "stgyType": settings.strategy_type,
        "traderInsts": [],
        "type": "0",
        "uid": account.uid,
    }


def fee_row(account: Account, inst_type: str, groups: Iterable[str]) -> Row:
    """
    One row of account/trade-fee: ``feeGroup`` and the deprecated flat fields, which know one rate for all groups.

    Negative is a commission, except in ``delivery`` and ``exercise``, where positive is (okx-v5-facts section 11).
    """
    level = account.settings.fee_level
    maker, taker = (plain(fee_rate(inst_type, maker=made, level=level)) for made in (True, False))
    contract = inst_type in ("SWAP", "FUTURES")
    return {
        "category": "1",
        "delivery": "0.0001" if inst_type == "FUTURES" else "",
        "exercise": "0.0002" if inst_type == "OPTION" else "",
        "feeGroup": [_group_row(inst_type, group, level) for group in groups],
        "fiat": [],
        "instType": inst_type,
        "level": level,
        "maker": maker,
        "makerU": maker if contract else "",
        "makerUSDC": maker if contract else "",
        "ruleType": "normal",
        "taker": taker,
        "takerU": taker if contract else "",
        "takerUSDC": taker if contract else "",
        "ts": str(account.clock.now_ms()),
    }


def _group_row(inst_type: str, group: str, level: str) -> Row:
    maker, taker = (plain(fee_rate(inst_type, maker=made, group_id=group, level=level)) for made in (True, False))
    return {"groupId": group, "maker": maker, "taker": taker}


def leverage_row(inst_id: str, ccy: str, mgn_mode: str, pos_side: str, lever: Decimal) -> Row:
    """One row of account/leverage-info and of account/set-leverage."""
    return {"ccy": ccy, "instId": inst_id, "lever": plain(lever), "mgnMode": mgn_mode, "posSide": pos_side}
