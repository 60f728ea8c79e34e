"""
Names of instruments: the unified spelling and OKX's ids, both ways, by grammar alone.

============  ==============================  ==============================
market type   unified spelling                OKX id
============  ==============================  ==============================
spot          ``BTC/USDT``                    ``BTC-USDT``
swap          ``BTC/USDT:USDT``               ``BTC-USDT-SWAP``
swap          ``BTC/USD:BTC`` (inverse)       ``BTC-USD-SWAP``
swap          ``BTC/USD:USD``                 ``BTC-USD_UM-SWAP``
future        ``BTC/USDT:USDT-260925``        ``BTC-USDT-260925``
option        ``BTC/USD:BTC-260925-60000-C``  ``BTC-USD-260925-60000-C``
============  ==============================  ==============================

The grammar cannot know two things that only the list of instruments tells, so `SymbolTable` has the last word: that
``BTC/USD:USD-310404`` is the family ``BTC-USD_UM_XPERP``, and in which currency a ``_UM`` family settles for this
account (difference um-swap-position-margin-ccy-differs-from-settle). Codes are the venue's own, never renamed
(difference renamed-code-sent-back-to-venue). Only capital letters and digits pass: an id goes into a query unencoded
by one of the libraries (reliability B2.5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dualwitness.models.enums import MarketType, OptionType

__all__ = ["AmbiguousSymbolError", "Symbol", "SymbolError", "okx_id_from_symbol", "symbol_from_okx_id"]

_CODE = r"[A-Z0-9]{1,24}"
_DATED = r"(?P<expiry>[0-9]{6})(?:-(?P<strike>[0-9]{1,20}(?:\.[0-9]{1,20})?)-(?P<right>[CP]))?"
_UNIFIED = re.compile(rf"(?P<base>{_CODE})/(?P<quote>{_CODE})(?::(?P<settle>{_CODE})(?:-{_DATED})?)?")
_FAMILY = rf"(?P<base>{_CODE})-(?P<quote>{_CODE})(?P<family>(?:_[A-Z0-9]{{1,24}}){{0,3}})"
_OKX_ID = re.compile(rf"{_FAMILY}(?:-(?:(?P<swap>SWAP)|{_DATED}))?")
_RIGHTS = {"C": OptionType.CALL, "P": OptionType.PUT}
_LETTERS = {right: letter for letter, right in _RIGHTS.items()}


class SymbolError(ValueError):
    """A name that nothing answers to; ``suggestions`` are the nearest names that would do."""

    def __init__(self, text: str, problem: str, suggestions: tuple[str, ...] = ()) -> None:
        hint = f"; did you mean {' or '.join(suggestions)}?" if suggestions else ""
        super().__init__(f"{text[:80]!r} {problem}{hint}")
        self.text = text
        self.suggestions = suggestions


class AmbiguousSymbolError(SymbolError):
    """A name that more than one instrument answers to; ``suggestions`` are all of them, each by an unambiguous name."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """
    One instrument's unified name.

    ``settle`` is set for everything but spot, ``expiry`` is ``YYMMDD`` (UTC) for futures and options, ``strike`` (quote
    currency) and ``option_type`` for options alone. Raises `SymbolError` when the parts make no instrument.
    """

    base: str
    quote: str
    settle: str | None = None
    expiry: str | None = None
    strike: Decimal | None = None
    option_type: OptionType | None = None

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem is not None:
            raise SymbolError(self.spelling, problem)

    def _problem(self) -> str | None:
        codes = [self.base, self.quote] if self.settle is None else [self.base, self.quote, self.settle]
        if not all(re.fullmatch(_CODE, code) for code in codes):
            return "has a currency that is not capital letters and digits"
        if self.expiry is not None:
            if self.settle is None:
                return "expires but has no settle currency"
            if not _is_day(self.expiry):
                return "expires on a day that is not in the calendar"
        if (self.strike is None) != (self.option_type is None):
            return "has a strike or an option type without the other"
        if self.strike is not None and (self.expiry is None or not self.strike.is_finite() or self.strike <= 0):
            return "is an option without an expiry or with a strike that is no price"
        return None

    @classmethod
    def parse(cls, text: str) -> Symbol:
        """Read a unified spelling. Raises `SymbolError` for anything else, naming the nearest spelling that reads."""
        found = _UNIFIED.fullmatch(text)
        if found is None:
            raise SymbolError(text, "is not a unified symbol such as BTC/USDT:USDT", _nearest_reading(text))
        return _from_match(found, found["settle"])

    @property
    def spelling(self) -> str:
        """The unified spelling, which `parse` reads back."""
        text = f"{self.base}/{self.quote}"
        if self.settle is not None:
            text += f":{self.settle}"
        if self.expiry is not None:
            text += f"-{self.expiry}"
        if self.strike is not None and self.option_type is not None:
            text += f"-{self.strike:f}-{_LETTERS[self.option_type]}"
        return text

    @property
    def pair(self) -> str:
        """Base and quote without anything between them: ``BTCUSDT``, as configuration files write it."""
        return f"{self.base}{self.quote}"

    @property
    def market_type(self) -> MarketType:
        """Kind of instrument; never ``margin``, which shares the spot pair's name (OKX has no id for it)."""
        if self.strike is not None:
            return MarketType.OPTION
        if self.expiry is not None:
            return MarketType.FUTURE
        return MarketType.SPOT if self.settle is None else MarketType.SWAP

    def __str__(self) -> str:
        return self.spelling


