"""
The wire below python-okx: one guarded transport for all of its API classes.

Every API class of python-okx *is* an ``httpx.Client``. The classes made here slip a client of ours between python-okx
and httpx by plain inheritance, so that its own code builds, signs and reads every request while host, proxy, timeout
and record are ours (differences sdk-honours-proxy-env-ccxt-does-not, sdk-one-connection-pool-per-api-class,
timeouts-differ). Nothing is patched and no private name is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from loguru import logger
from okx.Account import AccountAPI
from okx.MarketData import MarketAPI
from okx.PublicData import PublicAPI
from okx.Trade import TradeAPI

from dualwitness.models import Library
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest
from dualwitness.venues.errors import (
    AnswerTimeout,
    DualwitnessError,
    EnvelopeInvalid,
    RowInvalid,
    TransportError,
    UsageError,
)
from dualwitness.venues.okx_sdk.envelope import Reading, prove, read_body
from dualwitness.venues.okx_sdk.symbols import check_value
from dualwitness.venues.redact import Redactor
from dualwitness.venues.stopwatch import Noticed, Stopwatch
from dualwitness.venues.wiring import Wiring

__all__ = ["Apis", "Call", "Caller", "CatchingTransport", "WiredTransport", "open_apis", "wire_request_of"]

# Header values that are safe to keep; of all others only the name is recorded.
_HARMLESS_HEADERS = frozenset({"user-agent", "content-type", "x-simulated-trading", "exptime"})
# They describe the bytes on the wire, not the decoded body that is kept.
_WIRE_ONLY_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_LARGEST_BODY_BYTES = 64 * 1024 * 1024
_MS = 1000
_PAGE = 100
_LARGEST_PAGES = 1000
# Everything that python-okx and httpx raise on a damaged answer; JSONDecodeError is a ValueError.
_FOREIGN = (httpx.HTTPError, httpx.InvalidURL, ValueError, LookupError, AttributeError, TypeError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Call:
    """One finished exchange with its body read strictly."""

    exchange: WireExchange
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class Apis:
    """The API classes of python-okx that are used; typed as Any because python-okx has no types."""

    account: Any
    market: Any
    public: Any
    trade: Any

    def close(self) -> None:
        """Close all of them; they share one pool."""
        for api in (self.account, self.market, self.public, self.trade):
            api.close()


class WiredTransport(httpx.BaseTransport):
    """
    Guards, sends (or replays), records and journals each request.

    Raises `SafetyError` before anything leaves for a foreign origin, `AnswerTimeout` and `TransportError` where no
    complete answer arrives. Never retries, never follows a redirect, reads no proxy variable.
    """

    def __init__(self, wiring: Wiring, redactor: Redactor) -> None:
        self._wiring = wiring
        self._guard = wiring.guard()
        self._redactor = redactor
        self.stopwatch = Stopwatch(wiring.monotonic)
        self._pool: httpx.HTTPTransport | None = None
        if wiring.answers is None:
            # http2 as python-okx itself asks for; it is negotiated over TLS only.
            self._pool = httpx.HTTPTransport(http2=True, retries=0, trust_env=False)
        self._exchanges: list[WireExchange] = []
        self._expires_at_ms: int | None = None
        self.last: Call | None = None

    def __repr__(self) -> str:
        return f"WiredTransport({self._wiring.base_url})"

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request; the only door to the network in this package."""
        self.last = None
        self._guard.check(request.url.scheme, request.url.netloc.decode("ascii"))
        if self._expires_at_ms is not None and request.method == "POST":
            # python-okx has no argument for it; OKX does not sign headers (okx-v5-facts section 2).
            request.headers["expTime"] = str(self._expires_at_ms)
        started_ms, started = self._wiring.now_ms(), self._wiring.monotonic()
        try:
            answer = self._answer(request, started)
        except DualwitnessError as error:
            text = self._redactor.redact(f"{type(error).__name__}: {error}")
            self._keep(request, None, started_ms, started, text)
            raise
        self._keep(request, answer, started_ms, started, None)
        headers = [(name, value) for name, value in answer.headers if name not in _WIRE_ONLY_HEADERS]
        return httpx.Response(answer.status, headers=headers, content=answer.body)

    @contextmanager
    def expiring(self, at_ms: int | None) -> Iterator[None]:
        """Until the block ends each order says when it expires: ms of venue time, in OKX's header ``expTime``."""
        self._expires_at_ms = at_ms
        try:
            yield
        finally:
            self._expires_at_ms = None

    def drain(self) -> tuple[WireExchange, ...]:
        """Hand over, and forget, what was exchanged."""
        exchanges, self._exchanges = tuple(self._exchanges), []
        return exchanges

    def close(self) -> None:
        """Close the pool."""
        if self._pool is not None:
            self._pool.close()

    def _answer(self, request: httpx.Request, started: float) -> WireAnswer:
        if self._pool is None:
            if self._wiring.answers is None:
                message = "there is neither a connection nor a recorded answer"
                raise TransportError(message)
            return self._wiring.answers(wire_request_of(request))
        try:
            response = self._pool.handle_request(request)
            try:
                body = self._read(response, started)
            finally:
                response.close()
        except httpx.TimeoutException:
            raise self._too_late() from None
        except httpx.DecodingError:
            message = "the body does not decode as its content-encoding says"
            raise EnvelopeInvalid(message) from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            text = self._redactor.redact(str(error))
            message = f"no complete answer arrived ({type(error).__name__}: {text})"
            raise TransportError(message) from None
        headers = tuple((name.lower(), value) for name, value in response.headers.items() if name != "set-cookie")
        return WireAnswer(response.status_code, body, headers)

    def _read(self, response: httpx.Response, started: float) -> bytes:
        # httpx limits the time between two bytes only: a dripping server would hold the call for ever.
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > _LARGEST_BODY_BYTES:
                message = f"the body is larger than {_LARGEST_BODY_BYTES} bytes"
                raise TransportError(message)
            if (self._wiring.monotonic() - started) * _MS > self._wiring.timeout_ms:
                raise self._too_late()
        return b"".join(chunks)

    def _too_late(self) -> AnswerTimeout:
        return AnswerTimeout(f"no complete answer arrived within {self._wiring.timeout_ms} ms")

    def _keep(
        self, request: httpx.Request, answer: WireAnswer | None, started_ms: int, started: float, error: str | None
    ) -> None:
        ended = self._wiring.monotonic()
        timing = self.stopwatch.timing(started, ended, by_socket=self._pool is not None)
        # Described only after the answer: an order does not wait for it.
        exchange = WireExchange.of(
            Library.OKX_SDK,
            wire_request_of(request),
            answer,
            started_ms=started_ms,
            duration_ms=(ended - started) * _MS,
            error=error,
            timing=timing,
        )
        reading = None if answer is None else read_body(answer.body)
        self.last = Call(exchange, reading)
        self._exchanges.append(exchange)
        self._wiring.journal.record(exchange, code=None if reading is None else reading.code)


