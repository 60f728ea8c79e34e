"""
The template of an entry: every field the predecessor's log asked for, in its order, as headings, labels and text.

`show`, the Markdown and the HTML page all read it from here, so that none of them can leave a field out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dualwitness.difflog.records import Entry, Imported, StatusChange, Stored, World
from dualwitness.difflog.state import EntryState

__all__ = ["HEADINGS", "WORLDS", "Section", "decision_of", "form_of", "form_of_imported", "history_of"]

HEADINGS = (
    "Date (UTC)",
    "Run",
    "Execution environment",
    "Libraries compared",
    "Operation",
    "Observed difference (facts only)",
    "Evidence",
    "Impact on the internal schema",
    "Severity",
    "Mitigation at adapter level",
    "Decision",
    "Record",
)
WORLDS = {
    World.LIVE: "live: a real account",
    World.DEMO: "demo: OKX demo trading",
    World.SIM: "sim: the embedded venue, never evidence of demo or live",
    World.OFFLINE: "offline: recorded samples, never evidence of demo or live",
}
_OPERATIONS = {
    "market data": ("get_instruments", "get_ticker", "get_candles", "get_order_book"),
    "account": ("get_account_config", "get_account_balance", "get_positions", "get_fee_rates"),
    "trading": ("get_open_orders", "get_order", "get_fills", "place_order", "cancel_order"),
}


class Section(NamedTuple):
    """One heading of the template, and what stands under it: label and text."""

    heading: str
    lines: tuple[tuple[str, str], ...]


def decision_of(change: StatusChange) -> str:
    """A decision in one sentence: status, who, why, until when, how far, and what is verified next."""
    until = "" if change.expires is None else f", until {change.expires.isoformat()}"
    then = "" if change.next_verification is None else f"; next verification: {change.next_verification}"
    scope = change.scope
    if scope is None:
        return f"{change.status} by {change.who}: {change.why}{until}{then}"
    versions = ", ".join(f"{name} {version}" for name, version in sorted(scope.libraries.items()))
    place = f"{scope.field} of {scope.symbol or 'the whole answer'}"
    reach = f"for {place} up to {scope.severity} with {versions}"
    return f"{change.status} by {change.who}: {change.why}{until}; {reach}{then}"


def form_of(stored: Stored, entry: Entry) -> list[Section]:
    """An entry in the order of the template, then what the log knows about it; text as it was recorded, unescaped."""
    run, world, libraries = entry.run, entry.environment, entry.libraries
    contents: tuple[tuple[tuple[str, str], ...], ...] = (
        (("date_utc", stored.date_utc),),
        (
            ("run_id", run.run_id),
            ("git_commit", _or_reason(run.git_commit, run.git_commit_reason)),
            ("docker_image_digest", _or_reason(run.docker_image_digest, run.docker_image_digest_reason)),
            ("python_version", run.python_version),
        ),
        (
            ("env", WORLDS[world.env]),
            ("exchange_id", world.exchange_id),
            ("symbol_in_use", _or_reason(world.symbol_in_use, world.symbol_reason)),
            ("market_type", world.market_type),
            ("tdMode", world.td_mode),
            ("posMode", world.pos_mode),
            ("marginMode", world.margin_mode),
            ("lies", ", ".join(world.lies) or "none"),
        ),
        (
            ("A", f"{libraries.a.name} {libraries.a.version}"),
            ("B", f"{libraries.b.name} {libraries.b.version}"),
        ),
        (("operation", _operation(entry.operation)), ("field", entry.field), ("row", entry.row_key or "none")),
        (
            ("CCXT output", entry.observed.ccxt_output),
            ("OKX output", entry.observed.okx_output),
            ("mismatch", entry.observed.mismatch),
        ),
        (
            ("ccxt_raw_sample_ref", entry.evidence.ccxt_raw_sample_ref),
            ("okx_raw_sample_ref", entry.evidence.okx_raw_sample_ref),
            ("alignment_report_ref", entry.evidence.alignment_report_ref),
            ("raw samples", _samples_at(entry.evidence.raw_samples_at)),
        ),
        (("E", entry.impact.E), ("I", entry.impact.I), ("M", entry.impact.M), ("C", entry.impact.C)),
        (("severity", str(entry.severity)),),
        (
            ("degrade_strategy", entry.mitigation.degrade_strategy),
            ("required_manifest_flags", ", ".join(entry.mitigation.required_manifest_flags) or "none"),
        ),
        (
            ("status", str(entry.decision.status)),
            ("next_verification", entry.decision.next_verification),
        ),
        _record(stored, entry),
    )
    return [Section(heading, lines) for heading, lines in zip(HEADINGS, contents, strict=True)]


def form_of_imported(stored: Stored, imported: Imported) -> list[Section]:
    """A predecessor's entry: its facts, and in the first line that they are no evidence."""
    by_axis = ", ".join(f"{severity} for {axis}" for axis, severity in sorted(imported.severity_by_axis.items()))
    return [
        Section(
            "Imported, no evidence of ours",
            (
                ("source", imported.source),
                ("original date", imported.original_date.isoformat()),
                ("run_id", imported.run_id or "none"),
                ("mode", imported.mode or "none"),
                ("severity", str(imported.severity or by_axis or "none")),
                ("status", imported.status),
                ("mitigation", imported.mitigation or "none"),
                ("next_verification", imported.next_verification or "none"),
            ),
        ),
        Section("Facts", tuple((str(number), fact) for number, fact in enumerate(imported.facts, start=1))),
        Section("Record", (("entry_id", imported.entry_id), *_hashes(stored))),
    ]


