"""One seed gives one run: byte for byte, whatever the machine's zone, language, hash seed or folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit_run import REPORTS, ROOT, clean_environment, only_run, run_audit, without_volatile

OTHER_MACHINE = {
    "TZ": "Asia/Kathmandu",
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "4711",
}


def comparable(folder: Path, names: Iterable[str] = REPORTS) -> dict[str, str]:
    """The reports as text, without the keys that the manifest calls volatile."""
    volatile = json.loads((folder / "run_manifest.json").read_text(encoding="utf-8"))["volatile_keys"]
    return {
        name: json.dumps(without_volatile(json.loads((folder / name).read_text(encoding="utf-8")), volatile), indent=1)
        for name in names
    }


def different(left: dict[str, str], right: dict[str, str]) -> list[str]:
    """The first lines that differ, for the message."""
    return [
        f"{name}: {one.strip()} / {other.strip()}"
        for name in left
        for one, other in zip(left[name].splitlines(), right[name].splitlines(), strict=False)
        if one != other
    ][:10]


def test_run_of_the_same_seed_is_the_same_byte_for_byte(honest_run: Any, tmp_path: Path) -> None:
    """All four reports, once the keys that the manifest itself names are out."""
    run_audit("--out", str(tmp_path), "--seed", "0")
    again, first = comparable(only_run(tmp_path)), comparable(honest_run.folder)
    assert different(first, again) == []
    assert again == first


def test_run_on_another_machine_is_the_same_byte_for_byte(honest_run: Any, tmp_path: Path) -> None:
    """Another zone, language, hash seed and working folder; the packages are found through the umbrella."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = run_audit(
        "--out", "runs", "--config", str(ROOT / "config"), cwd=elsewhere, environment=clean_environment(**OTHER_MACHINE)
    )
    assert done.returncode == 1, done.stderr
    there, here = comparable(only_run(elsewhere / "runs")), comparable(honest_run.folder)
    assert different(here, there) == []
    assert there == here


def test_run_of_another_seed_sees_other_prices_and_the_same_differences(honest_run: Any, tmp_path: Path) -> None:
    """So that equality above means something."""
    run_audit("--out", str(tmp_path), "--seed", "7")
    other = only_run(tmp_path)
    assert comparable(other) != comparable(honest_run.folder)
    prints = [
        {one["fingerprint"] for one in json.loads((folder / "dual_alignment_report.json").read_text())["findings"]}
        for folder in (other, honest_run.folder)
    ]
    assert prints[0] == prints[1]


@pytest.mark.parametrize("key", ["run_id", "started_at", "skew_ms"])
def test_key_that_really_varies_is_called_volatile(honest_run: Any, key: str) -> None:
    """What differs from run to run is named in the run itself."""
    assert key in honest_run.read("run_manifest.json")["volatile_keys"]
