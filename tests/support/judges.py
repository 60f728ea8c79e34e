"""
CCXT's own live test suite, as the installed wheel ships it: it was written to judge the real OKX, and judges the venue.

The suite refuses to run from a ``site-packages`` folder and reads its keys three levels above its own files, so it is
run from a copy (field.md section 4). It ends with 0 whatever it found: what counts is the text that it prints.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["SYMBOLS", "LiveSuite", "Verdict", "outside_environment"]

# A pair, a linear and an inverse perpetual, and a contract that expires.
SYMBOLS = ("BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC", "BTC/USDT:USDT-270326")
# What the suite itself lets a user switch off, property by property, and why no answer of OKX could satisfy it.
_SKIPS: Mapping[str, Mapping[str, str]] = {
    "fetchLedger": {
        "account": "CCXT leaves the account of every bill empty",
        "amount": "CCXT keeps the sign of what went out, and its check forbids it",
    },
    "fetchTickers": {"checkActiveSymbols": "CCXT asks one instType and compares with the markets of all"},
    "fetchTransfers": {"status": "CCXT reads transfers from the bills, which have no state"},
}
# CCXT's guard is inverted: a method is asked for a non-empty list exactly where this word stands, and we want it asked.
_NOT_EMPTY = "emptyResponse"
_DONE = re.compile(r"\[INFO\] TESTING DONE +okx (\w+)")
_LONGEST_S = 170


class Verdict(NamedTuple):
    """What one run of the suite said: the methods it finished, its failures with their reason, its warnings."""

    symbol: str
    style: str
    finished: frozenset[str]
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    output: str


class LiveSuite:
    """A runnable copy of the suite below ``folder``; hard links where the file system has them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "copy"
        shutil.copytree(_installed(), self._path / "ccxt", copy_function=_link_or_copy)

    def judge(
        self,
        base_url: str,
        symbol: str,
        styles: Sequence[Sequence[str]],
        *,
        never_empty: Iterable[str] = (),
        unjudged: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Verdict]:
        """
        Run the suite on one symbol at ``base_url``, once for each set of options, all at the same time.

        ``never_empty`` names methods whose answer must hold rows, ``unjudged`` those that are left out, with a reason.
        """
        self._write_keys(base_url)
        self._write_skips(never_empty, unjudged)
        running = [(style, self._start(symbol, style)) for style in styles]
        return [_verdict(symbol, style, child) for style, child in running]

    def _write_keys(self, base_url: str) -> None:
        urls = {"rest": base_url, "ws": f"ws{base_url.removeprefix('http')}/ws/v5"}
        keys = {
            "apiKey": "sim-key",
            "secret": "sim-secret",
            "password": "sim-passphrase",
            "headers": {"x-simulated-trading": "1"},
            # Without a pause between two calls; CCXT's asynchronous half keeps its own.
            "rateLimit": 1,
            "urls": {"api": urls, "test": urls},
        }
        (self._folder / "keys.local.json").write_text(json.dumps({"okx": keys}), encoding="utf-8")

    def _write_skips(self, never_empty: Iterable[str], unjudged: Mapping[str, str]) -> None:
        methods: dict[str, object] = {name: dict(skips) for name, skips in _SKIPS.items()}
        for name in never_empty:
            methods[name] = {**_SKIPS.get(name, {}), _NOT_EMPTY: "must hold rows"}
        settings = {"okx": {"skipMethods": {**methods, **unjudged}}}
        (self._folder / "skip-tests.json").write_text(json.dumps(settings), encoding="utf-8")

    def _start(self, symbol: str, style: Sequence[str]) -> subprocess.Popen[str]:
        script = self._path / "ccxt" / "test" / "tests_init.py"
        command = [sys.executable, str(script), "okx", symbol, "--info", *style]
        return subprocess.Popen(
            command,
            env=outside_environment() | {"PYTHONPATH": str(self._path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )


def outside_environment() -> dict[str, str]:
    """The environment of a program that knows nothing of us: our own path is taken out."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def _installed() -> Path:
    spec = importlib.util.find_spec("ccxt")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _verdict(symbol: str, style: Sequence[str], child: subprocess.Popen[str]) -> Verdict:
    try:
        output, _ = child.communicate(timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        child.kill()
        output, _ = child.communicate()
        output += f"\n[TEST_FAILURE] not finished within {_LONGEST_S} s\n"
    return Verdict(
        symbol=symbol,
        style=" ".join(style) or "public",
        finished=frozenset(_DONE.findall(output)),
        failures=tuple(_findings(output, "[TEST_FAILURE]")),
        warnings=tuple(_findings(output, "[TEST_WARNING]")),
        output=output,
    )


def _findings(output: str, word: str) -> list[str]:
    """Each line with ``word``, and the last line of the traceback that follows it."""
    found = []
    for part in output.split(word)[1:]:
        lines = [line for line in part.split("\n[INFO]")[0].strip().splitlines() if line.strip()]
        found.append(" ... ".join(line.strip()[:600] for line in (lines[:1] + lines[1:][-1:])))
    return found
