"""Opening the clients of a guard: both libraries of one account, with timeouts that fit its budget."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from urllib.parse import urlsplit

from dualwitness.alignment.guarding.look import Limits
from dualwitness.alignment.guarding.rate_budget import RateBudget
from dualwitness.models import Library, RunMode, Venue
from dualwitness.venues import Credentials, UsageError, VenueClient, open_venue
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.wiring import is_loopback

__all__ = ["defaults_for", "open_clients"]

# A call that is given up goes on in its client's thread; closing a guard waits for it.
_LONGEST_CALL_MS = 10_000
_SHORTEST_CALL_MS = 1_000
# Reading all fills anew is ten of OKX's twenty calls in four seconds (`rate_budget.OKX_LIMITS`).
_REMOTE = Limits(positions_ms=2_000, evidence_ms=10_000, balance_ms=5_000)


def open_clients(
    venue: str | Venue,
    *,
    base_url: str | None,
    credentials: Credentials | None,
    mode: str | RunMode,
    budget_ms: int,
    journal: CallJournal | None,
) -> dict[Library, VenueClient]:
    """
    One client a library, demo unless ``mode`` says otherwise; where one cannot be opened the other is closed again.

    Raises `UsageError` for a venue that has one library alone, and what `open_venue` raises.
    """
    if str(venue) != Venue.OKX:
        message = f"{venue} is reached over one library, and a guard needs two"
        raise UsageError(message, advice="guard OKX; a paper account lies in this process, and its own word is enough")
    timeout_ms = min(max(2 * budget_ms, _SHORTEST_CALL_MS), _LONGEST_CALL_MS)
    with ExitStack() as opened:
        clients: dict[Library, VenueClient] = {}
        for library in Library:
            clients[library] = open_venue(
                venue,
                library=library,
                mode=mode,
                base_url=base_url,
                credentials=credentials,
                journal=journal,
                timeout_ms=timeout_ms,
            )
            opened.callback(clients[library].close)
        opened.pop_all()
    return clients


def defaults_for(base_url: str | None, share: Decimal) -> tuple[Limits, RateBudget | None]:
    """How old evidence may be and how much may be asked: as OKX allows, or freely where the venue is on loopback."""
    if base_url is not None and is_loopback(urlsplit(base_url).hostname or ""):
        return Limits(), None
    return _REMOTE, RateBudget(share=share)
