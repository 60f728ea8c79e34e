"""Reading the body of a POST as OKX's gateway does."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = ["Orders", "read_orders"]

Orders = Params | list[Params]


def read_orders(headers: Mapping[str, str], body: bytes) -> Orders:
    """
    One object of strings, or a list of them for a batch.

    Numbers keep their spelling (never through float), booleans become ``true`` and ``false``, nested values stay JSON.
    Raises `Refusal` 50000 (empty), 50006 (content type), 50002 (not JSON, or not objects).
    """
    if not body.strip():
        raise Refusal("50000", "Body for POST request cannot be empty.", http_status=400)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        message = 'Invalid Content-Type. Please use "application/json".'
        raise Refusal("50006", message, http_status=400)
    try:
        parsed = json.loads(body, parse_float=str, parse_int=str)
    except ValueError as error:
        raise _syntax() from error
    if isinstance(parsed, list) and all(isinstance(order, dict) for order in parsed):
        return [_strings(order) for order in parsed]
    if isinstance(parsed, dict):
        return _strings(parsed)
    raise _syntax()


def _syntax() -> Refusal:
    return Refusal("50002", "JSON syntax error", http_status=400)


def _strings(order: dict[str, object]) -> dict[str, str]:
    return {name: _spelled(value) for name, value in order.items() if value is not None}


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
