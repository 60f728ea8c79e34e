"""Records that are spelled when they are read, and the approved order that is put together without its constructor."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import pytest
from pydantic import ValidationError

from dualwitness.models import CheckResult, OrderIntent, OrderType, Side, ValidatedOrder
from dualwitness.risk.approval import approved_order

SPELLED = CheckResult(rule="max_leverage", value="1.50", limit="3", passed=True)
INTENT = OrderIntent(
    symbol="BTC/USDT:USDT", side=Side.LONG, order_type=OrderType.LIMIT, size=Decimal("0.01"), price=Decimal(60_000)
)


def unread() -> CheckResult:
    """Make the record that `SPELLED` is, with texts that nobody has read yet."""
    return CheckResult.held("max_leverage", Decimal("1.50"), 3)


def test_record_of_numbers_is_the_record_of_their_texts() -> None:
    """Whichever way a record is looked at first, it is the one that was made from texts."""
    assert unread() == SPELLED
    assert not unread() != SPELLED  # noqa: SIM202 - both operators are asked
    assert hash(unread()) == hash(SPELLED)
    assert repr(unread()) == repr(SPELLED)
    assert unread().model_dump() == SPELLED.model_dump()
    assert unread().model_dump(mode="json", exclude={"reason"}) == SPELLED.model_dump(exclude_none=True)
    assert unread().model_dump_json() == SPELLED.model_dump_json()
    assert (unread().rule, unread().value, unread().limit) == ("max_leverage", "1.50", "3")
    assert unread().reason is None
    assert unread() != CheckResult.held("max_leverage", Decimal("1.5"), 3)


def test_record_nobody_has_read_is_copied_pickled_and_read_back_whole() -> None:
    """No way out of the process loses a text."""
    assert copy.copy(unread()) == SPELLED
    assert copy.deepcopy(unread()) == SPELLED
    assert pickle.loads(pickle.dumps(unread())) == SPELLED  # noqa: S301 - our own bytes
    assert CheckResult.model_validate(unread().model_dump()) == SPELLED
    assert CheckResult.model_validate_json(unread().model_dump_json()) == SPELLED


@pytest.mark.parametrize("field", ["rule", "value", "limit", "passed", "reason", "_operands", "other"])
@pytest.mark.parametrize("record", [SPELLED, unread()], ids=["spelled", "unread"])
def test_record_refuses_to_be_written_or_emptied(record: CheckResult, field: str) -> None:
    """A record is frozen, read or not, down to what it keeps its texts in."""
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, field, "9")
    with pytest.raises(ValidationError, match="frozen"):
        delattr(record, field)
    assert record == SPELLED


@pytest.mark.parametrize(
    "changed", [{"value": Decimal(1)}, {"passed": "perhaps"}, {"other": "x"}, {"limit": None}, {"reason": 3}]
)
def test_record_of_anything_but_its_texts_is_refused(changed: dict[str, object]) -> None:
    """The constructor takes texts and a yes or no, and no key that it does not know."""
    with pytest.raises(ValidationError):
        CheckResult.model_validate({**SPELLED.model_dump(), **changed})


def test_approved_order_is_field_for_field_what_the_constructor_gives() -> None:
    """Nothing tells the order that was put together from the one that was validated."""
    built = approved_order(INTENT, Decimal("600.00"), 7, (unread(),))
    given = ValidatedOrder(
        intent=INTENT,
        validated_at=7,
        notional_usd=Decimal("600.00"),
        risk_checks_passed=True,
        rejection_reason=None,
        checks=(SPELLED,),
    )
    assert built == given
    assert hash(built) == hash(given)
    assert repr(built) == repr(given)
    assert list(vars(built)) == list(vars(given)) == list(ValidatedOrder.model_fields)
    assert built.model_fields_set == given.model_fields_set
    assert built.model_extra is given.model_extra is None
    assert built.__pydantic_private__ is given.__pydantic_private__ is None
    assert built.model_dump_json() == given.model_dump_json()
    assert ValidatedOrder.model_validate_json(built.model_dump_json()) == built
    assert ValidatedOrder.model_validate(built.model_dump()) == built
    assert pickle.loads(pickle.dumps(built)) == given  # noqa: S301 - our own bytes
    assert built.model_copy(update={"venue_order_id": "1"}).venue_order_id == "1"
    with pytest.raises(ValidationError, match="frozen"):
        built.risk_checks_passed = False  # type: ignore[misc]


def test_approved_orders_do_not_share_what_was_given() -> None:
    """The set of given fields can be written by whoever asks for it, so each order has its own."""
    first, second = (approved_order(INTENT, Decimal(600), 7, ()) for _ in range(2))
    first.model_fields_set.clear()
    assert "intent" in second.model_fields_set


@pytest.mark.parametrize(
    ("intent", "notional_usd", "validated_at"),
    [(None, Decimal(600), 7), (INTENT, 600.5, 7), (INTENT, Decimal(600), True), (INTENT, Decimal(600), "7")],
)
def test_approved_order_of_a_wrong_type_is_refused(intent: object, notional_usd: object, validated_at: object) -> None:
    """What the model would not take is not put together either."""
    with pytest.raises(ValidationError):
        approved_order(intent, notional_usd, validated_at, ())  # type: ignore[arg-type]
