"""The append-only log of differences: the layer between configuration and the venues. Nothing is exported yet."""

from __future__ import annotations

__all__: list[str] = []
