"""
Fee truth: what each library says was charged, against what the account's rate gives. Pure.

By library, currency and sign, because that is where libraries and venues differ (difference fill-fee-sign-flipped). A
fill that cannot be checked is counted under its reason, never left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dualwitness.alignment.evidence import expected_fee
from dualwitness.models import FeeRates, Fill, Instrument, Liquidity, NullReason
from dualwitness.models.exact import EXACT, TOLD, is_venue_number, plain

__all__ = ["fee_truth", "fees_paid"]

_BPS = Decimal(10_000)
_PLACES = Decimal("0.0001")


@dataclass(slots=True)
class _Sum:
    """The fills of one currency and sign; ``worst`` is the largest difference of one fill, in bps of its value."""

    fills: int = 0
    charged: Decimal = Decimal(0)
    expected: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    worst: Decimal = Decimal(0)

    def add(self, charged: Decimal, expected: Decimal, value: Decimal) -> None:
        self.fills += 1
        self.charged = EXACT.add(self.charged, charged)
        self.expected = EXACT.add(self.expected, expected)
        self.value = EXACT.add(self.value, value)
        self.worst = max(self.worst, _bps(EXACT.subtract(charged, expected), value), key=abs)

    def document(self) -> dict[str, Any]:
        difference = EXACT.subtract(self.charged, self.expected)
        return {
            "fills": self.fills,
            "charged": _told(self.charged),
            "expected": _told(self.expected),
            "charged_bps": _told(_bps(self.charged, self.value)),
            "expected_bps": _told(_bps(self.expected, self.value)),
            "difference_bps": _told(_bps(difference, self.value)),
            "worst_difference_bps": _told(self.worst),
        }


def fee_truth(
    fills: Iterable[Fill], rates: Mapping[str, FeeRates], instruments: Mapping[str, Instrument]
) -> dict[str, Any]:
    """
    Charged and expected fees of one library's fills, by currency and sign; also in bps of the traded value.

    ``rates`` and ``instruments`` by symbol. ``unchecked`` counts the other fills by the reason why.
    """
    currencies: dict[str, dict[str, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    unchecked: Counter[str] = Counter()
    for fill in fills:
        checked = _checked(fill, rates.get(fill.symbol), instruments.get(fill.symbol))
        if isinstance(checked, NullReason):
            unchecked[str(checked)] += 1
            continue
        charged, expected, value = checked
        sign = "paid" if charged > 0 else "rebate" if charged < 0 else "free"
        currencies[str(fill.fee_currency)][sign].add(charged, expected, value)
    return {
        "by_currency": {
            currency: {sign: one.document() for sign, one in sorted(signs.items())}
            for currency, signs in sorted(currencies.items())
        },
        "unchecked": dict(sorted(unchecked.items())),
    }


def _checked(
    fill: Fill, rates: FeeRates | None, instrument: Instrument | None
) -> tuple[Decimal, Decimal, Decimal] | NullReason:
    """Fee charged, fee expected, and the traded value, all in the fee's currency; or why they are not to be had."""
    if fill.fee is None:
        return fill.reasons.get("fee", NullReason.ABSENT)
    if fill.fee_currency is None:
        return fill.reasons.get("fee_currency", NullReason.ABSENT)
    if rates is None or instrument is None:
        return NullReason.NOT_ASKED
    rate = rates.maker if fill.liquidity is Liquidity.MAKER else rates.taker
    if rate is None or fill.liquidity is None or fill.price is None or fill.contracts is None:
        return NullReason.ABSENT
    numbers = (fill.fee, fill.price, fill.contracts, rate, instrument.contract_size or Decimal(1))
    if not all(map(is_venue_number, numbers)):
        return NullReason.CONFLICT
    at_one = rates.model_copy(update={"maker": Decimal(1), "taker": Decimal(1)})
    value = expected_fee(fill, at_one, instrument)  # at a rate of one the fee is the value itself
    if value is None:
        return NullReason.UNSUPPORTED
    return (fill.fee, value * rate, value) if value > 0 else NullReason.CONFLICT


def _bps(difference: Decimal, value: Decimal) -> Decimal:
    return (TOLD.divide(difference, value) * _BPS).quantize(_PLACES, context=EXACT)


def _told(number: Decimal) -> str:
    return f"{plain(number):f}"


def fees_paid(fills: Iterable[Fill]) -> dict[str, str]:
    """The sum of fees by currency, positive = paid; fills without a fee are counted under ``unknown``."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    unknown = 0
    for fill in fills:
        if fill.fee is None or fill.fee_currency is None:
            unknown += 1
        else:
            total[fill.fee_currency] += fill.fee
    report = {currency: f"{fee:f}" for currency, fee in sorted(total.items())}
    if unknown:
        report["unknown"] = f"{unknown} fills"
    return report
