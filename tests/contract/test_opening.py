"""What `open_venue` refuses before anything is opened."""

from __future__ import annotations

from typing import Any

import pytest

from dualwitness.venues import UsageError, open_venue


@pytest.mark.parametrize("words", [{}, {"library": "ccxt"}, {"library": "okx_sdk"}, {"base_url": "http://127.0.0.1:9"}])
def test_paper_venue_has_no_client_and_says_so(words: dict[str, Any]) -> None:
    """No advice leads round in circles: it is refused for what it is."""
    with pytest.raises(UsageError, match="paper venue has no client"):
        open_venue("paper", **words)


@pytest.mark.parametrize("words", [{}, {"base_url": "http://127.0.0.1:9"}])
def test_offline_mode_without_answers_opens_nothing(words: dict[str, Any]) -> None:
    """Offline promises that there is no socket at all."""
    with pytest.raises(UsageError, match="no answers"):
        open_venue("okx", mode="offline", **words)


def test_simulation_without_an_address_does_not_reach_the_real_venue() -> None:
    """The embedded venue has no fixed port, and a real venue is no embedded one."""
    with pytest.raises(UsageError, match="no fixed port"):
        open_venue("okx", mode="okx_demo_sim")


def test_advice_after_a_question_has_no_second_full_stop() -> None:
    """A message that ends with its own question mark stays one sentence."""
    assert (
        UsageError("did you mean BTC/USDT?", advice="write it so").diagnostics()
        == "did you mean BTC/USDT? Write it so."
    )
