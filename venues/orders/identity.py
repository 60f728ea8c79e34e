"""
Who an order is: the client order id that follows from it, and the digest that tells it from another.

The same intent of the same strategy with the same nonce has the same id, so a program that is started again asks for
the order that it sent, and does not send another (OKX ``clOrdId``: 1 to 32 letters and digits).
"""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal

from dualwitness.models import OrderIntent

__all__ = ["client_order_id_for", "digest_of", "parameters_of"]

_LENGTH = 32
_READABLE = 8  # 96 bits of digest stay
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]")
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def client_order_id_for(strategy: str | None, intent: OrderIntent, nonce: str | int) -> str:
    """
    The id of this order of this strategy: its first letters, then a digest; 32 letters and digits.

    ``nonce`` tells two equal intents apart: the number of a signal, or the time of the bar that caused it. An id that
    the intent carries already plays no part.
    """
    words = _ENCODER.encode([strategy, str(nonce), parameters_of(intent)])
    readable = _NOT_PLAIN.sub("", strategy or "")[:_READABLE].lower()
    return (readable + hashlib.sha256(words.encode()).hexdigest())[:_LENGTH]


def digest_of(parameters: str) -> str:
    """SHA-256 of an order's `parameters_of`, in hex."""
    return hashlib.sha256(parameters.encode()).hexdigest()


def parameters_of(intent: OrderIntent) -> str:
    """
    Everything that an intent asks for, without its id, in one spelling: 0.10 and 0.1 are the same size.

    JSON with sorted keys.
    """
    return _ENCODER.encode(
        {
            "leverage": _plain(intent.leverage),
            "order_type": intent.order_type.value,
            "price": _plain(intent.price),
            "reduce_only": intent.reduce_only,
            "side": intent.side.value,
            "size": _plain(intent.size),
            "strategy": intent.strategy,
            "symbol": intent.symbol,
            "td_mode": intent.td_mode.value,
            "venue": intent.venue.value,
        }
    )


def _plain(number: Decimal | None) -> str | None:
    if number is None:
        return None
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
