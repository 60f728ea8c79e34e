"""
Every call of CCXT, and the proof of its answer taken at the wire.

CCXT turns a truncated, empty or HTML answer into an empty list without an exception (differences
truncated-json-200-reads-as-flat, empty-200-body), so what it returns proves nothing. The bytes do: for OKX HTTP 200, a
JSON object without duplicate keys, ``code`` the string ``"0"`` and ``data`` a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn, Protocol, Self

from dualwitness.models import Venue
from dualwitness.models.wire import WireAnswer, WireExchange
from dualwitness.venues.ccxt_client.errors import CALL_ERRORS, refusal, translated
from dualwitness.venues.ccxt_client.parse import check_row_numbers
from dualwitness.venues.errors import (
    AnswerTimeout,
    AuthenticationRefused,
    EnvelopeInvalid,
    OrderRefused,
    RateLimited,
    RowInvalid,
    TransportError,
    VenueError,
)

__all__ = ["Calls", "Envelope", "Proven", "code_of", "has_absurd_exponent", "prove"]

_LONGEST_TEXT = 200
# `RowInvalid` is the tap's; an envelope that is no answer, or a refusal, comes before it.
_CAUGHT: tuple[type[Exception], ...] = (RowInvalid, *CALL_ERRORS)
_LARGEST_EXPONENT = 400  # beyond it a number is refused anyway; ten to the 400 costs nothing
# Ids and words of the user's own may look like such a number, and nobody computes with them.
_NOT_COMPUTED = frozenset(
    {"clOrdId", "algoClOrdId", "attachAlgoClOrdId", "clientOrderId", "orderLinkId", "tag", "msg", "sMsg"},
)
# Cheap on bytes: an "e" with four signs, digits, blanks or foreign characters behind it, or any escaped character.
_SUSPECT = re.compile(rb"[eE][-+_0-9 \x80-\xff]{4}|\\u00|\\[tnrf]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One proven answer: ``document`` as parsed without loss, ``rows`` of its list (empty where it has none)."""

    document: Any
    rows: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Proven:
    """What CCXT returned, beside the proven answers it was made from; ``countable`` where rows have a fixed shape."""

    value: Any
    envelopes: tuple[Envelope, ...]
    countable: bool

    @property
    def rows(self) -> tuple[Any, ...]:
        """The wire rows of all answers, in order of arrival."""
        return tuple(row for envelope in self.envelopes for row in envelope.rows)

    def one_row(self) -> Self:
        """Raise `RowInvalid` unless one readable row came: of none CCXT makes a record of nulls."""
        if self.countable:
            if len(self.rows) != 1:
                message = f"the venue sent {len(self.rows)} rows where one was asked for"
                raise RowInvalid(message)
            check_row_numbers(self.rows)
        return self

    def all_rows(self) -> Self:
        """Raise `RowInvalid` unless CCXT kept every row: it drops those of another instrument without a word."""
        kept = len(self.value)
        if self.countable and len(self.rows) != kept:
            message = f"the venue sent {len(self.rows)} rows, ccxt gave {kept}"
            raise RowInvalid(message, advice="rows were dropped: treat the answer as unknown, not as empty")
        return self


class _Tap(Protocol):
    def begin(self) -> None: ...

    def current(self) -> tuple[WireExchange, ...]: ...


class Calls:
    """
    Calls CCXT and proves each answer before anybody reads what CCXT made of it.

    Whatever CCXT returned or raised, an unproven answer raises `VenueError`. ``redact`` removes secrets from the
    venue's own words.
    """

    def __init__(self, exchange: Any, tap: _Tap, venue: Venue, redact: Callable[[str], str]) -> None:
        self._exchange = exchange
        self._tap = tap
        self._venue = venue
        self._redact = redact

    def call(self, method: str, *arguments: Any) -> Proven:
        """The proven result of one CCXT method; raises the errors of `prove` and of `errors.translated`."""
        self._tap.begin()
        value: Any = None
        failure: Exception | None = None
        try:
            value = getattr(self._exchange, method)(*arguments)
        except _CAUGHT as error:
            # Not raised from inside this block: CCXT's texts carry whole answers and URLs.
            failure = error
        finally:
            self._exchange.last_request_headers = None  # it holds key and passphrase
        exchanges = self._tap.current()
        envelopes = tuple(prove(self._venue, exchange, self._redact) for exchange in exchanges)
        if isinstance(failure, RowInvalid):
            raise failure
        if failure is not None:
            raise translated(failure, method, asked=bool(exchanges))
        return Proven(value, envelopes, countable=self._venue is Venue.OKX)


