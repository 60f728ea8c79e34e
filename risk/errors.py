"""
What can go wrong in the risk engine. A refused order is no error: it is a `ValidatedOrder` that says why.

    RiskError                   advice and exit_code for a command line; whoever meets one sends nothing
    ├── WhoNeeded               a person must be named, with a reason                                     (2)
    ├── UnknownReservation      an order is settled that was never accepted here                          (2)
    ├── SwitchStuck             the kill switch's file can be neither written nor removed                 (4)
    └── StoreUnusable           the store of limits cannot be opened, read or written                     (5)
"""

from __future__ import annotations

from typing import ClassVar

__all__ = ["RiskError", "StoreUnusable", "SwitchStuck", "UnknownReservation", "WhoNeeded"]


class RiskError(Exception):
    """No decision could be made; ``exit_code`` is what a command returns, ``advice`` what a person should do."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problem: str, *, advice: str) -> None:
        super().__init__(problem)
        self.advice = advice

    def diagnostics(self) -> str:
        """What is wrong, and what a person should do, in two sentences."""
        return f"{self}. {self.advice[0].upper()}{self.advice[1:]}."


class WhoNeeded(RiskError):
    """A switch was to be moved by nobody, or for no reason."""

    def __init__(self, field: str) -> None:
        problem = f"{field} was blank, too long or not printable"
        super().__init__(problem, advice="name the person who decides, and say why in a sentence")


class UnknownReservation(RiskError):
    """The fate of an order was told that this engine never accepted."""

    def __init__(self, client_order_id: str) -> None:
        problem = f"no order {client_order_id!r} was accepted here"
        super().__init__(problem, advice="validate an order before it is sent, and settle it under the same id")


class SwitchStuck(RiskError):
    """The kill switch's file can be neither written nor removed; until it can, no order is accepted."""

    exit_code: ClassVar[int] = 4


class StoreUnusable(RiskError):
    """The store of limits cannot be opened, read or written, so nothing is known and nothing may be sent."""

    exit_code: ClassVar[int] = 5
