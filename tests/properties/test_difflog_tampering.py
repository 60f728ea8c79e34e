"""A thousand ways to tamper with a log: each is found, the entry is named, and both verifiers say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

import pytest

from dualwitness.difflog import verify_standalone
from dualwitness.difflog.evidence import PayloadFolder
from dualwitness.difflog.verify import Verdict, verify
from tests.support.difflog_tampering import TAMPERINGS, Ground, Tampering, make_ground, resealed, tampered

EACH = 80  # of each of thirteen kinds: 1,040


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A sound log, its older checkpoint and its samples."""
    return make_ground(tmp_path_factory.mktemp("ground"))


def verdict_of(ground: Ground, *, is_checkpoint_known: bool) -> Verdict:
    """What `verify` says."""
    against = (ground.checkpoint,) if is_checkpoint_known else ()
    return verify(ground.folder, against=against, sources=(PayloadFolder(ground.outside),))


def standalone_code(ground: Ground, *, is_checkpoint_known: bool) -> int:
    """The exit code of the verifier that imports nothing of ours."""
    against = ["--against", str(ground.checkpoint)] if is_checkpoint_known else []
    return verify_standalone.main([str(ground.folder), "--samples", str(ground.outside), *against])


def test_a_log_that_was_not_touched_verifies(ground: Ground) -> None:
    """The control: both verifiers find nothing, with the older checkpoint and without it."""
    for known in (True, False):
        verdict = verdict_of(ground, is_checkpoint_known=known)
        assert (verdict.problems, verdict.exit_code) == ((), 0)
        assert standalone_code(ground, is_checkpoint_known=known) == 0
    assert verdict.records > ground.covered
    assert (verdict.occurrences, verdict.samples_outside) == (2, 6)


@pytest.mark.parametrize("kind", TAMPERINGS, ids=lambda kind: kind.__name__)
def test_every_tampering_is_found_and_the_entry_named(
    kind: Callable[[Ground, Random], Tampering], ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    """Our verifier names the place or the entry; the one without imports of ours gives the same exit code."""
    random = Random(kind.__name__)
    for _ in range(EACH):
        tampering = kind(ground, random)
        with tampered(tampering):
            verdict = verdict_of(ground, is_checkpoint_known=True)
            codes = (verdict.exit_code, standalone_code(ground, is_checkpoint_known=True))
        said = "\n".join(map(str, verdict.problems))
        printed = capsys.readouterr().out
        assert codes == (1, 1), (tampering.named, said, printed)
        assert tampering.named, kind.__name__
        assert any(name in said for name in tampering.named), (tampering.named, said)


@pytest.mark.parametrize("kind", TAMPERINGS, ids=lambda kind: kind.__name__)
def test_a_tampering_is_found_without_the_checkpoint_unless_only_the_checkpoint_shows_it(
    kind: Callable[[Ground, Random], Tampering], ground: Ground
) -> None:
    """What a chain cannot prove by itself is exactly what the README says: a chain computed anew, and its end cut."""
    random = Random(kind.__name__)
    for _ in range(5):
        tampering = kind(ground, random)
        expected = 0 if tampering.by_checkpoint else 1
        with tampered(tampering):
            verdict = verdict_of(ground, is_checkpoint_known=False)
            assert (verdict.exit_code, standalone_code(ground, is_checkpoint_known=False)) == (expected, expected)


def test_what_was_rewritten_after_the_last_checkpoint_is_not_found(ground: Ground) -> None:
    """The limit of a checkpoint: it binds what it covers, and the verdict says how many records it does not."""
    path = ground.folder / "entries.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1]
    fields = json.loads(lines[ground.covered])
    changed = resealed(lines, ground.covered, {**fields, "reason": "something else"})
    with tampered(Tampering(path, b"".join(line + b"\n" for line in changed), ())):
        verdict = verdict_of(ground, is_checkpoint_known=True)
        assert standalone_code(ground, is_checkpoint_known=True) == 0
    assert verdict.exit_code == 0
    assert f"the last {verdict.records - ground.covered} records are bound by the chain alone" in verdict.notes[0]


def test_a_sound_log_cut_back_to_its_checkpoint_still_agrees_with_it(ground: Ground) -> None:
    """The control of the cut: a log with exactly the records that the checkpoint covers was published."""
    path = ground.folder / "entries.jsonl"
    lines = path.read_bytes().split(b"\n")[: ground.covered]
    with tampered(Tampering(path, b"".join(line + b"\n" for line in lines), ())):
        assert verdict_of(ground, is_checkpoint_known=True).exit_code == 0
        assert standalone_code(ground, is_checkpoint_known=True) == 0
