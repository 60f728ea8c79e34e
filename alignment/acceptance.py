"""What the difference log accepts today, as the one question that a preflight asks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from dualwitness.alignment.recording import LogFailed
from dualwitness.models import Library, RunMode
from dualwitness.models.finding import Finding

if TYPE_CHECKING:
    from dualwitness.difflog.state import LogState

__all__ = ["accepted_by_log", "installed_versions"]

_DISTRIBUTIONS = {Library.CCXT: "ccxt", Library.OKX_SDK: "python-okx"}


def installed_versions() -> dict[str, str]:
    """Version by library, of those that are installed: an acceptance holds for these alone."""
    found = {}
    for library, distribution in _DISTRIBUTIONS.items():
        try:
            found[str(library)] = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return found


def accepted_by_log(
    folder: Path | None, *, mode: RunMode, today: Callable[[], date], versions: Mapping[str, str] | None = None
) -> Callable[[Finding], str | None]:
    """
    The accept function of a `Preflight`: the id of the entry that accepts a finding, or None.

    The log is read once, here; the day is asked for anew each time, because acceptances expire. An acceptance holds
    where the world of ``mode`` is no more real than the one that was accepted. ``folder`` None, or one that is not
    there, accepts nothing. Raises `LogFailed` where the log cannot be read or was changed.
    """
    from dualwitness.difflog.errors import LogError
    from dualwitness.difflog.records import World
    from dualwitness.difflog.state import accepts, fold
    from dualwitness.difflog.store import DiffLog

    if folder is None or not folder.exists():
        return lambda _: None
    try:
        with DiffLog(folder) as log:
            reading = log.read()
    except LogError as error:
        raise LogFailed(str(error), advice=error.advice) from None
    if reading.problems:
        message = f"the difference log was changed: {reading.problems[0]}"
        raise LogFailed(message)
    world = {
        RunMode.OKX_DEMO_SIM: World.SIM,
        RunMode.OFFLINE: World.OFFLINE,
        RunMode.OKX_DEMO_API: World.DEMO,
        RunMode.OKX_LIVE: World.LIVE,
    }[mode]
    installed = installed_versions() if versions is None else versions

    states: dict[date, LogState] = {}

    def accept(finding: Finding) -> str | None:
        day = today()
        if day not in states:
            states.clear()
            states[day] = fold(reading.records, day)
        return accepts(states[day], finding, installed, day, world)

    return accept
