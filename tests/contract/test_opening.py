"""What `open_venue` refuses before anything is opened."""

from __future__ import annotations

from typing import Any

import pytest

from dualwitness.venues import UsageError, open_venue


@pytest.mark.parametrize("library", ["ccxt", "okx_sdk"])
def test_paper_venue_over_a_library_is_refused_with_what_to_write_instead(library: str) -> None:
    """It is reached over no library; the advice opens it on the books of one."""
    with pytest.raises(UsageError, match="reached over no library") as refused:
        open_venue("paper", library=library)
    assert f"open_venue('okx', library={library!r})" in refused.value.advice.replace("...", repr(library))


def test_paper_venue_is_opened_without_reaching_anybody() -> None:
    """Nothing listens at this address, and nothing is asked before it is needed."""
    client = open_venue("paper", base_url="http://127.0.0.1:9")
    try:
        assert (client.venue, client.label) == ("paper", "paper")
        assert client.drain_exchanges() == ()
    finally:
        client.close()


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
