"""The fields of an answer with their JSON types, and the recordings of OKX sorted into cases to ask a venue for."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Case", "Recording", "Table", "fields_of", "read_recordings", "read_table"]

Fields = Mapping[str, frozenset[str]]

# Newest first; the recordings of one source are of one age, give or take a year.
_AGES = ("burakoner_live", "python_okx_notebook", "ccxt", "pyted", "gocryptotrader", "cryptofeed")
_BY_INSTRUMENT_TYPE = frozenset({
    "account/bills", "market/ticker", "market/tickers", "public/instruments", "public/mark-price",
    "trade/fills", "trade/fills-history", "trade/order", "trade/orders-algo-pending", "trade/orders-history",
    "trade/orders-history-archive", "trade/orders-pending",
})  # fmt: skip
_V5 = "/api/v5/"
# The longest row by position that OKX sends is a candle.
_LONGEST_ROW = 9
_ROW = re.compile(r"^\| `(?P<case>[^`]+)` \| `(?P<field>[^`]+)` \| (?P<reason>[^|]+) \|$")


class Case(NamedTuple):
    """What was asked: method, path below ``/api/v5/``, and the kind of instrument or of refusal."""

    method: str
    path: str
    variant: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded answer: ``age`` counts from the newest source, ``whole`` says that nothing was cut out of it."""

    file: str
    age: int
    whole: bool
    keys: tuple[str, ...]
    fields: Fields


class Table(NamedTuple):
    """Fields that a README excuses, by case (with or without its variant); ``*`` excuses a whole case."""

    reasons: Mapping[tuple[str, str], str]

    def excuses(self, case: Case, field: str) -> tuple[str, str] | None:
        """The entry that names this field, or a whole object or list around it."""
        names = [field]
        while "." in names[-1]:
            names.append(names[-1].rpartition(".")[0])
        for asked in (str(case), f"{case.method} {case.path}"):
            for name in (*names, "*"):
                if (asked, name) in self.reasons:
                    return asked, name
        return None


def fields_of(rows: object) -> dict[str, frozenset[str]]:
    """
    Each field of some rows with the JSON types seen there.

    Names inside an object are joined by a dot, the members of a list are marked ``[]``. A list inside a list is a row
    by position (a candle, a level of a book): its members are named ``[0]``, ``[1]``; a longer one is a plain list.
    """
    found: dict[str, set[str]] = defaultdict(set)
    _collect(rows, "", found, in_list=False)
    return {path: frozenset(types) for path, types in found.items()}


def _collect(value: object, path: str, found: dict[str, set[str]], *, in_list: bool) -> None:
    if path:
        found[path].add(_json_type(value))
    if isinstance(value, Mapping):
        for name, member in value.items():
            _collect(member, f"{path}.{name}" if path else str(name), found, in_list=False)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            place = str(index) if in_list and len(value) <= _LONGEST_ROW else ""
            name = f"{path}.[{place}]" if path or in_list else ""
            _collect(member, name, found, in_list=True)


def _json_type(value: object) -> str:
    # bool before int: in Python a truth value is a number.
    for kind, name in (
        (bool, "bool"),
        (str, "string"),
        (int, "int"),
        (float, "float"),
        (list, "list"),
        (dict, "object"),
    ):
        if isinstance(value, kind):
            return name
    return "null"


def read_recordings(folder: Path) -> dict[Case, list[Recording]]:
    """Every answer of REST that was recorded of the real OKX, by case, newest first."""
    sorted_by_case: dict[Case, list[Recording]] = defaultdict(list)
    for entry in json.loads((folder / "INDEX.json").read_text(encoding="utf-8")):
        if not entry["provenance"].startswith("recorded") or entry["method"] == "WS":
            continue
        payload = json.loads((folder / entry["file"]).read_text(encoding="utf-8"))
        for variant, rows in _variants(entry, payload):
            case = Case(entry["method"], entry["endpoint"].removeprefix(_V5), variant)
            sorted_by_case[case].append(_recording(entry, payload, rows))
    for recordings in sorted_by_case.values():
        recordings.sort(key=lambda recording: (recording.age, recording.file))
    return dict(sorted_by_case)


def _recording(entry: Mapping[str, Any], payload: Mapping[str, Any], rows: object) -> Recording:
    return Recording(
        file=entry["file"],
        age=_AGES.index(entry["source"]),
        whole=entry["provenance"] in ("recorded", "recorded_redacted"),
        # What a library had unwrapped was wrapped again by hand: no evidence of the envelope.
        keys=() if entry["source"] == "pyted" else tuple(payload),
        fields=fields_of(rows),
    )


def _variants(entry: Mapping[str, Any], payload: Mapping[str, Any]) -> Iterable[tuple[str, object]]:
    """The rows of an answer by kind of instrument where that decides its fields; a refusal by its code."""
    rows = payload["data"]
    if str(payload["code"]) != "0":
        return [(str(payload["code"]), rows)]
    told_apart = entry["method"] == "GET" and entry["endpoint"].removeprefix(_V5) in _BY_INSTRUMENT_TYPE
    if not told_apart or not isinstance(rows, list):
        return [("", rows)]
    # Where rows were cut out, something else may stand in their place.
    kinds = sorted({str(row["instType"]) for row in rows if isinstance(row, dict) and "instType" in row})
    return [(kind, [row for row in rows if row.get("instType", "") == kind]) for kind in kinds]


def read_table(text: str, name: str) -> Table:
    """The rows ``| `case` | `field` | reason |`` between the markers ``<!-- name -->`` and ``<!-- /name -->``."""
    _, _, rest = text.partition(f"<!-- {name} -->")
    found = (_ROW.match(line) for line in rest.partition(f"<!-- /{name} -->")[0].splitlines())
    return Table({(row["case"], row["field"]): row["reason"] for row in found if row})
