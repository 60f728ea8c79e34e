"""The table of understood differences: each line can be reached, and none explains more than it says."""

from __future__ import annotations

import pytest

from dualwitness.alignment.compare import FieldComparison
from dualwitness.alignment.judge import from_comparison
from dualwitness.alignment.known import KNOWN, Known, known_difference
from dualwitness.alignment.rules import RULES
from dualwitness.models import Layer, MarketType, NullReason, OddOneOut, Outcome, Severity
from dualwitness.models.finding import Claim
from tests.support.observations import compared_field

# A time in force is lost for some order types and made up for others.
BOTH_WAYS = ("order-type-mapping-loses-venue-type",)
NAMED_AFTER_UNDERLYING = "market-named-after-underlying-not-instrument"


def place(known: Known) -> str:
    """Where a line applies, as the name of a test."""
    return f"{known.operation}-{known.field}-{known.outcome}-{'-'.join(sorted(known.market_types))}-{known.name}"


VALUE, OTHER = Claim(value="1"), Claim(value="2")


def null(reason: NullReason = NullReason.BLANK) -> Claim:
    """A claim that says nothing."""
    return Claim(value=None, reason=reason)


def field_of(known: Known, ccxt: Claim, okx_sdk: Claim, market_type: MarketType | None = None) -> FieldComparison:
    """A compared field of the place that a line speaks of."""
    chosen = market_type or next(iter(known.market_types), None)
    row_key = "swap|2-2-SWAP" if known.name == NAMED_AFTER_UNDERLYING else f"any|{VALUE.value}"
    return compared_field(
        known.operation, known.field, ccxt, okx_sdk, known.outcome, market_type=chosen, row_key=row_key
    )


def sides_of(known: Known) -> list[tuple[Claim, Claim]]:
    """Every way in which two libraries can differ with that outcome."""
    if known.name == NAMED_AFTER_UNDERLYING and known.field == "symbol":
        return [(VALUE, Claim(value="2/2:2"))]
    if known.outcome is Outcome.MISMATCH:
        return [(VALUE, OTHER)]
    return [(VALUE, null()), (null(), VALUE)]


@pytest.mark.parametrize("known", KNOWN, ids=place)
def test_each_line_is_reached_by_some_difference(known: Known) -> None:
    """A line that another one hides would be dead."""
    reached = [known_difference(field_of(known, *sides), Layer.PARSE) for sides in sides_of(known)]
    assert known in reached


@pytest.mark.parametrize("layer", [layer for layer in Layer if layer is not Layer.PARSE])
@pytest.mark.parametrize("known", KNOWN, ids=place)
def test_no_line_explains_a_difference_of_the_world(known: Known, layer: Layer) -> None:
    """A lie of the venue can never hide behind a known difference of the libraries."""
    for sides in sides_of(known):
        assert known_difference(field_of(known, *sides), layer) is None


@pytest.mark.parametrize("known", KNOWN, ids=place)
def test_each_line_speaks_of_a_field_that_is_compared(known: Known) -> None:
    """Operation and field exist in the rules; the text says something."""
    assert known.field in {rule.field for rule in RULES[known.operation].fields}
    assert len(known.text.split()) > 3
    assert known.name == known.name.lower()


@pytest.mark.parametrize(
    "known",
    [known for known in KNOWN if known.outcome is Outcome.ONE_MISSING and known.name not in BOTH_WAYS],
    ids=place,
)
def test_a_line_about_a_gap_explains_the_gap_of_one_library_only(known: Known) -> None:
    """What ccxt drops is no explanation for what python-okx drops."""
    explained = [known_difference(field_of(known, *sides), Layer.PARSE) == known for sides in sides_of(known)]
    assert sum(explained) == 1


def test_a_line_for_one_market_type_explains_no_other() -> None:
    """Option contracts have a multiplier; a swap whose contract size differs is not understood."""
    option = next(known for known in KNOWN if known.name == "option-contract-size-ignores-ctmult")
    assert known_difference(field_of(option, VALUE, OTHER), Layer.PARSE) == option
    assert known_difference(field_of(option, VALUE, OTHER, MarketType.SWAP), Layer.PARSE) is None


def test_an_instrument_with_another_symbol_is_not_explained_away() -> None:
    """Only a symbol that is the venue's id is the known test instrument; two different pairs are fatal."""
    wrong = compared_field(
        "get_instruments",
        "symbol",
        Claim(value="ETH/USDT:USDT"),
        Claim(value="BTC/USDT:USDT"),
        Outcome.MISMATCH,
        market_type=MarketType.SWAP,
        row_key="swap|BTC-USDT-SWAP",
    )
    found = from_comparison(wrong, layer=Layer.PARSE, odd_one_out=OddOneOut.UNKNOWN, observations={})
    assert found is not None
    assert found.severity is Severity.S3


