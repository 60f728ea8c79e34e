"""The catalogue of lies and faults as text: for the README, from the registry alone."""

from __future__ import annotations

from dualwitness.venues.sim.lies.kinds import ANYWHERE, Cause, Lie
from dualwitness.venues.sim.lies.registry import BLIND_SPOTS, LIES

__all__ = ["describe_lie", "describe_lies", "must_cause"]


def must_cause(cause: Cause) -> str:
    """What an audit must show, in a few words, and how bad it is at least."""
    return "no finding" if cause.kind is None else f"{cause.severity} {cause.kind} {cause.operation}.{cause.field}"


def describe_lie(lie: Lie) -> str:
    """One line for a terminal: name, axis, what is false, and what it must cause."""
    told = " (told to one library alone)" if lie.name in BLIND_SPOTS else ""
    place = f"{lie.axis} {lie.operation}.{lie.field}"
    return f"{lie.name:28} {place}: {lie.description}; must cause {must_cause(lie.cause)}{told}"


def describe_lies() -> str:
    """The catalogue as markdown: a table of lies, one of faults, and the blind spots with their reasons."""
    lies = [lie for lie in LIES.values() if lie.theme not in ANYWHERE]
    faults = [lie for lie in LIES.values() if lie.theme in ANYWHERE]
    head = _head("Name", "Axis", "What is false", "Endpoints", "Must cause at least", "Positions at best")
    fault_head = _head("Name", "Sort", "What happens", "Endpoints unless `path=`", "Options", "Must cause at least",
                       "Positions at best")  # fmt: skip
    blind = "\n".join(f"- `{name}`: {reason}" for name, reason in sorted(BLIND_SPOTS.items()))
    return (
        f"{len(lies)} lies about rows:\n\n{head}{''.join(map(_row, lies))}\n"
        f"{len(faults)} faults:\n\n{fault_head}{''.join(map(_fault_row, faults))}\n"
        f"Told to both libraries, an audit cannot see these; told to one, it must:\n\n{blind}\n"
    )


def _head(*titles: str) -> str:
    return f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}\n"


def _row(lie: Lie) -> str:
    what = f"`{lie.operation}.{lie.field}`: {lie.description}"
    return (
        f"| `{lie.name}` | {lie.axis} | {what} | {_endpoints(lie)} | {must_cause(lie.cause)} | {lie.cause.quality} |\n"
    )


def _fault_row(lie: Lie) -> str:
    options = ", ".join(f"`{key}={value}`" for key, value in lie.options.items()) or "-"
    sort = str(lie.theme).replace("_", " ")
    what = f"| `{lie.name}` | {sort} | {lie.description} | {_endpoints(lie)} | {options} |"
    return f"{what} {must_cause(lie.cause)} | {lie.cause.quality} |\n"


def _endpoints(lie: Lie) -> str:
    return ", ".join(f"`{path.removeprefix('/api/v5/')}`" for path in lie.paths)
