"""Who is named where one library alone could tell that something is false, and where the two disagree."""

from __future__ import annotations

from typing import Any

from dualwitness.alignment.conservation import conservation
from dualwitness.alignment.conservation_valuation import valuation_conflicts
from dualwitness.alignment.evidence_executions import EXECUTION_CHECKS
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.settlement import doubted_symbols, settled
from dualwitness.alignment.shared_blame import shared_blame
from dualwitness.alignment.testimony import testimonies as told_by
from dualwitness.alignment.world import World
from dualwitness.models import Fact, Layer, Library, OddOneOut, Outcome
from dualwitness.models.finding import Claim
from dualwitness.models.history import History
from tests.support.observations import LINEAR, NOW_MS, balance, bill, exchange, fill, observed, position, world

CCXT, SDK = Library
PROVEN = History(since_ms=NOW_MS - 1, flat_start="proven in a test")


def told(library: Library, body: bytes = b"{}", **rows: tuple[Fact, ...]) -> World:
    """What a library was told, by operation; every answer had this body."""
    sample = exchange(body, library=library)
    answers = [observed(name, *facts, library=library, exchanges=(sample,)) for name, facts in rows.items()]
    return world(*answers, library=library)


def blamed(ours: World, theirs: World) -> list[tuple[str, OddOneOut]]:
    """Field and odd one out of every contradiction in two worlds."""
    worlds = [ours, theirs]
    witnesses = told_by(worlds, PROVEN)
    checks = [draft for one in worlds for check in EXECUTION_CHECKS for draft in check(one)]
    found = shared_blame([*checks, *conservation(worlds, witnesses)], worlds, witnesses)
    return [(one.field, one.odd_one_out) for one in found]


def test_equity_that_one_library_alone_can_check_is_the_venue_s_where_both_were_told_it() -> None:
    """CCXT calls it total, and has no cash to hold it against."""
    ours = told(SDK, get_account_balance=(balance("USDT", total="100", equity="150"),), get_positions=())
    same = told(CCXT, get_account_balance=(balance("USDT", total="150", equity=None),), get_positions=())
    other = told(CCXT, get_account_balance=(balance("USDT", total="100", equity=None),), get_positions=())
    assert blamed(same, ours) == [("equity", OddOneOut.VENUE)]
    assert blamed(other, ours) == [("equity", OddOneOut.OKX_SDK)]


def test_id_that_one_library_drops_is_the_venue_s_where_its_bytes_have_it() -> None:
    """CCXT has no word for the bill of a fill; the bytes that it read do."""
    wrong = fill(bill_id="1782907200000386", ts_venue_ms=NOW_MS)
    ours = told(SDK, get_fills=(wrong,), get_bills=(bill(),))
    sent = told(CCXT, b'{"billId":"1782907200000386"}', get_fills=(fill(bill_id=None),))
    not_sent = told(CCXT, b'{"billId":"31"}', get_fills=(fill(bill_id=None),))
    assert ("bill_id", OddOneOut.VENUE) in blamed(sent, ours)
    assert ("bill_id", OddOneOut.OKX_SDK) in blamed(not_sent, ours)


def test_law_that_the_other_library_could_check_stays_with_the_one_for_which_it_fails() -> None:
    """Both report two contracts; only one of them was told fills that say three."""
    ours = told(SDK, get_positions=(position(),), get_fills=(fill(contracts="3"),))
    theirs = told(CCXT, get_positions=(position(),), get_fills=(fill(),))
    assert ("contracts", OddOneOut.OKX_SDK) in blamed(theirs, ours)


def test_position_that_the_other_library_s_fills_cannot_contradict_is_the_venue_s() -> None:
    """Without the side of a position CCXT's fills cannot be added up; it was told the same position."""
    sides: dict[str, Any] = {"position_mode": "long_short", "direction": "long"}
    ours = told(SDK, get_positions=(position(contracts="3", **sides),), get_fills=(fill(position_side="long"),))
    theirs = told(CCXT, get_positions=(position(contracts="3", **sides),), get_fills=(fill(position_side=None),))
    assert ("contracts", OddOneOut.VENUE) in blamed(theirs, ours)
    honest = told(CCXT, get_positions=(position(contracts="2", **sides),), get_fills=(fill(position_side=None),))
    assert ("contracts", OddOneOut.OKX_SDK) in blamed(honest, ours)


