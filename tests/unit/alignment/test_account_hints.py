"""The account's modes around a finding: as seen, never assumed."""

from __future__ import annotations

from dualwitness.alignment.account_hints import account_hints
from dualwitness.models import Axis
from tests.support.observations import INVERSE, LINEAR, account_config, observed, order, position
from tests.unit.alignment.test_recording import finding

NONE = {"td_mode": "not_seen", "pos_mode": "not_seen", "margin_mode": "not_seen"}


def test_hints_are_the_modes_of_the_findings_own_symbol() -> None:
    """Another symbol's margin mode says nothing about this one."""
    hints = account_hints(
        (
            observed("get_account_config", account_config()),
            observed("get_positions", position(symbol=LINEAR), position(symbol=INVERSE, margin_mode="isolated")),
            observed("get_open_orders", order(symbol=LINEAR, td_mode="cross")),
        )
    )
    assert hints(finding(symbol=INVERSE))["margin_mode"] == "isolated"
    assert hints(finding(symbol=LINEAR)) == {"td_mode": "cross", "pos_mode": "net", "margin_mode": "cross"}


def test_finding_without_symbol_names_every_mode_that_was_seen() -> None:
    """The whole account is meant."""
    rows = (position(symbol=LINEAR), position(symbol=INVERSE, margin_mode="isolated"))
    hints = account_hints((observed("get_positions", *rows),))
    assert hints(finding(symbol=None))["margin_mode"] == "cross and isolated"


def test_what_no_answer_named_is_not_seen_and_market_data_have_no_mode() -> None:
    """Nothing is inferred from a default."""
    assert account_hints(())(finding()) == NONE
    market = finding(axis=Axis.E, operation="get_ticker", field="last")
    assert set(account_hints(())(market).values()) == {"not_applicable"}
