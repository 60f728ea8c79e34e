"""What the holder of an account may choose about it, apart from account level and position mode."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualwitness.venues.sim.engine.fees import FeeTerms

__all__ = ["Settings"]


@dataclass(slots=True)
class Settings:
    """
    The settings of one account, with OKX's defaults for a new one.

    ``isolated_levels`` are the account levels whose contracts may be isolated: sources disagree on 3 and 4, so it is a
    capability of the account and no constant (okx-v5-facts section 5). ``preset_lever`` is what
    account-level-switch-preset left for the next switch.
    """

    auto_loan: bool = False
    spot_borrow: bool = False
    auto_repay: bool = False
    fee_level: str = "Lv1"
    fee_type: str = "0"
    greeks_type: str = "PA"
    contract_isolated_mode: str = "automatic"
    margin_isolated_mode: str = "automatic"
    strategy_type: str = "0"
    isolated_levels: frozenset[str] = frozenset(("2", "3"))
    preset_level: str = ""
    preset_lever: str = ""
    no_collateral: set[str] = field(default_factory=set)

    @property
    def fee_terms(self) -> FeeTerms:
        """What fees depend on."""
        return FeeTerms(self.fee_level, self.fee_type == "1")
