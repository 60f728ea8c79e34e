"""The README of the embedded venue holds the catalogue of lies and faults that the registry describes."""

from __future__ import annotations

from pathlib import Path

from dualwitness.venues.sim.lies import BLIND_SPOTS, LIES, describe_lies

BEGIN, END = "<!-- lies -->\n", "<!-- /lies -->"


def test_readme_of_the_venue_holds_the_catalogue_of_lies_word_for_word(repository: Path) -> None:
    """Between its two markers stands what `describe_lies` says, and nothing else."""
    text = (repository / "venues" / "sim" / "README.md").read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert text.partition(BEGIN)[2].partition(END)[0] == describe_lies()


def test_catalogue_names_every_lie_and_every_blind_spot() -> None:
    """Nothing that can be planted is left out."""
    text = describe_lies()
    assert [name for name in LIES if f"| `{name}` |" not in text] == []
    assert [name for name in BLIND_SPOTS if f"- `{name}`: " not in text] == []