class CatchingTransport(httpx.BaseTransport):
    """Keeps the request that a library is about to send, and sends nothing."""

    def __init__(self) -> None:
        self.caught: WireRequest | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request; the empty answer is never shown to anybody."""
        self.caught = wire_request_of(request)
        return httpx.Response(200, content=b'{"code":"0","data":[],"msg":""}')


class Caller:
    """Asks python-okx, and proves from the wire that what it returned was an answer."""

    def __init__(self, wiring: Wiring) -> None:
        redactor = _redactor_of(wiring)
        self.redact = redactor.redact
        self.transport = WiredTransport(wiring, redactor)
        self.apis = open_apis(wiring, self.transport)
        self._closed = False

    def close(self) -> None:
        """Release sockets; a second call does nothing."""
        if not self._closed:
            self._closed = True
            self.apis.close()

    def ask(self, method: Callable[..., object], **filters: str) -> list[object]:
        """
        The proven rows of one read.

        Raises `UsageError` for a value that python-okx would put on the wire as something else, and every
        `VenueError` that the answer deserves; an empty list means that the venue said "none".
        """
        for value in filters.values():
            check_value(value)
        returned = self.call(method, filters)
        answer, reading = self.last_answer()
        prove(reading, answer.status, self.redact)
        data = returned.get("data") if isinstance(returned, dict) else None
        if not isinstance(data, list):
            message = f"the envelope is sound, but python-okx returned {type(returned).__name__} without a list"
            raise EnvelopeInvalid(message, http_status=answer.status)
        return data

    def pages(
        self,
        method: Callable[..., object],
        cursor: str,
        *,
        is_enough: Callable[[object], bool] | None = None,
        **filters: str,
    ) -> list[object]:
        """
        The rows of all pages, newest first as OKX sends them; ``cursor`` names the key that ``after`` takes.

        No older page is asked for once ``is_enough`` says so of the last row of one.
        """
        rows: list[object] = []
        after = ""
        for _ in range(_LARGEST_PAGES):
            page = self.ask(method, limit=str(_PAGE), after=after, **filters)
            rows += page
            last = page[-1] if page else None
            if len(page) < _PAGE or (is_enough is not None and is_enough(last)):
                return rows
            following = last.get(cursor) if isinstance(last, dict) else None
            if not isinstance(following, str) or not following or following == after:
                message = f"a full page ended with {cursor} {following!r}: the next page cannot be asked for"
                raise RowInvalid(message)
            after = following
        message = f"the answer has more than {_LARGEST_PAGES} pages"
        raise RowInvalid(message)

    def call(self, method: Callable[..., object], arguments: Mapping[str, str | bool]) -> object:
        """Call python-okx; what it raises of its own over an answer that did arrive is left to the proof."""
        if self._closed:
            message = "the client is closed"
            raise UsageError(message, advice="open a new one")
        self.transport.last = None
        self.transport.stopwatch.call_begins()
        try:
            return method(**arguments)
        except _FOREIGN as error:
            last = self.transport.last
            if last is None or last.exchange.answer is None:
                message = f"the request failed before any answer ({type(error).__name__})"
                raise TransportError(message) from None
            return None

    def last_answer(self) -> tuple[WireAnswer, Reading]:
        """What the last call brought; `TransportError` where it brought nothing."""
        last = self.transport.last
        if last is None or last.exchange.answer is None or last.reading is None:
            message = "python-okx returned without asking the venue"
            raise TransportError(message)
        return last.exchange.answer, last.reading


def wire_request_of(request: httpx.Request) -> WireRequest:
    """The request without a secret: header names in full, values of harmless headers alone."""
    headers = tuple(
        (name, value if name in _HARMLESS_HEADERS else "")
        for name, value in ((name.lower(), value) for name, value in request.headers.multi_items())
    )
    return WireRequest(
        method=request.method,
        scheme=request.url.scheme,
        host=request.url.netloc.decode("ascii"),
        path=request.url.raw_path.partition(b"?")[0].decode("ascii"),
        query=request.url.query.decode("ascii"),
        body=request.read(),
        headers=headers,
    )


def _redactor_of(wiring: Wiring) -> Redactor:
    """A redactor for the wiring's credentials."""
    keys = wiring.credentials
    if keys is None:
        return Redactor(())
    return Redactor(value.get_secret_value() for value in (keys.api_key, keys.api_secret, keys.passphrase))


