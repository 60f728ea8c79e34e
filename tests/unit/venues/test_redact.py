"""Redaction: no secret in any encoding, and nothing but secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dualwitness.venues.redact import REDACTED, Redactor

# How a secret can travel; written down here a second time on purpose.
ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "url": lambda secret: quote(secret, safe=""),
    "url form": quote_plus,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json in its own letters": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "hex": lambda secret: secret.encode().hex(),
    "hex in capitals": lambda secret: secret.encode().hex().upper(),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 without padding": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    "base64 for urls": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64 for urls without padding": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "repr": lambda secret: repr(secret)[1:-1],
    "repr in json": lambda secret: json.dumps(repr(secret))[2:-2],
    "json in json": lambda secret: json.dumps(json.dumps(secret))[3:-3],
}
SECRETS = st.text("abcXYZ019'\"%+\\/&=?~ \n\t\u00e9\u20ac\U0001f511", min_size=4, max_size=24)
NASTY = [
    "pa'ss\"word",
    "100%+sure",
    "back\\slash",
    "sl/ash==",
    "\u00e9t\u00e9 \u20ac",
    "new\nline\ttab",
    "a.*b(c)[d]$^|",
]


def ordinary(text: str, secret: str) -> bool:
    """Whether none of the secret's forms stands in a text."""
    return not any(encode(secret) in text for encode in ENCODINGS.values())


@pytest.mark.parametrize("name", ENCODINGS)
@given(secret=SECRETS)
def test_secret_in_any_encoding_is_replaced(name: str, secret: str) -> None:
    """The form goes, what stands around it stays."""
    form = ENCODINGS[name](secret)
    assume(ordinary("<(  )> ", secret))
    text = f"<( {form} )>"
    assume(text.count(form) == 1)
    told = Redactor([secret]).redact(text)
    assert form not in told
    assert told.startswith("<(")
    assert told.endswith(")>")
    assert REDACTED in told


@pytest.mark.parametrize("secret", NASTY)
@pytest.mark.parametrize("name", ENCODINGS)
def test_secret_of_awkward_characters_is_replaced_exactly(name: str, secret: str) -> None:
    """Quotes, per cent, plus, backslash, letters beyond ASCII, and what a pattern would take for a command."""
    form = ENCODINGS[name](secret)
    assert Redactor([secret]).redact(f"key:{form};{form}") == f"key:{REDACTED};{REDACTED}"


@given(secrets=st.lists(SECRETS, max_size=3), text=st.text(max_size=60))
def test_text_without_a_secret_is_not_changed(secrets: list[str], text: str) -> None:
    """Nothing else is blanked, in text or in bytes."""
    assume(all(ordinary(text, secret) for secret in secrets))
    redactor = Redactor(secrets)
    assert redactor.redact(text) == text
    assert redactor.redact_bytes(text.encode()) == text.encode()


@given(
    secrets=st.lists(SECRETS, min_size=1, max_size=3),
    names=st.lists(st.sampled_from(list(ENCODINGS)), max_size=4),
    between=st.text("ab \u00e9", max_size=4),
)
def test_bytes_are_redacted_as_the_same_text_is(secrets: list[str], names: list[str], between: str) -> None:
    """Both ways give the same, so a file and a line of the journal hide the same."""
    text = between.join(ENCODINGS[name](secret) for name in names for secret in secrets)
    redactor = Redactor(secrets)
    assert redactor.redact_bytes(text.encode()) == redactor.redact(text).encode()


@given(noise=st.binary(max_size=12), more=st.binary(max_size=12))
def test_bytes_that_are_no_text_keep_their_value_around_a_secret(noise: bytes, more: bytes) -> None:
    """A broken answer stays as it was, but for the secret in it."""
    secret = "s\u00e9cret-word"
    assume(secret.encode() not in noise + more)
    told = Redactor([secret]).redact_bytes(noise + secret.encode() + more)
    assert told == noise + REDACTED.encode() + more


def test_longer_of_two_overlapping_secrets_is_replaced_whole() -> None:
    """A secret that contains another leaves no tail behind."""
    for order in (["abcd", "abcdefgh"], ["abcdefgh", "abcd"]):
        assert Redactor(order).redact("x abcdefgh y abcd z") == f"x {REDACTED} y {REDACTED} z"
    assert Redactor(["cdef", "abcdefgh"]).redact("abcdefgh") == REDACTED


def test_secrets_that_share_their_ends_are_neither_readable_whole() -> None:
    """Of two that run into each other none can be read afterwards."""
    told = Redactor(["abcd1234", "1234wxyz"]).redact("abcd1234wxyz")
    assert "abcd1234" not in told
    assert "1234wxyz" not in told


@pytest.mark.parametrize("secret", ["", "a", "abc"])
def test_secret_that_is_too_short_to_be_one_blanks_nothing(secret: str) -> None:
    """Three letters would blank ordinary words; the shortest secret has four."""
    assert Redactor([secret]).redact("abc abcabc a") == "abc abcabc a"
    assert Redactor(["abcd"]).redact("abcd") == REDACTED


def test_redactor_without_secrets_gives_everything_back() -> None:
    """Public reads have no keys."""
    assert Redactor(()).redact("anything at all") == "anything at all"
    assert Redactor(()).redact_bytes(b"\xff\x00") == b"\xff\x00"


def test_redactor_in_a_print_shows_no_secret() -> None:
    """Its repr may stand in a traceback."""
    assert "hidden-word" not in repr(Redactor(["hidden-word"])) + str(Redactor(["hidden-word"]))
