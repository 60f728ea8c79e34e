"""
`add`: an entry by hand, from a YAML file, from flags, or from a finding of a run, each laid over the one before it.

Nothing is guessed: what none of them names is demanded by `entry_from`, which lists everything that is missing at once.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from dualwitness.config.read_yaml import document_from_bytes
from dualwitness.difflog.errors import DuplicateEntry, EntryRefused, IntegrityFailure
from dualwitness.difflog.evidence import SampleSource, entry_from
from dualwitness.difflog.flags import LISTS, NULLABLE
from dualwitness.difflog.records import Entry, Occurrence, Stored, World, entry_id_of
from dualwitness.difflog.state import fold
from dualwitness.difflog.store import DiffLog
from dualwitness.models.enums import Axis, FindingKind, Layer, MarketType, OddOneOut, Outcome, RunMode
from dualwitness.models.finding import Claim, Finding, fingerprint_of

__all__ = ["add_entry", "completed", "fields_from_run", "fields_from_yaml", "laid_over", "placed"]

_LIBRARIES = ("libraries.a", "libraries.b")
_REASONED = (
    ("run", "git_commit", "git_commit_reason"),
    ("run", "docker_image_digest", "docker_image_digest_reason"),
    ("environment", "symbol_in_use", "symbol_reason"),
)
_FOLLOWS = ("entry_id:", "fingerprint:")
_SIDES = (("a", "ccxt"), ("b", "okx_sdk"))
_SEALED = ("execution_fingerprint.json", "dual_alignment_report.json")
_RAW = tuple(f"{name}_raw_samples.json" for _, name in _SIDES)
_OF_SOFTWARE = (
    "git_commit",
    "git_commit_reason",
    "docker_image_digest",
    "docker_image_digest_reason",
    "python_version",
)
_WORLDS = {
    RunMode.OKX_DEMO_SIM: World.SIM,
    RunMode.OFFLINE: World.OFFLINE,
    RunMode.OKX_DEMO_API: World.DEMO,
    RunMode.OKX_LIVE: World.LIVE,
}

Fields = dict[str, Any]


def placed(values: Mapping[str, Any]) -> Fields:
    """
    Values by their dotted place, as the nested fields of an entry.

    Raises `EntryRefused` where one place lies inside the value of another.
    """
    fields: Fields = {}
    for place, text in values.items():
        *path, last = place.split(".")
        inner = fields
        for name in path:
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                raise EntryRefused([f"{place}: one value, but {name} was given as a value too"])
        if isinstance(inner.get(last), dict):
            raise EntryRefused([f"{place}: one value, but it was given in parts too"])
        inner[last] = _meant(place, text)
    return fields


def laid_over(*layers: Mapping[str, Any]) -> Fields:
    """The fields of all layers; where two name the same place, the later one holds."""
    result: Fields = {}
    for layer in layers:
        for name, value in layer.items():
            below = result.get(name)
            if isinstance(value, Mapping):
                result[name] = laid_over(below, value) if isinstance(below, Mapping) else laid_over(value)
            else:
                result[name] = value
    return result


def fields_from_yaml(content: bytes, name: str) -> Fields:
    """The fields of an entry as a person writes them; raises `ConfigError` with file and line."""
    flat: dict[str, Any] = {}

    def walk(values: Mapping[str, Any], above: str) -> None:
        for key, value in values.items():
            if isinstance(value, dict):
                walk(value, f"{above}{key}.")
            else:
                flat[f"{above}{key}"] = value

    walk(document_from_bytes(content, name).values, "")
    return placed(flat)


def fields_from_run(folder: Path, finding_id: str) -> tuple[Fields, dict[str, bytes]]:
    """
    What a run knows about one of its findings, and the raw samples behind it by their address.

    The account's mode, the impact on the other axes and the next verification are not in a run: they stay to be named.
    Raises `EntryRefused` where the folder holds no such finding, `IntegrityFailure` where a file is not as it was
    sealed.
    """
    try:
        manifest = json.loads((folder / "run_manifest.json").read_text(encoding="utf-8"))
        software, report, *raw = (_sealed(folder, name, manifest["files"]) for name in (*_SEALED, *_RAW))
        found = [one for one in report["findings"] if finding_id in (one["finding_id"], one["fingerprint"])]
        if not found:
            known = ", ".join(one["finding_id"] for one in report["findings"][:5]) or "none"
            raise EntryRefused([f"a finding of that run: {folder} has no {finding_id}, it has {known} and so on"])
        finding = Finding.model_validate(found[0])
        fields = _from_finding(finding)
        fields["run"] = {"run_id": manifest["run_id"]} | {name: software[name] for name in _OF_SOFTWARE}
        fields["libraries"] = {
            side: {"name": name, "version": software["libraries"][name]["version"]} for side, name in _SIDES
        }
        fields["environment"]["env"] = str(_WORLDS[RunMode(manifest["mode"])])
        fields["environment"]["lies"] = report["lies_planted"]
        fields["evidence"]["alignment_report_ref"] = f"{manifest['run_id']}/{_SEALED[1]}"
        samples = _samples([one["samples"] for one in raw], fields["evidence"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EntryRefused([f"a readable, sealed run: {folder} holds none ({type(error).__name__})"]) from None
    return fields, samples


def completed(fields: Fields, today: date) -> Fields:
    """The same with fingerprint, id, first status and null beside a reason, where they follow from what is named."""
    whole = laid_over({"decision": {"status": "open"}}, fields)
    for group, name, reason in _REASONED:
        inner = whole.get(group)
        if isinstance(inner, dict) and inner.get(reason) is not None:
            inner.setdefault(name, None)
    if "fingerprint" not in whole:
        made = _fingerprint(whole)
        if made is not None:
            whole["fingerprint"] = made
    if "entry_id" not in whole and isinstance(whole.get("fingerprint"), str):
        whole["entry_id"] = entry_id_of(today, whole["fingerprint"])
    return whole


def add_entry(
    log: DiffLog, fields: Fields, samples: Mapping[str, bytes], today: date, sources: Sequence[SampleSource] = ()
) -> Stored:
    """
    Append the entry that the fields make, keeping its samples first; what has its entry already becomes an occurrence.

    ``sources`` are those of the log, for evidence of the world ``offline``. Raises `EntryRefused` with everything that
    is missing, and `WriteFailed`.
    """

    def known(reference: str) -> bytes | None:
        return samples.get(reference) or log.samples(reference)

    entry = _entry(fields, today, known, sources)
    for reference in (entry.evidence.ccxt_raw_sample_ref, entry.evidence.okx_raw_sample_ref):
        body = samples.get(reference)
        if body is not None:
            log.keep_sample(body)
    try:
        return log.append(entry)
    except DuplicateEntry:
        earlier = fold(log.read().records, today).by_fingerprint.get(entry.fingerprint)
        if earlier is None:  # the id is taken by another difference
            raise
        again = _seen_again(entry, earlier.entry_id)
        if again.run.run_id in {one.fields["run"]["run_id"] for one in (earlier.stored, *earlier.occurrences)}:
            error = DuplicateEntry(f"what the run {again.run.run_id} saw of it", earlier.entry_id)
            error.advice = "nothing is left to add"
            raise error from None
        return log.append(again)


def _entry(fields: Fields, today: date, known: SampleSource, sources: Sequence[SampleSource]) -> Entry:
    """The entry; a refusal does not ask for what follows from the rest of what it asks for."""
    try:
        return entry_from(completed(fields, today), known, sources)
    except EntryRefused as refused:
        asked = [line for line in refused.collect if not line.startswith(_FOLLOWS) or line.split(":")[0] in fields]
        raise EntryRefused(asked or refused.collect) from None


def _seen_again(entry: Entry, entry_id: str) -> Occurrence:
    taken = entry.model_dump(include=set(Occurrence.model_fields) - {"record", "entry_id"})
    return Occurrence.model_validate({**taken, "entry_id": entry_id})


def _meant(place: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if place in NULLABLE and value in ("null", "~", ""):
        return None
    if place in LISTS:
        return [one.strip() for one in value.split(",") if one.strip()]
    if place in _LIBRARIES:
        name, _, version = value.partition("@")
        return {"name": name, "version": version}
    return value


def _from_finding(finding: Finding) -> Fields:
    def said(claim: Claim) -> str:
        return f"null ({claim.reason or 'no reason given'})" if claim.value is None else claim.value or '""'

    ccxt, okx_sdk = said(finding.ccxt), said(finding.okx_sdk)
    expected = "" if finding.expected is None else f"; expected {finding.expected.value} ({finding.expected.source})"
    refs = {
        "ccxt_raw_sample_ref": finding.ccxt_raw_sample_ref,
        "okx_raw_sample_ref": finding.okx_raw_sample_ref,
    }
    whole_market = {} if finding.symbol else {"symbol_reason": f"seen in {finding.row_count} rows of the answer"}
    return {
        "environment": {
            "exchange_id": "okx",
            "symbol_in_use": finding.symbol,
            "market_type": str(finding.market_type or "unknown"),
            **whole_market,
        },
        "observed": {
            "ccxt_output": ccxt,
            "okx_output": okx_sdk,
            "mismatch": f"ccxt: {ccxt}; okx_sdk: {okx_sdk}{expected}",
        },
        "evidence": {name: ref for name, ref in refs.items() if ref is not None},
        "impact": {str(finding.axis): f"{finding.operation}.{finding.field}: {finding.outcome}, {finding.severity}"},
        "mitigation": {"degrade_strategy": str(finding.mitigation)},
        **{
            name: value
            for name, value in finding.model_dump(mode="json").items()
            if name in Entry.model_fields and name != "mitigation"
        },
    }


def _fingerprint(fields: Fields) -> str | None:
    """The fingerprint that these words have in an audit, None where one of them is missing or no word of ours."""
    environment = fields.get("environment")
    if not isinstance(environment, Mapping):
        return None
    market_type = environment.get("market_type")
    try:
        return fingerprint_of(
            kind=FindingKind(fields["kind"]),
            layer=Layer(fields["layer"]),
            odd_one_out=OddOneOut(fields["odd_one_out"]),
            axis=Axis(fields["axis"]),
            operation=fields["operation"],
            symbol=environment.get("symbol_in_use"),
            market_type=MarketType(market_type) if market_type in list(MarketType) else None,
            field=fields["field"],
            outcome=Outcome(fields["outcome"]),
            rule=fields["rule"],
        )
    except (KeyError, ValueError):
        return None


def _sealed(folder: Path, name: str, seal: Mapping[str, str]) -> Any:
    """One of a run's files as JSON; raises `IntegrityFailure` where its bytes are not those that the run sealed."""
    content = (folder / name).read_bytes()
    if sha256(content).hexdigest() != seal[name]:
        problem = f"{folder / name} is not what the run sealed"
        raise IntegrityFailure(problem, advice="run the audit again, and add from the new run")
    return json.loads(content)


def _samples(stored: Iterable[Mapping[str, Any]], wanted: Iterable[str]) -> dict[str, bytes]:
    """The bodies that give their address; one that was redacted does not, and is not the sample any more."""
    addresses = set(wanted)
    found = {}
    for samples in stored:
        for address in addresses & samples.keys():
            one = samples[address]
            body = one["body"].encode() if "body" in one else base64.b64decode(one["body_base64"])
            if sha256(body).hexdigest() == address:
                found[address] = body
    return found