def symbol_from_okx_id(inst_id: str, *, settle: str | None = None) -> Symbol:
    """
    Name the instrument that an OKX id spells; ``settle`` is the settle currency where the venue has told it.

    Without it the rule is: ``_UM`` families settle in their quote currency, other USD families in their base currency,
    the rest in their quote currency (okx-v5-facts section 6). Raises `SymbolError` for ids outside the grammar (event
    contracts, spreads).
    """
    found = _OKX_ID.fullmatch(inst_id)
    if found is None or (found["family"] and not found["swap"] and not found["expiry"]):
        raise SymbolError(inst_id, "is not an OKX instrument id such as BTC-USDT-SWAP", _nearest_reading(inst_id))
    if not found["swap"] and not found["expiry"]:
        return Symbol(found["base"], found["quote"])
    inverse = found["quote"] == "USD" and not found["family"]
    return _from_match(found, settle or (found["base"] if inverse else found["quote"]))


def okx_id_from_symbol(symbol: Symbol) -> str:
    """Spell a symbol as an OKX id by grammar; a USD pair that does not settle in its base is the ``_UM`` family."""
    text = f"{symbol.base}-{symbol.quote}"
    if symbol.settle is None:
        return text
    if symbol.quote == "USD" and symbol.settle != symbol.base:
        text += "_UM"
    text += f"-{symbol.expiry or 'SWAP'}"
    if symbol.strike is not None and symbol.option_type is not None:
        text += f"-{symbol.strike:f}-{_LETTERS[symbol.option_type]}"
    return text


def _from_match(found: re.Match[str], settle: str | None) -> Symbol:
    strike = found["strike"]
    return Symbol(
        base=found["base"],
        quote=found["quote"],
        settle=settle,
        expiry=found["expiry"],
        strike=None if strike is None else Decimal(strike),
        option_type=None if strike is None else _RIGHTS[found["right"]],
    )


def _is_day(expiry: str) -> bool:
    if re.fullmatch(r"[0-9]{6}", expiry) is None:
        return False
    try:
        date(2000 + int(expiry[:2]), int(expiry[2:4]), int(expiry[4:]))
    except ValueError:
        return False
    return True


def _nearest_reading(text: str) -> tuple[str, ...]:
    """The same text in the spelling that was wanted, when tidying it up is all it takes."""
    tidy = text.strip().upper()[:80]
    dashed = tidy.replace("/", "-").replace("_PERP", "-SWAP").replace("-PERP", "-SWAP")
    unified, okx_id = _UNIFIED.fullmatch(tidy), _OKX_ID.fullmatch(dashed)
    try:
        if unified is not None:
            return (_from_match(unified, unified["settle"]).spelling,)
        if okx_id is not None and (okx_id["swap"] or okx_id["expiry"] or not okx_id["family"]):
            return (symbol_from_okx_id(dashed).spelling,)
    except SymbolError:
        return ()
    return ()
