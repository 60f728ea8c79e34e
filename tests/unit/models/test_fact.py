"""The laws of every observed record: exact, frozen, and each null beside its reason."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dualwitness.models import (
    AccountConfig,
    Balance,
    Candle,
    Fact,
    FeeRates,
    Fill,
    Instrument,
    MarketType,
    NullReason,
    Order,
    OrderBook,
    Position,
    Ticker,
)
from dualwitness.models.fact import UserNumber
from dualwitness.models.market import VenueTime

MODELS = (
    AccountConfig,
    Balance,
    Candle,
    FeeRates,
    Fill,
    Instrument,
    Order,
    OrderBook,
    Position,
    Ticker,
    VenueTime,
)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
REASONS = st.sampled_from(NullReason)


def _kinds(annotation: Any) -> tuple[Any, bool]:
    """The type of a field without its wrapping, and whether it may be null."""
    if get_origin(annotation) in {Union, UnionType}:
        (kind,) = (one for one in get_args(annotation) if one is not type(None))
        return _kinds(kind)[0], True
    return (_kinds(get_args(annotation)[0])[0] if get_origin(annotation) is Annotated else annotation), False


def _values(name: str, kind: Any) -> st.SearchStrategy[Any]:
    if name in ("bids", "asks"):
        return st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3).map(tuple)
    if kind is Decimal:
        return NUMBERS.map(abs) if name == "contracts" else NUMBERS
    return st.from_type(kind)


@st.composite
def facts(draw: st.DrawFn, model: type[Fact]) -> Fact:
    """Any record of a model: every field a value or, where it may be, a null with any reason."""
    given_values: dict[str, Any] = {}
    reasons: dict[str, NullReason] = {}
    for name, field in model.model_fields.items():
        if name == "reasons":
            continue
        kind, nullable = _kinds(field.annotation)
        if nullable and draw(st.booleans()):
            given_values[name] = None
            if name not in model.OPTIONAL or draw(st.booleans()):
                reasons[name] = draw(REASONS)
        else:
            given_values[name] = draw(_values(name, kind))
    return model.model_validate({**given_values, "reasons": reasons})


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=20)
@given(data=st.data())
def test_fact_written_and_read_again_is_the_same_to_the_digit(model: type[Fact], data: st.DataObject) -> None:
    """Through JSON and through Python, with spelling of every number and every reason."""
    fact = data.draw(facts(model))
    again = model.model_validate_json(fact.model_dump_json())
    assert again == fact
    assert again.model_dump_json() == fact.model_dump_json()
    assert model.model_validate(fact.model_dump()) == fact


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=20)
@given(data=st.data())
def test_fact_has_for_each_field_a_value_or_a_reason(model: type[Fact], data: st.DataObject) -> None:
    """Never both; neither only where there is nothing to know."""
    fact = data.draw(facts(model))
    for name in model.model_fields.keys() - {"reasons"}:
        value, reason = fact.value_or_reason(name)
        assert (value is None) or (reason is None)
        assert value is not None or reason is not None or name in model.OPTIONAL


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=20)
@given(data=st.data())
def test_fact_that_was_pickled_or_copied_is_equal_and_as_frozen(model: type[Fact], data: st.DataObject) -> None:
    """A copy is the same fact and can no more be changed; equal facts have one hash."""
    fact = data.draw(facts(model))
    for twin in (pickle.loads(pickle.dumps(fact)), copy.deepcopy(fact), copy.copy(fact), fact.model_copy(deep=True)):  # noqa: S301 - our own bytes
        assert twin == fact
        assert hash(twin) == hash(fact)
        reasons: Any = twin.reasons
        with pytest.raises(TypeError, match="cannot be changed"):
            reasons["symbol"] = NullReason.BLANK


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=20)
@given(data=st.data())
def test_fact_that_loses_a_reason_or_gains_one_is_refused(model: type[Fact], data: st.DataObject) -> None:
    """A null without its reason, a value with one, and a reason for nothing."""
    content = data.draw(facts(model)).model_dump()
    name = data.draw(st.sampled_from(sorted(model.model_fields.keys() - {"reasons"})))
    if content[name] is not None:
        wrong = {**content, "reasons": {**content["reasons"], name: "blank"}}
        with pytest.raises(ValidationError, match="has a value and a reason"):
            model.model_validate(wrong)
    elif name not in model.OPTIONAL:
        bare = {key: reason for key, reason in content["reasons"].items() if key != name}
        with pytest.raises(ValidationError, match="null without a reason"):
            model.model_validate({**content, "reasons": bare})
    with pytest.raises(ValidationError, match="unknown fields: nonsense"):
        model.model_validate({**content, "reasons": {**content["reasons"], "nonsense": "blank"}})


def _decimal_fields() -> list[tuple[type[Fact], str]]:
    return [
        (model, name)
        for model in MODELS
        for name, field in model.model_fields.items()
        if name != "reasons" and _kinds(field.annotation)[0] is Decimal
    ]


def _usual(model: type[Fact]) -> dict[str, Any]:
    plain = {"symbol": "BTC/USDT", "market_type": MarketType.SPOT, "currency": "BTC", "ts_venue_ms": 1}
    plain |= {"venue_instrument_id": "BTC-USDT"}
    content: dict[str, Any] = {name: plain.get(name) for name in model.model_fields if name != "reasons"}
    content["reasons"] = {
        name: "absent" for name, value in content.items() if value is None and name not in model.OPTIONAL
    }
    return content


@pytest.mark.parametrize(("model", "name"), _decimal_fields())
@pytest.mark.parametrize("value", [1.5, 1, True, "1.5", Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity")], ids=repr)
def test_number_of_a_fact_that_is_no_finite_decimal_is_refused(model: type[Fact], name: str, value: object) -> None:
    """A float has lost digits, an int or a text was never parsed, NaN is no number."""
    content = _usual(model)
    content["reasons"].pop(name, None)
    with pytest.raises(ValidationError, match=rf"(?m)^{name}$"):
        model.model_validate({**content, name: value})
    assert model.model_validate({**content, name: Decimal("1.50")}).value_or_reason(name) == (Decimal("1.5"), None)


@pytest.mark.parametrize("level", [(1.5, Decimal(1)), (Decimal(1), 1.5), (Decimal("NaN"), Decimal(1)), (Decimal(1),)])
def test_level_of_an_order_book_is_as_exact_as_any_number(level: tuple[object, ...]) -> None:
    """Price and size are money too."""
    with pytest.raises(ValidationError, match="bids"):
        OrderBook.model_validate({**_usual(OrderBook), "bids": (level,), "reasons": {"asks": "absent"}})


@pytest.mark.parametrize("value", [1.0, True, "1", Decimal(1)])
def test_time_of_a_fact_that_is_no_whole_number_is_refused(value: object) -> None:
    """A time is an int of milliseconds, and nothing that could be taken for one."""
    with pytest.raises(ValidationError, match="ts_venue_ms"):
        VenueTime.model_validate({"ts_venue_ms": value})


def test_fact_with_an_unknown_field_or_reason_is_refused() -> None:
    """A misspelled field is no field, a reason outside the closed list is none."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        VenueTime.model_validate({"ts_venue_ms": 1, "ts_venue": 1})
    with pytest.raises(ValidationError, match="reasons"):
        FeeRates.model_validate({"symbol": "x", "maker": None, "taker": None, "reasons": {"maker": "because"}})


