"""
One program that trades, told when to die: run as a script, it forks a life for each line that it reads.

A life does what a strategy does when it is started: recover what was in flight, then submit its next orders. It is
ended with SIGKILL, either by itself at a given line of code or from outside after a given time.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from dualwitness.models import Library, OrderType, ValidatedOrder
from dualwitness.venues.client import VenueClient
from dualwitness.venues.orders import OrderProtocol, OrderStore
from tests.support.clients import opened
from tests.support.order_world import MARGIN_MS, TIME_TO_LIVE_MS, numbered_order, wall_ms

__all__ = ["ORDERS_A_LIFE", "intended", "main"]

ORDERS_A_LIFE = 2


class _Executioner:
    """Counts lines of Python, ours and the libraries', and ends the process at the given one."""

    def __init__(self, die_at_line: int) -> None:
        self.lines = 0
        self._die_at_line = die_at_line

    def __call__(self, _frame: FrameType, event: str, _argument: object) -> Callable[..., Any]:
        if event == "line":
            self.lines += 1
            if self.lines == self._die_at_line:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def intended(folder: Path) -> list[int]:
    """The numbers of all orders that any life ever meant to submit."""
    file = folder / "intended"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def _live(ccxt: VenueClient, base_url: str, folder: Path, told: dict[str, Any], started: int) -> int:
    """One life; the lines that its orders took, should it survive."""
    executioner = _Executioner(told.get("die_at_line", 0))
    with opened(Library.OKX_SDK, base_url, timeout_ms=2_000) as okx_sdk, OrderStore(folder / "orders.sqlite") as store:
        okx_sdk.get_account_config()
        protocol = OrderProtocol(
            {"ccxt": ccxt, "okx_sdk": okx_sdk},
            store,
            wall_ms,
            main=told["main"],
            account="test",
            time_to_live_ms=TIME_TO_LIVE_MS,
            margin_ms=MARGIN_MS,
        )
        for part in ("recover", "submit"):
            is_last = told["die_in"] == part
            if is_last:
                os.write(started, b".")
            # Counting slows a life down, so one that is killed from outside is not counted.
            sys.settrace(executioner if is_last and "die_after_ms" not in told else None)
            try:
                if part == "recover":
                    protocol.recover()
                else:
                    _submit(protocol, folder, told)
            finally:
                sys.settrace(None)
    return executioner.lines + 1


def _submit(protocol: OrderProtocol, folder: Path, told: dict[str, Any]) -> None:
    for number in told["numbers"]:
        _intend(folder, number)
        protocol.submit(_order(number, told["price"]))


def _order(number: int, price: str) -> ValidatedOrder:
    return numbered_order(number, OrderType.LIMIT if number % 3 == 0 else OrderType.MARKET, price)


def _intend(folder: Path, number: int) -> None:
    handle = os.open(folder / "intended", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(handle, f"{number}\n".encode())
    os.close(handle)


def _fork(ccxt: VenueClient, base_url: str, folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        lines = 0
        try:
            lines = _live(ccxt, base_url, folder, told, writing)
        finally:
            # Nothing of the parent's may be tidied up twice.
            os.write(writing, f"{lines}".encode())
            os._exit(0 if lines else 1)
    os.close(writing)
    os.read(reading, 1)
    if "die_after_ms" in told:
        time.sleep(told["die_after_ms"] / 1000)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
        lines = int(pipe.read() or 0)
    return {"killed": os.WIFSIGNALED(status), "failed": os.WIFEXITED(status) and status != 0, "lines": lines}


@contextlib.contextmanager
def _warm_ccxt(base_url: str) -> Iterator[VenueClient]:
    """With its markets loaded, which takes long, and without a connection that its children would share."""
    with opened(Library.CCXT, base_url, timeout_ms=2_000) as client:
        client.get_instruments()
        client.get_account_config()
        client.close()
        yield client


def main() -> None:
    """Read how each life is to end, one JSON object a line, and write how it ended."""
    base_url, folder = sys.argv[1], Path(sys.argv[2])
    with _warm_ccxt(base_url) as ccxt:
        for line in sys.stdin:
            print(json.dumps(_fork(ccxt, base_url, folder, json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
