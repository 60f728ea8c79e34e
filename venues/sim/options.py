"""The command line of the embedded venue."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.lies import LIES, Plant, parse_plant
from dualwitness.venues.sim.scenario_names import DEFAULT_SCENARIO, SCENARIOS

__all__ = ["parse_options"]

_POSITION_MODES = ("long_short_mode", "net_mode")
_MOST_DIGITS = 16

_STORIES = "; ".join(f"{name}: {what}" for name, what in SCENARIOS.items())


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"port must be 0 to 65535, was {text!r}")
    return int(text)


def _milliseconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"milliseconds must be a whole number, was {text!r}")
    return int(text)


def _offset(text: str) -> int:
    return -_milliseconds(text[1:]) if text.startswith("-") else _milliseconds(text)


def _plant(text: str) -> Plant:
    try:
        return parse_plant(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(f"{error}; {error.advice}") from error


def _scenario(text: str) -> str:
    if text in SCENARIOS:
        return text
    near = difflib.get_close_matches(text, SCENARIOS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(SCENARIOS)}"
    raise argparse.ArgumentTypeError(f"unknown scenario {text!r}; {hint}")


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; ends the process with 2 and one clear line when it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m venues.sim",
        description="An OKX v5 venue on loopback: no keys of yours, no network, lies on command.",
        epilog=f"lies: {', '.join(LIES)}",
    )
    add = parser.add_argument
    add("--port", type=_port, required=True, metavar="N", help="port on 127.0.0.1; 0 takes a free one")
    add("--lie", type=_plant, action="append", default=[], metavar="NAME[@LIBRARY][:KEY=VALUE,...]",
        help="plant a lie, for both libraries or for one, everywhere or within limits (repeatable)")  # fmt: skip
    add("--delay-ms", type=_milliseconds, default=0, metavar="N", help="add this latency to every answer")
    add("--rate-limits", action="store_true", help="refuse whoever asks more often than OKX allows")
    add("--exit-with-parent", action="store_true", help="end as soon as standard input closes")
    add("--truth", type=Path, default=None, metavar="FILE",
        help="keep a JSON file of what the account really holds")  # fmt: skip
    _add_account(parser)
    _add_time(parser)
    _add_tls(parser)
    return parser.parse_args(arguments)


def _add_account(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("the account and its market").add_argument
    add("--scenario", type=_scenario, default=DEFAULT_SCENARIO, metavar="NAME",
        help=f"what the account has lived through: {_STORIES} (default {DEFAULT_SCENARIO})")  # fmt: skip
    add("--level", choices=("1", "2", "3", "4"), default="2", help="account level, OKX's acctLv (default 2, futures)")
    add("--position-mode", choices=_POSITION_MODES, default="net_mode", help="default net_mode")
    add("--seed", type=int, default=0, metavar="N", help="chooses all prices (default 0)")
    add("--instruments", type=Path, default=None, metavar="FILE",
        help="trade the instruments of this file, an answer of OKX's public/instruments")  # fmt: skip
    add("--api-key", default="sim-key", metavar="KEY")
    add("--api-secret", default="sim-secret", metavar="SECRET")
    add("--passphrase", default="sim-passphrase", metavar="TEXT")


def _add_time(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("time").add_argument
    add("--frozen-at", type=_milliseconds, default=None, metavar="MS",
        help="let venue time stand still at this moment (default: the wall clock)")  # fmt: skip
    add("--clock-offset", type=_offset, default=0, metavar="MS",
        help="put the venue's clock off, also the one that signatures are held against; may be negative")  # fmt: skip


def _add_tls(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("TLS").add_argument
    add("--tls", action="store_true", help="serve https and wss too, on a second port")
    add("--tls-port", type=_port, default=0, metavar="N", help="that port (default: a free one)")
    add("--cert-file", type=Path, default=None, metavar="FILE",
        help="where to write the certificate to trust (default: a temporary file)")  # fmt: skip
