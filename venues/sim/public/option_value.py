"""
What an option's price says: implied volatility and greeks after Black (forward measure, no interest).

The normal distribution is the polynomial 26.2.17 of Abramowitz and Stegun, right to seven digits. Greeks in dollars are
those of Black and Scholes; in coin, delta is less the premium, gamma per relative move. Neither enters an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cached_property

from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.public.catalogue import catalogue_of

__all__ = ["Greeks", "ValuedOption", "valued"]

_PRECISION = 18
_DIGITS = Decimal("1e-10")
_ROOT_TWO_PI = Decimal("2.506628274631000502")
_SLOPE = Decimal("0.2316419")
_POLYNOMIAL = tuple(
    Decimal(factor) for factor in ("1.330274429", "-1.821255978", "1.781477937", "-0.356563782", "0.319381530")
)
_YEAR_MS = Decimal(365 * 86_400_000)
_DAYS_A_YEAR = 365
# Never zero: the formulas divide by the time that is left.
_LEAST_LEFT_MS = 3_600_000
_FIRST_GUESS = Decimal("0.6")
_HIGHEST_VOLATILITY = Decimal(8)
_LEAST_VOLATILITY = Decimal("0.01")
_STEPS = 30
_CLOSE_ENOUGH = Decimal("1e-8")


def _density(x: Decimal) -> Decimal:
    return (-x * x / 2).exp() / _ROOT_TWO_PI


def _below(x: Decimal) -> Decimal:
    """How likely a normal draw is below ``x``."""
    t = 1 / (1 + _SLOPE * abs(x))
    tail = Decimal(0)
    for factor in _POLYNOMIAL:
        tail = (tail + factor) * t
    tail *= _density(x)
    return tail if x < 0 else 1 - tail


@dataclass(frozen=True, slots=True)
class Greeks:
    """Sensitivities in dollars (``bs``) and in coin (``pa``), theta a day and vega a percent."""

    delta_bs: Decimal
    gamma_bs: Decimal
    theta_bs: Decimal
    vega_bs: Decimal
    delta_pa: Decimal
    gamma_pa: Decimal
    theta_pa: Decimal
    vega_pa: Decimal


@dataclass(frozen=True)
class ValuedOption:
    """An option with the prices around it; premiums in coin, forward and index in dollars."""

    instrument: SimInstrument
    strike: Decimal
    mark: Decimal
    forward: Decimal
    index: Decimal
    left_ms: int

    @property
    def _call(self) -> bool:
        return self.instrument.opt_type == "C"

    @cached_property
    def _root_years(self) -> Decimal:
        return (max(self.left_ms, _LEAST_LEFT_MS) / _YEAR_MS).sqrt()

    @cached_property
    def _log_moneyness(self) -> Decimal:
        return (self.forward / self.strike).ln()

    def volatility_of(self, premium: Decimal) -> Decimal:
        """The volatility at which Black's formula gives this premium; zero below intrinsic value, eight at most."""
        with localcontext() as context:
            context.prec = _PRECISION
            wanted = premium * self.forward
            intrinsic = self.forward - self.strike if self._call else self.strike - self.forward
            if wanted <= max(intrinsic, Decimal(0)):
                return Decimal(0)
            return self._solved(wanted).quantize(_DIGITS)

    def _solved(self, wanted: Decimal) -> Decimal:
        """Newton's steps, held between bounds that close in where a step would leave them."""
        low, high, guess = Decimal(0), _HIGHEST_VOLATILITY, _FIRST_GUESS
        for _ in range(_STEPS):
            dollars, slope = self._dollars(guess)
            if dollars < wanted:
                low = guess
            else:
                high = guess
            step = (wanted - dollars) / slope if slope else Decimal(0)
            following = guess + step if step and low < guess + step < high else (low + high) / 2
            if abs(following - guess) < _CLOSE_ENOUGH:
                return following
            guess = following
        return guess

    def _dollars(self, volatility: Decimal) -> tuple[Decimal, Decimal]:
        """The premium in dollars at a volatility, and how it grows with it."""
        d1, d2 = self._distances(volatility)
        slope = self.forward * _density(d1) * self._root_years
        if self._call:
            return self.forward * _below(d1) - self.strike * _below(d2), slope
        return self.strike * _below(-d2) - self.forward * _below(-d1), slope

    def _distances(self, volatility: Decimal) -> tuple[Decimal, Decimal]:
        spread = volatility * self._root_years
        d1 = self._log_moneyness / spread + spread / 2
        return d1, d1 - spread

    @cached_property
    def mark_volatility(self) -> Decimal:
        """The implied volatility of the mark price."""
        return self.volatility_of(self.mark)

    @cached_property
    def greeks(self) -> Greeks:
        """The sensitivities at the mark price's volatility."""
        with localcontext() as context:
            context.prec = _PRECISION
            volatility = max(self.mark_volatility, _LEAST_VOLATILITY)
            d1, _ = self._distances(volatility)
            density = _density(d1)
            delta = _below(d1) - (0 if self._call else 1)
            gamma = density / (self.forward * volatility * self._root_years)
            theta = -self.forward * density * volatility / (2 * self._root_years) / _DAYS_A_YEAR
            vega = self.forward * density * self._root_years / 100
            delta_coin = delta - self.mark
            in_dollars = (delta, gamma, theta, vega)
            in_coin = (delta_coin, self.index * gamma - delta_coin, theta / self.index, vega / self.index)
            return Greeks(*(greek.quantize(_DIGITS) for greek in (*in_dollars, *in_coin)))


def valued(market: Market, instrument: SimInstrument) -> ValuedOption:
    """An option as it stands; its forward is the future of the same day, else the index."""
    future = next(
        (
            other
            for other in catalogue_of(market).by_type.get("FUTURES", ())
            if other.uly == instrument.uly and other.exp_time_ms == instrument.exp_time_ms
        ),
        None,
    )
    index = market.index(instrument.inst_id)
    return ValuedOption(
        instrument=instrument,
        strike=instrument.strike or Decimal(1),
        mark=market.mark(instrument.inst_id),
        forward=index if future is None else market.mark(future.inst_id),
        index=index,
        left_ms=(instrument.exp_time_ms or 0) - market.clock.now_ms(),
    )
