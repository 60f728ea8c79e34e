"""One line of a connection test: what was looked at, how it stands, and what a person should do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CheckLine", "CheckName", "CheckOutcome"]


class CheckName(StrEnum):
    """What a connection test looks at, in the order in which it is told."""

    CONFIGURATION = "configuration"
    CREDENTIALS = "credentials"
    LIBRARY = "library"
    CLOCK = "clock"
    ENVIRONMENT = "environment"
    PERMISSIONS = "permissions"
    IP_BINDING = "ip_binding"
    ACCOUNT_LEVEL = "account_level"
    POSITION_MODE = "position_mode"
    BALANCE = "balance"
    OPEN_ORDERS = "open_orders"
    POSITIONS = "positions"
    REQUESTS = "requests"
    AGREEMENT = "agreement"


class CheckOutcome(StrEnum):
    """How one thing stands; ``not_possible`` says that nobody could look, which is neither good nor bad news."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_POSSIBLE = "not_possible"


@dataclass(frozen=True, slots=True)
class CheckLine:
    """
    One thing that was looked at.

    ``library`` is None for what no library was asked. ``value`` is the finding for a program (a number of rows, an
    account level); None where it is not known, never zero. ``unanswered`` marks a failure that is the lack of an answer
    and not a bad one. Raises `ValueError` for a line that is not ok and says no way out.
    """

    check: CheckName
    outcome: CheckOutcome
    told: str
    advice: str | None = None
    library: str | None = None
    value: str | int | None = None
    unanswered: bool = False

    def __post_init__(self) -> None:
        if self.outcome is not CheckOutcome.OK and not self.advice:
            message = f"the line {self.check} is {self.outcome} and says not what to do"
            raise ValueError(message)
        if self.unanswered and self.outcome is not CheckOutcome.FAILED:
            message = f"the line {self.check} is {self.outcome}, so it was answered"
            raise ValueError(message)
