"""The six laws of `compare`, over answers with missing values, duplicates, rows without id and errors."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dualwitness.alignment.compare import Comparison, FieldComparison
from dualwitness.alignment.rules import RULES
from dualwitness.models import Fact, Fill, Library, NullReason, Outcome, Position, Ticker
from tests.support.observations import INVERSE, LINEAR, comparison, fill, observed, position, ticker

Rows = tuple[Fact, ...]

NUMBERS = st.sampled_from([None, "1", "1.0", "1.1", "1.10", "2", "2.5"])
REASONS = st.sampled_from([NullReason.BLANK, NullReason.ABSENT, NullReason.UNSUPPORTED])
SYMBOLS = st.sampled_from([LINEAR, INVERSE])
IDS = st.sampled_from([None, "1", "2", "11"])


@st.composite
def fills(draw: st.DrawFn) -> Fill:
    """A fill that may lack anything but its symbol."""
    return fill(
        reason=draw(REASONS),
        symbol=draw(SYMBOLS),
        trade_id=draw(IDS),
        side=draw(st.sampled_from([None, "buy", "sell"])),
        price=draw(NUMBERS),
        contracts=draw(NUMBERS),
        fee=draw(NUMBERS),
    )


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """A position that may lack anything but its symbol."""
    return position(
        reason=draw(REASONS),
        symbol=draw(SYMBOLS),
        venue_position_id=draw(IDS),
        has_position=draw(st.sampled_from([None, True, False])),
        contracts=draw(NUMBERS),
        entry_price=draw(NUMBERS),
        mark_price=draw(NUMBERS),
        margin_mode=draw(st.sampled_from([None, "cross", "isolated"])),
    )


@st.composite
def tickers(draw: st.DrawFn) -> Ticker:
    """A ticker that may lack any price."""
    return ticker(reason=draw(REASONS), last=draw(NUMBERS), bid=draw(NUMBERS), volume_base=draw(NUMBERS))


def answers_to(operation: str) -> st.SearchStrategy[Rows | None]:
    """Rows of one operation, or None for an answer that did not come."""
    rows: st.SearchStrategy[Rows]
    if operation == "get_ticker":
        rows = tickers().map(lambda row: (row,))
    else:
        rows = st.lists(fills() if operation == "get_fills" else positions(), max_size=5).map(tuple)
    return st.one_of(st.none(), rows) if operation != "get_ticker" else rows


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, Rows | None, Rows | None]:
    """One operation and two answers to it."""
    operation = draw(st.sampled_from(["get_fills", "get_positions", "get_ticker"]))
    return operation, draw(answers_to(operation)), draw(answers_to(operation))


def told(field: FieldComparison) -> tuple[Any, ...]:
    """What a comparison says of one field."""
    return field.row_key, field.field, field.outcome, field.ccxt, field.okx_sdk


def told_swapped(field: FieldComparison) -> tuple[Any, ...]:
    """The same, seen from the other side."""
    return field.row_key, field.field, field.outcome, field.okx_sdk, field.ccxt


def outcome_of(compared: Comparison) -> dict[tuple[str | None, str], Outcome]:
    """Outcomes by row and field."""
    return {(one.row_key, one.field): one.outcome for one in compared.fields}


def own_key(row: Fact) -> str | None:
    """The key of a row, written down here once more: the symbol, then the venue's id."""
    if isinstance(row, Fill):
        return None if row.trade_id is None else f"{row.symbol}|{row.trade_id}"
    if isinstance(row, Position):
        return None if row.venue_position_id is None else f"{row.symbol}|{row.venue_position_id}"
    return ""


@given(questions())
def test_comparing_an_answer_with_itself_shows_no_difference(question: tuple[str, Rows | None, Rows | None]) -> None:
    """Law 1: no mismatch and no one_missing, whatever is missing, doubled or nameless."""
    operation, rows, _ = question
    compared = comparison(operation, rows, rows)
    assert compared.count(Outcome.MISMATCH) == 0
    assert compared.count(Outcome.ONE_MISSING) == 0


@given(questions())
def test_swapping_the_sides_swaps_the_claims_and_no_outcome(question: tuple[str, Rows | None, Rows | None]) -> None:
    """Law 2: neither library is the reference."""
    operation, left, right = question
    there = comparison(operation, left, right)
    back = comparison(operation, right, left)
    assert Counter(map(told, there.fields)) == Counter(map(told_swapped, back.fields))


@given(questions(), st.randoms(use_true_random=False))
def test_rows_in_another_order_give_the_same_comparison(
    question: tuple[str, Rows | None, Rows | None], random: Any
) -> None:
    """Law 3, first half: the order of rows says nothing, not even among rows of one id or of none."""
    operation, left, right = question
    shuffled = None if left is None else tuple(random.sample(left, len(left)))
    plain = Counter(map(told, comparison(operation, left, right).fields))
    # The number of a nameless row is a name for it, not a fact about it.
    assert _numberless(Counter(map(told, comparison(operation, shuffled, right).fields))) == _numberless(plain)


