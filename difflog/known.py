"""
What the log holds already, and therefore what cannot follow.

A second entry of a difference, a word about an entry that is not there, a decision that does not follow on the last
one, evidence of one world in the name of another.

How far the worlds are kept apart: a run, and a raw body with rows in it, that stand in the log for the embedded venue
or a recording are refused for OKX demo or live, and those of demo for live. What nobody can tell from a log alone is a
run id made up together with bodies made up: only a checkpoint and a rerun against the venue speak against that.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from dualwitness.difflog.errors import DuplicateEntry, EntryRefused, StatusRefused, UnknownEntry
from dualwitness.difflog.facts import is_placeholder
from dualwitness.difflog.records import (
    WORLD_RANK,
    Content,
    Entry,
    EntryStatus,
    Imported,
    Occurrence,
    StatusChange,
    World,
)
from dualwitness.difflog.state import refusal_of

__all__ = ["Known"]


class Known:
    """
    The records of one file as far as later ones depend on them.

    With ``below`` it stands on what others know, which it does not change: so a batch is checked before it is written.
    """

    def __init__(self, *below: Known) -> None:
        def over(name: str) -> Any:
            return ChainMap({}, *(getattr(one, name) for one in below)) if below else {}

        self.fingerprints: dict[str, str] = over("fingerprints")  # of an entry, by its id; of an imported one ""
        self.entries: dict[str, str] = over("entries")  # the other way round
        self.statuses: dict[str, str] = over("statuses")
        self._seen_in: dict[str, tuple[str, str]] = over("_seen_in")  # run ids and raw samples: world and entry

    def learn(self, fields: Mapping[str, Any]) -> None:
        """Take note of a record, given as its fields in plain JSON."""
        kind, entry_id = fields["record"], fields["entry_id"]
        if kind == "status":
            self.statuses[entry_id] = fields["status"]
            return
        if kind == "imported":
            self.fingerprints.setdefault(entry_id, "")
            return
        if kind == "entry":
            self.fingerprints.setdefault(entry_id, fields["fingerprint"])
            self.entries.setdefault(fields["fingerprint"], entry_id)
            self.statuses.setdefault(entry_id, fields["decision"]["status"])
        seen = (fields["environment"]["env"], entry_id)
        for name in _marks(fields):
            self._seen_in.setdefault(name, seen)

    def refuse(self, content: Content, today: date, is_telling: Callable[[str], bool]) -> None:
        """
        Raise what forbids to append the record; ``is_telling`` says of a raw sample that no other world can give it.

        Raises `DuplicateEntry`, `UnknownEntry`, `StatusRefused` or `EntryRefused`.
        """
        if isinstance(content, Imported):
            if content.entry_id in self.fingerprints:
                raise DuplicateEntry("this entry of a predecessor", content.entry_id)
            return
        if isinstance(content, StatusChange):
            self._refuse_change(content, today)
            return
        if isinstance(content, Entry):
            earlier = self.entries.get(content.fingerprint)
            if earlier is not None or content.entry_id in self.fingerprints:
                raise DuplicateEntry(f"the difference {content.fingerprint}", earlier or content.entry_id)
        else:
            self._ours(content.entry_id)
            fingerprint = self.fingerprints[content.entry_id]
            if fingerprint != content.fingerprint:
                raise EntryRefused([f"fingerprint: that of {content.entry_id} (it was {content.fingerprint!r})"])
        collect = list(self._of_another_world(content, is_telling))
        if collect:
            raise EntryRefused(collect)

    def _ours(self, entry_id: str) -> None:
        if not self.fingerprints.get(entry_id):
            raise UnknownEntry(entry_id)

    def _refuse_change(self, change: StatusChange, today: date) -> None:
        entry_id = change.entry_id
        if self.fingerprints.get(entry_id) == "":
            problem = "it is a predecessor's entry, imported without evidence: it has no status of ours"
            raise StatusRefused(entry_id, problem, advice="add an entry with evidence, and decide about that")
        self._ours(entry_id)
        for name, words in (("who", change.who), ("why", change.why)):
            if is_placeholder(words):
                raise StatusRefused(entry_id, f"{name} was {words!r}", advice="say who decided, and on what grounds")
        refusal = refusal_of(EntryStatus(self.statuses[entry_id]), change.status)
        if refusal is not None:
            raise StatusRefused(entry_id, refusal.problem, advice=refusal.advice)
        if change.expires is not None and change.expires < today:
            problem = f"the acceptance would end on {change.expires}, before it begins"
            raise StatusRefused(entry_id, problem, advice="give a day to come, or none")

    def _of_another_world(self, content: Entry | Occurrence, is_telling: Callable[[str], bool]) -> Iterator[str]:
        world = content.environment.env
        if WORLD_RANK[world] == 0:
            return
        marks = _marks(content.model_dump(mode="json", include={"run", "evidence"}))
        places = ("run.run_id", "evidence.ccxt_raw_sample_ref", "evidence.okx_raw_sample_ref")
        for place, name in zip(places, marks, strict=True):
            seen = self._seen_in.get(name)
            if seen is None or WORLD_RANK[World(seen[0])] >= WORLD_RANK[world]:
                continue
            if place == "run.run_id" or is_telling(name):
                yield f"{place}: evidence of the world {world}; {name} stands in {seen[1]} as evidence of {seen[0]}"


def _marks(fields: Mapping[str, Any]) -> tuple[str, str, str]:
    """What is tied to one world: the run, and both raw samples."""
    evidence = fields["evidence"]
    return fields["run"]["run_id"], evidence["ccxt_raw_sample_ref"], evidence["okx_raw_sample_ref"]
