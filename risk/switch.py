"""The kill switch as a file: whoever can write a file can stop the trading, without this program's help."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from dualwitness.risk.errors import SwitchStuck

__all__ = ["KillSwitch"]

_LONGEST_TEXT = 200


class KillSwitch:
    """
    One file; while it exists, whatever is in it, the switch is tripped.

    What cannot be looked at counts as tripped: a switch that nobody can read protects nobody.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def tripped(self) -> str | None:
        """Why it is tripped, in a few words; None while the file is proven not to exist."""
        try:
            os.lstat(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"the kill switch's file cannot be looked at: {error.strerror}"
        return f"the file {self.path.name} exists{self._content()}"

    def trip(self, who: str, why: str) -> None:
        """Write the file, durably; raises `SwitchStuck`."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"who": who, "why": why}) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._stuck("written", error) from error

    def clear(self) -> None:
        """Remove the file where it is; raises `SwitchStuck`."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._stuck("removed", error) from error

    def _content(self) -> str:
        """The first line, without anything that a terminal would obey."""
        text = ""
        if self.path.is_file():
            with suppress(OSError), self.path.open("rb") as file:
                text = file.read(_LONGEST_TEXT).decode("utf-8", "replace").partition("\n")[0]
        shown = "".join(sign for sign in text if sign.isprintable()).strip()
        return f": {shown}" if shown else ""

    def _stuck(self, verb: str, error: OSError) -> SwitchStuck:
        problem = f"the kill switch {self.path} cannot be {verb}: {error.strerror or type(error).__name__}"
        return SwitchStuck(problem, advice="give permission to its folder, or name another in kill_switch_file")
