"""What happens to a request on its way in and to its answer on the way out; `delivery.py` carries it out."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NO_EFFECTS", "Effects"]


@dataclass(frozen=True, slots=True)
class Effects:
    """
    Everything that befalls one request; the default is nothing.

    On the way in, before the venue sees it: ``lost`` (it never does), ``arrival_delay_ms`` (it does later),
    ``hung_up`` (the connection is closed while it travels). On the way out: ``latency_ms`` of waiting,
    ``bytes_per_second``, pieces of ``slice_bytes`` with ``slice_delay_ms`` between them, ``limit_bytes`` of the body
    after which the connection closes, ``close_delay_ms`` between the body and its end, ``reply_lost`` (processed, and
    nothing comes back), ``silence_ms`` before a connection on which nothing came back is closed, ``reset`` (closed
    with a TCP reset). Times are real milliseconds: venue time may stand still.
    """

    lost: bool = False
    arrival_delay_ms: int = 0
    hung_up: bool = False
    latency_ms: int = 0
    bytes_per_second: int = 0
    slice_bytes: int = 0
    slice_delay_ms: int = 0
    limit_bytes: int | None = None
    close_delay_ms: int = 0
    reply_lost: bool = False
    silence_ms: int = 0
    reset: bool = False

    def joined(self, other: Effects) -> Effects:
        """Both at once: delays add up, the narrower limit holds."""
        return Effects(
            lost=self.lost or other.lost,
            arrival_delay_ms=self.arrival_delay_ms + other.arrival_delay_ms,
            hung_up=self.hung_up or other.hung_up,
            latency_ms=self.latency_ms + other.latency_ms,
            bytes_per_second=_narrower(self.bytes_per_second, other.bytes_per_second),
            slice_bytes=_narrower(self.slice_bytes, other.slice_bytes),
            slice_delay_ms=self.slice_delay_ms + other.slice_delay_ms,
            limit_bytes=min((one for one in (self.limit_bytes, other.limit_bytes) if one is not None), default=None),
            close_delay_ms=self.close_delay_ms + other.close_delay_ms,
            reply_lost=self.reply_lost or other.reply_lost,
            silence_ms=self.silence_ms + other.silence_ms,
            reset=self.reset or other.reset,
        )


def _narrower(one: int, other: int) -> int:
    return min(one, other) if one and other else one or other


NO_EFFECTS = Effects()
