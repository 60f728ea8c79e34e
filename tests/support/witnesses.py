"""Short ways to write what witnesses say of a position, for the tests of adjudication."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from dualwitness.alignment.witness import AdjudicatedPosition, Leg, Testimony, WitnessKind
from dualwitness.models import Direction, Library, NullReason, PositionsSource
from tests.support.observations import LINEAR, NOW_MS

__all__ = ["ELSEWHERE", "GONE", "INDEPENDENT", "LEG", "UNKNOWN", "signed", "statement", "witnesses"]

LEG = Leg(LINEAR, "net")
ELSEWHERE = Leg("ETH/USDT:USDT", "net")
INDEPENDENT = (WitnessKind.FILLS, WitnessKind.ORDERS, WitnessKind.BILLS)
# A witness without an answer, and one that lists the leg without a number.
GONE, UNKNOWN = "gone", "unknown"


def statement(
    kind: WitnessKind,
    library: Library,
    word: str,
    *,
    entry: str | None = None,
    as_of_ms: int | None = NOW_MS,
    leg: Leg = LEG,
) -> Testimony:
    """What one witness says of a leg: signed contracts, ``unknown`` or ``gone``."""
    name = f"{kind} through {library}"
    if word == GONE:
        return Testimony(name, kind, library, error=NullReason.ERROR, as_of_ms=as_of_ms)
    contracts: Mapping[Leg, Decimal | None] = {leg: None if word == UNKNOWN else Decimal(word)}
    prices = {leg: None if entry is None else Decimal(entry)}
    return Testimony(name, kind, library, contracts, prices, complete=word != UNKNOWN, as_of_ms=as_of_ms)


def witnesses(
    reports: tuple[str, ...] = (), *, fills: str = GONE, orders: str = GONE, bills: str = GONE
) -> tuple[Testimony, ...]:
    """The reports of both libraries, and one witness of each independent kind."""
    independent = zip(INDEPENDENT, (fills, orders, bills), strict=True)
    return (
        *(statement(WitnessKind.REPORT, library, word) for library, word in zip(Library, reports, strict=False)),
        *(statement(kind, Library.OKX_SDK, word) for kind, word in independent),
    )


def signed(found: AdjudicatedPosition) -> Decimal | None:
    """Signed contracts; all parts of the position must say the same."""
    if found.contracts is None:
        assert (found.has_position, found.direction, found.entry_price) == (None, None, None)
        assert found.reason is not None
        assert found.positions_source is PositionsSource.NONE
        assert found.witnesses_for == ()
        return None
    assert found.reason is None
    assert found.has_position is (found.contracts != 0)
    assert (found.direction is Direction.FLAT) is (found.contracts == 0)
    return -found.contracts if found.direction is Direction.SHORT else found.contracts
