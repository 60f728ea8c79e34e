"""What software made a run, and nothing of the machine's secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment import fingerprint
from dualwitness.alignment.fingerprint import commit_of, execution_fingerprint, library_fingerprint
from dualwitness.models import Library


def content(environment: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    """A fingerprint in that environment; the libraries are left out, they take time to read."""
    usual: dict[str, Any] = {"config_sha256": "c" * 64, "hosts": (), "libraries": ()}
    return execution_fingerprint(**usual | changes, environment=environment)


def test_proxy_variables_are_named_and_their_values_are_not() -> None:
    """A proxy's address holds a password; upper and lower case both count, other variables do not."""
    secret = "http://user:pass-word@proxy.example:3128"
    told = content({"HTTPS_PROXY": secret, "no_proxy": "internal.example", "OKX_API_KEY": secret, "PATH": "x"})
    assert told["proxy_variables"] == ["HTTPS_PROXY", "no_proxy"]
    assert "pass-word" not in json.dumps(told)
    assert "internal.example" not in json.dumps(told)


def test_hosts_are_told_once_and_in_order() -> None:
    """The same host twice is one host."""
    assert content({}, hosts=["b", "a", "b"])["hosts_contacted"] == ["a", "b"]


def test_image_digest_comes_from_the_environment_or_is_null_with_a_reason() -> None:
    """Null is explained; a digest needs no explanation; a blank one is none."""
    inside = content({"DOCKER_IMAGE_DIGEST": "sha256:1"})
    assert (inside["docker_image_digest"], inside["docker_image_digest_reason"]) == ("sha256:1", None)
    for environment in ({}, {"DOCKER_IMAGE_DIGEST": ""}):
        outside = content(environment)
        assert outside["docker_image_digest"] is None
        assert "container" in outside["docker_image_digest_reason"]


def test_outside_a_clone_the_commit_is_null_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed wheel has no commit, and neither has a copy inside somebody else's clone."""
    for answer in (None, f"/\n{'f' * 40}"):
        monkeypatch.setattr(fingerprint, "_git", lambda *_, answer=answer: answer)
        assert commit_of() == (None, None)
        told = content({})
        assert (told["git_commit"], told["git_dirty"]) == (None, None)
        assert told["git_commit_reason"]


@pytest.mark.parametrize(("status", "dirty"), [("", False), (" M compare.py", True), (None, None)])
def test_in_a_clone_commit_and_dirt_are_told(
    monkeypatch: pytest.MonkeyPatch, repository: Path, status: str | None, dirty: bool | None
) -> None:
    """Whether there were uncommitted changes is a fact, or unknown; never assumed."""
    place = f"{repository}\n{'f' * 40}"
    monkeypatch.setattr(fingerprint, "_git", lambda *asked: place if asked[0] == "rev-parse" else status)
    assert commit_of() == ("f" * 40, dirty)
    assert content({})["git_commit_reason"] is None


@pytest.mark.parametrize(("library", "distribution"), [(Library.CCXT, "ccxt"), (Library.OKX_SDK, "python-okx")])
def test_library_is_named_by_version_and_by_the_files_that_were_imported(library: Library, distribution: str) -> None:
    """Two readings of one installation give one digest."""
    told = library_fingerprint(library)
    assert told["installed"] is True
    assert told["version"] == version(distribution)
    assert len(told["files_sha256"]) == 64
    assert library_fingerprint(library) == told


def test_library_whose_file_changed_has_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A patched library is not the released one, whatever its version says."""
    package = tmp_path / "fake_okx_library"
    package.mkdir()
    (package / "__init__.py").write_text("one = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(fingerprint._PACKAGES, Library.OKX_SDK, ("no-such-distribution", "fake_okx_library"))
    before = library_fingerprint(Library.OKX_SDK)
    (package / "__init__.py").write_text("one = 2\n", encoding="utf-8")
    after = library_fingerprint(Library.OKX_SDK)
    assert before["files_sha256"] != after["files_sha256"]
    assert (before["version"], before["record_sha256"]) == (None, None)


def test_library_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not installed is a fact of the run, not an error."""
    monkeypatch.setitem(fingerprint._PACKAGES, Library.CCXT, ("ccxt", "no_such_module_anywhere"))
    assert library_fingerprint(Library.CCXT) == {
        "installed": False,
        "version": None,
        "files_sha256": None,
        "record_sha256": None,
    }
