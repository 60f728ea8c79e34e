"""
``python -m alignment.survey``: every difference of the installed libraries, held against the difference log.

Two audits: the embedded venue, and the recorded corpus where it is there. Exit codes are those of `run`, with one word
more: a difference that has no entry in the log yet is exit 1, whatever its severity. CI runs it, so that an upgraded
library shows here first; the entries that it makes are then decided on with ``python -m difflog status``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dualwitness.alignment.recording import Recorded

__all__ = ["corpus_folder", "main"]

_NEW = 1


def main(words: Sequence[str] | None = None) -> int:
    """Run both audits and say what is new; gives the worst exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m alignment.survey",
        description="Audit the installed libraries against the embedded venue and the recorded corpus, and name every "
        "difference that the difference log does not hold.",
        epilog="exit codes: 0 all are known and accepted, 1 new or unaccepted differences, else as alignment.run",
    )
    parser.add_argument("--samples", metavar="DIR", help="the corpus (default: ../shared/okx-payloads; none: left out)")
    parser.add_argument("--config", metavar="DIR", help="folder of the YAML files (default: config)")
    parser.add_argument("--out", metavar="DIR", default="runs", help="where runs are written (default: runs)")
    parser.add_argument("--difflog", metavar="DIR", help="the difference log (default: difflog/log)")
    parser.add_argument("--fail-on", default="S0", choices=("S0", "S1", "S2", "S3"),
        help="lowest severity that must be accepted (default: S0)")  # fmt: skip
    arguments = parser.parse_args(words)

    from dualwitness.alignment.run import guarded

    return guarded(lambda: _survey(arguments))


def corpus_folder(given: str | None) -> Path | None:
    """The recorded corpus: as named, else beside the checkout, else None."""
    if given is not None:
        return Path(given)
    shared = os.environ.get("DUALWITNESS_SHARED")
    folder = (Path("../shared") if shared is None else Path(shared)) / "okx-payloads"
    return folder if (folder / "INDEX.json").is_file() else None


def _survey(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from dualwitness.alignment.audit import audit
    from dualwitness.alignment.corpus import audit_corpus
    from dualwitness.alignment.render import summary
    from dualwitness.alignment.settings import settings_from

    console = Console(highlight=False)
    asked = {
        "symbols": None,
        "base_url": None,
        "config": arguments.config,
        "out": arguments.out,
        "seed": 0,
        "lies": (),
        "fail_on": arguments.fail_on,
        "allow_orders": False,
        "difflog": arguments.difflog,
    }
    result = audit(settings_from(mode="okx_demo_sim", samples=None, **asked))
    summary(result, console)
    codes = [result.exit_code]
    new = list(result.recorded.new)
    corpus = corpus_folder(arguments.samples)
    if corpus is None:
        console.print("the recorded corpus is not there and was left out: name it with --samples")
    else:
        console.print()
        recorded = audit_corpus(settings_from(mode="offline", samples=str(corpus), **asked))
        recorded.show(console)
        codes.append(recorded.exit_code)
        new += recorded.recorded.new
    console.print()
    console.print(_news(result.recorded, new), soft_wrap=True)
    return max((*codes, _NEW if new else 0))


def _news(recorded: Recorded, new: Sequence[str]) -> str:
    if not new:
        return f"every difference is in {recorded.path}"
    ids = ", ".join(new[:5]) + (f" and {len(new) - 5} more" if len(new) > 5 else "")
    return f"{len(new)} differences were not in {recorded.path} and are there now, open: {ids}"


if __name__ == "__main__":
    sys.exit(main())
