"""The known hotspots: hypotheses until an entry of the right world exists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualwitness.difflog.listing import watchpoints_as_json, watchpoints_table
from dualwitness.difflog.records import World
from dualwitness.difflog.watchpoints import WATCHPOINTS, sightings
from tests.support.difflog_records import made_entry

ABOUT = {
    "positions-in-demo": {"operation": "get_positions", "field": "contracts", "axis": "I"},
    "mode-semantics": {"operation": "native_order_request", "field": "tdMode", "axis": "M"},
    "trade-and-fee-fields": {"operation": "get_fills", "field": "fee_currency", "axis": "M"},
    "instrument-id-against-symbol": {"operation": "get_instruments", "field": "venue_instrument_id", "axis": "E"},
}


def seen(name: str, world: World, number: int = 0) -> dict[str, Any]:
    """An entry about one hotspot, as its line has it."""
    return made_entry(number, world, **ABOUT[name]).model_dump(mode="json")


def test_each_hotspot_of_the_predecessor_is_watched() -> None:
    """Four, each with a hypothesis and the worlds in which it must be seen."""
    assert [one.name for one in WATCHPOINTS] == list(ABOUT)
    assert all(one.hypothesis and one.worlds for one in WATCHPOINTS)


def test_empty_log_has_evidence_of_no_hotspot() -> None:
    """Hypotheses stay hypotheses."""
    assert [one.has_evidence for one in sightings([])] == [False] * 4


@pytest.mark.parametrize("name", ABOUT)
def test_entry_of_the_demo_world_is_evidence_of_its_hotspot_alone(name: str) -> None:
    """What is about one hotspot says nothing of the others."""
    fields = seen(name, World.DEMO)
    found = {one.watchpoint.name: one for one in sightings([fields])}
    assert {other for other, one in found.items() if one.has_evidence} == {name}
    assert found[name].evidence == {World.DEMO: (fields["entry_id"],)}


@pytest.mark.parametrize("world", [World.SIM, World.OFFLINE])
@pytest.mark.parametrize("name", ABOUT)
def test_entry_of_sim_or_offline_is_evidence_of_what_libraries_do_and_never_of_what_demo_does(
    name: str, world: World
) -> None:
    """How a library reads shows on any answer, under the world's own name; demo trading shows itself alone."""
    (found,) = (one for one in sightings([seen(name, world)]) if one.watchpoint.name == name)
    assert found.has_evidence is (name != "positions-in-demo")
    assert list(found.evidence or found.beside) == [world]


@pytest.mark.parametrize("name", ABOUT)
def test_entry_seen_under_a_planted_lie_is_evidence_of_nothing(name: str) -> None:
    """The lie said it, and no library."""
    fields = seen(name, World.SIM)
    fields["environment"]["lies"] = ["positions_empty"]
    assert not any(one.has_evidence or one.beside for one in sightings([fields]))


def test_positions_of_a_live_account_are_no_evidence_about_demo() -> None:
    """The hotspot is about demo trading."""
    (found,) = (one for one in sightings([seen("positions-in-demo", World.LIVE)]) if one.beside)
    assert found.watchpoint.name == "positions-in-demo"
    assert not found.has_evidence


def test_table_says_which_have_evidence_and_where_the_rest_was_seen() -> None:
    """At most three ids a world, the rest counted."""
    entries = [seen("positions-in-demo", World.SIM, number) for number in range(5)]
    entries.append(seen("trade-and-fee-fields", World.LIVE))
    lines = list(watchpoints_table(sightings(entries)))
    assert lines[-1] == "1 of 4 watchpoints have evidence"
    assert "evidence      trade-and-fee-fields" in lines
    assert "no evidence   positions-in-demo" in lines
    (beside,) = (line for line in lines if "beside" in line)
    assert beside.endswith("and 2 more")


def test_json_lists_every_hotspot_with_all_its_entries() -> None:
    """One document; nothing is left out of it."""
    entries = [seen("positions-in-demo", World.SIM, number) for number in range(5)]
    document = json.loads(watchpoints_as_json(sightings(entries)))
    (found,) = (one for one in document["watchpoints"] if one["beside"])
    assert found["beside"] == {"sim": [one["entry_id"] for one in entries]}
    assert len(document["watchpoints"]) == 4
