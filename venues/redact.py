"""
Redaction by value: a live secret is removed in every encoding in which it could have travelled.

By name alone is not enough: `OK-ACCESS-KEY`, a value inside a longer string, or a base64 of it would stay
(reliability B2.8).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

__all__ = ["REDACTED", "Redactor"]

REDACTED = "[redacted]"
_SHORTEST = 4  # a shorter "secret" would blank ordinary text


def _encodings(secret: str) -> set[str]:
    raw = secret.encode()
    forms = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        raw.hex(),
        raw.hex().upper(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }
    forms |= {form.rstrip("=") for form in forms}
    forms |= {json.dumps(form)[1:-1] for form in forms}  # an error text that quotes a secret, written into JSON
    return {form for form in forms if len(form) >= _SHORTEST}


class Redactor:
    """Replaces every form of the given secrets; its own repr shows none."""

    __slots__ = ("_forms", "_pattern", "_raw_forms")

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _encodings(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None
        self._forms = tuple(longest_first)
        self._raw_forms = tuple(form.encode() for form in longest_first)

    def __repr__(self) -> str:
        return "Redactor(…)"

    def redact(self, text: str) -> str:
        """The text without any secret."""
        # Looking for plain strings is some twenty times faster than the pattern, and almost no text has any.
        if self._pattern is None or not any(form in text for form in self._forms):
            return text
        return self._pattern.sub(REDACTED, text)

    def redact_bytes(self, data: bytes) -> bytes:
        """The same for bytes; bytes that are no UTF-8 keep their value."""
        if not any(form in data for form in self._raw_forms):
            return data
        return self.redact(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
