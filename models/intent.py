"""Orders on their way out: what a strategy wants, and what the checks made of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from types import MemberDescriptorType
from typing import Any, Self

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from dualwitness.models.enums import OrderStatus, OrderType, Side, TdMode, Venue
from dualwitness.models.fact import FrozenModel, UserNumber, WholeNumber

__all__ = ["CheckResult", "OrderIntent", "ValidatedOrder"]


class OrderIntent(FrozenModel):
    """
    What a strategy wants: ``size`` in base currency, ``price`` in quote currency.

    ``long`` buys and ``short`` sells; with ``reduce_only`` the same words reduce the opposite exposure. A float is
    refused: write ``"0.1"``. ``client_order_id`` is 1 to 32 letters and digits (OKX ``clOrdId``).
    """

    symbol: str = Field(min_length=1)
    side: Side
    order_type: OrderType
    size: UserNumber = Field(gt=0)
    price: UserNumber | None = Field(default=None, gt=0)
    venue: Venue = Venue.OKX
    td_mode: TdMode = TdMode.CASH
    leverage: UserNumber | None = Field(default=None, gt=0)
    strategy: str | None = None
    client_order_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]{1,32}$")
    reduce_only: bool = False

    @model_validator(mode="after")
    def _a_limit_order_has_a_price(self) -> Self:
        if self.order_type is OrderType.LIMIT and self.price is None:
            message = "a limit order needs a price"
            raise ValueError(message)
        return self


class _Unspelled:
    """Where a `CheckResult` keeps what it was handed, until somebody reads it."""

    __slots__ = ("_operands",)

    _operands: tuple[str, object, object]


@dataclass(
    eq=True,
    unsafe_hash=True,
    kw_only=True,
    slots=True,
    config=ConfigDict(extra="forbid", hide_input_in_errors=True),
)
class CheckResult(_Unspelled):
    """
    One rule that an order was held against: its input, its limit and how it came out.

    Two dozen are made for each order and few are ever read: one made by `held` spells its texts when they are asked
    for. Frozen: raises pydantic's ``ValidationError`` where a field is assigned or is no text.
    """

    rule: str
    value: str
    limit: str
    passed: bool
    reason: str | None = None

    @classmethod
    def held(cls, rule: str, value: Decimal | int, limit: Decimal | int) -> CheckResult:
        """Record that an order passed a rule of numbers, which are immutable and can be spelled at any time."""
        made = _new()
        _set_operands(made, (rule, value, limit))
        _set_passed(made, True)
        return made

    @classmethod
    def model_validate(cls, obj: object, **options: Any) -> CheckResult:
        """Read a record from a mapping of its fields, with a model's own options."""
        return _ADAPTER.validate_python(obj, **options)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes, **options: Any) -> CheckResult:
        """Read a record from JSON, with a model's own options."""
        return _ADAPTER.validate_json(json_data, **options)

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Give every field under its name, with a model's own options."""
        dumped: dict[str, Any] = _ADAPTER.dump_python(self, **options)
        return dumped

    def model_dump_json(self, **options: Any) -> str:
        """Give every field as JSON, with a model's own options."""
        return _ADAPTER.dump_json(self, **options).decode()

    def __reduce__(self) -> tuple[Callable[[object], CheckResult], tuple[dict[str, Any]]]:
        """Be copied and pickled by the texts."""
        return CheckResult.model_validate, (self.model_dump(),)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a record is frozen."""
        raise _frozen(name)

    def __delattr__(self, name: str) -> None:
        """Refuse: a record is frozen."""
        raise _frozen(name)


def _frozen(name: str) -> ValidationError:
    """Build the error that a frozen model raises, without the value that was to be written."""
    return ValidationError.from_exception_data(
        "CheckResult", [{"type": "frozen_instance", "loc": (name,), "input": None}], hide_input=True
    )


def _late(slot: MemberDescriptorType, spell: Callable[[tuple[str, object, object]], str | None]) -> property:
    """Make a field that is spelled from the operands when it is first read, unless its slot was given a text."""
    write = slot.__set__

    def read(record: CheckResult) -> object:
        try:
            return slot.__get__(record)
        except AttributeError:
            told = spell(_get_operands(record))
        write(record, told)
        return told

    # Only what builds a record writes here; `CheckResult.__setattr__` refuses all else.
    return property(read, write)


_ADAPTER = TypeAdapter(CheckResult)
# The slots themselves: what writes a field of a record that refuses to be written, once, where it is made.
_new: Callable[[], CheckResult] = partial(object.__new__, CheckResult)
_set_passed: Callable[[CheckResult, bool], None] = vars(CheckResult)["passed"].__set__
_set_operands: Callable[[CheckResult, tuple[str, object, object]], None] = vars(_Unspelled)["_operands"].__set__
_get_operands: Callable[[CheckResult], tuple[str, object, object]] = vars(_Unspelled)["_operands"].__get__
# Set here and not through ``__getattr__``, which would make every read of ``passed`` slow as well.
for _name, _spell in (
    ("rule", lambda operands: operands[0]),
    ("value", lambda operands: str(operands[1])),
    ("limit", lambda operands: str(operands[2])),
    ("reason", lambda _: None),
):
    setattr(CheckResult, _name, _late(vars(CheckResult)[_name], _spell))


class ValidatedOrder(FrozenModel):
    """
    An intent after its checks; only this can be sent.

    ``validated_at`` is ms since the epoch on the local clock; ``notional_usd`` is the order's value in US dollars.
    """

    intent: OrderIntent
    validated_at: WholeNumber
    notional_usd: UserNumber | None
    risk_checks_passed: bool
    rejection_reason: str | None = None
    venue_order_id: str | None = None
    status: OrderStatus = OrderStatus.PENDING
    checks: tuple[CheckResult, ...] = ()

    @model_validator(mode="after")
    def _a_refusal_says_why(self) -> Self:
        if self.risk_checks_passed == (self.rejection_reason is not None):
            message = "a refused order needs a rejection_reason, an approved one has none"
            raise ValueError(message)
        return self
