"""
The list of instruments as a table of names: exact where the grammar of `dualwitness.models.symbols` can only guess.

Four names for one instrument, each of which reads back to it: OKX id, unified spelling, shorthand, and any of the three
with its market type where the bare name is shared. The *shorthand* of an instrument is its OKX id without its first
dash and without ``-SWAP``: ``BTCUSDT``, ``BTCUSD_UM``, ``BTCUSDT-260925``, ``BTCUSD_UM_XPERP-310404``,
``BTCUSD-260925-60000-C``. ``BTCUSDT`` is a spot pair and a perpetual, so a shorthand goes with a `MarketType`; without
one it resolves only when a single instrument answers to it.

An instrument that has no unified spelling (an event contract, a future without a date, or two that would share one) is
called by its OKX id in every column.
"""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dualwitness.models.enums import MarketType
from dualwitness.models.symbols import AmbiguousSymbolError, Symbol, SymbolError, symbol_from_okx_id

__all__ = ["Listing", "SymbolTable", "resolve_shorthand", "shorthand_from_okx_id"]

_MARKET_TYPES = {
    "SPOT": MarketType.SPOT,
    "MARGIN": MarketType.MARGIN,
    "SWAP": MarketType.SWAP,
    "FUTURES": MarketType.FUTURE,
    "OPTION": MarketType.OPTION,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """
    One listed instrument and its names.

    ``market_type`` is null for a kind of instrument that has no member in `MarketType` (OKX ``EVENTS``); ``symbol`` is
    null where the unified grammar has no spelling, and ``spelling`` is then the OKX id.
    """

    venue_instrument_type: str
    venue_instrument_id: str
    market_type: MarketType | None
    symbol: Symbol | None
    spelling: str
    shorthand: str


def shorthand_from_okx_id(inst_id: str) -> str:
    """The shorthand of an OKX id: without its first dash and without ``-SWAP``."""
    return inst_id.removesuffix("-SWAP").replace("-", "", 1)


class SymbolTable:
    """All names of one list of instruments; built once, read only."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        self._listings = tuple(listings)
        by_name: dict[str, list[Listing]] = defaultdict(list)
        for listing in self._listings:
            for name in {listing.venue_instrument_id, listing.spelling, listing.shorthand, *_grammar_name(listing)}:
                by_name[name].append(listing)
        self._by_name = dict(by_name)

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, object]]) -> SymbolTable:
        """
        Build from rows of OKX ``public/instruments`` (``instType``, ``instId``, ``settleCcy``; other keys are ignored).

        ``uly`` is not read: on the demo venue it names other coins than the id (SPK-USDT-SWAP says SAHARA-USDT).
        Raises `SymbolError` for a row without a type or an id.
        """
        named = list(dict.fromkeys(_named(row) for row in rows))
        symbols = Counter((kind, symbol) for kind, _, symbol in named)
        shorthands = Counter((kind, shorthand_from_okx_id(inst_id)) for kind, inst_id, _ in named)
        return cls(_listing(*row, symbols, shorthands) for row in named)

    def __len__(self) -> int:
        return len(self._listings)

    def __iter__(self) -> Iterator[Listing]:
        return iter(self._listings)

    def find(self, name: str, market_type: MarketType | None = None) -> Listing:
        """
        Return the one instrument that answers to an OKX id, a unified spelling or a shorthand.

        A spot pair is found as spot unless ``market_type`` is ``margin``: both have one id, and the trade mode tells
        them apart. Raises `SymbolError` with the nearest names, or `AmbiguousSymbolError` with all candidates.
        """
        candidates = [each for each in self._by_name.get(name, ()) if market_type in (None, each.market_type)]
        if any(each.market_type is MarketType.SPOT for each in candidates):
            candidates = [each for each in candidates if each.market_type is not MarketType.MARGIN]
        if len(candidates) == 1:
            return candidates[0]
        if not candidates:
            kind = "instrument" if market_type is None else f"{market_type} instrument"
            raise SymbolError(name, f"is the name of no listed {kind}", self.nearest(name, market_type))
        names = tuple(sorted(f"{each.spelling} ({each.venue_instrument_type})" for each in candidates))
        raise AmbiguousSymbolError(name, "is the name of more than one instrument", names)

    def nearest(self, name: str, market_type: MarketType | None = None) -> tuple[str, ...]:
        """Up to three listed unified spellings nearest to ``name``, the nearest first."""
        wanted = name.strip().upper()[:80]
        names = {
            each: listing.spelling
            for each, listings in self._by_name.items()
            for listing in listings
            if market_type in (None, listing.market_type)
        }
        close = difflib.get_close_matches(wanted, names, n=6, cutoff=0.6)
        return tuple(dict.fromkeys(names[each] for each in close))[:3]

    def okx_id(self, name: str, market_type: MarketType | None = None) -> str:
        """The OKX id of the instrument that `find` finds."""
        return self.find(name, market_type).venue_instrument_id

    def spelling(self, name: str, market_type: MarketType | None = None) -> str:
        """The unified spelling of the instrument that `find` finds."""
        return self.find(name, market_type).spelling


def resolve_shorthand(text: str, market_type: MarketType | None, table: SymbolTable) -> Listing:
    """
    Return the instrument that a shorthand means among those of ``market_type`` (any kind when null).

    ``BTCUSDT`` is BTC-USDT for ``spot`` and BTC-USDT-SWAP for ``swap``; letter case is forgiven. Raises `SymbolError`,
    or `AmbiguousSymbolError` with all candidates.
    """
    return table.find(text.strip().upper(), market_type)


def _named(row: Mapping[str, object]) -> tuple[str, str, Symbol | None]:
    kind, inst_id, settle = row.get("instType"), row.get("instId"), row.get("settleCcy")
    if not isinstance(kind, str) or not isinstance(inst_id, str) or not kind or not inst_id:
        raise SymbolError(f"{kind} {inst_id}", "is a row of instruments without a type or an id")
    try:
        symbol = symbol_from_okx_id(inst_id, settle=settle if isinstance(settle, str) else None)
    except SymbolError:
        return kind, inst_id, None
    pair = _MARKET_TYPES.get(kind) in (MarketType.SPOT, MarketType.MARGIN)
    expected = MarketType.SPOT if pair else _MARKET_TYPES.get(kind)
    # A future without a date would otherwise be called like the spot pair (TESTING-USDT, FUTURES, preopen).
    return kind, inst_id, symbol if symbol.market_type is expected else None


def _listing(
    kind: str,
    inst_id: str,
    symbol: Symbol | None,
    symbols: Counter[tuple[str, Symbol | None]],
    shorthands: Counter[tuple[str, str]],
) -> Listing:
    shorthand = shorthand_from_okx_id(inst_id)
    spelled = symbol is not None and symbols[kind, symbol] == 1
    return Listing(
        venue_instrument_type=kind,
        venue_instrument_id=inst_id,
        market_type=_MARKET_TYPES.get(kind),
        symbol=symbol,
        spelling=symbol.spelling if symbol is not None and spelled else inst_id,
        shorthand=shorthand if symbol is not None and shorthands[kind, shorthand] == 1 else inst_id,
    )


def _grammar_name(listing: Listing) -> tuple[str, ...]:
    """Shared names too stay findable, so that asking for one lists who shares it."""
    if listing.symbol is None:
        return ()
    return listing.symbol.spelling, shorthand_from_okx_id(listing.venue_instrument_id)
