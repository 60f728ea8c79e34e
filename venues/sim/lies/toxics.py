"""The eight toxics of a bad network, each on one connection: what toxiproxy calls them, in our own clock and limits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType

from dualwitness.models import Axis, FindingKind, PositionsQuality, Severity
from dualwitness.venues.sim.lies.effects import Effects
from dualwitness.venues.sim.lies.kinds import Cause, Lie, Options, Theme

__all__ = ["TOXICS"]

_POSITIONS = ("/api/v5/account/positions",)


def _latency(options: Options, draw: Decimal) -> Effects:
    return Effects(latency_ms=max(0, options["latency_ms"] + int(options["jitter_ms"] * draw)))


def _down(_options: Options, _draw: Decimal) -> Effects:
    return Effects(lost=True)


def _bandwidth(options: Options, _draw: Decimal) -> Effects:
    return Effects(bytes_per_second=max(1, options["rate_kbps"]) * 1024)


def _slow_close(options: Options, _draw: Decimal) -> Effects:
    return Effects(close_delay_ms=options["delay_ms"])


def _timeout(options: Options, _draw: Decimal) -> Effects:
    return Effects(reply_lost=True, silence_ms=options["timeout_ms"])


def _reset_peer(options: Options, _draw: Decimal) -> Effects:
    return Effects(reply_lost=True, reset=True, silence_ms=options["timeout_ms"])


def _slicer(options: Options, _draw: Decimal) -> Effects:
    return Effects(slice_bytes=max(1, options["bytes"]), slice_delay_ms=options["delay_ms"])


def _limit_data(options: Options, _draw: Decimal) -> Effects:
    return Effects(limit_bytes=options["bytes"])


def _toxic(name: str, text: str, toxic: Callable[[Options, Decimal], Effects], *, breaks: bool, **options: int) -> Lie:
    cause = Cause(None, "get_positions", "has_position")
    if breaks:
        quality = PositionsQuality.RECONSTRUCTED_FROM_FILLS
        cause = Cause(FindingKind.UNOBTAINABLE, "get_positions", "has_position", Severity.S3, quality)
    return Lie(
        name,
        Theme.TOXIC,
        Axis.I,
        "get_positions",
        "has_position",
        text,
        _POSITIONS,
        cause,
        toxic=toxic,
        options=MappingProxyType(options),
    )


TOXICS = (
    _toxic("bandwidth", "the answer trickles at rate_kbps KiB a second", _bandwidth, breaks=False, rate_kbps=64),
    _toxic("down", "the connection closes before the request is read", _down, breaks=True),
    _toxic("latency", "the answer waits latency_ms, give or take jitter_ms", _latency, breaks=False,
           latency_ms=100, jitter_ms=0),
    _toxic("limit_data", "the connection closes after so many bytes of the body", _limit_data, breaks=True, bytes=64),
    _toxic("reset_peer", "nothing comes back but a TCP reset, after timeout_ms", _reset_peer, breaks=True,
           timeout_ms=0),
    _toxic("slicer", "the answer comes in pieces of so many bytes with delay_ms between them", _slicer, breaks=False,
           bytes=512, delay_ms=1),
    _toxic("slow_close", "the body's end and the close come delay_ms after the body", _slow_close, breaks=False,
           delay_ms=100),
    _toxic("timeout", "nothing comes back, and after timeout_ms the connection closes", _timeout, breaks=True,
           timeout_ms=200),
)  # fmt: skip
