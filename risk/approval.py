"""The approved order, put together from parts that were checked just before: nothing is validated twice. Pure."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel

from dualwitness.models import CheckResult, OrderIntent, OrderStatus, ValidatedOrder

__all__ = ["approved_order"]

_PENDING = OrderStatus.PENDING
_GIVEN = {"intent", "validated_at", "notional_usd", "risk_checks_passed", "rejection_reason", "checks"}
# The model is frozen; its four parts are written once, here, as its own ``model_construct`` does.
_set_fields = vars(BaseModel)["__dict__"].__set__
_set_given = vars(BaseModel)["__pydantic_fields_set__"].__set__
_set_extra = vars(BaseModel)["__pydantic_extra__"].__set__
_set_private = vars(BaseModel)["__pydantic_private__"].__set__


def approved_order(
    intent: OrderIntent, notional_usd: Decimal | None, validated_at: int, checks: tuple[CheckResult, ...]
) -> ValidatedOrder:
    """
    Give what the constructor of `ValidatedOrder` gives for an approved order, field for field.

    ``checks`` all passed and ``notional_usd`` came from `positive`; whatever else is not of the very type that the
    model asks for goes through the constructor, which refuses it.
    """
    if type(intent) is not OrderIntent or type(validated_at) is not int or type(notional_usd) is not Decimal:
        return ValidatedOrder(
            intent=intent,
            validated_at=validated_at,
            notional_usd=notional_usd,
            risk_checks_passed=True,
            rejection_reason=None,
            checks=checks,
        )
    order = ValidatedOrder.__new__(ValidatedOrder)
    fields = {
        "intent": intent,
        "validated_at": validated_at,
        "notional_usd": notional_usd,
        "risk_checks_passed": True,
        "rejection_reason": None,
        "venue_order_id": None,
        "status": _PENDING,
        "checks": checks,
    }
    _set_fields(order, fields)
    _set_given(order, _GIVEN.copy())
    _set_extra(order, None)
    _set_private(order, None)
    return order
