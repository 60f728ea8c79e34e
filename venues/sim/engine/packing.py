"""
Records packed into one string each: a million fills as objects of a dozen `Decimal`s would not fit into memory.

The layout follows the fields of the dataclass by itself, so a new field needs no change here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_type_hints

__all__ = ["Packer", "Spelling"]

T = TypeVar("T")

# How a value is spelled, and how it is read back.
Spelling = tuple[Callable[[Any], str], Callable[[str], Any]]

# Unit separator: no identifier, number or name has it.
_BETWEEN = "\x1f"


def _blank_or_number(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def _number_or_none(text: str) -> Decimal | None:
    return Decimal(text) if text else None


_SPELLINGS: dict[Any, Spelling] = {
    str: (str, str),
    int: (str, int),
    bool: (lambda value: "1" if value else "", bool),
    Decimal: (str, Decimal),
    Decimal | None: (_blank_or_number, _number_or_none),
}


class Packer(Generic[T]):
    """
    Packs and unpacks one dataclass.

    ``outside`` adds spellings for types that live elsewhere, such as instruments. Raises TypeError at construction for
    a field of a type that has no spelling.
    """

    def __init__(self, kind: Callable[..., T], outside: Mapping[Any, Spelling]) -> None:
        hints = get_type_hints(kind)
        known = {**_SPELLINGS, **outside}
        names = [each.name for each in fields(kind)]  # type: ignore[arg-type]
        unknown = [name for name in names if hints[name] not in known]
        if unknown:
            message = f"no spelling for {', '.join(unknown)}"
            raise TypeError(message)
        self._kind = kind
        self._values: Callable[[T], tuple[Any, ...]] = attrgetter(*names)
        self._spell = tuple(known[hints[name]][0] for name in names)
        self._read = tuple(known[hints[name]][1] for name in names)

    def pack(self, one: T) -> str:
        """The record as a string."""
        values = self._values(one)
        return _BETWEEN.join([spell(value) for spell, value in zip(self._spell, values, strict=True)])

    def unpack(self, record: str) -> T:
        """The record again, equal to what was packed."""
        words = record.split(_BETWEEN)
        return self._kind(*[read(word) for read, word in zip(self._read, words, strict=True)])
