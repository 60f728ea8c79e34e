"""CCXT's own live test suite passes on the venue, and fails where the venue lies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dualwitness.venues.sim.process import VenueProcess
from tests.support.judges import SYMBOLS, LiveSuite, Verdict

PUBLIC = {
    "afterConstruct", "features", "fetchCurrencies", "fetchOHLCV", "fetchOrderBook", "fetchStatus", "fetchTicker",
    "fetchTickers", "fetchTrades", "loadMarkets",
}  # fmt: skip
PRIVATE = {
    "fetchAccounts", "fetchBalance", "fetchBorrowInterest", "fetchClosedOrders", "fetchDeposits", "fetchLedger",
    "fetchMyTrades", "fetchOpenOrders", "fetchTransfers", "fetchWithdrawals",
}  # fmt: skip
DERIVATIVE = {"fetchFundingRateHistory", "fetchOpenInterestHistory", "fetchPositions"}
WATCHED = {
    "watchBidsAsks", "watchOHLCV", "watchOHLCVForSymbols", "watchOrderBook", "watchOrderBookForSymbols", "watchTicker",
    "watchTickers", "watchTrades", "watchTradesForSymbols",
}  # fmt: skip
STYLES = (("--sync", "--private"), ("--private",))
# The profit of a position has more digits than the floats that CCXT adds up there; `funded` is judged with it.
UNJUDGED_WITH_POSITIONS = {"fetchBalance": "free + used = total is asked of floats"}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> LiveSuite:
    """A copy of the suite that is willing to run."""
    return LiveSuite(tmp_path_factory.mktemp("ccxt-suite"))


@pytest.fixture(scope="module")
def funded() -> Iterator[VenueProcess]:
    """A venue whose account holds money and nothing else."""
    with VenueProcess(scenario="funded") as process:
        yield process


@pytest.fixture(scope="module")
def with_positions() -> Iterator[VenueProcess]:
    """A venue whose account has positions, orders, fills and bills to be read."""
    with VenueProcess(scenario="positions") as process:
        yield process


def complaints(verdicts: list[Verdict], expected: set[str]) -> list[str]:
    """Everything that speaks against the venue: failures, warnings, and methods that were never finished."""
    return [
        f"{verdict.style}: {words}"
        for verdict in verdicts
        for words in (
            *verdict.failures,
            *verdict.warnings,
            *(f"{name} was not tested" for name in sorted(expected - verdict.finished)),
        )
    ]


@pytest.mark.slow
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_live_suite_of_ccxt_sync_and_async_public_and_private_finds_no_failure(
    suite: LiveSuite, funded: VenueProcess, symbol: str
) -> None:
    """Zero [TEST_FAILURE] and zero [TEST_WARNING] in both styles, and every method that CCXT can test was tested."""
    markets = ("fetchOHLCV", "fetchTickers", "fetchTrades")
    verdicts = suite.judge(funded.base_url, symbol, STYLES, never_empty=markets)
    assert len(verdicts) == len(STYLES)
    assert complaints(verdicts, PUBLIC | PRIVATE | (DERIVATIVE if ":" in symbol else set())) == []


@pytest.mark.slow
def test_live_suite_of_ccxt_over_the_websocket_finds_no_failure(suite: LiveSuite, funded: VenueProcess) -> None:
    """Every public channel that CCXT watches pushes what its checks accept."""
    assert complaints(suite.judge(funded.base_url, "BTC/USDT:USDT", [("--ws",)]), WATCHED) == []


@pytest.mark.slow
@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT"])
def test_live_suite_of_ccxt_on_an_account_that_trades_reads_every_row(
    suite: LiveSuite, with_positions: VenueProcess, symbol: str
) -> None:
    """Positions, orders, fills and bills that are there pass CCXT's checks of each row."""
    verdicts = suite.judge(
        with_positions.base_url,
        symbol,
        [("--sync", "--privateOnly"), ("--privateOnly",)],
        never_empty=("fetchMyTrades", "fetchPositions"),
        unjudged=UNJUDGED_WITH_POSITIONS,
    )
    assert complaints(verdicts, {"fetchMyTrades", "fetchClosedOrders", "fetchLedger", "fetchOpenOrders"}) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lie", "option", "method"),
    [("book_sides_swapped", "--info", "fetchOrderBook"), ("positions_empty", "--privateOnly", "fetchPositions")],
)
def test_live_suite_of_ccxt_on_a_lying_venue_finds_the_lie(
    suite: LiveSuite, lie: str, option: str, method: str
) -> None:
    """The judge can say no: a planted lie becomes a failure of the method that reads it."""
    with VenueProcess(scenario="positions", lies=[lie]) as lying:
        (verdict,) = suite.judge(lying.base_url, "BTC/USDT:USDT", [("--sync", option)], never_empty=["fetchPositions"])
    assert method in {words.split()[1] for words in verdict.failures}
    assert method not in verdict.finished
