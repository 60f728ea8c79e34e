"""Valid records for tests of the difference log, and logs filled with them: every raw sample is there and unique."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from dualwitness.difflog.records import (
    Content,
    Entry,
    EntryStatus,
    Imported,
    Occurrence,
    Scope,
    StatusChange,
    Stored,
    World,
    entry_id_of,
)
from dualwitness.difflog.store import DiffLog
from dualwitness.models.enums import Severity

__all__ = [
    "NOW",
    "TODAY",
    "VERSIONS",
    "bodies_of",
    "change_of",
    "clock",
    "entry_fields",
    "fill",
    "filled_log",
    "fingerprint",
    "imported_entry",
    "keep_bodies",
    "made_entry",
    "occurrence_of",
    "open_log",
    "references_of",
    "run_fields",
    "whole_story",
]

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
VERSIONS = {"ccxt": "4.5.90", "okx_sdk": "0.4.4"}
_COMMIT = "0123456789abcdef0123456789abcdef01234567"
# A run looks at one world, so each has a run of its own.
_SECONDS = {World.SIM: "00", World.OFFLINE: "01", World.DEMO: "02", World.LIVE: "03"}


def clock() -> datetime:
    """The moment at which every record of a test is dated."""
    return NOW


def fingerprint(number: int) -> str:
    """A difference's name, another one for each number."""
    return sha256(f"difference {number}".encode()).hexdigest()[:16]


def bodies_of(number: int, world: World = World.SIM) -> tuple[bytes, bytes]:
    """CCXT's and the OKX SDK's raw answer behind entry ``number``: no other entry, and no other world, has them."""
    row = {"instId": "BTC-USDT-SWAP", "posId": f"{world}-{number}", "avgPx": "60000.1"}
    ccxt, okx = ({"code": "0", "data": [{**row, "uTime": moment}], "msg": ""} for moment in ("1", "2"))
    return json.dumps(ccxt).encode(), json.dumps(okx).encode()


def references_of(number: int, world: World = World.SIM) -> tuple[str, str]:
    """The addresses of `bodies_of`."""
    ccxt, okx = bodies_of(number, world)
    return sha256(ccxt).hexdigest(), sha256(okx).hexdigest()


def run_fields(world: World = World.SIM) -> dict[str, Any]:
    """The run that looked at a world."""
    return {
        "run_id": f"run_20261121_1159{_SECONDS[world]}_{_COMMIT[:7]}",
        "git_commit": _COMMIT,
        "docker_image_digest": None,
        "docker_image_digest_reason": "not in a container",
        "python_version": "3.11.9",
    }


def entry_fields(number: int = 0, world: World = World.SIM, **changes: Any) -> dict[str, Any]:
    """The fields of a complete entry; ``changes`` reach into them with ``__`` between the levels: ``run__run_id=…``."""
    ccxt, okx = references_of(number, world)
    run = run_fields(world)
    fields: dict[str, Any] = {
        "entry_id": entry_id_of(TODAY, fingerprint(number)),
        "run": run,
        "environment": {
            "env": str(world),
            "exchange_id": "okx",
            "symbol_in_use": "BTC/USDT:USDT",
            "market_type": "swap",
            "td_mode": "cross",
            "pos_mode": "net_mode",
            "margin_mode": "cross",
        },
        "libraries": {
            side: {"name": name, "version": version}
            for side, (name, version) in zip(("a", "b"), VERSIONS.items(), strict=True)
        },
        "axis": "I",
        "operation": "get_positions",
        "field": "entry_price",
        "row_key": f"swap|BTC-USDT-SWAP|{number}",
        "observed": {
            "ccxt_output": "60000.1",
            "okx_output": "60000.2",
            "mismatch": "ccxt: 60000.1; okx_sdk: 60000.2; expected 60000.2 (the body)",
        },
        "evidence": {
            "ccxt_raw_sample_ref": ccxt,
            "okx_raw_sample_ref": okx,
            "alignment_report_ref": f"{run['run_id']}/dual_alignment_report.json",
        },
        "impact": {"E": "none", "I": "get_positions.entry_price: mismatch, S2", "M": "none", "C": "none"},
        "severity": "S2",
        "mitigation": {"degrade_strategy": "null_and_reason", "required_manifest_flags": ["positions_quality"]},
        "decision": {"status": "open", "next_verification": "the next audit"},
        "fingerprint": fingerprint(number),
        "kind": "library_disagreement",
        "layer": "parse",
        "odd_one_out": "ccxt",
        "rule": "positions.entry_price",
        "reason": "ccxt says 60000.1, the body and the OKX SDK say 60000.2",
        "outcome": "mismatch",
    }
    for name, value in changes.items():
        *path, last = name.split("__")
        place = fields
        for key in path:
            place = place[key]
        place[last] = value
    return fields


