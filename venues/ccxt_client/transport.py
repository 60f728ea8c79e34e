"""
How CCXT reaches a venue: a `requests` session of ours under a CCXT exchange set up in one safe order.

CCXT documents ``session`` as its own way to hand in a transport, so nothing is patched. The adapter below it sees every
request last: it refuses a forbidden origin, may answer without a socket, and records what crossed the wire. Where the
time goes is seen by plain inheritance from CCXT's class: its own methods run unchanged between two looks at a clock.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import ccxt
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ReadTimeout, RequestException
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, ReadTimeoutError

from dualwitness.models import Library, Venue
from dualwitness.models.timing import WireTiming
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest
from dualwitness.venues.ccxt_client.envelope import code_of, has_absurd_exponent
from dualwitness.venues.errors import RowInvalid, SafetyError
from dualwitness.venues.stopwatch import Stopwatch
from dualwitness.venues.wiring import Wiring, is_loopback

__all__ = ["RequestCaptured", "WireTap", "open_exchange", "open_session"]

_CHUNK_BYTES = 65_536
_LARGEST_BODY_BYTES = 64 * 1024 * 1024
# Headers whose values cannot be secret.
_HARMLESS = frozenset({"user-agent", "content-type", "x-simulated-trading", "exptime"})
# Binance signs in the query or the form body; the signature is not ours to keep.
_SIGNATURE = re.compile(r"(^|&)(signature|sign|api_key)=[^&]*")
_MARKET_TYPES = {
    Venue.OKX: ["spot", "swap", "future", "option"],
    Venue.BYBIT: ["spot", "linear", "inverse"],
    Venue.BINANCE: ["spot", "linear"],
}


class RequestCaptured(Exception):
    """Ends a call just before the socket; ``request`` is what would have been sent."""

    def __init__(self, request: WireRequest) -> None:
        super().__init__("the request was captured and not sent")
        self.request = request


class WireTap(HTTPAdapter):
    """
    The last step before the socket, for every request of one client.

    Raises `SafetyError` for a forbidden origin, `RequestCaptured` while capturing, `OSError` where the journal cannot
    be written, `RowInvalid` for a number that CCXT would never finish computing, and the errors of `requests`, which
    CCXT translates.
    """

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(max_retries=0)
        self._wiring = wiring
        self._guard = wiring.guard()
        self.stopwatch = Stopwatch(wiring.monotonic)
        self._capturing = False
        self._expires_at_ms: int | None = None
        self._undrained: list[WireExchange] = []
        self._current: list[WireExchange] = []

    def begin(self) -> None:
        """Start a new call: `current` gives only what follows."""
        self._current = []
        self.stopwatch.call_begins()

    def current(self) -> tuple[WireExchange, ...]:
        """What crossed the wire since `begin`."""
        return tuple(self._current)

    def drain(self) -> tuple[WireExchange, ...]:
        """Hand over, and forget, everything since the last time."""
        exchanges, self._undrained = tuple(self._undrained), []
        return exchanges

    @contextmanager
    def capturing(self) -> Iterator[None]:
        """Within this block no request leaves: the first one raises `RequestCaptured`."""
        self._capturing = True
        try:
            yield
        finally:
            self._capturing = False

    @contextmanager
    def expiring(self, at_ms: int | None) -> Iterator[None]:
        """Within this block every order carries its deadline: OKX's header ``expTime``, ms of venue time."""
        self._expires_at_ms = at_ms
        try:
            yield
        finally:
            self._expires_at_ms = None

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Check, send once, record; proxies are ignored on purpose."""
        parts = urlsplit(request.url or "")
        self._guard.check(parts.scheme, parts.netloc)
        if self._expires_at_ms is not None and request.method == "POST":
            # Not signed: OKX signs time, method, path and body (okx-v5-facts section 2).
            request.headers["expTime"] = str(self._expires_at_ms)
        if self._capturing:
            raise RequestCaptured(_wire_request(request))
        started_ms, started = self._wiring.now_ms(), self._wiring.monotonic()
        answered: float | None = None
        answer: WireAnswer | None = None
        error: str | None = None
        try:
            if self._wiring.answers is not None:
                answer = self._wiring.answers(_wire_request(request))
                answered = self._wiring.monotonic()
                _check_computable(answer)
                return _response(request, answer)
            response = super().send(request, stream=True, timeout=timeout, verify=verify, cert=cert, proxies=None)
            self._read(response, started)
            answered = self._wiring.monotonic()
            answer = WireAnswer(response.status_code, response.content, _headers(response))
            _check_computable(answer)
            return response  # noqa: TRY300 - the answer is recorded in `finally`, whichever way this block ends
        except (RequestException, OSError) as failure:
            # The class name alone: texts of the socket layer can carry whole URLs.
            error = type(failure).__name__
            raise
        finally:
            ended = self._wiring.monotonic()
            duration_ms = (ended - started) * 1000
            by_socket = self._wiring.answers is None
            timing = self.stopwatch.timing(started, answered or ended, by_socket=by_socket)
            # Described only now: an order should not wait for its description.
            self._record(_wire_request(request), answer, started_ms, duration_ms, error, timing)

    def _read(self, response: Response, started: float) -> None:
        # `requests` limits the time between two bytes only: a dripping server would hold the call for ever.
        chunks: list[bytes] = []
        size = 0
        try:
            while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
                chunks.append(chunk)
                size += len(chunk)
                if size > _LARGEST_BODY_BYTES:
                    message = "the body is too large"
                    raise RequestsConnectionError(message)
                if len(chunks) > 1 and (self._wiring.monotonic() - started) * 1000 > self._wiring.timeout_ms:
                    message = "the body did not arrive in time"
                    raise ReadTimeout(message)
        except ReadTimeoutError as error:
            response.raw.close()
            raise ReadTimeout(str(error)) from None
        except HTTPError as error:
            response.raw.close()
            raise ChunkedEncodingError(str(error)) from None
        except BaseException:
            response.raw.close()
            raise
        response.raw.release_conn()
        response._content = b"".join(chunks)  # noqa: SLF001 - as for an answer without a socket

    def _record(
        self,
        request: WireRequest,
        answer: WireAnswer | None,
        started_ms: int,
        duration_ms: float,
        error: str | None,
        timing: WireTiming,
    ) -> None:
        exchange = WireExchange.of(
            Library.CCXT, request, answer, started_ms=started_ms, duration_ms=duration_ms, error=error, timing=timing
        )
        self._current.append(exchange)
        self._undrained.append(exchange)
        self._wiring.journal.record(exchange, code=None if answer is None else code_of(answer.body))


def _check_computable(answer: WireAnswer) -> None:
    if has_absurd_exponent(answer.body):
        message = "a number in the answer is outside the range of any price or size"
        raise RowInvalid(message, http_status=answer.status)


def _wire_request(request: PreparedRequest) -> WireRequest:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    raw = body if isinstance(body, bytes) else str(body).encode()
    if b"signature=" in raw or b"api_key=" in raw:
        raw = _SIGNATURE.sub(r"\1\2=[redacted]", raw.decode()).encode()
    headers = tuple(
        sorted(
            (str(name).lower(), str(value) if str(name).lower() in _HARMLESS else "")
            for name, value in request.headers.items()
        )
    )
    query = _SIGNATURE.sub(r"\1\2=[redacted]", parts.query)
    return WireRequest(request.method or "", parts.scheme, parts.netloc, parts.path, query, raw, headers)


def _headers(response: Response) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), value) for name, value in response.headers.items())


def _response(request: PreparedRequest, answer: WireAnswer) -> Response:
    response = Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict(dict(answer.headers))
    response.url = request.url or ""
    response.request = request
    response.encoding = "utf-8"
    # `requests` has no public way to make an answer without a socket; this is the one its own test tools use.
    response._content = answer.body  # noqa: SLF001
    return response


def open_session(tap: WireTap) -> Session:
    """A session that uses ``tap`` alone: no proxy, no netrc, and a redirect is an error that is never followed."""
    session = Session()
    session.trust_env = False
    session.max_redirects = 0
    session.mount("http://", tap)
    session.mount("https://", tap)
    return session


@cache
def _watched(venue: Venue) -> Any:
    """CCXT's own class of ``venue``, with a look at the clock around three of its methods; once a venue."""

    class _Watched(getattr(ccxt, str(venue))):  # type: ignore[misc]
        stopwatch: Stopwatch

        def throttle(self, *arguments: Any, **named: Any) -> Any:
            """CCXT's own wait for the venue's rate limit: time that neither the venue nor our code took."""
            since = self.stopwatch.now()
            try:
                return super().throttle(*arguments, **named)
            finally:
                self.stopwatch.waited_since(since)

        def sign(self, *arguments: Any, **named: Any) -> Any:
            """CCXT's own building of one request: address, body, headers."""
            self.stopwatch.request_begins()
            return super().sign(*arguments, **named)

        def hmac(self, *arguments: Any, **named: Any) -> Any:
            """CCXT's own signature over the request as text."""
            self.stopwatch.sign_begins()
            try:
                return super().hmac(*arguments, **named)
            finally:
                self.stopwatch.sign_ends()

    return _Watched


