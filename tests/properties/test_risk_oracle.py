"""The risk engine against the same rules written a second time, over random streams of orders and what lies between."""

from __future__ import annotations

import importlib
import os
from decimal import Decimal
from pathlib import Path

import pytest

from dualwitness.risk import CHECKS, ReasonCode
from tests.support.risk_streams import Disagreement, Stage, Tally

FULL = os.environ.get("DUALWITNESS_FULL") == "1"
# The bar is 100,000 streams; a gate that everybody runs has time for a sample.
STREAMS = 100_000 if FULL else 2_000
# What the streams do not do: live accounts and facts of another venue; the unit tests do.
NOT_IN_STREAMS = {ReasonCode.VENUE_LIVE_FORBIDDEN, ReasonCode.VENUE_MISMATCH}


def play(folder: Path, count: int) -> Tally:
    """So many streams on one stage."""
    stage = Stage(folder)
    try:
        for seed in range(count):
            stage.run(seed)
    finally:
        stage.close()
    return stage.tally


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_random_streams_of_orders_are_decided_as_the_oracle_decides_them(tmp_path: Path) -> None:
    """No order passes that the oracle refuses, none is refused that it accepts, and the reasons are the same set."""
    tally = play(tmp_path, STREAMS)
    assert tally.streams == STREAMS
    assert tally.accepted > tally.orders // 5
    assert tally.restarts > STREAMS // 50
    assert tally.reasons == set(ReasonCode) - NOT_IN_STREAMS


@pytest.mark.parametrize("name", [rule.name for rule in CHECKS])
def test_engine_without_one_of_its_checks_disagrees_with_the_oracle(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison can fail, and for every check: whichever is left out, some stream shows it."""
    checks = importlib.import_module("dualwitness.risk.checks")
    monkeypatch.setattr(checks, "CHECKS", tuple(rule for rule in CHECKS if rule.name != name))
    with pytest.raises(Disagreement):
        play(tmp_path, STREAMS)


@pytest.mark.parametrize(
    ("module", "name", "looser"),
    [
        ("records", "_ONE_MINUTE_MS", 59_999),
        ("checks_price", "_BPS", Decimal(9_990)),
        ("engine", "FINISHED", frozenset({"filled", "cancelled", "refused", "absent", "unknown"})),
    ],
)
def test_engine_that_is_a_little_looser_disagrees_with_the_oracle(
    module: str, name: str, looser: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window a millisecond short, a collar a thousandth wide, an unknown order let go: each is noticed."""
    inside = importlib.import_module(f"dualwitness.risk.{module}")
    monkeypatch.setattr(inside, name, looser)
    with pytest.raises(Disagreement):
        play(tmp_path, STREAMS)
