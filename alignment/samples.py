"""
Raw samples: the sanitised bytes of every request and answer, addressed by the SHA-256 of the body as received.

`SampleStore` collects them during a run; `RecordedAnswers` plays a run's samples back without any socket.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from dualwitness.models import Library
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest, sample_id_of
from dualwitness.venues import VenueError
from dualwitness.venues.redact import Redactor

__all__ = ["RecordedAnswers", "SameBytes", "SampleStore", "caught", "document", "exchanges_of"]

SCHEMA_VERSION = 1
_MADE_UP_ID = re.compile(rb'("clOrdId": ?)"[^"]+"')


class SampleStore:
    """Every exchange of a run, by library, in the order in which each library made them."""

    def __init__(self) -> None:
        self._exchanges: dict[Library, list[tuple[str, str | None, WireExchange]]] = defaultdict(list)

    def add(self, operation: str, symbol: str | None, exchanges: Iterable[WireExchange]) -> None:
        """Keep the exchanges that one question caused."""
        for exchange in exchanges:
            self._exchanges[exchange.library].append((operation, symbol, exchange))

    def of(self, library: Library) -> list[tuple[str, str | None, WireExchange]]:
        """What one library exchanged."""
        return list(self._exchanges[library])

    def count(self, library: Library) -> int:
        """How many calls a library made."""
        return len(self._exchanges[library])


def document(
    library: Library, entries: Iterable[tuple[str, str | None, WireExchange]], redactor: Redactor
) -> dict[str, Any]:
    """The content of ``<library>_raw_samples.json``: one record an exchange, in order; each body once, by address."""
    bodies: dict[str, dict[str, Any]] = {}
    calls = []
    for operation, symbol, exchange in entries:
        request, answer = exchange.request, exchange.answer
        calls.append(
            {
                "operation": operation,
                "symbol": symbol,
                "sample_id": exchange.sample_id,
                "request": {
                    "method": request.method,
                    "path": redactor.redact(request.path),
                    "query": redactor.redact(request.query),
                    "body": redactor.redact(request.body.decode("utf-8", "replace")),
                    "signed": request.signed,
                },
                "status": None if answer is None else answer.status,
                "error": None if exchange.error is None else redactor.redact(exchange.error),
                "started_ms": exchange.started_ms,
                "duration_ms": round(exchange.duration_ms, 3),
                "sign_ms": _rounded(exchange.sign_ms),
                "network_ms": _rounded(exchange.network_ms),
            }
        )
        if exchange.sample_id is not None:
            kept = answer or WireAnswer(0, request.body)  # a request caught before the socket is its own sample
            bodies.setdefault(exchange.sample_id, _body(kept, redactor))
    return {"schema_version": SCHEMA_VERSION, "library": str(library), "calls": calls, "samples": bodies}


def _rounded(duration_ms: float | None) -> float | None:
    return None if duration_ms is None else round(duration_ms, 4)


def _body(answer: WireAnswer, redactor: Redactor) -> dict[str, Any]:
    clean = redactor.redact_bytes(answer.body)
    content_type = redactor.redact(dict(answer.headers).get("content-type", ""))
    record: dict[str, Any] = {"content_type": content_type, "redacted": clean != answer.body}
    try:
        record["body"] = clean.decode("utf-8")
    except UnicodeDecodeError:
        record["body_base64"] = base64.b64encode(clean).decode()
    return record


def caught(library: Library, request: WireRequest) -> WireExchange:
    """
    A request that was built and never sent, as a sample of its own.

    A client order id that the library made up at random is masked, so that one seed gives one sample.
    """
    body = _MADE_UP_ID.sub(rb'\1"[made up by the library]"', request.body)
    masked = WireRequest(request.method, request.scheme, request.host, request.path, request.query, body)
    return WireExchange(library, masked, None, 0, 0.0, "caught before the socket", sample_id_of(body))


def exchanges_of(content: Mapping[str, Any]) -> list[tuple[str, str | None, WireRequest, WireAnswer | None]]:
    """Read a raw samples document back; raises `KeyError` or `ValueError` where it is none."""
    found = []
    for call in content["calls"]:
        asked = call["request"]
        request = WireRequest(
            asked["method"], "http", "recorded", asked["path"], asked["query"], asked["body"].encode()
        )
        answer = None
        if call["status"] is not None:
            stored = content["samples"][call["sample_id"]]
            text = stored.get("body")
            body = base64.b64decode(stored["body_base64"]) if text is None else text.encode()
            answer = WireAnswer(int(call["status"]), body, (("content-type", stored["content_type"]),))
        found.append((call["operation"], call["symbol"], request, answer))
    return found


class RecordedAnswers:
    """
    Plays the recorded answers of one library back, in the order in which they came.

    The same request asked again gets the next recorded answer to it, the last one for ever after. Raises `VenueError`
    for a request that was never recorded, or got no answer.
    """

    def __init__(self, recorded: Iterable[tuple[WireRequest, WireAnswer | None]]) -> None:
        self._answers: dict[tuple[str, str, tuple[tuple[str, str], ...]], deque[WireAnswer | None]] = defaultdict(deque)
        for request, answer in recorded:
            self._answers[_identity(request)].append(answer)

    def __call__(self, request: WireRequest) -> WireAnswer:
        """The next recorded answer to this request."""
        answers = self._answers.get(_identity(request))
        if not answers:
            message = f"{request.method} {request.path} was never recorded"
            raise VenueError(message, advice="record it first: the samples come from another version or other symbols")
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if answer is None:
            message = f"{request.method} {request.path} was recorded without an answer"
            raise VenueError(message)
        return answer


def _identity(request: WireRequest) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    query = tuple(sorted(parse_qsl(request.query, keep_blank_values=True)))
    return request.method, request.path, query


class SameBytes:
    """
    Gives one library's answers to whichever library asks: the same bytes for both parsers.

    The answer to a path whose query has most in common with the request's is taken; a page cursor must be the same.
    """

    def __init__(self, exchanges: Iterable[WireExchange]) -> None:
        self._by_path: dict[str, list[tuple[dict[str, str], WireAnswer]]] = defaultdict(list)
        for exchange in exchanges:
            if exchange.answer is not None:
                self.add(exchange.request, exchange.answer)

    def add(self, request: WireRequest, answer: WireAnswer) -> None:
        """Know one more answer."""
        self._by_path[request.path].append((dict(parse_qsl(request.query)), answer))

    def __call__(self, request: WireRequest) -> WireAnswer:
        """The recorded bytes for this request; raises `VenueError` where there are none for its path."""
        asked = dict(parse_qsl(request.query))
        best: WireAnswer | None = None
        most = -1
        for query, answer in self._by_path.get(request.path, ()):
            if query.get("after") != asked.get("after") or _other_kind(query, asked):
                continue
            common = len(query.items() & asked.items())
            if common > most:
                best, most = answer, common
        if best is None:
            message = f"the other library never asked {request.path}"
            raise VenueError(message, advice="the two cannot be compared on the same bytes here")
        return best


def _other_kind(query: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    """Whether both name what they ask about, and name different things."""
    return any(
        name in query and name in asked and query[name] != asked[name]
        for name in ("instType", "instId", "uly", "ordId")
    )
