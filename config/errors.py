"""The one error of this package: where a configuration is wrong, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

__all__ = ["ConfigError", "did_you_mean"]


class ConfigError(ValueError):
    """
    A configuration cannot be used; ``exit_code`` is what the command line returns for it.

    ``file`` is the path as it was opened, ``line`` counts from 1, ``key`` is the dotted way to the value.
    """

    exit_code: ClassVar[int] = 2

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        advice: str,
        line: int | None = None,
        key: str | None = None,
    ) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {problem}" if key is None else f"{place}: {key}: {problem}")
        self.problem = problem
        self.file = file
        self.line = line
        self.key = key
        self.advice = advice

    def diagnostics(self) -> str:
        """What is wrong where, and what a person should do, in two sentences."""
        ending = "" if self.advice.endswith("?") else "."
        return f"{self}. {self.advice[0].upper()}{self.advice[1:]}{ending}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Advice for a name that does not exist: the nearest known one, or all of them."""
    names = sorted(str(each) for each in known)
    near = difflib.get_close_matches(name.strip().lower(), names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
