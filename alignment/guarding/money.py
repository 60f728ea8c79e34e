"""Balances and fills of both libraries, held against each other and against the bills. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from dualwitness.alignment.guarding.answers import GuardedBalance
from dualwitness.alignment.guarding.policy import Policy, PolicyAction, PositionsBlocked
from dualwitness.models import Balance, Bill, BillKind, Fill, Library, NullReason, PositionsQuality
from dualwitness.models.fold_bills import fold_bills
from dualwitness.models.observation import Observation

__all__ = ["balances_of", "booked_by", "closings_of", "fills_wanted", "under_policy"]

Closings = Mapping[str, Decimal | None]

_RELIABLE, _UNRELIABLE = PositionsQuality.RELIABLE, PositionsQuality.UNRELIABLE
# Bills of executions of ours: each belongs to one fill.
_EXECUTIONS = frozenset({BillKind.TRADE, BillKind.LIQUIDATION, BillKind.AUTO_DELEVERAGING, BillKind.DELIVERY})
_ZERO = Decimal(0)
_NO_SECOND = "no bill of this currency: there is no second source"


def closings_of(bills: Iterable[Bill]) -> dict[str, Decimal | None]:
    """The cash that the newest bill of each currency leaves; None where the bills do not follow from each other."""
    folded = fold_bills(bills)
    return {one.currency: None if one.breaks else one.closing for one in folded if one.currency is not None}


def balances_of(
    pair: Mapping[Library, Observation],
    closings: Sequence[Closings],
    currencies: Collection[str] | None,
    *,
    flat_start: bool,
) -> tuple[GuardedBalance, ...]:
    """
    Every currency that was asked for, told or booked (``currencies`` None).

    ``closings`` are of each library whose bills could be read. ``flat_start`` says that the bills reach back to an
    account without money: then a currency without bills is proven to be empty.
    """
    told = {
        library: {row.currency: row for row in seen.rows if isinstance(row, Balance)}
        for library, seen in pair.items()
        if seen.rows is not None
    }
    names = {name for rows in told.values() for name in rows} | {name for each in closings for name in each}
    wanted = sorted(names if currencies is None else set(currencies))
    if not told:
        error = next((seen.error for seen in pair.values() if seen.error is not None), None)
        reason = NullReason.NOT_ASKED if error is None else error.reason
        text = "the shared rate budget has no call left" if error is None else error.message
        return tuple(GuardedBalance(name, None, reason, PositionsQuality.UNAVAILABLE, text) for name in wanted)
    whole = len(told) > 1 and all(seen.error is None for seen in pair.values())
    return tuple(_balance(name, told, closings, whole=whole, flat_start=flat_start) for name in wanted)


def _balance(
    currency: str,
    told: Mapping[Library, Mapping[str, Balance]],
    closings: Sequence[Closings],
    *,
    whole: bool,
    flat_start: bool,
) -> GuardedBalance:
    """
    One currency: the row whose total the bills confirm.

    A total that is equity (CCXT's, difference balance-total-is-equity-not-cash) moves with the market, so where another
    library shows that profit is open in this currency, it neither confirms nor contradicts anything.
    """
    rows = [table.get(currency) for table in told.values()]
    # A currency that a sound answer leaves out holds nothing.
    totals = {library: _total(table.get(currency)) for library, table in told.items()}
    opens = any(row is not None and row.equity is not None and row.equity != row.total for row in rows)
    heard = {library: total for library, total in totals.items() if not opens or _tells_cash(told[library], currency)}
    if not heard or None in heard.values():
        reasons = (row.reasons.get("total") for row in rows if row is not None)
        reason = next((each for each in reasons if each is not None), NullReason.ABSENT)
        return GuardedBalance(currency, None, reason, _UNRELIABLE, "a library leaves the total open")
    absent = _ZERO if flat_start else None
    booked = {each for closing in closings if (each := closing.get(currency, absent)) is not None}
    said = sorted({total for total in heard.values() if total is not None})
    if len(said) > 1:
        text = f"the libraries tell {' and '.join(map(str, said))}"
        return GuardedBalance(currency, None, NullReason.CONFLICT, _UNRELIABLE, text)
    if any(each != said[0] for each in booked):
        text = f"the libraries tell {said[0]}, the bills leave {' and '.join(sorted(map(str, booked)))}"
        return GuardedBalance(currency, None, NullReason.CONFLICT, _UNRELIABLE, text)
    row = told[next(iter(heard))].get(currency)
    if not booked:
        return GuardedBalance(currency, row, None, _UNRELIABLE, _NO_SECOND)
    if not whole:
        text = "the bills agree, but not every library told the balance"
        return GuardedBalance(currency, row, None, _UNRELIABLE, text)
    return GuardedBalance(currency, row, None, _RELIABLE, "the libraries and the bills agree")


def _total(row: Balance | None) -> Decimal | None:
    return _ZERO if row is None else row.total


def _tells_cash(table: Mapping[str, Balance], currency: str) -> bool:
    row = table.get(currency)
    return row is None or row.equity is not None


def under_policy(one: GuardedBalance, policy: Policy) -> GuardedBalance:
    """A balance as the policy lets a loop see it. Raises `PositionsBlocked`."""
    action = policy.action(one.quality)
    if action is PolicyAction.BLOCK:
        message = f"the balance of {one.currency} is {one.quality}: {one.explanation}"
        raise PositionsBlocked(message, one.quality)
    if action is PolicyAction.FALLBACK or one.reason is not None:
        return one
    return GuardedBalance(one.currency, None, NullReason.ABSENT, one.quality, one.explanation)


_Key = tuple[str, str | None, object, Decimal | None, Decimal | None]


def fills_wanted(told: Sequence[Sequence[Fill]], since_ms: int, symbol: str | None) -> list[list[Fill]]:
    """
    Of each library's fills those at or after a moment.

    The libraries tell different moments for one execution (by milliseconds), so one that any of them places after it is
    wanted of all.
    """
    wanted = {
        _key(fill)
        for fills in told
        for fill in fills
        if (fill.ts_venue_ms is None or fill.ts_venue_ms >= since_ms) and symbol in (None, fill.symbol)
    }
    return [[fill for fill in fills if _key(fill) in wanted] for fills in told]


def _key(fill: Fill) -> _Key:
    return fill.symbol, fill.trade_id, fill.side, fill.price, fill.contracts


def booked_by(fills: Sequence[Fill], bills: Iterable[Bill], since_ms: int, symbol: str | None) -> bool | None:
    """
    Whether the bills book exactly these executions; null where they do not say which execution they are of.

    Bills before ``since_ms`` count for executions that are among the fills.
    """
    executions = [bill for bill in bills if bill.kind in _EXECUTIONS]
    if any(bill.symbol is None or bill.trade_id is None for bill in executions):
        return None
    known = {(fill.symbol, fill.trade_id) for fill in fills}
    booked = {
        (bill.symbol, bill.trade_id)
        for bill in executions
        if symbol in (None, bill.symbol)
        and (bill.ts_venue_ms is None or bill.ts_venue_ms > since_ms or (bill.symbol, bill.trade_id) in known)
    }
    return booked == known