def code_of(body: bytes) -> str | None:
    """The venue's result code in an answer of any shape, for the journal; ``None`` where there is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    code = document.get("code", document.get("retCode"))
    return str(code) if isinstance(code, (str, int)) else None


def has_absurd_exponent(body: bytes) -> bool:
    """
    Whether a value in a JSON body, as text or bare, is a power of ten that no machine can write out.

    CCXT raises ten to any power it is told: one ``"1e99999999999"`` hangs the call or takes all memory,
    and no timeout ends it. So an answer is looked through before CCXT sees it.
    """
    if _SUSPECT.search(body) is None:
        return False
    try:
        document = json.loads(body, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return False  # no sound JSON is no answer, which is told elsewhere
    return any(_is_absurd(text) for text in _texts(document))


def _texts(document: object) -> Iterator[str]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += [inner for name, inner in value.items() if name not in _NOT_COMPUTED]


def _is_absurd(text: str) -> bool:
    head, mark, tail = text.lower().partition("e")
    if not mark or not head.strip() or any(character.isalpha() for character in head):
        return False
    try:
        return abs(int(tail)) > _LARGEST_EXPONENT
    except ValueError:
        # More digits than Python converts, or no number: CCXT fails at it as Python does.
        return False


def prove(venue: Venue, exchange: WireExchange, redact: Callable[[str], str] = str) -> Envelope:
    """
    The proven answer of one exchange.

    Raises `TransportError` and `AnswerTimeout` where none came, `EnvelopeInvalid` where it is not the venue's envelope,
    and a `VenueRefusal` where the venue said no.
    """
    where = f"{exchange.request.method} {exchange.request.path}"
    answer = exchange.answer
    if answer is None:
        name = exchange.error or "no answer"
        kind = AnswerTimeout if "Timeout" in name else TransportError
        message = f"no complete answer to {where}: {name}"
        raise kind(message)
    document = _document(answer, where)
    if venue is Venue.OKX:
        # A precheck is posted too, but acknowledges nothing: its row tells of margins.
        places = exchange.request.method == "POST" and not exchange.request.path.endswith("/order-precheck")
        return _prove_okx(answer, document, where, redact, posted=places)
    if venue is Venue.BYBIT:
        return _prove_bybit(answer, document, where, redact)
    return _prove_binance(answer, document, where, redact)


def _document(answer: WireAnswer, where: str) -> Any:
    try:
        document = json.loads(
            answer.body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique
        )
        if b"\\u" in answer.body:
            # Half a character: CCXT drops the whole answer over it, and no file can hold it.
            json.dumps(document, ensure_ascii=False, default=str).encode()
        return document  # noqa: TRY300 - what it raises is handled below
    except (ValueError, ArithmeticError, RecursionError) as error:
        status = answer.status
        kind: type[VenueError] = EnvelopeInvalid
        if status in (401, 429):
            kind = AuthenticationRefused if status == 401 else RateLimited
        what = "is empty" if not answer.body.strip() else f"is not sound JSON ({type(error).__name__})"
        message = f"the answer to {where} {what}, HTTP {status}"
        raise kind(message, http_status=status) from None


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is no JSON number"
    raise ValueError(message)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        message = "an object has the same key twice"
        raise ValueError(message)
    return unique


def _prove_okx(
    answer: WireAnswer, document: Any, where: str, redact: Callable[[str], str], *, posted: bool
) -> Envelope:
    status = answer.status
    code = document.get("code") if isinstance(document, dict) else None
    if not isinstance(code, str) or not (code.isascii() and code.isdigit()):
        what = f"has code {code!r} ({type(code).__name__})" if isinstance(document, dict) else "is no object"
        raise EnvelopeInvalid(f"the answer to {where} {what}, HTTP {status}", http_status=status)
    rows = document.get("data")
    if posted and isinstance(rows, list):
        _prove_acknowledgements(rows, code, where, redact, status)
    if code != "0":
        raise refusal(code, f"OKX refused {where}: {code} {redact(_text(document.get('msg')))}", status)
    if status != 200:
        raise EnvelopeInvalid(f"the answer to {where} says success with HTTP {status}", http_status=status, code=code)
    if not isinstance(rows, list):
        what = "has no data" if "data" not in document else f"has data of type {type(rows).__name__}"
        raise EnvelopeInvalid(f"the answer to {where} {what}", http_status=status, code=code)
    return Envelope(document, tuple(rows))


def _prove_acknowledgements(rows: list[Any], code: str, where: str, redact: Callable[[str], str], status: int) -> None:
    """A row's sCode is the truth (okx-v5-facts section 2; difference code-zero-with-bad-scode-not-raised)."""
    for row in rows:
        row_code = row.get("sCode") if isinstance(row, dict) else None
        if not isinstance(row_code, str) or not (row_code.isascii() and row_code.isdigit()):
            raise EnvelopeInvalid(f"the answer to {where} has a row without a readable sCode", http_status=status)
        if row_code != "0":
            raise OrderRefused(
                f"OKX refused {where}: {row_code} {redact(_text(row.get('sMsg')))}",
                http_status=status,
                code=row_code,
                sub_code=_text(row.get("subCode")) or None,
            )
    if rows and code != "0":
        message = f"the answer to {where} contradicts itself: code {code} over rows of success"
        raise EnvelopeInvalid(message, http_status=status)


