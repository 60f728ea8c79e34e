"""
The words of ``python -m difflog``: eight sub-commands and their options.

Knows names only, so that ``--help`` loads nothing; what they mean is decided in `commands.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from typing import NoReturn

from dualwitness.difflog.flags import FLAGS

__all__ = ["AXES", "SEVERITIES", "STATUSES", "build_parser"]

SEVERITIES = ("S0", "S1", "S2", "S3")
AXES = ("E", "I", "M", "C")
STATUSES = ("open", "understood", "mitigated", "accepted-risk")
_LISTED = (*STATUSES, "expired", "imported")
_ODD = ("ccxt", "okx_sdk", "venue", "unknown")
_DEFAULT = "difflog/log"
_ORIGIN = "dualwitness/difflog"
_EPILOG = (
    "exit codes: 0 done, 2 bad input or refused, 5 integrity failure or failed write, 130 interrupted; "
    "verify: 0 sound, 1 broken, 2 cannot be read"
)


class _Parser(argparse.ArgumentParser):
    """Refuses in one line that names the way to help."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {_printable(message)}\nHelp: {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = _Parser(
        prog="python -m difflog",
        description="The difference log: append-only, bound to its evidence, and provable.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--difflog", metavar="DIR", default=_DEFAULT, help=f"the log's folder (default: {_DEFAULT})")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, summary: str, description: str = "") -> argparse.ArgumentParser:
        one = commands.add_parser(
            name, help=summary, description=description or f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False
        )
        # Given after the command it counts too; not given there, it leaves what stood before the command.
        one.add_argument("--difflog", metavar="DIR", default=argparse.SUPPRESS, help=f"default: {_DEFAULT}")
        return one

    _list(command("list", "list the entries, or the known hotspots"))
    _show(command("show", "show one entry in full, with its history and the raw pair side by side"))
    _add(
        command(
            "add",
            "add an entry by hand, with all its evidence",
            "Add an entry from a YAML file, from flags, or from a run's finding; what is named later holds. "
            "What lacks evidence is refused with a list of what to collect.",
        )
    )
    _status(
        command(
            "status",
            "decide about an entry, or about several at once",
            "The way is open, understood, then mitigated or accepted-risk; what does not hold is opened again. "
            "An accepted risk reaches as far as what was seen last: these versions, this symbol, field and severity.",
        )
    )
    _verify(command("verify", "derive everything again from raw bytes and samples; 0 sound, 1 broken, 2 unreadable"))
    _render(command("render", "write the log as Markdown or as one self-contained HTML page"))
    _checkpoint(command("checkpoint", "write the log's size and root, signed if a key is given, or print a proof"))
    _export(command("export", "write the log for CI, as SARIF 2.1.0 or JUnit XML"))
    return parser