@pytest.mark.parametrize(
    ("ccxt", "okx_sdk", "rule"),
    [
        ("WLFI/USDT:USDT", "H/USDT:USDT", NAMED_AFTER_UNDERLYING),
        ("H/USDT:USDT", "WLFI/USDT:USDT", None),
        ("WLFI/USDT:USDT", "BTC/USDT:USDT", None),
        ("H/USDT:USD", "H/USDT:USDT", None),
    ],
)
def test_a_market_named_after_its_underlying_is_ccxts_word_against_the_id(
    ccxt: str, okx_sdk: str, rule: str | None
) -> None:
    """The id decides (recorded: demo instruments, H-USDT-SWAP with uly WLFI-USDT); nothing else is explained by it."""
    wrong = compared_field(
        "get_instruments",
        "symbol",
        Claim(value=ccxt),
        Claim(value=okx_sdk),
        Outcome.MISMATCH,
        market_type=MarketType.SWAP,
        row_key="swap|H-USDT-SWAP",
    )
    known = known_difference(wrong, Layer.PARSE)
    assert (known and known.name) == rule


def test_a_listed_instrument_that_python_okx_lacks_is_not_explained_away() -> None:
    """Sandbox mode makes ccxt drop test instruments; it makes python-okx drop nothing."""
    lone = compared_field(
        "get_instruments",
        "venue_instrument_id",
        Claim(value="BTC-USDT"),
        null(NullReason.ABSENT),
        Outcome.ONE_MISSING,
        market_type=MarketType.SPOT,
        row_key="spot|BTC-USDT",
    )
    found = from_comparison(lone, layer=Layer.PARSE, odd_one_out=OddOneOut.UNKNOWN, observations={})
    assert found is not None
    assert found.severity.rank >= Severity.S1.rank
    assert found.rule != "sandbox-mode-drops-test-instruments"


@pytest.mark.parametrize(
    ("ccxt", "okx_sdk", "name", "odd"),
    [
        (null(NullReason.UNSUPPORTED), VALUE, "ccxt-has-no-word-for-leverage", OddOneOut.CCXT),
        (VALUE, null(NullReason.UNSUPPORTED), "python-okx-has-no-word-for-leverage", OddOneOut.OKX_SDK),
        (VALUE, null(NullReason.BLANK), "ccxt-invents-leverage", OddOneOut.CCXT),
        (VALUE, null(NullReason.ABSENT), "ccxt-invents-leverage", OddOneOut.CCXT),
        (null(NullReason.UNMAPPED), VALUE, "ccxt-drops-leverage", OddOneOut.CCXT),
        (null(NullReason.ABSENT), VALUE, "ccxt-drops-leverage", OddOneOut.CCXT),
    ],
)
def test_a_gap_without_a_line_is_named_in_general(ccxt: Claim, okx_sdk: Claim, name: str, odd: OddOneOut) -> None:
    """No word for it, invented, dropped: three kinds of gap need no line each."""
    known = known_difference(
        compared_field("get_positions", "leverage", ccxt, okx_sdk, Outcome.ONE_MISSING), Layer.PARSE
    )
    assert known is not None
    assert (known.name, known.odd_one_out) == (name, odd)


@pytest.mark.parametrize(
    "field",
    [
        compared_field("get_positions", "leverage", VALUE, OTHER, Outcome.MISMATCH),
        compared_field("get_positions", "leverage", VALUE, null(NullReason.CONFLICT), Outcome.ONE_MISSING),
        compared_field(
            "get_positions", "has_position", null(NullReason.ABSENT), VALUE, Outcome.ONE_MISSING, row_key=None
        ),
    ],
    ids=["two values", "a reason that no rule knows", "a whole answer"],
)
def test_a_difference_that_nobody_understands_is_not_explained(field: FieldComparison) -> None:
    """What no line and no general rule covers is reported as it is."""
    assert known_difference(field, Layer.PARSE) is None


def test_a_known_difference_carries_its_name_its_blame_and_what_okx_says() -> None:
    """The finding names the line, blames ccxt, and expects python-okx's word from the same sample."""
    known = next(known for known in KNOWN if known.name == "option-contract-size-ignores-ctmult")
    field = field_of(known, Claim(value="1"), Claim(value="0.01"))
    found = from_comparison(field, layer=Layer.PARSE, odd_one_out=OddOneOut.UNKNOWN, observations={})
    assert found is not None
    assert (found.rule, found.reason, found.odd_one_out) == (known.name, known.text, OddOneOut.CCXT)
    assert found.expected is not None
    assert found.expected.value == "0.01"
    elsewhere = from_comparison(field, layer=Layer.VENUE, odd_one_out=OddOneOut.UNKNOWN, observations={})
    assert elsewhere is not None
    assert (elsewhere.odd_one_out, elsewhere.expected) == (OddOneOut.UNKNOWN, None)