def made_entry(number: int = 0, world: World = World.SIM, **changes: Any) -> Entry:
    """Entry ``number``, complete; a log takes it once it holds `bodies_of` the number."""
    return Entry.model_validate(entry_fields(number, world, **changes))


def occurrence_of(entry: Entry, **changes: Any) -> Occurrence:
    """The entry's difference, seen again."""
    taken = entry.model_dump(include=set(Occurrence.model_fields) - {"record"})
    return Occurrence.model_validate({**taken, **changes})


def change_of(entry: Entry, status: str, **changes: Any) -> StatusChange:
    """A decision about the entry; an acceptance is for exactly what the entry shows."""
    scope = None
    if status == EntryStatus.ACCEPTED_RISK:
        scope = Scope(
            libraries=entry.libraries.versions(),
            symbol=entry.environment.symbol_in_use,
            field=entry.field,
            severity=entry.severity,
        )
    fields = {"entry_id": entry.entry_id, "status": status, "who": "ops", "why": "the venue documents it"}
    return StatusChange.model_validate({**fields, "scope": scope, **changes})


def imported_entry(number: int = 0, **changes: Any) -> Imported:
    """A predecessor's entry."""
    fields = {
        "entry_id": f"DIFF-20251221-predecessor-{number}",
        "source": "a predecessor's log",
        "original_date": date(2025, 12, 21),
        "severity": Severity.S2,
        "status": "open",
        "facts": ("positions were empty while an order was filled",),
    }
    return Imported.model_validate({**fields, **changes})


def open_log(folder: Path, **named: Any) -> DiffLog:
    """A log whose clock stands still."""
    return DiffLog(folder, clock, **named)


def keep_bodies(log: DiffLog, *numbers: int, world: World = World.SIM) -> None:
    """Put the raw samples of these entries into the log."""
    for number in numbers:
        for body in bodies_of(number, world):
            log.keep_sample(body)


def fill(log: DiffLog, count: int, first: int = 0) -> tuple[Stored, ...]:
    """Append entries ``first`` to ``first + count - 1``, samples and all, in one write."""
    keep_bodies(log, *range(first, first + count))
    return log.append_many(made_entry(number) for number in range(first, first + count))


def whole_story() -> Sequence[Content]:
    """Records of every kind: two entries of the world sim, one seen again, one accepted, one inherited."""
    first, second = made_entry(0), made_entry(1, severity="S3", field="contracts")
    return (
        first,
        second,
        occurrence_of(first),
        change_of(first, "understood"),
        change_of(first, "accepted-risk", expires=date(2027, 1, 1)),
        imported_entry(),
    )


def filled_log(folder: Path, entries: int = 2) -> tuple[Stored, ...]:
    """A log on disk with `whole_story`, and further entries up to the number that is asked for."""
    with open_log(folder) as log:
        keep_bodies(log, 0, 1)
        stored = log.append_many(whole_story())
        return stored + (fill(log, entries - 2, first=2) if entries > 2 else ())
