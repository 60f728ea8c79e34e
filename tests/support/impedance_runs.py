"""Sealed runs with a given impedance, and a real run sealed again as if it had met another world."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dualwitness.alignment.artifacts import RunFolder
from dualwitness.venues.redact import Redactor

__all__ = ["DEMO", "EMBEDDED", "LIVE", "figures", "resealed", "run_of"]

EMBEDDED = {"host": "127.0.0.1", "place": "embedded venue", "simulated_trading_header": True, "requests": 9}
DEMO = {"host": "www.okx.com", "place": "OKX demo trading", "simulated_trading_header": True, "requests": 9}
LIVE = {"host": "www.okx.com", "place": "OKX live", "simulated_trading_header": False, "requests": 9}


def figures(*contacted: Mapping[str, Any], p50: float = 2.0) -> dict[str, Any]:
    """A section ``impedance`` with one figure of each kind."""
    summary = {"count": 4, "p50": p50, "p95": 9.0, "p99": 9.0}
    entry = {"calls": 4, "requests": 4, "call_ms": summary, "build_ms": summary, "network_ms": None,
             "reasons": {"network_ms": "not_asked"}}  # fmt: skip
    fee = {"fills": 2, "charged_bps": "5", "expected_bps": "5", "difference_bps": "0", "worst_difference_bps": "0"}
    orders = {"placed": 3, "by_state": {"filled": 2}, "partially_filled": 0, "filled_in_parts": 0, "fills": 2,
              "refused": {"51008": 1}, "outcome_unknown": 0, "not_sent": {}}  # fmt: skip
    cost = {"order": "open", "side": "buy", "bps": "0.5", "book_bps": None, "reason": "absent"}
    return {
        "fidelity": "unknown",
        "contacted": [dict(one) for one in contacted],
        "latency": {"get_fills": {"ccxt": entry}},
        "skew_ms": {**summary, "max": 9.0, "sent": None},
        "slippage_bps": {"ccxt": [cost]},
        "orders": {"ccxt": orders},
        "fee_truth": {"ccxt": {"by_currency": {"USDT": {"paid": fee}}, "unchecked": {"absent": 1}}},
        "not_shown": [{"what": "queue position", "reason": "nobody else stands in the book"}],
        "reasons": {},
    }


def run_of(
    out: Path, fidelity: str, section: Mapping[str, Any], *, name: str = "run_1", status: str = "completed"
) -> Path:
    """A sealed run whose three statements of fidelity are ``fidelity``."""
    folder = RunFolder(out, name, Redactor(()))
    content = {**copy.deepcopy(dict(section)), "fidelity": fidelity}
    flags = {"impedance_fidelity": fidelity}
    folder.write("dual_alignment_report.json", {"run_id": folder.run_id, "flags": flags, "impedance": content})
    folder.write_manifest({"run_id": folder.run_id, "mode": "okx_demo_sim", "status": status, **flags})
    return folder.path


def resealed(run: Path, out: Path, fidelity: str, *contacted: Mapping[str, Any]) -> Path:
    """A copy of a real run, sealed as if it had contacted somebody else."""
    folder = out / f"{run.name}_{fidelity}"
    shutil.copytree(run, folder)
    report = json.loads((folder / "dual_alignment_report.json").read_text(encoding="utf-8"))
    manifest = json.loads((folder / "run_manifest.json").read_text(encoding="utf-8"))
    report["impedance"] |= {"fidelity": fidelity, "contacted": [dict(one) for one in contacted]}
    report["flags"]["impedance_fidelity"] = manifest["impedance_fidelity"] = fidelity
    again = RunFolder(out / "again", folder.name, Redactor(()))
    again.write("dual_alignment_report.json", report)
    again.write_manifest({**manifest, "files": {}})
    return again.path
