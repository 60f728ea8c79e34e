"""OKX's cursors: newest first, ``after`` older, ``before`` newer, both exclusive; ``begin``/``end`` inclusive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from dualwitness.venues.sim.engine.refusals import bad_parameter
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.kinds import Params

__all__ = ["page"]

T = TypeVar("T")

_MOST = 100


def page(
    rows: Iterable[T],
    params: Params,
    *,
    cursor: Callable[[T], int],
    time_ms: Callable[[T], int],
    nearest: bool = True,
) -> list[T]:
    """
    One page, newest first (okx-v5-facts section 7, "Pagination semantics").

    ``begin``/``end`` filter on ``time_ms`` first, then the cursors. With ``before`` alone the page is the one nearest
    to it, and so with ``begin`` alone; ``nearest=False`` (fills by ``begin``, positions-history by ``before``) gives
    the newest page instead. A ``limit`` above 100 gives 100. Raises 51000 for a parameter that is no number.
    """
    after, before = _number(params, "after"), _number(params, "before")
    begin, end = _number(params, "begin"), _number(params, "end")
    limit = _number(params, "limit")
    if limit == 0:
        raise bad_parameter("limit")
    kept = [
        row
        for row in rows
        if (begin is None or time_ms(row) >= begin)
        and (end is None or time_ms(row) <= end)
        and (after is None or cursor(row) < after)
        and (before is None or cursor(row) > before)
    ]
    kept.sort(key=cursor, reverse=True)
    size = min(limit or _MOST, _MOST)
    cursor_alone = before is not None and after is None
    begin_alone = begin is not None and end is None and after is None and before is None
    if nearest and (cursor_alone or begin_alone):
        return kept[-size:]
    return kept[:size]


def _number(params: Params, name: str) -> int | None:
    word = text(params, name)
    if not word:
        return None
    if not (word.isascii() and word.isdigit()):
        raise bad_parameter(name)
    return int(word)