def test_fact_that_is_refused_does_not_show_what_was_given() -> None:
    """An error text must not carry what came in: it could be anything."""
    with pytest.raises(ValidationError) as refused:
        VenueTime.model_validate({"ts_venue_ms": "hidden-word"})
    assert "hidden-word" not in str(refused.value)


def test_fact_cannot_be_changed_after_it_was_made() -> None:
    """Neither a field nor the reasons, through any method of a mapping."""
    fact = FeeRates(symbol="x", maker=None, taker=Decimal(1), reasons={"maker": NullReason.BLANK})
    with pytest.raises(ValidationError, match="frozen"):
        fact.taker = Decimal(2)  # type: ignore[misc]
    reasons: Any = fact.reasons
    changes = [
        lambda: reasons.__setitem__("taker", NullReason.BLANK),
        lambda: reasons.__delitem__("maker"),
        lambda: reasons.update(taker=NullReason.BLANK),
        lambda: reasons.__ior__({"taker": NullReason.BLANK}),
        lambda: reasons.pop("maker"),
        reasons.popitem,
        reasons.clear,
        lambda: reasons.setdefault("taker", NullReason.BLANK),
    ]
    for change in changes:
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
    assert dict(fact.reasons) == {"maker": NullReason.BLANK}


def test_reasons_that_were_given_are_copied() -> None:
    """Whoever keeps the mapping that was handed in cannot change the fact with it."""
    mine = {"maker": NullReason.BLANK}
    fact = FeeRates(symbol="x", maker=None, taker=Decimal(1), reasons=mine)
    mine["taker"] = NullReason.STALE
    assert dict(fact.reasons) == {"maker": NullReason.BLANK}


@pytest.mark.parametrize(
    ("given_text", "exact"), [("0.10", "0.10"), (7, "7"), (Decimal("1e-30"), "1E-30"), ("1e30", "1E+30")]
)
def test_number_of_a_person_keeps_its_digits(given_text: object, exact: str) -> None:
    """Text, int and Decimal are exact; the largest exponent is still a number."""
    assert str(TypeAdapter(UserNumber).validate_python(given_text)) == exact


@pytest.mark.parametrize(
    "value", [0.1, 1.0, True, False, float("nan"), "NaN", "inf", "-Infinity", "1e400", "1e31", "1e-31", "x", "", None]
)
def test_number_of_a_person_that_cannot_be_meant_is_refused(value: object) -> None:
    """A float, a bool, what is not finite and what no venue has ever traded."""
    with pytest.raises(ValidationError):
        TypeAdapter(UserNumber).validate_python(value)