def open_exchange(wiring: Wiring, venue: Venue, session: Session) -> Any:
    """
    A CCXT exchange of ``venue`` that can only talk to the wiring's base URL.

    Demo is switched on first, because doing so puts the real host back (difference
    set-sandbox-mode-resets-the-loopback-url); the URLs follow, and are then checked. Raises `SafetyError`.
    """
    # CCXT logs request headers with key and passphrase at DEBUG even with verbose off (reliability B2.8), so its logger
    # is silenced for the whole process and never handed to a client.
    silent = logging.getLogger("ccxt.base.exchange")
    silent.disabled = True
    silent.propagate = False
    exchange = _watched(venue)({"session": session, "logger": silent, "verbose": False})
    tap = session.get_adapter(wiring.base_url)
    exchange.stopwatch = tap.stopwatch if isinstance(tap, WireTap) else Stopwatch(wiring.monotonic)
    exchange.number = str  # difference ccxt-number-str-mode-keeps-precision
    # Its throttle would falsify every figure on loopback (rate-limit-ccxt-sleeps-sdk-does-not); a real venue is spared.
    exchange.enableRateLimit = wiring.answers is None and not is_loopback(urlsplit(wiring.base_url).hostname or "")
    exchange.timeout = wiring.timeout_ms
    exchange.enableLastHttpResponse = False
    exchange.enableLastResponseHeaders = False
    if wiring.demo:
        if venue is Venue.OKX:
            exchange.set_sandbox_mode(True)
        else:
            exchange.enable_demo_trading(True)
    exchange.hostname = urlsplit(wiring.base_url).netloc
    for group in ("api", "test", "demo", "demotrading"):
        if group in exchange.urls:
            exchange.urls[group] = {
                name: wiring.base_url.rstrip("/") + urlsplit(url).path for name, url in exchange.urls[group].items()
            }
    types = _MARKET_TYPES[venue]
    if venue is Venue.BINANCE and not is_loopback(urlsplit(wiring.base_url).hostname or ""):
        # Binance has one host a product, and this client has one origin.
        types = ["linear"] if "fapi" in wiring.base_url else ["spot"]
    exchange.options["fetchMarkets"] = {"types": types}
    exchange.options["maxRetriesOnFailure"] = 0
    exchange.options["adjustForTimeDifference"] = False
    exchange.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    if venue is Venue.OKX:
        # The endpoint that the other library uses too (difference single-order-uses-batch-endpoint).
        exchange.options["createOrder"] = "privatePostTradeOrder"
    if venue is Venue.BYBIT:
        # The only kind of account that Bybit still opens; asking for it would cost two signed calls an order.
        exchange.options["enableUnifiedMargin"], exchange.options["enableUnifiedAccount"] = False, True
    if wiring.credentials is not None:
        exchange.apiKey = wiring.credentials.api_key.get_secret_value()
        exchange.secret = wiring.credentials.api_secret.get_secret_value()
        exchange.password = wiring.credentials.passphrase.get_secret_value()
    _check_urls(exchange, wiring, venue)
    return exchange


def _check_urls(exchange: Any, wiring: Wiring, venue: Venue) -> None:
    guard = wiring.guard()
    for url in exchange.urls["api"].values():
        parts = urlsplit(url)
        guard.check(parts.scheme, parts.netloc)
    if venue is Venue.OKX and wiring.demo != (exchange.headers.get("x-simulated-trading") == "1"):
        message = "the demo header does not follow the mode"
        raise SafetyError(message, advice="nothing was sent; report this as a defect")
