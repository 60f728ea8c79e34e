"""
The endpoints that need no key, by subject; `routes_public.py` puts them into one table.

Each handler takes the market and the query's parameters and returns what stands in ``data``, or raises `Refusal`.
"""

from __future__ import annotations

__all__: list[str] = []
