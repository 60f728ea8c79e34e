"""A case played: the venue's own truth beside what an audit says, and lies that begin when they are due."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.alignment.scoring.cases import Case, Sort
from dualwitness.alignment.scoring.truth import untrue
from dualwitness.alignment.scoring.world import few_instruments, play


def test_honest_case_is_one_audit_that_says_what_the_venue_holds() -> None:
    """Long and short, linear and inverse, cross and isolated; and nothing was told."""
    played = play(Case(Sort.HONEST, ()))
    (audited,) = played.audits
    assert audited.true == {
        ("BTC/USDT:USDT", "net"): Decimal("2.5"),
        ("ETH/USD:ETH", "net"): Decimal(-100),
        ("ETH/USDT:USDT", "net"): Decimal("-2.5"),
        ("SOL/USDT:USDT", "net"): Decimal(-20),
    }
    assert untrue(audited.positions, audited.true, audited.quality) == []
    assert (audited.told, audited.unkept, played.tellings, played.first_false) == ({}, frozenset(), (), None)
    assert audited.requests > 100


def test_lie_in_mid_run_begins_after_its_requests_and_stays_for_another_audit() -> None:
    """True answers first, then false ones; venue time has moved on in between."""
    played = play(Case(Sort.MID_RUN, ("positions_empty",), after=100, moving=True))
    first, second = played.audits
    assert played.first_false is not None
    assert 100 < played.first_false[0] <= first.requests < second.requests
    assert 0 < first.told["positions_empty"] < second.told["positions_empty"]
    assert first.ended_ms + 30_000 < second.ended_ms


def test_lie_about_a_trade_is_played_with_one_between_two_audits() -> None:
    """The position that stands still is another one by then."""
    first, second = play(Case(Sort.ALONE, ("positions_frozen",))).audits
    assert first.true["BTC/USDT:USDT", "net"] + 1 == second.true["BTC/USDT:USDT", "net"]


def test_few_instruments_hold_everything_that_the_scenarios_need() -> None:
    """Without the options, which are most of the listing."""
    listed = {one.inst_id for one in few_instruments()}
    assert {"BTC-USDT-SWAP", "ETH-USD-SWAP", "SOL-USDT-SWAP", "DOGE-USDT-SWAP", "LTC-USDT-SWAP"} <= listed
    assert len(listed) < 100
