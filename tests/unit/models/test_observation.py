"""Observations: a value or an error, and the sample in which a row stands."""

from __future__ import annotations

import dataclasses

import pytest

from dualwitness.models import Library, NullReason
from dualwitness.models.market import VenueTime
from dualwitness.models.observation import Observation, ObservedError
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest, sample_id_of

ERROR = ObservedError("EnvelopeInvalid", "no envelope", NullReason.INVALID_ENVELOPE)
ROWS = (VenueTime(ts_venue_ms=1),)


def call(body: bytes | None) -> WireExchange:
    """One call with this answer, or without any."""
    request = WireRequest("GET", "http", "127.0.0.1:1", "/x", "", b"")
    answer = None if body is None else WireAnswer(200, body)
    return WireExchange.of(Library.CCXT, request, answer, started_ms=1, duration_ms=1.0)


def observation(*bodies: bytes | None) -> Observation:
    """An observation over these answers, in the order of arrival."""
    return Observation(Library.CCXT, "get_fills", None, ROWS, None, tuple(map(call, bodies)), 1, 2.0, 3.0)


def test_observation_with_rows_or_with_an_error_is_made() -> None:
    """Proven empty rows are rows."""
    for rows, error in ((ROWS, None), ((), None), (None, ERROR)):
        one = Observation(Library.CCXT, "get_fills", None, rows, error, (), 1, 2.0, 3.0)
        assert (one.rows, one.error) == (rows, error)


@pytest.mark.parametrize(("rows", "error"), [(None, None), (ROWS, ERROR), ((), ERROR)])
def test_observation_with_both_or_neither_is_refused(
    rows: tuple[VenueTime, ...] | None, error: ObservedError | None
) -> None:
    """An error beside an empty list would be an unknown that looks flat."""
    with pytest.raises(ValueError, match="either rows or an error"):
        Observation(Library.CCXT, "get_fills", None, rows, error, (), 1, 2.0, 3.0)


def test_observation_cannot_be_changed_after_it_was_made() -> None:
    """It is evidence."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        observation().rows = ()  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        ERROR.message = ""  # type: ignore[misc]


def test_sample_ids_of_an_observation_come_in_order_without_what_was_not_answered() -> None:
    """A call without an answer has no sample."""
    assert observation(b"b", None, b"a").sample_ids == (sample_id_of(b"b"), sample_id_of(b"a"))
    assert observation().sample_ids == ()


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("BTC/USDT:USDT|net|77", b'[{"id":"77"}]'),
        ("77", b'[{"id":"77"}]'),
        ("BTC/USDT:USDT|net|88", b'[{"id":"88"},{"id":"99"}]'),
        ("99", b'[{"id":"99"}]'),
        ("nobody", b"[]"),
        (None, b"[]"),
        ("", b"[]"),
    ],
)
def test_sample_of_a_row_is_the_last_one_that_holds_its_id(key: str | None, body: bytes) -> None:
    """The last part of the key is the venue's id; without a hit it is the last sample of all."""
    pages = (b'[{"id":"77"}]', b'[{"id":"88"},{"id":"99"}]', b'[{"id":"99"}]', None, b"[]")
    assert observation(*pages).sample_of(key) == sample_id_of(body)


def test_sample_of_a_row_without_any_answer_is_none() -> None:
    """No bytes, no evidence."""
    assert observation().sample_of("7") is None
    assert observation(None).sample_of(None) is None
