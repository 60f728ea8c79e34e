"""
OKX's envelopes: what a success, a refusal and a rejected order look like on the wire (okx-v5-facts section 2).

Key order is part of the format and not the same everywhere: successes are alphabetical, authentication refusals start
with ``msg`` and have no ``data``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from dualwitness.venues.sim.kinds import Refusal

__all__ = ["NOT_FOUND", "Response", "as_json", "gateway_refusal", "refusal_body", "refused_row", "spelled", "success"]

_JSON = (("content-type", "application/json"),)


def gateway_refusal(status: int, reason: str) -> dict[str, object]:
    """The envelope of OKX's gateway, in front of every service: an integer code and no data (recorded with 404)."""
    return {
        "code": status,
        "data": {},
        "detailMsg": "",
        "error_code": str(status),
        "error_message": reason,
        "msg": reason,
    }


NOT_FOUND = gateway_refusal(404, "Not Found")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer before it meets a socket."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = _JSON


def spelled(message: Mapping[str, object]) -> bytes:
    """A message as compact JSON, keys in their order, UTF-8."""
    try:
        return orjson.dumps(message)
    except TypeError:
        # What orjson does not take: numbers beyond 64 bits, and halves of surrogate pairs that a client sent.
        return json.dumps(message, separators=(",", ":")).encode()


def as_json(envelope: Mapping[str, object], status: int = 200) -> Response:
    """Spell an envelope compactly, as OKX does."""
    return Response(status, spelled(envelope))


def success(rows: Sequence[object] | Mapping[str, object], *, now_ms: int, trade_write: bool) -> dict[str, object]:
    """
    The envelope around rows that a handler returned.

    Rows with ``sCode`` decide the top-level ``code``: 0 when all succeeded, 1 when all failed, 2 when some did. Trade
    writes carry ``inTime`` and ``outTime`` in microseconds of venue time.
    """
    code, msg = _outcome(rows)
    # `market/index-components` alone answers an object.
    envelope: dict[str, object] = {"code": code, "data": dict(rows) if isinstance(rows, Mapping) else list(rows)}
    if trade_write:
        # The gateway's own share of the time; constant, so that a standing clock repeats every byte.
        return envelope | {"inTime": str(now_ms * 1000 + 137), "msg": msg, "outTime": str(now_ms * 1000 + 1042)}
    return envelope | {"msg": msg}


def _outcome(rows: Sequence[object] | Mapping[str, object]) -> tuple[str, str]:
    verdicts = [row["sCode"] == "0" for row in rows if isinstance(row, Mapping) and "sCode" in row]
    if all(verdicts):
        return "0", ""
    if any(verdicts):
        return "2", "Bulk operation partially succeeded."
    return "1", "All operations failed"


def refused_row(refusal: Refusal, asked: Mapping[str, str], now_ms: int) -> dict[str, object]:
    """The row that tells of one order that was refused before it existed."""
    return {
        "clOrdId": asked.get("clOrdId", ""),
        "ordId": asked.get("ordId", ""),
        "sCode": refusal.code,
        "sMsg": refusal.msg,
        "subCode": "",
        "tag": asked.get("tag", ""),
        "ts": str(now_ms),
    }


def refusal_body(refusal: Refusal) -> dict[str, object]:
    """The envelope of a refusal at the top level."""
    if refusal.http_status == 401:
        return {"msg": refusal.msg, "code": refusal.code}
    if not refusal.with_data:
        return {"code": refusal.code, "msg": refusal.msg}
    return {"code": refusal.code, "data": [], "msg": refusal.msg}
