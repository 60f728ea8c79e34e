"""Reading the body of a POST as OKX's gateway does."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = ["Orders", "parsed_json", "read_orders", "texts"]

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
        parsed = parsed_json(body)
    except ValueError as error:
        raise _syntax() from error
    if isinstance(parsed, list) and all(isinstance(order, dict) for order in parsed):
        return [texts(order) for order in parsed]
    if isinstance(parsed, dict):
        return texts(parsed)
    raise _syntax()


def parsed_json(text: bytes | str) -> object:
    """JSON whose numbers stay as they were spelled; raises ValueError, also for NaN and for nesting without end."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=_no_number)
    except RecursionError as error:
        message = "nested too deeply"
        raise ValueError(message) from error


def _no_number(word: str) -> object:
    message = f"{word} is no JSON"
    raise ValueError(message)


def _syntax() -> Refusal:
    return Refusal("50002", "JSON syntax error", http_status=400)


def texts(order: dict[str, object]) -> dict[str, str]:
    """The parameters of one order as text, null left out."""
    return {name: _spelled(value) for name, value in order.items() if value is not None}


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
