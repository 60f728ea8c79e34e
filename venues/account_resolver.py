"""Account and instruments of one client, read once, and intents resolved by them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.models import (
    AccountConfig,
    AmbiguousSymbolError,
    Instrument,
    Listing,
    MarginMode,
    MarketType,
    OrderIntent,
    Symbol,
    SymbolError,
    SymbolTable,
    TdMode,
    shorthand_from_okx_id,
)
from dualwitness.venues.client import VenueClient
from dualwitness.venues.sizing import IntentRefusalReason, IntentRefused, ResolvedIntent, resolve_intent

__all__ = ["AccountResolver", "InstrumentNames"]

_VENUE_TYPES = {
    MarketType.SPOT: "SPOT",
    MarketType.MARGIN: "MARGIN",
    MarketType.SWAP: "SWAP",
    MarketType.FUTURE: "FUTURES",
    MarketType.OPTION: "OPTION",
}


class InstrumentNames:
    """
    Every name of a list of instruments: unified symbol, OKX id, shorthand.

    A shorthand such as ``BTCUSDT`` is a pair and a perpetual. Trade modes cash and margin are those of the pair; under
    cross and isolated both could be meant, and the name is refused with the two that can be told apart.
    """

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        kept = tuple(instruments)
        self._instruments = {(one.market_type, one.venue_instrument_id): one for one in kept}
        self._table = SymbolTable(map(_listing, kept))

    def find(self, intent: OrderIntent) -> Instrument | IntentRefused:
        """The one instrument that the intent's symbol means for its trade mode; a refusal names the nearest."""
        if intent.td_mode in (TdMode.CASH, TdMode.MARGIN):
            try:
                return self._of(self._table.find(intent.symbol, MarketType.SPOT))
            except SymbolError:
                pass  # no pair has that name: it is a contract's, or nobody's
        try:
            return self._of(self._table.find(intent.symbol))
        except SymbolError as error:
            code = None if isinstance(error, AmbiguousSymbolError) else "51001"
            return IntentRefused(intent, IntentRefusalReason.SYMBOL, str(error), code)

    def _of(self, listing: Listing) -> Instrument:
        market_type = listing.market_type or MarketType.SPOT
        return self._instruments[market_type, listing.venue_instrument_id]


class AccountResolver:
    """
    Resolves intents for the account behind one client.

    Account and instrument list are read on first use and kept; `refresh` reads them anew, as after a change of the
    position mode. Raises `VenueError` where they cannot be read: an unknown account has no trade mode.
    """

    def __init__(self, client: VenueClient, *, margin_mode: MarginMode = MarginMode.CROSS) -> None:
        self._client = client
        self._margin_mode = margin_mode
        self._account: AccountConfig | None = None
        self._names: InstrumentNames | None = None

    @property
    def account(self) -> AccountConfig:
        """How the account is set up."""
        if self._account is None:
            self._account = self._client.get_account_config()
        return self._account

    @property
    def names(self) -> InstrumentNames:
        """The venue's instruments by name."""
        if self._names is None:
            self._names = InstrumentNames(self._client.get_instruments())
        return self._names

    def refresh(self) -> None:
        """Forget what was read."""
        self._account = self._names = None

    def resolve(self, intent: OrderIntent, *, notional_usd: Decimal | None = None) -> ResolvedIntent | IntentRefused:
        """As `resolve_intent`, for this account and the instrument that the intent's symbol means."""
        instrument = self.names.find(intent)
        if isinstance(instrument, IntentRefused):
            return instrument
        return resolve_intent(
            intent, self.account, instrument, margin_mode=self._margin_mode, notional_usd=notional_usd
        )


def _listing(instrument: Instrument) -> Listing:
    inst_id = instrument.venue_instrument_id
    try:
        symbol = Symbol.parse(instrument.symbol)
    except SymbolError:
        symbol = None
    return Listing(
        venue_instrument_type=_VENUE_TYPES[instrument.market_type],
        venue_instrument_id=inst_id,
        market_type=instrument.market_type,
        symbol=symbol,
        spelling=instrument.symbol,
        shorthand=shorthand_from_okx_id(inst_id),
    )