def history_of(state: EntryState) -> list[tuple[str, str]]:
    """What happened to an entry, oldest first: date and one sentence each."""
    first = state.stored.fields
    recorded = (state.stored.date_utc, f"recorded as {first['decision']['status']} from {_seen_in(first)}")
    changed = [(one.date_utc, decision_of(one.change)) for one in state.changes]
    again = [(one.date_utc, f"seen again in {_seen_in(one.fields)}") for one in state.occurrences]
    ends = [("today", "the acceptance has expired: open again")] if state.expired else []
    return [recorded, *sorted([*changed, *again], key=lambda line: line[0]), *ends]


def _seen_in(fields: Mapping[str, Any]) -> str:
    sides = ", ".join(f"{one['name']} {one['version']}" for one in fields["libraries"].values())
    refs = fields["evidence"]
    pair = f"samples {refs['ccxt_raw_sample_ref'][:12]} and {refs['okx_raw_sample_ref'][:12]}"
    return f"{fields['run']['run_id']} ({fields['environment']['env']}; {sides}; {fields['severity']}; {pair})"


def _record(stored: Stored, entry: Entry) -> tuple[tuple[str, str], ...]:
    return (
        ("entry_id", entry.entry_id),
        ("fingerprint", entry.fingerprint),
        ("axis", str(entry.axis)),
        ("kind", str(entry.kind)),
        ("layer", str(entry.layer)),
        ("odd_one_out", str(entry.odd_one_out)),
        ("rule", entry.rule),
        ("reason", entry.reason),
        ("outcome", str(entry.outcome)),
        *_hashes(stored),
    )


def _hashes(stored: Stored) -> tuple[tuple[str, str], ...]:
    return (
        ("sequence", str(stored.sequence)),
        ("previous_hash", stored.previous_hash),
        ("entry_hash", stored.entry_hash),
    )


def _operation(name: str) -> str:
    group = next((group for group, names in _OPERATIONS.items() if name in names), None)
    return name if group is None else f"{name} ({group})"


def _samples_at(name: str | None) -> str:
    return "in the log" if name is None else f"outside the log, in the collection {name}"


def _or_reason(value: str | None, reason: str | None) -> str:
    return value if value is not None else f"null: {reason or 'no reason given'}"