def _list(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    several = "several: with commas, or the option again"
    add("--severity", type=_words(SEVERITIES), action="extend", default=[], metavar="S0..S3", help=several)
    add("--axis", type=_words(AXES), action="extend", default=[], metavar="E|I|M|C", help=several)
    add("--status", type=_words(_LISTED), action="extend", default=[], metavar="STATUS", help=", ".join(_LISTED))
    add("--library", type=_library, metavar="NAME[@VERSION]",
        help="NAME (ccxt, okx_sdk, venue, unknown) stands alone; NAME@VERSION was compared")  # fmt: skip
    add("--symbol", help="unified symbol or OKX id")
    add("--since", type=_day, metavar="DATE", help="recorded on YYYY-MM-DD or later")
    add("--rule", help="the rule that judged it")
    add("--watchpoints", action="store_true", help="the known hotspots: which have evidence, and which do not")
    add("--json", action="store_true", help="one JSON document")


def _show(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("entry", metavar="ENTRY", help="an entry's id or fingerprint; the beginning is enough where it is unique")
    add("--whole", action="store_true", help="whole answers instead of the rows that matter")
    add("--json", action="store_true", help="one JSON document")
    _samples(parser)


def _add(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [FILE] [--from-run RUN FINDING] [--FACT TEXT ...] | --history [FILE]"
    add = parser.add_argument
    add("file", nargs="?", metavar="FILE", help="the entry as YAML, in the places that the flags name; - is stdin")
    add("--from-run", nargs=2, metavar=("RUN", "FINDING"), help="a run's folder, and a finding's id or fingerprint")
    add("--history", nargs="?", const="", metavar="FILE",
        help="import a predecessor's entries, labelled as no evidence; without FILE the four shipped ones")  # fmt: skip
    add("--ccxt-sample", metavar="FILE", help="CCXT's raw sample, sanitised: its bytes are kept in the log")
    add("--okx-sample", metavar="FILE", help="the OKX SDK's raw sample, sanitised: its bytes are kept in the log")
    _samples(parser)
    facts = parser.add_argument_group("facts of the entry, over those of FILE and of the run")
    for flag, (place, what) in FLAGS.items():
        facts.add_argument(flag, dest=place, metavar="TEXT", help=f"{place}: {what}")


def _status(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("entry", nargs="?", metavar="ENTRY", help="an entry's id or fingerprint; the beginning is enough")
    add("status", choices=STATUSES, metavar="STATUS", help=", ".join(STATUSES))
    several = parser.add_mutually_exclusive_group()
    several.add_argument("--rule", help="instead of ENTRY: all entries that this rule judged")
    several.add_argument("--all-open", action="store_true", help="instead of ENTRY: all that are open today")
    add("--who", required=True, type=_filled, metavar="NAME", help="who decides")
    add("--why", required=True, type=_filled, metavar="TEXT", help="for which reason")
    add("--expires", type=_day, metavar="DATE", help="accepted-risk: the last day on which it holds")
    add("--next-verification", type=_filled, metavar="TEXT", help="when or how it is verified next")
    scope = parser.add_argument_group("accept less than what was seen last (accepted-risk)")
    scope.add_argument("--scope-library", type=_version, action="append", default=[], metavar="NAME@VERSION")
    scope.add_argument("--scope-symbol", metavar="SYMBOL")
    scope.add_argument("--scope-field", metavar="FIELD")
    scope.add_argument("--scope-severity", choices=SEVERITIES, metavar="S0..S3")


def _verify(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--against", nargs="+", action="extend", default=[], metavar="FILE", help="checkpoints kept elsewhere")
    add("--key", metavar="FILE", help="the public key that must have signed a checkpoint")
    add("--origin", metavar="NAME", default=_ORIGIN, help=f"name of a key that is a PEM file (default: {_ORIGIN})")
    add("--json", action="store_true", help="one JSON document")
    _samples(parser)


def _render(parser: argparse.ArgumentParser) -> None:
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--markdown", metavar="OUT", help="the predecessor's template, one section an entry; - is stdout")
    kind.add_argument("--html", metavar="OUT", help="one page with search and filters, opens from disk; - is stdout")
    _samples(parser)


def _checkpoint(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--key", metavar="FILE", help="sign with this Ed25519 private key")
    add("--origin", metavar="NAME", default=_ORIGIN, help=f"name of the log in the checkpoint (default: {_ORIGIN})")
    proof = parser.add_mutually_exclusive_group()
    proof.add_argument("--prove", metavar="ENTRY", help="write nothing: print the proof that ENTRY is in the log")
    proof.add_argument("--prove-since", metavar="CHECKPOINT",
        help="write nothing: print the proof that the log only grew since this checkpoint")  # fmt: skip
    _samples(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--sarif", metavar="OUT", help="SARIF 2.1.0; - is stdout")
    kind.add_argument("--junit", metavar="OUT", help="JUnit XML; - is stdout")


def _samples(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--samples", metavar="DIR",
        help="recorded answers behind evidence of the world offline (default: $DUALWITNESS_SHARED/okx-payloads)",
    )  # fmt: skip


def _words(known: tuple[str, ...]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        words = text.split(",")
        for word in words:
            if word not in known:
                message = f"{word!r} is none of {', '.join(known)}"
                raise argparse.ArgumentTypeError(message)
        return words

    return read


def _library(text: str) -> str:
    if "@" not in text and text not in _ODD:
        message = f"{text!r} is none of {', '.join(_ODD)}, and no NAME@VERSION"
        raise argparse.ArgumentTypeError(message)
    return text


def _version(text: str) -> tuple[str, str]:
    name, _, version = text.partition("@")
    if not name or not version:
        message = f"{text!r} is no NAME@VERSION"
        raise argparse.ArgumentTypeError(message)
    return name, version


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no day, YYYY-MM-DD"
        raise argparse.ArgumentTypeError(message) from None


def _filled(text: str) -> str:
    if not text.strip():
        message = "it was empty"
        raise argparse.ArgumentTypeError(message)
    return text


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)
