"""The route to a venue over CCXT; the only package that imports ``ccxt``."""

from __future__ import annotations

__all__: list[str] = []