def open_apis(wiring: Wiring, transport: httpx.BaseTransport) -> Apis:
    """
    The API classes of python-okx over ``transport``.

    Demo is explicit: python-okx's own default is demo where CCXT's is live (difference
    sdk-default-flag-is-demo-ccxt-default-is-live). Raises `UsageError` for credentials that cannot be sent.
    """
    logger.disable("okx")  # its debug output shows key and passphrase (difference sdk-debug-logs-credentials)
    timeout = httpx.Timeout(wiring.timeout_ms / _MS)
    stopwatch = transport.stopwatch if isinstance(transport, WiredTransport) else Stopwatch(wiring.monotonic)

    class _Wired(httpx.Client):
        """What python-okx takes for httpx; it passes ``http2`` and ``proxy``, which the transport decides."""

        # python-okx reads the secret as the last thing before it signs, and the passphrase when it has signed.
        API_SECRET_KEY = Noticed(stopwatch.sign_begins)
        PASSPHRASE = Noticed(stopwatch.sign_ends)

        def __init__(self, base_url: str = "", http2: bool = True, proxy: str | None = None) -> None:
            super().__init__(
                base_url=base_url, transport=transport, timeout=timeout, trust_env=False, follow_redirects=False
            )

        def post(self, url: str, *, data: str, headers: dict[str, str]) -> httpx.Response:  # type: ignore[override]
            """Send the same bytes by httpx's current name for them: its old name warns on each call."""
            return self.request("POST", url, content=data, headers=headers)

    class _Account(AccountAPI, _Wired):  # type: ignore[misc]
        pass

    class _Market(MarketAPI, _Wired):  # type: ignore[misc]
        pass

    class _Public(PublicAPI, _Wired):  # type: ignore[misc]
        pass

    class _Trade(TradeAPI, _Wired):  # type: ignore[misc]
        pass

    arguments: dict[str, Any] = {"flag": "1" if wiring.demo else "0", "domain": wiring.base_url, "debug": False}
    keys = wiring.credentials
    if keys is not None:
        arguments["api_key"] = _sendable("API key", keys.api_key.get_secret_value())
        arguments["api_secret_key"] = keys.api_secret.get_secret_value()
        arguments["passphrase"] = _sendable("passphrase", keys.passphrase.get_secret_value())
    make: Callable[[Any], Any] = lambda kind: kind(**arguments)  # noqa: E731 - four calls with the same arguments
    return Apis(make(_Account), make(_Market), make(_Public), make(_Trade))


def _sendable(what: str, value: str) -> str:
    # Refused here because httpx would show the value in its own error; "-1" means "no key" to python-okx.
    usable = value.isascii() and value.isprintable() and value == value.strip()
    if not usable or (what == "API key" and value in ("", "-1")):
        message = f"the {what} cannot be sent: it is empty, has blanks around it or characters outside printable ASCII"
        raise UsageError(message, advice="copy it again from the venue")
    return value
