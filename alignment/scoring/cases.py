"""The cases of the lie scorecard: lies alone, in pairs, from the middle of a run on, and runs without any. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dualwitness.models import Library
from dualwitness.venues.sim.lies import BLIND_SPOTS, LIES, Lie, Needs, parse_plant
from dualwitness.venues.sim.lies.kinds import ANYWHERE

__all__ = [
    "AUDIENCES",
    "Case",
    "Sort",
    "alone",
    "catalogue",
    "faults",
    "honest",
    "is_blind",
    "mid_run",
    "pairs",
    "sample",
]

AUDIENCES: tuple[Library | None, ...] = (None, *Library)
# What an honest run may stand in: half of them where the lies are told, the rest where other accounts are.
_WORLDS = ("positions", "long_short", "positions", "liquidated", "positions", "funded", "positions", "margin",
           "positions", "multi_currency")  # fmt: skip
# Every so many honest runs one is a session in which venue time moves.
_MOVING_EVERY = 7
# Seeds of cases with lies: few, so that each honest twin is run once.
_SEEDS = 4
# So many requests at least are answered in the first of the audits that share a venue.
_FIRST_AUDIT_REQUESTS = 130


class Sort(StrEnum):
    """How the lies of a case are told."""

    ALONE = "alone"
    PAIR = "pair"
    MID_RUN = "mid_run"
    HONEST = "honest"


@dataclass(frozen=True, slots=True)
class Case:
    """
    One case: what is planted, in which world, from when on.

    ``plants`` are labels as on the command line. ``after`` is how many requests of the session are answered before
    they are planted; None: from the start. ``moving`` says that venue time goes on with every request and between two
    audits; else it stands still.
    """

    sort: Sort
    plants: tuple[str, ...]
    seed: int = 0
    scenario: str = "positions"
    after: int | None = None
    moving: bool = False

    @property
    def label(self) -> str:
        """In a few words, for a person who wants to see it again."""
        told = " + ".join(self.plants) or f"no lie, {self.scenario}{' in motion' if self.moving else ''}"
        moment = "" if self.after is None else f", after {self.after} requests"
        return f"{told}, seed {self.seed}{moment}"

    @property
    def needs(self) -> frozenset[Needs]:
        """What its lies need the world to hold."""
        needed = {parse_plant(label).lie.needs for label in self.plants}
        return frozenset(needed - {Needs.NOTHING})


def catalogue() -> tuple[Lie, ...]:
    """Every lie about rows: what the share of the blind spots is counted over."""
    return tuple(lie for lie in LIES.values() if lie.theme not in ANYWHERE)


def faults() -> tuple[Lie, ...]:
    """Every fault of an answer as a whole or of a connection."""
    return tuple(lie for lie in LIES.values() if lie.theme in ANYWHERE)


def alone() -> list[Case]:
    """Every lie and fault, told to both libraries and to each."""
    return [Case(Sort.ALONE, (_label(name, audience),)) for name in LIES for audience in AUDIENCES]


def pairs(count: int, seed: int) -> list[Case]:
    """So many different random pairs of lies and faults, each told to both libraries or to one."""
    draw = random.Random(f"pairs {seed}")
    names = list(LIES)
    found: dict[tuple[str, ...], Case] = {}
    while len(found) < count:
        chosen = draw.sample(names, 2)
        plants = tuple(_label(name, draw.choice(AUDIENCES)) for name in chosen)
        found.setdefault(tuple(sorted(plants)), Case(Sort.PAIR, plants, draw.randrange(_SEEDS)))
    return list(found.values())


def mid_run(seed: int) -> list[Case]:
    """Every lie and fault, told to both libraries from some moment of a first audit on."""
    draw = random.Random(f"mid-run {seed}")
    return [
        Case(Sort.MID_RUN, (name,), draw.randrange(_SEEDS), after=draw.randrange(_FIRST_AUDIT_REQUESTS), moving=True)
        for name in LIES
    ]


def honest(count: int, seed: int) -> list[Case]:
    """So many runs without a lie, each with a seed of its own."""
    return [
        Case(Sort.HONEST, (), seed + number, _WORLDS[number % len(_WORLDS)], moving=number % _MOVING_EVERY == 0)
        for number in range(count)
    ]


def sample(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    """So many of the cases, in their order; all where there are no more."""
    if count >= len(cases):
        return list(cases)
    chosen = set(random.Random(f"sample {seed}").sample(range(len(cases)), count))
    return [case for place, case in enumerate(cases) if place in chosen]


def is_blind(label: str) -> bool:
    """Whether the product itself names it as one that nobody can see: told to both, contradicted by nothing."""
    plant = parse_plant(label)
    return plant.library is None and plant.lie.name in BLIND_SPOTS


def _label(name: str, audience: Library | None) -> str:
    return name if audience is None else f"{name}@{audience}"
