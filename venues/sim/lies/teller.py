"""Telling the planted lies: whose answer is changed, and what became of every plant."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace

from dualwitness.models import Library
from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.draws import unit
from dualwitness.venues.sim.envelope import Response, as_json
from dualwitness.venues.sim.lies.channels import nested_paths, paths_of_channel
from dualwitness.venues.sim.lies.effects import NO_EFFECTS, Effects
from dualwitness.venues.sim.lies.kinds import Asked, Envelope
from dualwitness.venues.sim.lies.plants import Plant, parse_plant
from dualwitness.venues.sim.lies.scopes import nearest

__all__ = ["LieTeller", "Telling"]


@dataclass(frozen=True, slots=True)
class Telling:
    """One answer that a plant changed: as it went out, as it would have been without this plant, and without any."""

    plant: Plant
    asked: Asked
    library: Library | None
    answer: Response
    without: Response
    honest: Response


class _Planted:
    """One plant and its counts: how often it was asked within its limits, drawn, and really told."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.asked = 0
        self.drawn = 0
        self.told = 0
        self._recalled: dict[Hashable, object] = {}

    def edited(self, envelope: Envelope, asked: Asked) -> Envelope:
        """A copy of the envelope as this plant has it; the envelope itself where it does not speak of rows."""
        recalled = self.plant.lie.recalled
        if recalled is None:
            return _edited(self.plant, envelope, asked)
        first = self._recalled.setdefault(recalled(asked), copy.deepcopy(envelope.get("data")))
        return envelope | {"data": copy.deepcopy(first)}

    def is_due(self, asked: Asked, library: Library | None, seed: int) -> bool:
        """Count the question where it is meant; whether the lie is to be told now."""
        plant, scope = self.plant, self.plant.scope
        if not plant.hears(asked, library) or not self._names_symbol(asked):
            return False
        self.asked += 1
        if self.asked <= scope.after or (scope.times is not None and self.told >= scope.times):
            return False
        if scope.probability is None:
            return True
        self.drawn += 1
        return unit(seed, f"lie/{plant.label}", self.drawn) < scope.probability

    def report(self) -> dict[str, object]:
        """One line of `LieTeller.report`; ``limits`` only where there are any."""
        plant = self.plant
        line: dict[str, object] = {
            "asked": self.asked,
            "library": None if plant.library is None else str(plant.library),
            "lie": plant.lie.name,
            "told": self.told,
        }
        return line | ({"limits": plant.limits} if plant.limits else {})

    def _names_symbol(self, asked: Asked) -> bool:
        """A question that names instruments must name ours; one about all of them is ours where rows can be told."""
        symbol = self.plant.scope.symbol
        if not symbol or symbol in asked.symbols:
            return True
        return not asked.symbols and self.plant.lie.transform is not None


