"""OKX's cursors: newest first, ``after`` older, ``before`` newer, both exclusive; ``begin``/``end`` inclusive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from dualwitness.venues.sim.engine.refusals import bad_parameter
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.kinds import Params

__all__ = ["PageAsk", "page", "page_ask"]

T = TypeVar("T")

_MOST = 100
# Any id and any millisecond of this era has fewer digits; a longer number is no number to OKX.
_MOST_DIGITS = 19


class PageAsk(NamedTuple):
    """Which page is asked for; ``oldest_first`` takes the rows nearest to the older end instead of the newest."""

    after: int | None
    before: int | None
    begin: int | None
    end: int | None
    size: int
    oldest_first: bool


def page_ask(params: Params, *, nearest: bool = True) -> PageAsk:
    """
    Read the cursors (okx-v5-facts section 7, "Pagination semantics"). Raises 51000 for a parameter that is no number.

    With ``before`` alone the page is the one nearest to it, and so with ``begin`` alone; ``nearest=False`` (fills by
    ``begin``, positions-history by ``before``) gives the newest page instead. A ``limit`` above 100 gives 100.
    """
    after, before = _number(params, "after"), _number(params, "before")
    begin, end = _number(params, "begin"), _number(params, "end")
    limit = _number(params, "limit")
    if limit == 0:
        raise bad_parameter("limit")
    cursor_alone = before is not None and after is None
    begin_alone = begin is not None and end is None and after is None and before is None
    size = min(limit or _MOST, _MOST)
    return PageAsk(after, before, begin, end, size, oldest_first=nearest and (cursor_alone or begin_alone))


def page(
    rows: Iterable[T],
    params: Params,
    *,
    cursor: Callable[[T], int],
    time_ms: Callable[[T], int],
    nearest: bool = True,
) -> list[T]:
    """One page of a short list, newest first; ``begin``/``end`` filter on ``time_ms`` first, then the cursors."""
    ask = page_ask(params, nearest=nearest)
    kept = [
        row
        for row in rows
        if (ask.begin is None or time_ms(row) >= ask.begin)
        and (ask.end is None or time_ms(row) <= ask.end)
        and (ask.after is None or cursor(row) < ask.after)
        and (ask.before is None or cursor(row) > ask.before)
    ]
    kept.sort(key=cursor, reverse=True)
    return kept[-ask.size :] if ask.oldest_first else kept[: ask.size]


def _number(params: Params, name: str) -> int | None:
    word = text(params, name)
    if not word:
        return None
    if not (word.isascii() and word.isdigit()) or len(word) > _MOST_DIGITS:
        raise bad_parameter(name)
    return int(word)
