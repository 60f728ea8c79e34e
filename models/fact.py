"""
The base of everything that is observed: frozen, exact, and honest about what it does not know.

A nullable field of a `Fact` is either a value or ``None`` beside a reason (contract 1, "null + reason"). Numbers are
`Decimal`; a float is refused, because it has already lost digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, NoReturn, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from dualwitness.models.enums import NullReason

__all__ = ["Fact", "FrozenModel", "Number", "Reasons", "UserNumber", "WholeNumber"]

# Strict: only a Decimal comes in from Python; JSON carries it as a string and so keeps every digit.
Number = Annotated[Decimal, Field(strict=True)]

# Times and sequence numbers: neither a float nor a bool nor text passes for one.
WholeNumber = Annotated[int, Field(strict=True)]

# Beyond this many digits before or after the point no venue price or size is meant (`1e400` is a typing error).
_LARGEST_EXPONENT = 30


def _exact(value: object) -> object:
    if isinstance(value, (float, bool)):
        message = "a float or a bool was given where an exact number is needed: write it as a string or a Decimal"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns ValueError into a field error
    return value


def _sane(value: Decimal) -> Decimal:
    if value and abs(value.adjusted()) > _LARGEST_EXPONENT:
        message = f"{value} is outside the range of any price or size"
        raise ValueError(message)
    return value


# What a person may write: "0.1", 1 or Decimal("0.1"); never 0.1.
UserNumber = Annotated[Decimal, BeforeValidator(_exact), AfterValidator(_sane)]


class _FrozenDict(dict[str, NullReason]):
    """A mapping that cannot be changed after it was made, but copied, pickled and hashed."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        message = "the reasons of a fact cannot be changed"
        raise TypeError(message)

    __setitem__ = __delitem__ = __ior__ = update = pop = popitem = clear = setdefault = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[_FrozenDict], tuple[dict[str, NullReason]]]:
        return type(self), (dict(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


_NO_REASONS = _FrozenDict()

Reasons = Annotated[
    Mapping[str, NullReason],
    AfterValidator(_FrozenDict),
    PlainSerializer(lambda reasons: {name: str(reason) for name, reason in sorted(reasons.items())}),
]


class FrozenModel(BaseModel):
    """A typed record that can neither be changed nor carry an unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Fact(FrozenModel):
    """
    One observed record: every ``None`` carries a `NullReason` under its field's name, and nothing else does.

    Fields named in ``OPTIONAL`` may be ``None`` without a reason, because for that record there is nothing to know
    (the strike of a swap).
    """

    OPTIONAL: ClassVar[frozenset[str]] = frozenset()

    reasons: Reasons = _NO_REASONS

    @model_validator(mode="after")
    def _every_null_has_its_reason(self) -> Self:
        reasons = self.reasons
        for name, value in self.__dict__.items():
            if value is None:
                if name not in reasons and name not in self.OPTIONAL:
                    message = f"{name} is null without a reason"
                    raise ValueError(message)
            elif name in reasons:
                message = f"{name} has a value and a reason for having none"
                raise ValueError(message)
        if reasons and not reasons.keys() <= self.__dict__.keys():
            unknown = ", ".join(sorted(reasons.keys() - self.__dict__.keys()))
            message = f"reasons name unknown fields: {unknown}"
            raise ValueError(message)
        return self

    def value_or_reason(self, name: str) -> tuple[Any, NullReason | None]:
        """The field's value and, where that is null, why."""
        return getattr(self, name), self.reasons.get(name)
