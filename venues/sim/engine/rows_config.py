"""How OKX spells the account's configuration, its leverage and its fee rates."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import plain
from dualwitness.venues.sim.engine.fees import FEE_RATES

__all__ = ["config_row", "fee_row", "leverage_row"]

Row = dict[str, object]


def config_row(account: Account) -> Row:
    """The one row of account/config (keys of a recorded answer of March 2026)."""
    return {
        "acctLv": account.account_level,
        "acctStpMode": "cancel_maker",
        "autoLoan": False,
        "ctIsoMode": "automatic",
        "enableSpotBorrow": False,
        "feeType": "0",
        "greeksType": "PA",
        "ip": "",
        "kycLv": "3",
        "label": "embedded venue",
        "level": "Lv1",
        "levelTmp": "",
        "liquidationGear": "-1",
        "mainUid": account.uid,
        "mgnIsoMode": "automatic",
        "opAuth": "0",
        "perm": "read_only,trade",
        "posMode": account.position_mode,
        "roleType": "0",
        "settleCcy": "USDC",
        "settleCcyList": ["USDC"],
        "spotBorrowAutoRepay": False,
        "spotOffsetType": "",
        "spotRoleType": "0",
        "spotTraderInsts": [],
        "stgyType": "0",
        "traderInsts": [],
        "type": "0",
        "uid": account.uid,
    }


def fee_row(inst_type: str, groups: Iterable[str], now_ms: int) -> Row:
    """
    One row of account/trade-fee: ``feeGroup`` and the deprecated flat fields.

    Negative is a commission, except in ``delivery`` and ``exercise``, where positive is (okx-v5-facts section 11).
    """
    maker, taker = (plain(rate) for rate in FEE_RATES[inst_type])
    contract = inst_type in ("SWAP", "FUTURES")
    return {
        "category": "1",
        "delivery": "0.0001" if inst_type == "FUTURES" else "",
        "exercise": "0.0002" if inst_type == "OPTION" else "",
        "feeGroup": [{"groupId": group, "maker": maker, "taker": taker} for group in groups],
        "fiat": [],
        "instType": inst_type,
        "level": "Lv1",
        "maker": maker,
        "makerU": maker if contract else "",
        "makerUSDC": maker if contract else "",
        "ruleType": "normal",
        "taker": taker,
        "takerU": taker if contract else "",
        "takerUSDC": taker if contract else "",
        "ts": str(now_ms),
    }


def leverage_row(inst_id: str, ccy: str, mgn_mode: str, pos_side: str, lever: Decimal) -> Row:
    """One row of account/leverage-info and of account/set-leverage."""
    return {"ccy": ccy, "instId": inst_id, "lever": plain(lever), "mgnMode": mgn_mode, "posSide": pos_side}
