"""
Who was met: the hosts that a run's requests really went to, and whether each carried OKX's demo header. Pure.

A run is ``simulated`` or ``real`` by this alone, never by its settings: a library that sends the wrong header, or to
another host, is seen here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from dualwitness.models import ImpedanceFidelity
from dualwitness.models.wire import WireExchange
from dualwitness.venues.wiring import OKX_HOSTS, is_loopback

__all__ = ["Contact", "Place", "contacts_document", "contacts_of", "contacts_read", "fidelity"]

# OKX docs v5, demo trading services: the same hosts; the header alone makes it demo (python-okx sends 0 where live).
_DEMO_HEADER, _DEMO = "x-simulated-trading", "1"


class Place(StrEnum):
    """What a host turned out to be."""

    EMBEDDED = "embedded venue"
    OKX_DEMO = "OKX demo trading"
    OKX_LIVE = "OKX live"
    ELSEWHERE = "another host"


class Contact(NamedTuple):
    """One host, without the port of a loopback, and whether requests to it asked for simulated trading."""

    host: str
    simulated: bool

    @property
    def place(self) -> Place:
        """What stands there; a loopback is the embedded venue, which is simulated with and without the header."""
        name = _without_port(self.host)
        if is_loopback(name):
            return Place.EMBEDDED
        if name not in OKX_HOSTS:
            return Place.ELSEWHERE
        return Place.OKX_DEMO if self.simulated else Place.OKX_LIVE


def contacts_of(exchanges: Iterable[WireExchange]) -> Counter[Contact]:
    """
    How many requests went out to each contact by a socket; nobody, where nobody answered any.

    A request without an answer counts too: it may have arrived. A recorded answer, and a request that was caught before
    the socket, contacted nobody.
    """
    met: Counter[Contact] = Counter()
    answered = False
    for exchange in exchanges:
        if exchange.network_ms is None:
            continue
        answered = answered or exchange.answer is not None
        request = exchange.request
        name = _without_port(request.host)
        host = name if is_loopback(name) else request.host
        met[Contact(host, dict(request.headers).get(_DEMO_HEADER) == _DEMO)] += 1
    return met if answered else Counter()


def fidelity(contacts: Iterable[Contact]) -> ImpedanceFidelity:
    """
    ``simulated`` where only the embedded venue or OKX demo was met, ``real`` where OKX itself was, else ``unknown``.

    Two kinds of place in one run, or requests with and without the demo header, are a mixture, so ``unknown``.
    """
    met = set(contacts)
    places = {contact.place for contact in met}
    if len(places) != 1 or len({contact.simulated for contact in met}) != 1:
        return ImpedanceFidelity.UNKNOWN
    return {
        Place.EMBEDDED: ImpedanceFidelity.SIMULATED,
        Place.OKX_DEMO: ImpedanceFidelity.SIMULATED,
        Place.OKX_LIVE: ImpedanceFidelity.REAL,
        Place.ELSEWHERE: ImpedanceFidelity.UNKNOWN,
    }[places.pop()]


def contacts_document(contacts: Mapping[Contact, int]) -> list[dict[str, Any]]:
    """As it stands in a report: host, what it is, the header, how many requests."""
    return [
        {
            "host": contact.host,
            "place": str(contact.place),
            "simulated_trading_header": contact.simulated,
            "requests": count,
        }
        for contact, count in sorted(contacts.items())
    ]


def contacts_read(rows: Iterable[Mapping[str, Any]]) -> Counter[Contact]:
    """The contacts of a report; raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    met: Counter[Contact] = Counter()
    for row in rows:
        host, simulated = row["host"], row["simulated_trading_header"]
        if not isinstance(host, str) or not isinstance(simulated, bool):
            message = "a contact is a host and whether it was asked for simulated trading"
            raise TypeError(message)
        met[Contact(host, simulated)] += int(row["requests"])
    return met


def _without_port(host: str) -> str:
    has_port = "]:" in host or host.count(":") == 1
    return host.rsplit(":", 1)[0] if has_port else host
