"""The venue's README and its channels."""

from __future__ import annotations

from pathlib import Path

from dualwitness.venues.sim.ws import channels
from dualwitness.venues.sim.ws.operations import OPERATIONS


def test_readme_names_every_channel_and_operation(repository: Path) -> None:
    """Nothing is served that nobody can find."""
    text = (repository / "venues/sim/README.md").read_text(encoding="utf-8")
    candles = {f"{prefix}*" for prefix in channels.CANDLE_PREFIXES}
    names = set(channels.CHANNELS) | candles | set(OPERATIONS)
    assert {name for name in names if f"`{name}`" not in text} == set()
