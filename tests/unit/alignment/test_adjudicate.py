"""What may be believed of a position: each line of the table by example, and what stands around the table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from dualwitness.alignment.adjudicate import adjudicate, distrust, overall
from dualwitness.alignment.adjudicate_rules import RULES, Rule
from dualwitness.alignment.witness import AdjudicatedPosition, Leg, WitnessKind
from dualwitness.alignment.witness import Testimony as Statement
from dualwitness.models import Library, NullReason, PositionsQuality, PositionsSource
from tests.support.observations import LINEAR, NOW_MS, SPOT
from tests.support.witnesses import ELSEWHERE, GONE, INDEPENDENT, LEG, UNKNOWN, signed, statement, witnesses

RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE = PositionsQuality
EXCHANGE, FROM_FILLS, INFERRED, NOBODY = PositionsSource
CCXT, OKX_SDK = Library
REPORT, FILLS, ORDERS, BILLS, BALANCES, ORDER_STATES = WitnessKind


def holding(sign: int, *, kind: WitnessKind = ORDER_STATES) -> Statement:
    """A witness that proves that something is held, and not how much."""
    return Statement(f"{kind} through ccxt", kind, CCXT, signs={LEG: sign}, as_of_ms=NOW_MS)


# name of the line, what is said, quality, source, value
EXAMPLES: list[tuple[str, tuple[Statement, ...], PositionsQuality, PositionsSource, str | None]] = [
    ("nobody-speaks", witnesses((UNKNOWN, GONE)), UNAVAILABLE, NOBODY, None),
    ("something-is-held", (*witnesses(("0", "0"), fills="0"), holding(0)), UNRELIABLE, NOBODY, None),
    ("held-the-other-way", (*witnesses(("2", "2"), fills="2"), holding(-1)), UNRELIABLE, EXCHANGE, "2"),
    ("all-agree", witnesses(("2", "2"), fills="2"), RELIABLE, EXCHANGE, "2"),
    ("all-agree", witnesses(("0", "0"), bills="0"), RELIABLE, EXCHANGE, "0"),
    ("all-agree", witnesses(("-1", "-1"), orders="-1", bills="-1"), RELIABLE, EXCHANGE, "-1"),
    ("flat-without-proof", witnesses(("0", "0")), UNRELIABLE, NOBODY, None),
    ("flat-without-proof", witnesses(("0", GONE), fills="0", bills="0"), UNRELIABLE, NOBODY, None),
    ("flat-without-proof", witnesses(fills="0", orders="0", bills="0"), UNRELIABLE, NOBODY, None),
    ("report-alone", witnesses(("2", "2"), fills=UNKNOWN), UNRELIABLE, EXCHANGE, "2"),
    ("fills-without-every-report", witnesses((GONE, GONE), fills="2"), REBUILT, FROM_FILLS, "2"),
    ("fills-without-every-report", witnesses(("2", GONE), fills="2", bills="2"), REBUILT, FROM_FILLS, "2"),
    ("fills-against-the-report", witnesses(("0", "0"), fills="2"), REBUILT, FROM_FILLS, "2"),
    ("fills-against-the-report", witnesses(("0", "0"), fills="2", orders="2", bills="2"), REBUILT, FROM_FILLS, "2"),
    ("fills-against-the-report", witnesses(("2", "-1"), fills="2", orders="2"), REBUILT, FROM_FILLS, "2"),
    ("report-with-orders-or-bills", witnesses(("2", GONE), bills="2"), UNRELIABLE, EXCHANGE, "2"),
    ("orders-and-bills-alone", witnesses((GONE, GONE), orders="2"), UNRELIABLE, INFERRED, "2"),
    ("orders-and-bills-alone", witnesses(("0", "0"), orders="2", bills="2"), UNRELIABLE, INFERRED, "2"),
    ("report-and-two-against-one", witnesses(("2", "2"), fills="1", orders="2", bills="2"), UNRELIABLE, EXCHANGE, "2"),
    ("report-and-two-against-one", witnesses(("2", "2"), fills="0", orders="2", bills="2"), UNRELIABLE, EXCHANGE, "2"),
    (
        "fills-and-one-against-one",
        witnesses(("0", "0"), fills="2", orders="2", bills="1"),
        UNRELIABLE,
        FROM_FILLS,
        "2",
    ),
    (
        "orders-and-bills-against-the-fills",
        witnesses(("0", "0"), fills="1", orders="2", bills="2"),
        UNRELIABLE,
        INFERRED,
        "2",
    ),
    ("conflict", witnesses(("2", "-1")), UNRELIABLE, NOBODY, None),
    ("conflict", witnesses(("2", "2"), fills="0"), UNRELIABLE, NOBODY, None),
    ("conflict", witnesses(("2", "2"), orders="1"), UNRELIABLE, NOBODY, None),
    ("conflict", witnesses(("0", "0"), fills="2", orders="2", bills="0"), UNRELIABLE, NOBODY, None),
    ("conflict", witnesses(("0", "0"), fills="1", orders="0", bills="0"), UNRELIABLE, NOBODY, None),
]


def judged(witnesses_: Sequence[Statement], *, rules: Sequence[Rule] = RULES) -> AdjudicatedPosition:
    """The judgement of the leg."""
    found = adjudicate(witnesses_, rules=rules)
    return next(one for one in found if (one.symbol, one.position_side) == (LINEAR, "net"))


@pytest.mark.parametrize(("name", "said", "quality", "source", "value"), EXAMPLES)
def test_each_line_of_the_table_decides_its_example(
    name: str, said: tuple[Statement, ...], quality: PositionsQuality, source: PositionsSource, value: str | None
) -> None:
    """Line, quality, source and value; the reason of the line is told."""
    found = judged(said)
    assert (found.rule, found.positions_quality, found.positions_source) == (name, quality, source)
    assert signed(found) == (None if value is None else Decimal(value))
    assert found.explanation == next(rule.reason for rule in RULES if rule.name == name)


def test_every_line_of_the_table_has_an_example_a_reason_and_a_name_of_its_own() -> None:
    """A line that nothing reaches is no rule."""
    assert {example[0] for example in EXAMPLES} == {rule.name for rule in RULES}
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.reason for rule in RULES)


@pytest.mark.parametrize("dropped", [rule.name for rule in RULES[:-1]])
def test_a_table_without_one_of_its_lines_decides_otherwise(dropped: str) -> None:
    """Negative control: switch a line off, and a world comes out another way."""
    fewer = tuple(rule for rule in RULES if rule.name != dropped)
    changed = []
    for _, said, *_ in EXAMPLES:
        before, after = judged(said), judged(said, rules=fewer)
        if (signed(before), before.positions_quality, before.reason) != (
            signed(after),
            after.positions_quality,
            after.reason,
        ) or before.positions_source is not after.positions_source:
            changed.append(said)
    if dropped in EQUIVALENT:
        assert changed == [], "the line is no longer a mere name for another one"
    else:
        assert changed


# Lines that decide like a later one, and stand there for the reason that they tell.
EQUIVALENT = {"fills-without-every-report"}


def test_flat_is_confirmed_only_where_reports_and_an_independent_witness_say_so() -> None:
    """Two kinds; one alone is no confirmation, and gives no value either."""
    confirmed = judged(witnesses(("0", "0"), fills="0"))
    alone = judged(witnesses(("0", "0")))
    held = judged(witnesses(("2", "2"), fills="2"))
    assert (confirmed.empty_confirmed, confirmed.has_position) == (True, False)
    assert (alone.empty_confirmed, alone.has_position, alone.reason) == (False, None, NullReason.ABSENT)
    assert held.empty_confirmed is False


@pytest.mark.parametrize("kind", [REPORT, *INDEPENDENT])
def test_witness_that_is_too_old_has_no_vote_and_is_named(kind: WitnessKind) -> None:
    """A stale witness says the truth, and still does not count."""
    said = tuple(
        statement(one, library, "2", as_of_ms=NOW_MS - (5_000 if one is kind else 0))
        for one in (REPORT, FILLS)
        for library in Library
    )
    fresh, stale = (adjudicate(said, now_ms=NOW_MS, limits={kind: limit})[0] for limit in (5_000, 4_999))
    assert fresh.positions_quality is RELIABLE
    assert fresh.stale == ()
    if kind in (REPORT, FILLS):
        assert stale.positions_quality is not RELIABLE
        assert stale.stale == (f"{kind} through ccxt", f"{kind} through okx_sdk")
    assert stale.ages_ms[f"{REPORT} through ccxt"] == (5_000 if kind is REPORT else 0)


def test_nothing_but_stale_witnesses_is_stale_and_never_a_value() -> None:
    """Staleness is the reason, whatever the old witnesses said, flat included."""
    for word in ("2", "0"):
        said = [statement(REPORT, library, word, as_of_ms=NOW_MS - 10) for library in Library]
        (found,) = adjudicate(said, now_ms=NOW_MS, limits={REPORT: 9})
        assert (found.contracts, found.reason, found.positions_quality) == (None, NullReason.STALE, UNAVAILABLE)


def test_flat_that_lacks_only_a_stale_witness_is_stale() -> None:
    """The reports say flat, the fills that would prove it are too old."""
    said = [
        *(statement(REPORT, library, "0") for library in Library),
        statement(FILLS, CCXT, "0", as_of_ms=NOW_MS - 10),
    ]
    (found,) = adjudicate(said, now_ms=NOW_MS, limits={FILLS: 9})
    assert (found.reason, found.rule) == (NullReason.STALE, "flat-without-proof")


def test_age_that_is_not_known_is_null_and_not_stale() -> None:
    """A witness without a time has no age, with or without a limit."""
    said = [statement(REPORT, library, "2", as_of_ms=None) for library in Library]
    (found,) = adjudicate(said, now_ms=NOW_MS, limits={REPORT: 1})
    assert set(found.ages_ms.values()) == {None}
    assert found.contracts == 2


def test_symbols_that_are_known_are_judged_though_no_witness_names_them() -> None:
    """The union of what is known, reported and traded; a pair in cash is a balance and no position."""
    found = adjudicate(witnesses(("2", "2"), fills="2"), symbols=(ELSEWHERE.symbol, LINEAR, SPOT))
    assert [(one.symbol, one.position_side, one.contracts) for one in found] == [
        (LINEAR, "net", 2),
        (ELSEWHERE.symbol, "net", 0),
    ]
    assert found[1].empty_confirmed


def test_symbols_that_are_known_have_both_sides_where_a_witness_speaks_of_sides() -> None:
    """In long/short mode nothing is net."""
    said = [statement(kind, library, "2", leg=Leg(LINEAR, "long")) for kind in (REPORT, FILLS) for library in Library]
    found = adjudicate(said, symbols=(ELSEWHERE.symbol,))
    assert [(one.symbol, one.position_side) for one in found] == [
        (LINEAR, "long"),
        (ELSEWHERE.symbol, "long"),
        (ELSEWHERE.symbol, "short"),
    ]


def test_fills_orders_and_bills_say_nothing_of_a_pair() -> None:
    """A margin position that they do not list is not denied by them."""
    pair = Leg(SPOT, "net")
    said = [
        *(statement(REPORT, library, "2", leg=pair) for library in Library),
        *(statement(kind, CCXT, "0", leg=ELSEWHERE) for kind in INDEPENDENT),
    ]
    found = next(one for one in adjudicate(said) if one.symbol == SPOT)
    assert (found.rule, found.contracts) == ("report-alone", 2)


def test_one_library_alone_is_never_reliable() -> None:
    """With one library there is one report, and one report is not two."""
    found = judged((statement(REPORT, CCXT, "2"), statement(FILLS, CCXT, "2"), statement(BILLS, CCXT, "2")))
    assert found.positions_quality is REBUILT


def test_witness_whose_answer_failed_says_nothing_whatever_it_holds() -> None:
    """An error silences a witness, even one that seems to list the leg or to be complete."""
    broken = Statement("report", REPORT, CCXT, {LEG: Decimal(2)}, {}, complete=True, error=NullReason.ERROR)
    assert broken.says(LEG) is None
    assert broken.says(ELSEWHERE) is None


def test_silence_has_the_reason_of_the_witness_that_failed_first() -> None:
    """A broken envelope is told as that, not merely as an error."""
    broken = Statement("report through ccxt", REPORT, CCXT, error=NullReason.INVALID_ENVELOPE)
    found = judged((broken, statement(FILLS, CCXT, UNKNOWN)))
    assert found.reason is NullReason.INVALID_ENVELOPE


def test_entry_price_comes_from_the_witnesses_that_are_believed() -> None:
    """A rebuilt position has the fills' entry price, a reported one the report's, never the contradicted one's."""
    folds = (statement(FILLS, CCXT, "2", entry="99"), statement(FILLS, OKX_SDK, GONE))
    reported = judged((*(statement(REPORT, one, "2", entry="100") for one in Library), *folds))
    rebuilt = judged((*(statement(REPORT, one, "-1", entry="666") for one in Library), *folds))
    assert (reported.entry_price, rebuilt.entry_price) == (Decimal(100), Decimal(99))


