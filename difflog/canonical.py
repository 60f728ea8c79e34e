"""
Canonical JSON: one value, one sequence of bytes.

Keys sorted, no blanks, everything outside printable ASCII escaped, one line. The records hold no float.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

__all__ = ["canonical", "whole_text"]

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def canonical(value: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a JSON object; raises `TypeError` for what JSON has not."""
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # half a surrogate pair, or a number beyond 64 bits
        return _encode(value).encode()
    # orjson writes what is not ASCII as it is, and so it does with DEL: there the escaping encoder decides.
    return data if data.isascii() and b"\x7f" not in data else _encode(value).encode()


def whole_text(value: Any) -> Any:
    """
    The same value with every half of a surrogate pair replaced by U+FFFD, at any depth.

    A venue can send one as a JSON escape; neither UTF-8 nor a typed text can carry it.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {whole_text(key): whole_text(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [whole_text(each) for each in value]
    return value
