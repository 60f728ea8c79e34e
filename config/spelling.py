"""
How a person may spell a value in YAML, stricter than YAML itself.

YAML 1.1 reads ``NO`` as false, ``010`` as 8, ``12:30:00`` as 45000 and ``1_000`` as 1000. Here a scalar keeps its
spelling: where text is wanted it stays text, where a number is wanted it must be a plain decimal one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from dualwitness.models.fact import UserNumber

__all__ = ["SpelledBool", "SpelledInt", "SpelledList", "SpelledNumber", "SpelledText", "wrong"]

# ASCII digits only: full-width or Arabic digits are a copy-and-paste accident.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_LONGEST_NUMBER = 64


def wrong(problem: str, advice: str, *, key: str = "") -> PydanticCustomError:
    """A field error that carries its own advice; an error of a whole model names the ``key`` to look at."""
    return PydanticCustomError("spelling", "{problem}", {"problem": problem, "advice": advice, "key": key})


def _plain_spelling(text: str) -> str | None:
    # The number most likely meant by a spelling we refuse: 1_000, 010, +5, .5, 5.
    if len(text) > _LONGEST_NUMBER:
        return None
    bare = text.strip().replace("_", "").replace(",", "").removeprefix("+")
    sign, digits = ("-", bare[1:]) if bare.startswith("-") else ("", bare)
    digits = digits.lstrip("0") or "0"
    if digits.startswith("."):
        digits = "0" + digits
    digits = digits.removesuffix(".")
    return sign + digits if _NUMBER.fullmatch(sign + digits) else None


def _single(value: object) -> object:
    if isinstance(value, list | dict):
        problem = "is a list or a mapping where one value is wanted"
        raise wrong(problem, "write one value")
    return value


def _number(value: object) -> object:
    if not isinstance(value := _single(value), str):
        return value
    if len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
        raise _not_a_number(value, "a plain decimal number", "1000.0")
    return Decimal(value)


def _integer(value: object) -> object:
    if not isinstance(value := _single(value), str):
        return value
    if len(value) > _LONGEST_NUMBER or not _INTEGER.fullmatch(value):
        raise _not_a_number(value, "a whole number", "10")
    return int(value)


def _not_a_number(value: str, wanted: str, example: str) -> PydanticCustomError:
    if not value.strip():
        problem = "has no value"
        return wrong(problem, f"write {wanted} like {example}")
    shown = value if len(value) <= _LONGEST_NUMBER else f"{value[:_LONGEST_NUMBER]}…"
    meant = _plain_spelling(value)
    if meant is not None and (wanted != "a whole number" or _INTEGER.fullmatch(meant)):
        return wrong(f"{shown!r} is not {wanted} as written", f"write {meant}")
    return wrong(f"{shown!r} is not {wanted}", f"write it like {example}")


def _boolean(value: object) -> object:
    if not isinstance(value := _single(value), str):
        return value
    if not value.strip():
        problem = "has no value"
        raise wrong(problem, "write true or false")
    if value not in ("true", "false"):
        meant = "false" if value.lower() in ("no", "n", "off", "false", "0", "f") else "true"
        raise wrong(f"{value!r} is neither true nor false", f"write {meant} if that is meant")
    return value == "true"


def _text(value: object) -> object:
    if isinstance(value := _single(value), str) and (not value or value != value.strip() or not value.isprintable()):
        problem = "has no value" if not value.strip() else f"{value!r} has blanks or control characters around or in it"
        raise wrong(problem, "write the name itself, in quotes where YAML needs them")
    return value


def _listed(value: object) -> object:
    if not isinstance(value, list | tuple):
        problem = "is not a list"
        raise wrong(problem, "write it like [first, second]")
    return value


# A number as a Decimal that never was a float.
SpelledNumber = Annotated[UserNumber, BeforeValidator(_number)]
SpelledInt = Annotated[int, Field(strict=True), BeforeValidator(_integer)]
SpelledBool = Annotated[bool, Field(strict=True), BeforeValidator(_boolean)]
# Text of one line without blanks around it; it is never read as anything but text.
SpelledText = Annotated[str, Field(strict=True), BeforeValidator(_text)]
SpelledList = Annotated[tuple[SpelledText, ...], BeforeValidator(_listed)]
