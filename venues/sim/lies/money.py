"""Lies about the account's money: its balance, and the bills that add up to it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from dualwitness.models import Axis, FindingKind, Severity
from dualwitness.venues.sim.lies import account_edits as account
from dualwitness.venues.sim.lies import edits as edit
from dualwitness.venues.sim.lies.kinds import Asked, Cause, Lie, Needs, Theme

__all__ = ["MONEY"]

_BALANCE = ("/api/v5/account/balance",)
_BILLS = ("/api/v5/account/bills", "/api/v5/account/bills-archive")
_S0, _S1, _S2, _S3 = Severity
_CONFLICT, _GONE = FindingKind.EVIDENCE_CONFLICT, FindingKind.UNOBTAINABLE
_AMOUNTS = ("availBal", "availEq", "cashBal", "eq")

Recalled = Callable[[Asked], Hashable]


def _lie(
    name: str,
    place: str,
    severity: Severity,
    paths: tuple[str, ...],
    text: str,
    *,
    change: edit.Edit | None = None,
    recalled: Recalled | None = None,
    kind: FindingKind = _CONFLICT,
    needs: Needs = Needs.NOTHING,
) -> Lie:
    operation, _, field = place.partition(".")
    cause = Cause(kind, operation, field, severity)
    return Lie(
        name, Theme.IDENTITY, Axis.I, operation, field, text, paths, cause,
        transform=change, recalled=recalled, needs=needs,
    )  # fmt: skip


def _balance(name: str, text: str, change: edit.Edit, *, kind: FindingKind = _CONFLICT) -> Lie:
    return _lie(name, "get_account_balance.total", _S2, _BALANCE, text, change=change, kind=kind)


def _bill(
    name: str, field: str, text: str, change: edit.Edit, *, severity: Severity = _S2, needs: Needs = Needs.NOTHING
) -> Lie:
    return _lie(name, f"get_bills.{field}", severity, _BILLS, text, change=change, needs=needs)


MONEY = (
    _balance("balance_blank", "every amount of the balance is blank", edit.written(*_AMOUNTS, value=""), kind=_GONE),
    _balance("balance_currency_missing", "SOL is left out of the balance", account.details_left_out("SOL")),
    _balance("balance_currency_renamed", "SOL is called LTC", account.details_renamed("SOL", "LTC")),
    _lie("balance_frozen", "get_account_balance.total", _S2, _BALANCE,
         "the balance stands still although executions and bills go on", recalled=edit.asked_alike),
    _balance("balance_inflated", "every currency is ten times as much", edit.scaled(*_AMOUNTS, by="10")),
    _bill("bill_balance_wrong", "balance", "the balance after every bill is a tenth too high",
          edit.scaled("bal", by="1.1")),
    _bill("bill_change_doubled", "change", "one bill in the middle changes twice as much",
          account.middle_change_doubled),
    _bill("bill_doubled", "bill_id", "the newest bill comes twice", edit.newest_twice),
    _bill("bill_invented", "bill_id", "a transfer out stands there that never was", account.booked_out),
    _bill("bill_missing", "bill_id", "a bill in the middle is left out", edit.middle_dropped),
    _bill("bill_sign_flipped", "change", "what came in is said to have gone out", edit.negated("balChg")),
    _bill("bills_empty", "bill_id", "no bill at all", edit.empty),
    _lie("bills_page_repeated", "get_bills.bill_id", _S2, _BILLS, "every page of the bills is the first",
         recalled=edit.asked_alike_but_for_the_page, kind=_GONE, needs=Needs.PAGES),
    _bill("bills_second_page_empty", "bill_id", "the bills end with their first page", edit.empty_beyond_first_page,
          needs=Needs.PAGES),
    _balance("live_balance_in_demo", "the balance is that of another account",
             edit.scaled(*_AMOUNTS, by="0.37")),
)  # fmt: skip
