"""The command line of the embedded venue."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.lies import LIES, Plant, parse_plant
from dualwitness.venues.sim.scenario_names import DEFAULT_SCENARIO, SCENARIOS

__all__ = ["parse_options"]


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"port must be 0 to 65535, was {text!r}")
    return int(text)


def _milliseconds(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"milliseconds must be a whole number, was {text!r}")
    return int(text)


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
    add("--lie", type=_plant, action="append", default=[], metavar="NAME[@LIBRARY]",
        help="plant a lie, for both libraries or for one (repeatable)")  # fmt: skip
    add("--scenario", type=_scenario, default=DEFAULT_SCENARIO, metavar="NAME",
        help=f"what the account holds: {', '.join(SCENARIOS)} (default {DEFAULT_SCENARIO})")  # fmt: skip
    add("--seed", type=int, default=0, metavar="N", help="chooses all prices (default 0)")
    add("--api-key", default="sim-key", metavar="KEY")
    add("--api-secret", default="sim-secret", metavar="SECRET")
    add("--passphrase", default="sim-passphrase", metavar="TEXT")
    add("--frozen-at", type=_milliseconds, default=None, metavar="MS",
        help="let venue time stand still at this moment (default: the wall clock)")  # fmt: skip
    add("--delay-ms", type=_milliseconds, default=0, metavar="N", help="add this latency to every answer")
    add("--exit-with-parent", action="store_true", help="end as soon as standard input closes")
    return parser.parse_args(arguments)
