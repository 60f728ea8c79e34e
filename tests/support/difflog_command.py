"""The command of the difference log, run in this process: exit code, and what it wrote to both streams."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from dualwitness.difflog.commands import main

__all__ = ["Answered", "difflog", "printable"]


@dataclass(frozen=True)
class Answered:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Its lines on stdout."""
        return self.out.splitlines()


def difflog(*words: str | Path) -> Answered:
    """``python -m difflog`` with these words."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return Answered(code, out.getvalue(), err.getvalue())


def printable(text: str) -> bool:
    """Whether a terminal acts on nothing in the text but its line feeds."""
    return all(line.isprintable() for line in text.split("\n"))
