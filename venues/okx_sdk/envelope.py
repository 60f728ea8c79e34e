"""
The proof of an answer: HTTP 200 and a JSON object whose ``code`` is the string ``"0"`` and whose ``data`` is a list.

Read from the bytes that crossed the wire, because python-okx looks at neither the status nor the code (differences
error-code-not-an-exception-in-sdk, integer-code-zero) and its JSON parser lets NaN and duplicate keys pass.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import NoReturn

from dualwitness.venues.errors import EnvelopeInvalid, RateLimited
from dualwitness.venues.okx_sdk.errors import refusal_of

__all__ = ["Reading", "prove", "prove_shape", "read_body"]

_OK = 200
_TOO_MANY_REQUESTS = 429
_LONGEST_CODE = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """A body read strictly: the JSON object, or the flaw that keeps it from being one."""

    document: dict[str, object] | None
    flaw: str | None = None

    @property
    def code(self) -> str | None:
        """The envelope's ``code`` where it is a string of digits; an integer code is no OKX answer."""
        code = None if self.document is None else self.document.get("code")
        if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) <= _LONGEST_CODE:
            return code
        return None

    @property
    def text(self) -> str:
        """What the venue says in words."""
        text = "" if self.document is None else self.document.get("msg")
        return text if isinstance(text, str) else ""


def read_body(body: bytes) -> Reading:
    """Read a body as strict JSON: UTF-8, no NaN, no duplicate keys, no float."""
    if not body:
        return Reading(None, "the body is empty")
    try:
        document = json.loads(
            body.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_duplicates,
        )
        if b"\\u" in body:
            # Half a character is none: no file could hold it.
            json.dumps(document, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError, DecimalException) as error:
        return Reading(None, f"the body is not strict JSON ({type(error).__name__})")
    if not isinstance(document, dict):
        return Reading(None, f"the body is a JSON {type(document).__name__}, not an object")
    return Reading(document)


def prove_shape(reading: Reading, status: int) -> str:
    """
    The envelope's code, whatever it says.

    Raises `EnvelopeInvalid` where no OKX envelope arrived, and `RateLimited` where HTTP 429 came without one.
    """
    code = reading.code
    if code is not None:
        return code
    flaw = reading.flaw or "its code is missing or is not a string of digits"
    message = f"HTTP {status} brought no OKX envelope: {flaw}"
    if status == _TOO_MANY_REQUESTS:
        raise RateLimited(message, http_status=status)
    raise EnvelopeInvalid(message, http_status=status)


def prove(reading: Reading, status: int, redact: Callable[[str], str]) -> None:
    """
    Prove that the venue answered the question; only then does an empty list mean "none".

    Raises `EnvelopeInvalid`, `AuthenticationRefused`, `RateLimited` or `VenueRefusal` otherwise.
    """
    code = prove_shape(reading, status)
    if code != "0":
        raise refusal_of(code, redact(reading.text), status)
    if status != _OK:
        message = f"code 0 arrived with HTTP {status} instead of 200"
        raise EnvelopeInvalid(message, http_status=status, code=code)
    data = None if reading.document is None else reading.document.get("data")
    if not isinstance(data, list):
        message = f"data is not a list but {type(data).__name__}"
        raise EnvelopeInvalid(message, http_status=status, code=code)


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        message = "a key occurs twice"
        raise ValueError(message)
    return document