def _prove_bybit(answer: WireAnswer, document: Any, where: str, redact: Callable[[str], str]) -> Envelope:
    """Bybit v5: HTTP 200, ``retCode`` the integer 0, ``result`` an object (Bybit docs v5/intro, common response)."""
    status = answer.status
    code = document.get("retCode") if isinstance(document, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        raise EnvelopeInvalid(f"the answer to {where} has retCode {code!r}, HTTP {status}", http_status=status)
    if code != 0:
        text = f"Bybit refused {where}: {code} {redact(_text(document.get('retMsg')))}"
        if code in (10003, 10004, 10005, 10010, 33004):
            raise AuthenticationRefused(text, http_status=status, code=str(code))
        raise refusal("50011" if code in (10006, 10018) else "", text, status, shown=str(code))
    result = document.get("result")
    if status != 200 or not isinstance(result, dict):
        raise EnvelopeInvalid(f"the answer to {where} has no result, HTTP {status}", http_status=status, code="0")
    rows = result.get("list", [])
    return Envelope(document, tuple(rows) if isinstance(rows, list) else ())


def _prove_binance(answer: WireAnswer, document: Any, where: str, redact: Callable[[str], str]) -> Envelope:
    """Binance: HTTP 200 and a JSON object or list; errors are ``{"code": -…, "msg": …}`` (Binance docs, errors)."""
    status = answer.status
    code = document.get("code") if isinstance(document, dict) else None
    if isinstance(code, int) and not isinstance(code, bool) and code < 0:
        text = f"Binance refused {where}: {code} {redact(_text(document.get('msg')))}"
        if code in (-1002, -1021, -1022, -2014, -2015):
            raise AuthenticationRefused(text, http_status=status, code=str(code))
        raise refusal("50011" if code in (-1003, -1015) else "", text, status, shown=str(code))
    if status in (418, 429):
        raise RateLimited(f"too many requests at {where}, HTTP {status}", http_status=status)
    if status != 200 or not isinstance(document, (dict, list)):
        raise EnvelopeInvalid(f"the answer to {where} is no Binance answer, HTTP {status}", http_status=status)
    return Envelope(document, tuple(document) if isinstance(document, list) else ())


def _text(value: object) -> str:
    """The venue's own words, shortened, on one line and without the full stop."""
    return " ".join(value.split())[:_LONGEST_TEXT].rstrip(".") if isinstance(value, str) else ""