def test_blank_that_the_other_library_fills_in_is_the_venue_s_where_its_bytes_are_blank() -> None:
    """CCXT computes what was not sent."""
    ours = told(SDK, get_positions=(position(unrealized_pnl=None, mark_price="1"),))
    theirs = told(CCXT, b'{"upl":""}', get_positions=(position(unrealized_pnl="0", mark_price="1"),))
    found = shared_blame(valuation_conflicts(ours, ()), [ours, theirs], ())
    assert [(one.field, one.odd_one_out) for one in found] == [("unrealized_pnl", OddOneOut.VENUE)]


def test_library_that_was_not_asked_shares_no_blame() -> None:
    """One library alone, and one whose answer is not there."""
    ours = told(SDK, get_account_balance=(balance("USDT", total="100", equity="150"),), get_positions=())
    assert [odd for _, odd in blamed(told(CCXT), ours)] == [OddOneOut.OKX_SDK]
    witnesses = told_by([ours], PROVEN)
    assert [one.odd_one_out for one in shared_blame(conservation([ours], witnesses), [ours], witnesses)] == [
        OddOneOut.OKX_SDK
    ]


def disagreement(operation: str, field: str, *, row_key: str | None = "USDT", layer: Layer = Layer.VENUE) -> Draft:
    """The libraries differ about the world, and nobody knows who is right."""
    rows = told(CCXT, get_positions=(position(unrealized_pnl=None, mark_price="1"),))
    (base,) = valuation_conflicts(rows, ())
    return base._replace(
        operation=operation,
        field=field,
        row_key=row_key,
        layer=layer,
        odd_one_out=OddOneOut.UNKNOWN,
        outcome=Outcome.MISMATCH,
        ccxt=Claim(value="1"),
        okx_sdk=Claim(value="2"),
    )


def test_disagreement_is_settled_by_evidence_of_its_field_then_of_its_answer() -> None:
    """What the evidence contradicts is odd; two suspects settle nothing."""
    open_ = disagreement("get_positions", "contracts")
    exact = open_._replace(odd_one_out=OddOneOut.CCXT)
    nearby = open_._replace(odd_one_out=OddOneOut.OKX_SDK, field="direction")
    assert settled([open_], [exact, nearby])[0].odd_one_out is OddOneOut.CCXT
    assert settled([open_], [nearby])[0].odd_one_out is OddOneOut.OKX_SDK
    both = [nearby, nearby._replace(field="leverage", odd_one_out=OddOneOut.CCXT)]
    assert settled([open_], both)[0].odd_one_out is OddOneOut.UNKNOWN
    assert settled([open_._replace(layer=Layer.PARSE)], [exact])[0].odd_one_out is OddOneOut.UNKNOWN


def test_disagreement_about_cash_is_settled_by_whose_bills_confirm_it() -> None:
    """One library's cash is where its bills left it, so the other one is odd."""
    open_ = disagreement("get_account_balance", "total")
    usdt: frozenset[str] = frozenset({"USDT"})
    assert settled([open_], [], {SDK: usdt})[0].odd_one_out is OddOneOut.CCXT
    assert settled([open_], [], {CCXT: usdt})[0].odd_one_out is OddOneOut.OKX_SDK
    assert settled([open_], [], {CCXT: usdt, SDK: usdt})[0].odd_one_out is OddOneOut.UNKNOWN
    assert settled([open_], [], {})[0].odd_one_out is OddOneOut.UNKNOWN


def test_symbols_are_doubted_for_what_was_told_of_their_positions_and_not_for_how_it_was_read() -> None:
    """A difference of the parsers takes no report's word away."""
    told_wrong = disagreement("get_positions", "contracts")
    read_wrong = disagreement("get_positions", "contracts", layer=Layer.PARSE)
    elsewhere = disagreement("get_fills", "contracts")
    assert doubted_symbols([told_wrong]) == {LINEAR}
    assert doubted_symbols([read_wrong, elsewhere]) == set()


def test_words_that_one_library_drops_make_no_two_tellings() -> None:
    """CCXT's bills carry neither side nor contracts; what both have words for is the same, so both were told it."""
    executed = fill(bill_id="31", contracts="2", ts_venue_ms=NOW_MS - 1)
    half = bill(bill_id="31", contracts="1")
    bare = bill(bill_id="31", contracts=None, side=None, symbol=None, trade_id=None, position_side=None)
    ours = told(SDK, get_fills=(executed,), get_bills=(half,))
    theirs = told(CCXT, get_fills=(executed,), get_bills=(bare,))
    assert ("bill_id", OddOneOut.VENUE) in blamed(theirs, ours)
    elsewhere = told(CCXT, get_fills=(executed,), get_bills=(bare.model_copy(update={"bill_id": "32"}),))
    assert ("bill_id", OddOneOut.OKX_SDK) in blamed(elsewhere, ours)
