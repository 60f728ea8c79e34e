"""The asset endpoints: the funding account, transfers, and what the whole account is worth (OKX docs v5, "Funding")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from dualwitness.venues.sim.currencies import currency_rows
from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money, parsed, plain
from dualwitness.venues.sim.engine.balances import currency_state
from dualwitness.venues.sim.engine.funding_account import FUNDING, TRADING, transfer
from dualwitness.venues.sim.engine.funding_ledger import FundingBill, Transfer
from dualwitness.venues.sim.engine.paging import page
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = [
    "MANY",
    "ONE",
    "get_asset_bills",
    "get_asset_bills_history",
    "get_asset_valuation",
    "get_funding_balances",
    "get_no_movements",
    "get_transfer_state",
    "post_transfer",
]

Row = dict[str, object]
Rows = list[Row]

_MONTH_MS = 30 * 24 * 3_600_000
_CURRENCIES = frozenset(str(row["ccy"]) for row in currency_rows(frozenset()))


def get_funding_balances(account: Account, params: Params) -> Rows:
    """GET asset/balances: currencies of the funding account that hold something."""
    wanted = [word for word in text(params, "ccy").split(",") if word]
    return [
        {"availBal": plain(cash), "bal": plain(cash), "ccy": ccy, "frozenBal": "0"}
        for ccy, cash in sorted(account.funding.cash.items())
        if cash and (not wanted or ccy in wanted)
    ]


def post_transfer(account: Account, params: Params) -> Rows:
    """
    POST asset/transfer between funding (6) and trading (18), within the account.

    Raises 50014, 51000, 58114 for nothing or less, 58123 for one account twice, 58350 when there is not enough.
    """
    for name in ("ccy", "amt", "from", "to"):
        if not text(params, name):
            raise refusals.empty_parameter(name)
    source, target, kind = text(params, "from"), text(params, "to"), text(params, "type") or "0"
    for name, word in (("from", source), ("to", target)):
        if word not in (FUNDING, TRADING):
            raise refusals.bad_parameter(name)
    if kind != "0":
        # Sub-accounts: this venue has none.
        raise refusals.bad_parameter("type")
    if source == target:
        raise Refusal("58123", "Parameter from cannot equal to parameter to.")
    amount = text(params, "amt")
    quantity = parsed(amount.removeprefix("-"))
    if quantity is None:
        raise refusals.bad_parameter("amt")
    if quantity <= 0 or amount.startswith("-"):
        raise Refusal("58114", "Transfer amount must be greater than 0.", http_status=400)
    ccy = text(params, "ccy")
    if ccy not in _CURRENCIES and ccy not in account.cash:
        raise refusals.bad_parameter("ccy")
    return [_transfer_row(transfer(account, ccy, quantity, source, target, text(params, "clientId")))]


def _transfer_row(made: Transfer) -> Row:
    return {
        "amt": plain(made.quantity),
        "ccy": made.ccy,
        "clientId": made.client_id,
        "from": made.source,
        "to": made.target,
        "transId": made.transfer_id,
    }


def get_transfer_state(account: Account, params: Params) -> Rows:
    """GET asset/transfer-state by transId or clientId; raises 50015 and 58129 for one that was never made."""
    transfer_id, client_id = text(params, "transId"), text(params, "clientId")
    if not transfer_id and not client_id:
        raise Refusal("50015", "Either parameter transId or clientId is required.", http_status=400)
    found = account.funding.transfers.get(transfer_id)
    if found is None and not transfer_id:
        found = next((one for one in account.funding.transfers.values() if one.client_id == client_id), None)
    if found is None:
        raise Refusal("58129", "Transfer does not exist.")
    blanks = dict.fromkeys(("instId", "subAcct", "toInstId"), "")
    return [dict(sorted({**blanks, **_transfer_row(found), "state": "success", "type": found.kind}.items()))]


def get_asset_bills(account: Account, params: Params) -> Rows:
    """GET asset/bills: the funding account's changes of the last month, newest first."""
    return [_bill_row(bill) for bill in _bills(account, params)]


def get_asset_bills_history(account: Account, params: Params) -> Rows:
    """GET asset/bills-history: the same with notes."""
    return [{**_bill_row(bill), "notes": ""} for bill in _bills(account, params)]


def _bills(account: Account, params: Params) -> list[FundingBill]:
    since_ms = account.clock.now_ms() - _MONTH_MS
    ccy, kind, client_id = text(params, "ccy"), text(params, "type"), text(params, "clientId")
    kept = [
        bill
        for bill in account.funding.bills
        if bill.ts_ms >= since_ms
        and ccy in ("", bill.ccy)
        and kind in ("", bill.bill_type)
        and client_id in ("", bill.client_id)
    ]
    # Here, unlike elsewhere, the cursors are moments.
    return page(kept, params, cursor=lambda bill: bill.ts_ms, time_ms=lambda bill: bill.ts_ms)


def _bill_row(bill: FundingBill) -> Row:
    return {
        "bal": plain(bill.balance),
        "balChg": plain(bill.change),
        "billId": bill.bill_id,
        "ccy": bill.ccy,
        "clientId": bill.client_id,
        "ts": str(bill.ts_ms),
        "type": bill.bill_type,
    }


@exact
def get_asset_valuation(account: Account, params: Params) -> Rows:
    """GET asset/asset-valuation: both accounts in one currency, BTC unless ``ccy`` names another."""
    ccy = text(params, "ccy") or "BTC"
    try:
        unit = account.market.usd(ccy)
    except KeyError as error:
        raise refusals.bad_parameter("ccy") from error

    def valued(amounts: dict[str, Decimal]) -> Decimal:
        return money(sum((cash * account.market.usd(name) for name, cash in amounts.items()), ZERO) / unit)

    trading = valued({name: currency_state(account, name).equity for name in account.cash})
    funding = valued(account.funding.cash)
    details = {"classic": "0", "earn": "0", "funding": plain(funding), "trading": plain(trading)}
    return [{"details": details, "totalBal": plain(trading + funding), "ts": str(account.clock.now_ms())}]


def get_no_movements(_account: Account, _params: Params) -> Rows:
    """Deposits and withdrawals: demo trading has none, so the lists are empty (okx-v5-facts section 1)."""
    return []


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "asset/asset-valuation"): get_asset_valuation,
    ("GET", "asset/balances"): get_funding_balances,
    ("GET", "asset/bills"): get_asset_bills,
    ("GET", "asset/bills-history"): get_asset_bills_history,
    ("GET", "asset/deposit-history"): get_no_movements,
    ("GET", "asset/non-tradable-assets"): get_no_movements,
    ("GET", "asset/transfer-state"): get_transfer_state,
    ("GET", "asset/withdrawal-history"): get_no_movements,
    ("POST", "asset/transfer"): post_transfer,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
