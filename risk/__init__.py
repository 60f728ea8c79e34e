"""Pre-trade limits: the layer between configuration and the venues. Nothing is exported from here yet."""

from __future__ import annotations

__all__: list[str] = []
