"""A plant: a lie, whom it is told to, within which limits, with which options; and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from dualwitness.models import Library
from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.lies.kinds import ANYWHERE, Asked, Lie, Options
from dualwitness.venues.sim.lies.registry import LIES
from dualwitness.venues.sim.lies.scopes import EVERYWHERE, SCOPE_KEYS, Scope, nearest, read_count, scope_from

__all__ = ["Plant", "library_of", "parse_plant"]

# CCXT asks through requests (sync) or aiohttp (async), python-okx through httpx and, for pushes, websockets.
_USER_AGENTS = (
    ("python-requests", Library.CCXT),
    ("ccxt", Library.CCXT),
    ("aiohttp", Library.CCXT),
    ("python-httpx", Library.OKX_SDK),
    ("websockets", Library.OKX_SDK),
)


def library_of(user_agent: str) -> Library | None:
    """Which library asks; None for anything else."""
    lowered = user_agent.lower()
    return next((library for mark, library in _USER_AGENTS if mark in lowered), None)


@dataclass(frozen=True, slots=True)
class Plant:
    """A lie and the library it is told to (both when none is named), with its limits and its changed options."""

    lie: Lie
    library: Library | None = None
    scope: Scope = EVERYWHERE
    changed: tuple[tuple[str, int], ...] = ()

    @property
    def label(self) -> str:
        """As it is written on the command line, limits in their own order."""
        name = self.lie.name if self.library is None else f"{self.lie.name}@{self.library}"
        return f"{name}:{self.limits}" if self.limits else name

    @property
    def limits(self) -> str:
        """Its limits and changed options, as ``key=value`` after commas; empty without any."""
        return ",".join([*self.scope.words(), *(f"{key}={value}" for key, value in self.changed)])

    @property
    def options(self) -> Options:
        """The lie's options with the changed ones."""
        return MappingProxyType({**self.lie.options, **dict(self.changed)})

    def hears(self, asked: Asked, library: Library | None) -> bool:
        """Whether this question, by this library, is one that the lie may be told to."""
        return self.library in (None, library) and self.scope.covers(asked, self.lie.paths)


def parse_plant(text: str) -> Plant:
    """
    Read ``NAME[@LIBRARY][:key=value[,key=value...]]``; raises `UsageError` with the nearest name.

    Keys are those of `Scope` and, for a toxic, its options.
    """
    head, colon, tail = text.partition(":")
    name, at, library = head.partition("@")
    if name not in LIES:
        raise UsageError(f"unknown lie {name!r}", advice=nearest(name, LIES))
    lie = LIES[name]
    libraries = {str(member): member for member in Library}
    if at and library not in libraries:
        raise UsageError(f"unknown library {library!r} for the lie {name}", advice=nearest(library, libraries))
    words = _words(lie, tail) if colon else {}
    scope = scope_from({key: value for key, value in words.items() if key in SCOPE_KEYS}, name)
    _check_path(lie, scope)
    changed = tuple(
        sorted((key, read_count(name, key, value)) for key, value in words.items() if key not in SCOPE_KEYS)
    )
    return Plant(lie, libraries[library] if at else None, scope, changed)


def _words(lie: Lie, tail: str) -> dict[str, str]:
    known = (*SCOPE_KEYS, *lie.options)
    words: dict[str, str] = {}
    for word in tail.split(","):
        key, equals, value = word.partition("=")
        if key not in known:
            raise UsageError(f"unknown key {key!r} for the lie {lie.name}", advice=nearest(key, known))
        if not equals or key in words:
            problem = "has no value" if not equals else "is named twice"
            raise UsageError(f"{key} of the lie {lie.name} {problem}", advice=f"write {key}=VALUE once")
        words[key] = value
    return words


def _check_path(lie: Lie, scope: Scope) -> None:
    """A lie about rows can be told on its own endpoints alone; a fault of the transport on any."""
    if scope.path and lie.theme not in ANYWHERE and not any(scope.names(path) for path in lie.paths):
        raise UsageError(f"the lie {lie.name} cannot be told on {scope.path!r}", advice=nearest(scope.path, lie.paths))