def _numberless(fields: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    renamed: Counter[tuple[Any, ...]] = Counter()
    for (key, *rest), count in fields.items():
        renamed["nameless" if str(key).startswith("row without id") else key, *rest] += count
    return renamed


@given(questions())
def test_values_that_are_paired_come_from_rows_of_that_key(question: tuple[str, Rows | None, Rows | None]) -> None:
    """Law 3, second half: two keys are never paired with each other, and a row without id with nothing."""
    operation, left, right = question
    if left is None or right is None:
        return
    mine: dict[str | None, list[Fact]] = defaultdict(list)
    theirs: dict[str | None, list[Fact]] = defaultdict(list)
    for table, rows in ((mine, left), (theirs, right)):
        for row in rows:
            table[own_key(row)].append(row)
    for one in comparison(operation, left, right).fields:
        if one.outcome is Outcome.MATCH:
            pairs = [(a, b) for a in mine[one.row_key] for b in theirs[one.row_key]]
            assert any(getattr(a, one.field) == getattr(b, one.field) for a, b in pairs)
        if one.row_key is not None and one.row_key.startswith("row without id"):
            assert None in (one.ccxt.value or None, one.okx_sdk.value or None)


@given(questions(), st.integers(1, 6))
def test_trailing_zeros_of_numbers_change_no_outcome(
    question: tuple[str, Rows | None, Rows | None], zeros: int
) -> None:
    """Law 4: 1.0 is 1.00; numbers are held against each other as numbers."""
    operation, left, right = question
    longer = None if right is None else tuple(_with_zeros(row, zeros) for row in right)
    assert outcome_of(comparison(operation, left, longer)) == outcome_of(comparison(operation, left, right))


def _with_zeros(row: Fact, zeros: int) -> Fact:
    def longer(value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value
        return Decimal(f"{value}{'' if '.' in str(value) else '.'}{'0' * zeros}")

    return row.model_copy(update={name: longer(getattr(row, name)) for name in type(row).model_fields})


@given(questions())
def test_what_both_lack_is_never_called_a_match(question: tuple[str, Rows | None, Rows | None]) -> None:
    """Law 5: a match has a value on both sides, a both_missing on neither, a one_missing on exactly one."""
    operation, left, right = question
    if left is None or right is None:
        return
    for one in comparison(operation, left, right).fields:
        present = (one.ccxt.value is not None) + (one.okx_sdk.value is not None)
        if one.outcome is Outcome.MATCH:
            assert present == 2
        if one.outcome is Outcome.BOTH_MISSING:
            assert present == 0
            assert one.ccxt.reason is not None
            assert one.okx_sdk.reason is not None


@given(
    st.lists(positions(), max_size=4).map(tuple),
    st.lists(positions(), max_size=4).map(tuple),
    st.tuples(st.integers(0, 30), st.integers(0, 30)),
)
def test_a_wider_price_step_never_unmakes_a_match(left: Rows, right: Rows, steps: tuple[int, int]) -> None:
    """Law 6 for the tick comparator, and only that comparator feels the step."""
    narrow, wide = (
        outcome_of(
            comparison("get_positions", left, right, ticks=dict.fromkeys((LINEAR, INVERSE), Decimal(step).scaleb(-1)))
        )
        for step in sorted(steps)
    )
    ticking = {rule.field for rule in RULES["get_positions"].fields if rule.comparator == "tick"}
    for place, outcome in narrow.items():
        if outcome is Outcome.MATCH:
            assert wide[place] is Outcome.MATCH
        if place[1] not in ticking:
            assert wide[place] is outcome


@given(tickers(), tickers(), tickers(), st.integers(0, 20))
def test_a_wider_bracket_never_unmakes_a_match(first: Ticker, other: Ticker, again: Ticker, tenths: int) -> None:
    """Law 6 for the bracket comparator: a second reading further away encloses what the nearer one did."""
    further = again.model_copy(
        update={
            name: value + Decimal(tenths).scaleb(-1) * (1 if value >= (getattr(first, name) or value) else -1)
            for name in ("last", "bid", "volume_base")
            if (value := getattr(again, name)) is not None
        }
    )
    near = comparison("get_ticker", (first,), (other,), again=observed("get_ticker", again, library=Library.CCXT))
    far = comparison("get_ticker", (first,), (other,), again=observed("get_ticker", further, library=Library.CCXT))
    alone = comparison("get_ticker", (first,), (other,))
    for place, outcome in outcome_of(near).items():
        if outcome is Outcome.MATCH:
            assert outcome_of(far)[place] is Outcome.MATCH
        if outcome_of(alone)[place] is Outcome.MATCH:
            assert outcome is Outcome.MATCH
