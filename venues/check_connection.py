"""
One client asked everything that a connection test wants to know, and what each answer means.

The client comes in as `ReadingClient`, which has no order call. What left is looked at afterwards all the same: a
request that is no read fails the test (`CheckName.REQUESTS`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dualwitness.models import AccountConfig, Balance, FeeRates, Order, Position, RunMode, Venue
from dualwitness.models.wire import WireExchange
from dualwitness.venues.check_account import (
    KeyFacts,
    account_level_line,
    ip_binding_line,
    key_facts_of,
    permissions_line,
    position_mode_line,
)
from dualwitness.venues.check_line import CheckLine, CheckName, CheckOutcome
from dualwitness.venues.check_refusals import blame_refusal
from dualwitness.venues.check_rows import balance_line, clock_line, orders_line, positions_line
from dualwitness.venues.errors import (
    DualwitnessError,
    RateLimited,
    UnknownSymbol,
    Unsupported,
    UsageError,
    VenueError,
    VenueRefusal,
)

__all__ = ["Asked", "ReadingClient", "check_connection"]

_PRIVATE = (
    CheckName.PERMISSIONS,
    CheckName.IP_BINDING,
    CheckName.ACCOUNT_LEVEL,
    CheckName.POSITION_MODE,
    CheckName.BALANCE,
    CheckName.OPEN_ORDERS,
    CheckName.POSITIONS,
)
_ACCOUNT = _PRIVATE[:4]
# What a read may come to; `SafetyError` is none of it, and ends the test.
_NO_ANSWER = (VenueError, UsageError)
_DEMO_HEADER = "x-simulated-trading"
_Row = TypeVar("_Row")


class ReadingClient(Protocol):
    """The part of a `VenueClient` that a connection test may use: no order can be placed or cancelled through it."""

    @property
    def label(self) -> str:
        """Which route produced the results."""
        ...

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        """Hand over, and forget, everything that crossed the wire since the last call."""
        ...

    def get_server_time(self) -> int:
        """Venue time in ms."""
        ...

    def get_account_config(self) -> AccountConfig:
        """Account level, position mode, permissions, fee type."""
        ...

    def get_account_balance(self) -> tuple[Balance, ...]:
        """One row a currency."""
        ...

    def get_positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        """Every position the venue reports."""
        ...

    def get_open_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """Every resting order."""
        ...

    def get_fee_rates(self, symbol: str) -> FeeRates:
        """Maker and taker rate of one instrument."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What is asked of one client.

    ``pairs`` and ``contracts`` are unified symbols for the venues that answer by instrument alone;
    ``max_clock_skew_ms`` is how far the venue's clock may be off before our own checks refuse orders.
    """

    venue: Venue
    mode: RunMode
    has_keys: bool
    max_clock_skew_ms: int
    now_ms: Callable[[], int]
    pairs: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()

    @property
    def demo(self) -> bool:
        """Whether no real money is in reach."""
        return self.mode is not RunMode.OKX_LIVE


def check_connection(client: ReadingClient, asked: Asked) -> tuple[CheckLine, ...]:
    """Ask one client for everything, by reads alone; what it cannot answer is a line, never an error."""
    return _Interview(client, asked).lines()


class _Interview:
    """The questions to one client, in order, and what crossed the wire meanwhile."""

    def __init__(self, client: ReadingClient, asked: Asked) -> None:
        self._client = client
        self._asked = asked
        self._library = client.label
        self._exchanges: list[WireExchange] = []

    def lines(self) -> tuple[CheckLine, ...]:
        lines = [self._clock()]
        if self._asked.has_keys:
            lines += self._private()
        else:
            lines += [self._impossible(check, "it needs keys, and there are none") for check in _with_environment()]
        self._exchanges += self._client.drain_exchanges()
        return (*lines, self._requests())

    def _clock(self) -> CheckLine:
        before_ms = self._asked.now_ms()
        try:
            venue_ms = self._client.get_server_time()
        except _NO_ANSWER as error:
            return self._unanswered(CheckName.CLOCK, error)
        return clock_line(venue_ms, before_ms, self._asked.now_ms(), self._asked.max_clock_skew_ms, self._library)

    def _private(self) -> list[CheckLine]:
        """Whether the key is accepted where it is shown, and what lies behind it."""
        try:
            config = self._proof()
        except _NO_ANSWER as error:
            blame = blame_refusal(self._asked.venue, error) if isinstance(error, VenueRefusal) else None
            if blame is not None:
                return self._refused(error, *blame)
            # The other reads have answers of their own; what they lack is told once more, by name.
            missing = [self._impossible(check, "the account's set-up gave no answer") for check in _ACCOUNT]
            return [self._unanswered(CheckName.ENVIRONMENT, error), *missing, *self._holdings()]
        return [self._environment(), *self._account(config), *self._holdings()]

    def _refused(self, refusal: DualwitnessError, check: CheckName, advice: str) -> list[CheckLine]:
        """A key that is refused is shown no second time: one line says why, the others that they were not asked."""
        failed = CheckLine(check, CheckOutcome.FAILED, str(refusal), advice, self._library)
        others = [one for one in _with_environment() if one is not check]
        return [failed, *(self._impossible(one, f"the venue refused the key ({check})") for one in others)]

    def _proof(self) -> AccountConfig | None:
        """
        The first signed read that this venue answers over this library; None where it is not the account's set-up.

        Raises what the read raises, and `Unsupported` where there is none.
        """
        try:
            return self._client.get_account_config()
        except Unsupported:
            pass
        try:
            self._client.get_account_balance()
        except Unsupported:
            if not self._asked.pairs:
                raise
            self._client.get_fee_rates(self._asked.pairs[0])
        return None

    def _environment(self) -> CheckLine:
        check, mode = CheckName.ENVIRONMENT, self._asked.mode
        if self._asked.venue is Venue.PAPER:
            return CheckLine(
                check, CheckOutcome.OK, "simulated in this process: no order can leave", None, self._library
            )
        if mode is RunMode.OKX_LIVE:
            told = "LIVE: a key of a real account was accepted; this test only reads"
        elif mode is RunMode.OKX_DEMO_SIM:
            told = f"embedded venue: the key was accepted with {_DEMO_HEADER}: 1"
        elif self._asked.venue is Venue.OKX:
            told = f"demo: the key was accepted with {_DEMO_HEADER}: 1"
        else:
            told = "demo: the key was accepted by the venue's demo side"
        return CheckLine(check, CheckOutcome.OK, told, library=self._library, value=str(mode))

    def _account(self, config: AccountConfig | None) -> list[CheckLine]:
        if config is None:
            return [self._impossible(check, f"{self._library} has no word for it at this venue") for check in _ACCOUNT]
        if self._asked.venue is Venue.PAPER:
            key_lines = [self._impossible(check, "nothing is signed on paper") for check in _ACCOUNT[:2]]
        else:
            self._exchanges += self._client.drain_exchanges()
            key_lines = self._key(config, key_facts_of(self._exchanges))
        return [*key_lines, account_level_line(config, self._library), position_mode_line(config, self._library)]

    def _key(self, config: AccountConfig, facts: KeyFacts) -> list[CheckLine]:
        claimed = config.permissions
        return [
            permissions_line(claimed or facts.permissions, self._library, at_wire=claimed is None),
            ip_binding_line(facts, self._library, demo=self._asked.demo),
        ]

    def _holdings(self) -> list[CheckLine]:
        client, library = self._client, self._library
        contracts = self._asked.contracts
        scope = f" in {', '.join(contracts)}; no other instrument was asked" if contracts else ""
        return [
            self._read(CheckName.BALANCE, lambda: balance_line(client.get_account_balance(), library)),
            self._read(
                CheckName.OPEN_ORDERS,
                lambda: orders_line(self._of_all_symbols(client.get_open_orders), library, scope),
            ),
            self._read(
                CheckName.POSITIONS,
                lambda: positions_line(self._of_all_symbols(client.get_positions), library, scope),
            ),
        ]

    def _read(self, check: CheckName, read: Callable[[], CheckLine]) -> CheckLine:
        """One read as a line; a read that failed is unknown, which is never empty."""
        try:
            return read()
        except (Unsupported, UnknownSymbol) as error:
            return CheckLine(check, CheckOutcome.NOT_POSSIBLE, f"not known: {error}", error.advice, self._library)
        except _NO_ANSWER as error:
            if isinstance(error, VenueRefusal) and not isinstance(error, RateLimited):
                return CheckLine(check, CheckOutcome.FAILED, f"not known: {error}", error.advice, self._library)
            return self._unanswered(check, error)

    def _of_all_symbols(self, read: Callable[[str | None], tuple[_Row, ...]]) -> tuple[_Row, ...]:
        """Rows of the whole account, or of the contracts that were named, where the venue answers by instrument."""
        if not self._asked.contracts:
            return read(None)
        return tuple(row for symbol in self._asked.contracts for row in read(symbol))

    def _requests(self) -> CheckLine:
        """What left for the venue: reads alone, and in demo none without the header that says so."""
        check = CheckName.REQUESTS
        methods = Counter(exchange.request.method for exchange in self._exchanges)
        hosts = sorted({exchange.request.host for exchange in self._exchanges})
        counted = ", ".join(f"{count} {method}" for method, count in sorted(methods.items())) or "none"
        told = f"{counted}{' to ' if hosts else ''}{', '.join(hosts)}"
        total = len(self._exchanges)
        if methods.keys() - {"GET"}:
            advice = "a request that is no read left: look at the journal of calls, and report this as a defect"
            return CheckLine(check, CheckOutcome.FAILED, told, advice, self._library, total)
        if self._asked.demo and self._asked.venue is Venue.OKX:
            bare = sum((_DEMO_HEADER, "1") not in exchange.request.headers for exchange in self._exchanges)
            if bare:
                advice = "a call left without the demo header: report this as a defect"
                return CheckLine(check, CheckOutcome.FAILED, f"{told}, {bare} without it", advice, self._library, total)
            told += f", each with {_DEMO_HEADER}: 1"
        return CheckLine(check, CheckOutcome.OK, told, library=self._library, value=total)

    def _unanswered(self, check: CheckName, error: DualwitnessError) -> CheckLine:
        outcome = CheckOutcome.NOT_POSSIBLE if isinstance(error, Unsupported) else CheckOutcome.FAILED
        told, known = f"not known: {error}", outcome is CheckOutcome.NOT_POSSIBLE
        return CheckLine(check, outcome, told, error.advice, self._library, unanswered=not known)

    def _impossible(self, check: CheckName, why: str) -> CheckLine:
        paper = self._asked.venue is Venue.PAPER
        advice = "nothing: there are no keys" if paper else "clear what is said above and ask again"
        return CheckLine(check, CheckOutcome.NOT_POSSIBLE, why, advice, self._library)


def _with_environment() -> tuple[CheckName, ...]:
    return (CheckName.ENVIRONMENT, *_PRIVATE)
