"""What an audit says of the positions, held against what the venue really held. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from dualwitness.alignment.scoring.audited import Side
from dualwitness.models import PositionsQuality

__all__ = ["TRUSTED", "untrue"]

# A value of this quality may be acted on, so it has to be right.
TRUSTED = (PositionsQuality.RELIABLE, PositionsQuality.RECONSTRUCTED_FROM_FILLS)


def untrue(
    positions: Iterable[Mapping[str, Any]], true: Mapping[Side, Decimal], quality: PositionsQuality
) -> list[str]:
    """
    What is said of the legs of a run and is not so.

    A position that is there is never called flat, whatever the quality; a value that is called reliable or
    reconstructed is exact; and no position is passed over while all of them together are called so.
    """
    said = {(row["symbol"], row["position_side"]): row for row in positions}
    wrongs = []
    for side, row in said.items():
        really = true.get(side, Decimal(0))
        if row["has_position"] is False and really:
            wrongs.append(f"{side[0]} is called flat, and {really:f} are held")
            continue
        contracts = None if row["contracts"] is None else Decimal(row["contracts"])
        signed = contracts if contracts is None or row["direction"] != "short" else -contracts
        if row["positions_quality"] in TRUSTED and signed is not None and signed != really:
            wrongs.append(f"{side[0]} is called {row['positions_quality']} with {signed:f}, {really:f} are held")
    passed_over = sorted(side[0] for side, really in true.items() if really and side not in said)
    if quality in TRUSTED:
        wrongs += [f"{symbol} is passed over, and all together is called {quality}" for symbol in passed_over]
    return wrongs
