"""
Limits and venues as a person writes them in YAML, turned at once into frozen, typed models.

>>> from dualwitness.config import load_risk_config, load_venue_config
>>> load_venue_config("okx").demo_mode   # doctest: +SKIP
True
"""

from __future__ import annotations

from dualwitness.config.errors import ConfigError
from dualwitness.config.load import config_sha256, load_risk_config, load_venue_config
from dualwitness.config.schema import RiskConfig, VenueConfig

__all__ = [
    "ConfigError",
    "RiskConfig",
    "VenueConfig",
    "config_sha256",
    "load_risk_config",
    "load_venue_config",
]
