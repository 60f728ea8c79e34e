"""A sealed run with one finding, as small as a run can be; a real one is made in tests/end_to_end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.support.difflog_records import bodies_of, fingerprint, references_of, run_fields

__all__ = ["BY_HAND", "FINDING", "sealed_run"]

FINDING = "F001"
# What no run knows, and `add --from-run` asks for.
BY_HAND = (
    *("--td-mode", "cross", "--pos-mode", "net_mode", "--margin-mode", "cross"),
    *("--impact-e", "none", "--impact-m", "none", "--impact-c", "none"),
    *("--next-verification", "the next audit"),
)


def sealed_run(folder: Path, **changes: Any) -> Path:
    """A run of the embedded venue; ``changes`` replace parts of its finding, its manifest or its samples."""
    ccxt, okx = references_of(0)
    run = run_fields()
    finding = {
        "finding_id": FINDING, "fingerprint": fingerprint(0), "kind": "library_disagreement", "layer": "parse",
        "odd_one_out": "ccxt", "axis": "I", "operation": "get_positions", "symbol": "BTC/USDT:USDT",
        "market_type": "swap", "row_key": "swap|BTC-USDT-SWAP|0", "row_count": 1, "field": "entry_price",
        "ccxt": {"value": "60000.1", "reason": None}, "okx_sdk": {"value": None, "reason": "blank"},
        "expected": {"value": "60000.2", "source": "the body"}, "outcome": "one_missing", "severity": "S2",
        "rule": "positions.entry_price", "reason": "the SDK leaves it blank", "mitigation": "null_and_reason",
        "ccxt_raw_sample_ref": ccxt, "okx_raw_sample_ref": okx, "accepted_by": None,
    }  # fmt: skip
    finding |= changes.get("finding", {})
    libraries = {"ccxt": {"version": "4.5.90"}, "okx_sdk": {"version": "0.4.4"}}
    samples = dict(zip((ccxt, okx), ({"body": body.decode()} for body in bodies_of(0)), strict=True))
    samples |= changes.get("samples", {})
    documents: dict[str, Mapping[str, Any]] = {
        "execution_fingerprint": {
            **{name: run[name] for name in run if name != "run_id"}, "git_commit_reason": None, "libraries": libraries,
        },
        "dual_alignment_report": {"findings": [finding], "lies_planted": changes.get("lies", [])},
        "ccxt_raw_samples": {"samples": samples},
        "okx_sdk_raw_samples": {"samples": samples},
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    seal = {}
    for name, document in documents.items():
        content = json.dumps(document).encode()
        (folder / f"{name}.json").write_bytes(content)
        seal[f"{name}.json"] = sha256(content).hexdigest()
    manifest = {"run_id": run["run_id"], "mode": "okx_demo_sim", "files": seal} | changes.get("manifest", {})
    (folder / "run_manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