def test_witnesses_for_and_against_are_all_that_spoke_and_the_odd_ones_are_named() -> None:
    """Who said the value stands for it, who said another is odd, the rest is silent."""
    found = judged(witnesses(("2", "2"), fills="1", orders="2", bills="2"))
    assert found.odd_one_out == ("fills through okx_sdk",)
    assert found.witnesses_against == ("fills through okx_sdk says 1",)
    assert len(found.witnesses_for) == 4


def test_report_contradicted_elsewhere_is_not_relied_on() -> None:
    """The fills' number and price stay, as rebuilt; other symbols and qualities stay as they are."""
    said = (*(statement(REPORT, one, "2", entry="100") for one in Library), statement(FILLS, CCXT, "2", entry="99"))
    before = adjudicate(said)
    (after,) = distrust(before, said, {LINEAR})
    assert (after.positions_quality, after.positions_source) == (REBUILT, FROM_FILLS)
    assert (after.contracts, after.entry_price, after.rule) == (2, 99, "report-contradicted-elsewhere")
    assert distrust(before, said, {ELSEWHERE.symbol}) == before


def test_report_contradicted_elsewhere_without_fills_is_unreliable() -> None:
    """Orders or bills alone rebuild nothing."""
    held = witnesses(("2", "2"), bills="2")
    (one,) = distrust(adjudicate(held), held, {LINEAR})
    assert (one.positions_quality, one.positions_source, one.contracts) == (UNRELIABLE, EXCHANGE, 2)


