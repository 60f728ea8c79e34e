"""Reading and refusing query parameters as OKX does."""

from __future__ import annotations

import re
from decimal import Decimal

from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = [
    "amount",
    "choice",
    "either",
    "limit",
    "missing",
    "moment_ms",
    "names",
    "optional_choice",
    "required",
    "wrong",
]

_DIGITS = re.compile(r"\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"\d{1,20}(\.\d{1,20})?", re.ASCII)


def missing(name: str) -> Refusal:
    """HTTP 400, 50014."""
    return Refusal("50014", f"Parameter {name} can not be empty.", http_status=400)


def wrong(name: str, *, http_status: int = 400) -> Refusal:
    """51000 for a value that cannot be; HTTP 400 by the documentation, 200 where that was measured."""
    return Refusal("51000", f"Parameter {name} error", http_status=http_status)


def required(params: Params, name: str) -> str:
    """The value of a parameter that must be there; blank counts as absent."""
    value = params.get(name, "")
    if not value:
        raise missing(name)
    return value


def either(params: Params, first: str, second: str) -> tuple[str, str]:
    """Two parameters of which one must be there."""
    values = params.get(first, ""), params.get(second, "")
    if not any(values):
        raise Refusal("50015", f"Either parameter {first} or {second} is required.", http_status=400)
    return values


def choice(params: Params, name: str, allowed: tuple[str, ...]) -> str:
    """A required parameter out of a closed list."""
    value = required(params, name)
    if value not in allowed:
        raise wrong(name)
    return value


def optional_choice(params: Params, name: str, allowed: tuple[str, ...], *, default: str = "") -> str:
    """A parameter out of a closed list that may be left out."""
    value = params.get(name, "")
    if not value:
        return default
    if value not in allowed:
        raise wrong(name)
    return value


def names(params: Params, name: str, *, most: int) -> tuple[str, ...]:
    """A list with commas, without blanks; more than ``most`` are refused with 50025."""
    found = tuple(part for part in params.get(name, "").split(",") if part)
    if len(found) > most:
        raise Refusal("50025", f"Parameter {name} count exceeds the limit {most}.")
    return found


def amount(params: Params, name: str, *, default: Decimal | None = None) -> Decimal:
    """A positive number; required unless a default is given."""
    value = params.get(name, "")
    if not value:
        if default is None:
            raise missing(name)
        return default
    if _NUMBER.fullmatch(value) is None or not Decimal(value):
        raise wrong(name)
    return Decimal(value)


def limit(params: Params, *, default: int, most: int, name: str = "limit") -> int:
    """How many rows to answer; more than the maximum answers the maximum."""
    value = params.get(name, "")
    if not value:
        return default
    if _DIGITS.fullmatch(value) is None or int(value) == 0:
        raise wrong(name)
    return min(int(value), most)


def moment_ms(params: Params, name: str) -> int | None:
    """A timestamp in milliseconds, or None when it was not given."""
    value = params.get(name, "")
    if not value:
        return None
    if _DIGITS.fullmatch(value) is None:
        raise wrong(name)
    return int(value)
