"""
The position that an order builds on, and how far it can be believed.

A position that one library alone tells is `unreliable`: known, and not proven. Two libraries that read the same one
from their own requests make it `reliable`. The paper account lies in this process, so its own word is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from dualwitness.models import Direction, Instrument, MarketType, PositionsQuality, TdMode, Venue, base_from_contracts
from dualwitness.models.exact import EXACT
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, SafetyError

__all__ = ["Held", "PositionTeller", "held_by", "held_by_all", "not_read"]

_ZERO = Decimal(0)
_PAIRS = frozenset({MarketType.SPOT, MarketType.MARGIN})


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one instrument on each side, in base currency; neither is negative."""

    long_base: Decimal
    short_base: Decimal


class PositionTeller(Protocol):
    """Whoever tells the position that an order builds on, and how far it can be believed."""

    def __call__(
        self,
        clients: Sequence[VenueClient],
        instrument: Instrument,
        td_mode: TdMode,
        reference: Decimal | None,
        note: Callable[[str], None],
    ) -> tuple[Held | None, PositionsQuality | None]:
        """What is held, null where it is not known; ``note`` hears why."""
        ...


def held_by(client: VenueClient, instrument: Instrument, td_mode: TdMode, reference: Decimal | None) -> Held | None:
    """
    What one client tells; null where it leaves something open.

    For a pair in cash the position is what the account holds of its base currency, otherwise it is the sum of the
    venue's rows. ``reference`` (quote per base) values inverse contracts. Raises what the client raises.
    """
    if instrument.market_type in _PAIRS and td_mode is TdMode.CASH:
        return _holding(client, instrument)
    long, short = _ZERO, _ZERO
    for row in client.get_positions(instrument.symbol):
        if row.symbol != instrument.symbol:
            return None
        if row.has_position is False or (row.direction is Direction.FLAT and row.contracts == 0):
            continue
        if row.contracts is None or row.direction not in (Direction.LONG, Direction.SHORT):
            return None
        base = base_from_contracts(row.contracts, instrument, reference)
        if not isinstance(base, Decimal) or base < 0:
            return None
        if row.direction is Direction.LONG:
            long = EXACT.add(long, base)
        else:
            short = EXACT.add(short, base)
    return Held(long, short)


def held_by_all(
    clients: Sequence[VenueClient],
    instrument: Instrument,
    td_mode: TdMode,
    reference: Decimal | None,
    note: Callable[[str], None],
) -> tuple[Held | None, PositionsQuality]:
    """
    What all clients together tell, the first of them asked again where another disagrees: it may have moved meanwhile.

    Where they go on disagreeing, the smaller of both is given: an order that reduces may count on no more. ``note``
    hears why a client told nothing.
    """

    def asked(client: VenueClient) -> Held | None:
        try:
            held = held_by(client, instrument, td_mode, reference)
        except SafetyError:
            raise
        except DualwitnessError as error:
            note(f"position over {client.label}: {type(error).__name__}: {error}")
            return None
        if held is None:
            note(f"position over {client.label}: the answer leaves something open")
        return held

    main, *others = clients
    told = [asked(main), *map(asked, others)]
    if told[0] is not None and main.venue is Venue.PAPER:
        return told[0], PositionsQuality.RELIABLE
    if len(told) > 1 and None not in told and len(set(told)) > 1:
        told[0] = asked(main)
    known = [held for held in told if held is not None]
    if not known:
        return None, PositionsQuality.UNAVAILABLE
    if len(told) > 1 and len(known) == len(told) and len(set(known)) == 1:
        return known[0], PositionsQuality.RELIABLE
    if len(set(known)) > 1:
        note("position: the clients disagree")
    least = Held(min(held.long_base for held in known), min(held.short_base for held in known))
    return least, PositionsQuality.UNRELIABLE


def not_read(
    clients: Sequence[VenueClient],
    instrument: Instrument,
    td_mode: TdMode,
    reference: Decimal | None,
    note: Callable[[str], None],
) -> tuple[None, None]:
    """Ask nobody: somebody else tells the position."""
    del clients, instrument, td_mode, reference, note
    return None, None


def _holding(client: VenueClient, instrument: Instrument) -> Held | None:
    row = next((each for each in client.get_account_balance() if each.currency == instrument.base), None)
    if row is None:
        return Held(_ZERO, _ZERO)
    if row.total is None:
        return None
    return Held(row.total, _ZERO) if row.total >= 0 else Held(_ZERO, -row.total)