def test_leg_that_everybody_calls_flat_is_not_doubted_for_its_other_side() -> None:
    """Of nothing a report says nothing else that could be contradicted."""
    flat = witnesses(("0", "0"), fills="0")
    assert distrust(adjudicate(flat), flat, {LINEAR}) == adjudicate(flat)


FLAT_WORLDS = [
    (("empty", "empty", "empty"), RELIABLE, EXCHANGE),
    (("empty", "empty", GONE), UNRELIABLE, EXCHANGE),
    (("empty", GONE, "empty"), UNRELIABLE, EXCHANGE),
    ((GONE, GONE, "empty"), UNAVAILABLE, NOBODY),
    ((GONE, GONE, GONE), UNAVAILABLE, NOBODY),
]


def account_without_legs(*words: str) -> list[Statement]:
    """Two reports and the fills of an account in which nobody names a leg."""
    people = ((REPORT, CCXT), (REPORT, OKX_SDK), (FILLS, OKX_SDK))
    return [
        Statement(f"{kind} through {library}", kind, library, complete=True)
        if word == "empty"
        else Statement(f"{kind} through {library}", kind, library, error=NullReason.ERROR)
        for word, (kind, library) in zip(words, people, strict=True)
    ]


@pytest.mark.parametrize(("words", "quality", "source"), FLAT_WORLDS)
def test_an_account_without_any_leg_is_reliably_flat_only_with_both_reports_and_a_witness(
    words: tuple[str, str, str], quality: PositionsQuality, source: PositionsSource
) -> None:
    """Empty is believed only with a second witness."""
    assert overall((), account_without_legs(*words)) == (quality, source)


def test_an_account_without_any_leg_in_which_profit_is_open_is_not_flat() -> None:
    """The balances prove that something is open, though nobody lists it."""
    open_profit = Statement("balances through okx_sdk", BALANCES, OKX_SDK, open_currencies=("USDT",))
    said = [*account_without_legs("empty", "empty", "empty"), open_profit]
    assert overall((), said) == (UNRELIABLE, NOBODY)


def test_quality_of_all_positions_is_that_of_the_worst() -> None:
    """One position that cannot be believed spoils the flag of the run, in every order."""
    worlds = [
        witnesses(("2", "2"), fills="2"),
        witnesses(("2", "-1"), fills="2"),
        witnesses(("2", "-1")),
        witnesses((UNKNOWN, GONE)),
    ]
    found = [judged(said) for said in worlds]
    for count, quality in enumerate((RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE), start=1):
        assert overall(found[:count], worlds[0])[0] is quality
        assert overall(reversed(found[:count]), worlds[0])[0] is quality
