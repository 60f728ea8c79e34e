"""The edits that lies are made of: small functions from one envelope to another, for rows of any endpoint."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from decimal import Decimal

from dualwitness.venues.sim.lies.kinds import Asked, Envelope, Row, rows_of
from dualwitness.venues.sim.numbers import text

__all__ = [
    "Edit",
    "RowFilter",
    "asked_alike",
    "asked_alike_but_for_the_page",
    "copied_as",
    "each",
    "empty",
    "empty_beyond_first_page",
    "left_out",
    "middle_dropped",
    "moved_in_time",
    "negated",
    "newest_dropped",
    "newest_only",
    "newest_twice",
    "of_derivatives",
    "only",
    "put",
    "rows_reversed",
    "scaled",
    "swapped",
    "with_data",
    "written",
]

Edit = Callable[[Envelope, Asked], Envelope]
RowFilter = Callable[[Row], bool]

_DERIVATIVES = frozenset({"SWAP", "FUTURES", "OPTION"})


def only(inst_id: str) -> RowFilter:
    """Rows of one instrument."""
    return lambda row: row.get("instId") == inst_id


def of_derivatives(row: Row) -> bool:
    """Rows of contracts, in which a position has a size of its own."""
    return row.get("instType") in _DERIVATIVES


def each(keys: tuple[str, ...], change: Callable[[str], str], chosen: RowFilter | None = None) -> Edit:
    """Change the named string fields of every chosen row, and of every row nested in it; blanks stay blank."""

    def edit(envelope: Envelope, _asked: Asked) -> Envelope:
        for row in rows_of(envelope):
            if chosen is None or chosen(row):
                for target in (row, *_nested(row)):
                    for key in keys:
                        value = target.get(key)
                        if isinstance(value, str) and value != "":
                            target[key] = change(value)
        return envelope

    return edit


def _nested(row: Row) -> list[Row]:
    """The currencies of a balance, the groups of a fee tier."""
    lists = [found for key in ("details", "feeGroup") if isinstance(found := row.get(key), list)]
    return [item for items in lists for item in items if isinstance(item, dict)]


def scaled(*keys: str, by: str, chosen: RowFilter | None = None) -> Edit:
    """Multiply numbers that are there; blanks stay blank."""
    return each(keys, lambda value: text(Decimal(value) * Decimal(by)), chosen)


def negated(*keys: str, chosen: RowFilter | None = None) -> Edit:
    """Turn signs round."""
    return each(keys, lambda value: text(-Decimal(value)), chosen)


def written(*keys: str, value: str, chosen: RowFilter | None = None) -> Edit:
    """Write the same value everywhere, blanks excepted."""
    return each(keys, lambda _: value, chosen)


def swapped(key: str, one: str, other: str, chosen: RowFilter | None = None) -> Edit:
    """Exchange two words."""
    words = {one: other, other: one}
    return each((key,), lambda value: words.get(value, value), chosen)


def moved_in_time(*keys: str, by_ms: int) -> Edit:
    """Add so many milliseconds to moments."""
    return each(keys, lambda value: str(int(value) + by_ms))


def put(key: str, source: str, chosen: RowFilter | None = None) -> Edit:
    """Write another field of the same row into one."""

    def edit(envelope: Envelope, _asked: Asked) -> Envelope:
        for row in rows_of(envelope):
            if row.get(key) and row.get(source) and (chosen is None or chosen(row)):
                row[key] = row[source]
        return envelope

    return edit


def empty(envelope: Envelope, _asked: Asked) -> Envelope:
    """No rows at all."""
    return envelope | {"data": []}


def with_data(envelope: Envelope, change: Callable[[list[object]], list[object]]) -> Envelope:
    """Change the rows as a whole, where there are any."""
    data = envelope.get("data")
    return envelope | {"data": change(data)} if isinstance(data, list) and data else envelope


def newest_twice(envelope: Envelope, _asked: Asked) -> Envelope:
    """The first row, which is the newest, a second time."""
    return with_data(envelope, lambda data: [data[0], *data])


def newest_dropped(envelope: Envelope, _asked: Asked) -> Envelope:
    """The first row, which is the newest, left out."""
    return with_data(envelope, lambda data: data[1:])


def newest_only(envelope: Envelope, _asked: Asked) -> Envelope:
    """The first row alone."""
    return with_data(envelope, lambda data: data[:1])


def middle_dropped(envelope: Envelope, _asked: Asked) -> Envelope:
    """A row in the middle left out, where there are at least three."""
    return with_data(envelope, lambda data: [*data[: len(data) // 2], *data[len(data) // 2 + (len(data) > 2) :]])


def rows_reversed(envelope: Envelope, _asked: Asked) -> Envelope:
    """The rows the other way round: what comes last is the newest, and names the next page."""
    return with_data(envelope, lambda data: data[::-1])


def empty_beyond_first_page(envelope: Envelope, asked: Asked) -> Envelope:
    """No rows on any page but the first."""
    return envelope | {"data": []} if asked.params.get("after") else envelope


def left_out(chosen: RowFilter) -> Edit:
    """Without the chosen rows."""

    def edit(envelope: Envelope, _asked: Asked) -> Envelope:
        return with_data(envelope, lambda data: [row for row in data if not (isinstance(row, dict) and chosen(row))])

    return edit


def asked_alike(asked: Asked) -> Hashable:
    """The same question: the same endpoint and the same parameters."""
    return asked.path, tuple(sorted(asked.params.items()))


def asked_alike_but_for_the_page(asked: Asked) -> Hashable:
    """The same question, whichever page of the answer is meant."""
    kept = (item for item in asked.params.items() if item[0] not in ("after", "before"))
    return asked.path, tuple(sorted(kept))


def copied_as(chosen: RowFilter, **fields: str) -> Edit:
    """The first chosen row once more, with other fields: a row that was never true."""

    def edit(envelope: Envelope, _asked: Asked) -> Envelope:
        model = next((row for row in rows_of(envelope) if chosen(row)), None)
        return envelope if model is None else with_data(envelope, lambda data: [model | fields, *data])

    return edit
