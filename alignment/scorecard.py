"""
``python -m alignment.scorecard``: how many planted lies the audit catches, how fast, and what it never sees.

Exit codes: 0 every lie outside the blind spots is caught where it must be, the positions are never called better than
they are, and no honest run raises an alarm · 1 otherwise, each case by name · 2 usage · 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dualwitness.alignment.run import guarded

if TYPE_CHECKING:
    from dualwitness.alignment.scoring.cases import Case

__all__ = ["cases_of", "main"]

_SAMPLE = 40
_PAIRS, _HONEST = 300, 500


def main(words: Sequence[str] | None = None) -> int:
    """Parse, play, print; gives the exit code."""
    try:
        arguments = _parser().parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    return guarded(lambda: _run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m alignment.scorecard",
        description="Plant lies in embedded venues, audit them, and hold what is found against what was written down "
        "beforehand. No key, no network.",
        epilog="exit codes: 0 all is as it must be, 1 a lie was missed or an alarm was false, 2 usage, 130 interrupted",
    )
    add = parser.add_argument
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="every lie alone, to both libraries and to each, and mid-run")
    which.add_argument(
        "--sample",
        type=_count,
        default=_SAMPLE,
        metavar="N",
        help=f"so many lies alone, and a quarter as many mid-run, pairs and honest runs (default: {_SAMPLE})",
    )
    add("--pairs", type=_count, metavar="N", help=f"random pairs of lies (default with --all: {_PAIRS})")
    add("--honest", type=_count, metavar="N", help=f"runs without a lie (default with --all: {_HONEST})")
    add("--only", metavar="NAME", action="append", default=[], help="only cases with this lie (repeatable)")
    add("--seed", type=int, default=0, metavar="N", help="which pairs, moments and seeds are drawn (default: 0)")
    add("--jobs", type=_count, metavar="N", help="processes (default: one a core)")
    add("--json", action="store_true", help="the score on stdout as one JSON document")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > len("1000000"):
        message = f"must be a whole number, was {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    from dualwitness.alignment.scoring.pool import judged
    from dualwitness.alignment.scoring.report import as_data, as_text

    cases = cases_of(
        everything=arguments.all,
        sample=arguments.sample,
        pair_count=arguments.pairs,
        honest_count=arguments.honest,
        seed=arguments.seed,
        only=arguments.only,
    )
    found = []
    for one in judged(cases, arguments.jobs or os.cpu_count() or 1):
        found.append(one)
        _tell(len(found), len(cases))
    if arguments.json:
        sys.stdout.write(json.dumps(as_data(found), sort_keys=True, indent=2) + "\n")
    else:
        sys.stdout.write(as_text(found) + "\n")
    sys.stdout.flush()
    return 0 if all(one.passed for one in found) else 1


def cases_of(
    *,
    everything: bool,
    sample: int,
    pair_count: int | None,
    honest_count: int | None,
    seed: int,
    only: Sequence[str] = (),
) -> list[Case]:
    """The cases that were asked for; raises `UsageError` for a lie that does not exist."""
    from dualwitness.alignment.scoring import cases
    from dualwitness.venues.sim.lies import parse_plant

    names = {parse_plant(name).lie.name for name in only}
    few = max(1, sample // 4)
    alone, mid_run = cases.alone(), cases.mid_run(seed)
    pair_count = (_PAIRS if everything else few) if pair_count is None else pair_count
    honest_count = (_HONEST if everything else few) if honest_count is None else honest_count
    if not everything:
        alone, mid_run = cases.sample(alone, sample, seed), cases.sample(mid_run, few, seed)
    chosen = [*alone, *cases.pairs(pair_count, seed), *mid_run, *cases.honest(honest_count, seed)]
    if not names:
        return chosen
    everywhere = [*cases.alone(), *cases.pairs(pair_count, seed), *cases.mid_run(seed)]
    return [case for case in everywhere if names & {parse_plant(plant).lie.name for plant in case.plants}]


def _tell(done: int, of: int) -> None:
    """How far it is, on a terminal alone."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {of}" + ("\n" if done == of else ""))
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
