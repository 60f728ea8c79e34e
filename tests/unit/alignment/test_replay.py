"""A run read again from its own samples."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.artifacts import MANIFEST
from dualwitness.alignment.replay import SealBroken, recorded_run
from dualwitness.alignment.samples import document
from dualwitness.alignment.settings import AuditSettings
from dualwitness.models import Library, RunMode
from dualwitness.models.wire import WireRequest
from dualwitness.venues import UsageError
from dualwitness.venues.redact import Redactor
from tests.support.observations import exchange

BODY = b'{"code":"0","data":[{"ts":"1"}],"msg":""}'


def run(folder: Path, *libraries: Library, **changes: Any) -> AuditSettings:
    """A sealed run with one call of each library, and the settings to read it."""
    files = {}
    for library in libraries:
        name = f"{library}_raw_samples.json"
        call = exchange(BODY, library=library, path="/api/v5/public/time")
        content = document(library, [("get_server_time", None, call)], Redactor(()))
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
        files[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    said = {"symbols_asked": ["ETH/USDT"], "seed": 7, "mode": "okx_demo_sim", "files": files} | changes
    (folder / MANIFEST).write_text(json.dumps(said), encoding="utf-8")
    return AuditSettings(mode=RunMode.OFFLINE, symbols=("BTC/USDT",), out=folder, samples=folder, symbols_given=True)


@pytest.mark.parametrize("mode", ["okx_demo_sim", "okx_demo_api", "okx_live"])
def test_run_read_again_has_its_own_symbols_seed_and_answers(tmp_path: Path, mode: str) -> None:
    """What the run asked is asked again, whatever world it was."""
    settled, answers = recorded_run(run(tmp_path, *Library, mode=mode))
    assert (settled.symbols, settled.seed, settled.symbols_given) == (("ETH/USDT",), 7, False)
    assert set(answers) == set(Library)
    asked = WireRequest("GET", "http", "127.0.0.1:9", "/api/v5/public/time", "", b"")
    assert [answers[library](asked).body for library in Library] == [BODY, BODY]


def test_run_of_one_library_gives_that_one_s_answers_alone(tmp_path: Path) -> None:
    """The other was not recorded, and is not made up."""
    _, answers = recorded_run(run(tmp_path, Library.OKX_SDK))
    assert set(answers) == {Library.OKX_SDK}


@pytest.mark.parametrize("is_gone", [True, False])
def test_run_whose_samples_were_touched_is_an_integrity_failure(tmp_path: Path, *, is_gone: bool) -> None:
    """One blank more, or a file less, and the seal is broken: exit code 5."""
    settings = run(tmp_path, *Library)
    path = tmp_path / "ccxt_raw_samples.json"
    if is_gone:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(SealBroken, match=r"ccxt_raw_samples\.json") as broken:
        recorded_run(settings)
    assert broken.value.exit_code == 5


def test_run_without_samples_cannot_be_read_again(tmp_path: Path) -> None:
    """It ended before it recorded anything."""
    with pytest.raises(UsageError, match="no raw samples"):
        recorded_run(run(tmp_path))


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", "{}", '{"files": {}, "symbols_asked": ["X"], "seed": "x", "mode": "offline"}']
)
def test_folder_that_is_no_run_is_refused(tmp_path: Path, content: str | None) -> None:
    """Without a manifest, with half of one, or with another kind of file: exit code 2."""
    settings = run(tmp_path, *Library)
    (tmp_path / MANIFEST).unlink()
    if content is not None:
        (tmp_path / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="no readable run"):
        recorded_run(settings)