class LieTeller:
    """
    Tells the planted lies and counts them: a lie that nobody asked for proves nothing.

    ``seed`` decides the draws of lies with a probability. ``witness`` is shown every answer that a plant changed. Not
    thread-safe by itself: the venue's lock is its lock.
    """

    def __init__(self, plants: Iterable[Plant] = (), *, seed: int = 0) -> None:
        self.witness: Callable[[Telling], None] | None = None
        self._seed = seed
        self._all: dict[str, _Planted] = {}
        self._rows: tuple[_Planted, ...] = ()
        self._toxics: tuple[_Planted, ...] = ()
        for plant in plants:
            self.plant(plant)

    @property
    def plants(self) -> tuple[Plant, ...]:
        """Everything that is planted, in order."""
        return tuple(one.plant for one in self._all.values())

    @property
    def has_toxics(self) -> bool:
        """Whether anything that befalls connections is planted; without it nobody need ask `effects`."""
        return bool(self._toxics)

    @property
    def hits(self) -> dict[str, int]:
        """By label: how many answers each lie really changed."""
        return {label: one.told for label, one in self._all.items()}

    def report(self) -> list[dict[str, object]]:
        """What `/control/lies` shows: per plant how often its endpoint was asked and how often the lie was told."""
        return [one.report() for one in self._all.values()]

    def plant(self, plant: Plant | str) -> Plant:
        """Plant a lie, from now on; a lie that is planted already is planted once. Raises `UsageError` for its text."""
        wanted = parse_plant(plant) if isinstance(plant, str) else plant
        self._all.setdefault(wanted.label, _Planted(wanted))
        self._sort()
        return wanted

    def withdraw(self, label: str) -> Plant:
        """Take a plant back, with its counts; raises `UsageError` where it is not planted."""
        wanted = label if label in self._all else parse_plant(label).label
        if wanted not in self._all:
            raise UsageError(f"the lie {wanted} is not planted", advice=nearest(wanted, self._all))
        gone = self._all.pop(wanted).plant
        self._sort()
        return gone

    def _sort(self) -> None:
        everything = self._all.values()
        self._toxics = tuple(one for one in everything if one.plant.lie.toxic is not None)
        spoken = [one for one in everything if one.plant.lie.toxic is None]
        self._rows = tuple(sorted(spoken, key=_turn))

    def effects(self, asked: Asked, library: Library | None) -> Effects:
        """What befalls the connection of this request; asked once a request, before it is processed."""
        if not self._toxics:
            return NO_EFFECTS
        effects = NO_EFFECTS
        for one in self._toxics:
            toxic = one.plant.lie.toxic
            if toxic is not None and one.is_due(asked, library, self._seed):
                jitter = unit(self._seed, f"jitter/{one.plant.label}", one.asked) * 2 - 1
                effects = effects.joined(toxic(one.plant.options, jitter))
                one.told += 1
        return effects

    def tell(self, envelope: Envelope, status: int, asked: Asked, library: Library | None) -> Response:
        """The answer after every lie that applies to this endpoint and this library."""
        due = [one for one in self._rows if one.is_due(asked, library, self._seed)]
        answer, told = _told_by(due, envelope, status, asked)
        for one in told:
            one.told += 1
            if self.witness is not None:
                without, _ = _told_by([other for other in due if other is not one], envelope, status, asked)
                self.witness(Telling(one.plant, asked, library, answer, without, as_json(envelope, status)))
        return answer

    def tell_rows(self, channel: str, rows: list[object], asked: Asked, library: Library | None = None) -> list[object]:
        """The rows of a push after every lie that its channel tells (`channels`); ``rows`` stay untouched."""
        if not self._rows:
            return rows
        for path in paths_of_channel(channel):
            rows = self._told_rows(rows, replace(asked, path=path), library)
        for key, path in nested_paths(channel).items():
            rows = [self._told_nested(row, key, replace(asked, path=path), library) for row in rows]
        return rows

    def _told_nested(self, row: object, key: str, asked: Asked, library: Library | None) -> object:
        nested = row.get(key) if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(nested, list):
            return row
        return {**row, key: self._told_rows(nested, asked, library)}

    def _told_rows(self, rows: list[object], asked: Asked, library: Library | None) -> list[object]:
        for one in self._rows:
            if one.plant.lie.transform is None or not one.is_due(asked, library, self._seed):
                continue
            told = _edited(one.plant, {"code": "0", "data": rows, "msg": ""}, asked)["data"]
            one.told += told != rows
            rows = told if isinstance(told, list) else rows
        return rows


def _turn(one: _Planted) -> int:
    """What is recalled was true once, so it comes first; transport last: a torn answer cannot be edited any more."""
    if one.plant.lie.recalled is not None:
        return 0
    return 1 if one.plant.lie.transport is None else 2


def _told_by(
    planted: Iterable[_Planted], envelope: Envelope, status: int, asked: Asked
) -> tuple[Response, list[_Planted]]:
    """The answer after these plants, in their order, and those that changed it."""
    answer, told = as_json(envelope, status), []
    for one in planted:
        before, transport = answer, one.plant.lie.transport
        if transport is not None:
            answer = transport(answer, asked)
        # A refusal has no rows to lie about; a broken transport hits it all the same.
        elif status == 200 and envelope.get("code") == "0":
            envelope = one.edited(envelope, asked)
            answer = as_json(envelope, status)
        if answer != before:
            told.append(one)
    return answer, told


def _edited(plant: Plant, envelope: Envelope, asked: Asked) -> Envelope:
    """A copy of the envelope after one lie; with a symbol, only that symbol's rows are handed to it."""
    transform = plant.lie.transform
    if transform is None:
        return envelope
    edited = copy.deepcopy(envelope)
    symbol, data = plant.scope.symbol, edited.get("data")
    if not symbol:
        return transform(edited, asked)
    if not isinstance(data, list) or not any(isinstance(row, dict) and "instId" in row for row in data):
        # Books and candles do not name their instrument; then the question must have.
        return transform(edited, asked) if symbol in asked.symbols else envelope
    places = [place for place, row in enumerate(data) if isinstance(row, dict) and row.get("instId") == symbol]
    if not places:
        return envelope
    told = transform(edited | {"data": [data[place] for place in places]}, asked)["data"]
    rows = told if isinstance(told, list) else []
    if len(rows) == len(places):
        for place, row in zip(places, rows, strict=True):
            data[place] = row
        return edited
    chosen = set(places)
    others = [row for place, row in enumerate(data) if place not in chosen]
    return edited | {"data": [*others[: places[0]], *rows, *others[places[0] :]]}
