"""Proofs to hand out: whoever has one needs neither the log nor this program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualwitness.difflog import proof_standalone
from dualwitness.difflog.checkpoint import write_checkpoint
from dualwitness.difflog.errors import CheckpointRefused, IntegrityFailure, LogUnreadable, UnknownEntry
from dualwitness.difflog.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from dualwitness.difflog.note import Checkpoint, parse_checkpoint
from dualwitness.difflog.proofs import prove_consistency, prove_inclusion
from tests.support.difflog_records import fill, filled_log, made_entry, open_log

ORIGIN = "dualwitness/difflog"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log that has a checkpoint of its first nine records, and five more."""
    folder = tmp_path / "log"
    filled_log(folder, 6)
    write_checkpoint(folder)
    with open_log(folder) as opened:
        fill(opened, 5, first=6)
    return folder


def old_checkpoint(log: Path) -> Path:
    """The checkpoint of the first nine records."""
    return log / "checkpoints" / "0000000009.txt"


def code(proof: dict[str, Any], folder: Path, *options: str) -> int:
    """What the checker without imports of ours says of a proof in a file."""
    path = folder / "proof.json"
    path.write_text(json.dumps(proof), encoding="utf-8")
    return proof_standalone.main([str(path), *options])


def hashes(proof: dict[str, Any]) -> list[bytes]:
    """The steps of a proof."""
    return [bytes.fromhex(step) for step in proof["hashes"]]


def test_a_proof_of_an_entry_leads_from_its_line_to_the_root(log: Path, tmp_path: Path) -> None:
    """Each entry has one, it verifies with both implementations, and it carries the line itself."""
    lines = (log / "entries.jsonl").read_bytes().splitlines()
    for number in range(11):
        entry_id = made_entry(number).entry_id
        proof = prove_inclusion(log, entry_id)
        assert proof["line"].encode() == lines[proof["index"]]
        assert json.loads(proof["line"])["record"] == "entry"
        root = bytes.fromhex(proof["root"])
        assert verify_inclusion(leaf_hash(lines[proof["index"]]), proof["index"], 14, hashes(proof), root)
        assert code(proof, tmp_path) == 0


def test_a_proof_of_an_entry_at_a_checkpoint_has_the_root_of_the_checkpoint(log: Path, tmp_path: Path) -> None:
    """Whoever holds the checkpoint needs nothing else; a checkpoint of another size shows nothing."""
    old = old_checkpoint(log)
    proof = prove_inclusion(log, made_entry(3).entry_id, old)
    assert (proof["size"], bytes.fromhex(proof["root"])) == (9, parse_checkpoint(old.read_bytes()).root)
    assert code(proof, tmp_path, "--against", str(old)) == 0
    newer = write_checkpoint(log)
    assert code(proof, tmp_path, "--against", str(newer)) == 1
    assert code(prove_inclusion(log, made_entry(3).entry_id), tmp_path, "--against", str(newer)) == 0


def test_a_log_proves_that_it_continues_an_older_checkpoint(log: Path, tmp_path: Path) -> None:
    """Between the old root and the new one, with both implementations, and against both checkpoints."""
    old = old_checkpoint(log)
    proof = prove_consistency(log, old)
    assert (proof["old_size"], proof["size"]) == (9, 14)
    roots = (bytes.fromhex(proof["old_root"]), bytes.fromhex(proof["root"]))
    assert verify_consistency(9, 14, hashes(proof), *roots)
    assert code(proof, tmp_path, "--against", str(old), str(write_checkpoint(log))) == 0


@pytest.mark.parametrize("count", range(1, 18))
def test_proofs_of_small_logs_of_every_size_hold_with_both_implementations(count: int, tmp_path: Path) -> None:
    """Every older size of a log and every entry of it: two algorithms written apart agree."""
    folder = tmp_path / "log"
    kept = []
    with open_log(folder) as log:
        for number in range(count):
            fill(log, 1, first=number)
            kept.append(write_checkpoint(folder))
    for old in kept:
        assert code(prove_consistency(folder, old), tmp_path, "--against", str(old), str(kept[-1])) == 0
    for number in range(count):
        assert code(prove_inclusion(folder, made_entry(number).entry_id), tmp_path, "--against", str(kept[-1])) == 0


def test_every_log_continues_the_empty_one(log: Path, tmp_path: Path) -> None:
    """A checkpoint of size 0 needs no hash."""
    empty = tmp_path / "empty.txt"
    empty.write_bytes(Checkpoint(ORIGIN, 0, EMPTY_ROOT).data)
    proof = prove_consistency(log, empty)
    assert (proof["hashes"], code(proof, tmp_path, "--against", str(empty))) == ([], 0)


def other_bit(text: str) -> str:
    """A hexadecimal number with one bit changed."""
    return f"{int(text[0], 16) ^ 1:x}{text[1:]}"


DAMAGE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a bit of the root": lambda proof: proof.update(root=other_bit(proof["root"])),
    "a bit of a hash": lambda proof: proof["hashes"].__setitem__(0, other_bit(proof["hashes"][0])),
    "a hash too few": lambda proof: proof["hashes"].pop(),
    "a hash too many": lambda proof: proof["hashes"].append("00" * 32),
    "a short hash": lambda proof: proof["hashes"].__setitem__(0, proof["hashes"][0][:-2]),
    "no hexadecimal": lambda proof: proof["hashes"].__setitem__(0, "g" * 64),
    "another size": lambda proof: proof.update(size=proof["size"] * 4),
    "no size": lambda proof: proof.pop("size"),
    "a size that is no number": lambda proof: proof.update(size="14"),
    "another kind": lambda proof: proof.update(proof="nothing"),
}
OF_INCLUSION: dict[str, Callable[[dict[str, Any]], Any]] = {
    **DAMAGE,
    "another place": lambda proof: proof.update(index=proof["index"] + 1),
    "a place before the first": lambda proof: proof.update(index=-1),
    "a place after the last": lambda proof: proof.update(index=proof["size"]),
    "a changed line": lambda proof: proof.update(line=proof["line"].replace('"S2"', '"S0"')),
    "another entry": lambda proof: proof.update(entry_id="DIFF-20261121-another"),
}
OF_CONSISTENCY: dict[str, Callable[[dict[str, Any]], Any]] = {
    **DAMAGE,
    "another old root": lambda proof: proof.update(old_root=other_bit(proof["old_root"])),
    "another old size": lambda proof: proof.update(old_size=proof["old_size"] + 1),
    "an old size of nothing": lambda proof: proof.update(old_size=0),
    "an old size beyond the new one": lambda proof: proof.update(old_size=proof["size"] + 1),
}


@pytest.mark.parametrize("name", OF_INCLUSION)
def test_a_damaged_proof_of_an_entry_proves_nothing(name: str, log: Path, tmp_path: Path) -> None:
    """Exit 1, without a traceback, whatever is wrong with it."""
    proof = prove_inclusion(log, made_entry(3).entry_id)
    OF_INCLUSION[name](proof)
    assert code(proof, tmp_path) == 1


@pytest.mark.parametrize("name", OF_CONSISTENCY)
def test_a_damaged_proof_of_consistency_proves_nothing(name: str, log: Path, tmp_path: Path) -> None:
    """Exit 1, without a traceback, whatever is wrong with it."""
    proof = prove_consistency(log, old_checkpoint(log))
    OF_CONSISTENCY[name](proof)
    assert code(proof, tmp_path) == 1


def test_the_seam_between_two_hashes_of_a_proof_cannot_be_moved(tmp_path: Path) -> None:
    """A byte that the old root gives to the next hash: the same node, and no proof."""
    folder = tmp_path / "log"
    with open_log(folder) as opened:
        fill(opened, 1)
        old = write_checkpoint(folder)
        fill(opened, 1, first=1)
    proof = prove_consistency(folder, old)
    assert code(proof, tmp_path) == 0
    proof["hashes"] = [proof["old_root"][-2:] + proof["hashes"][0]]
    proof["old_root"] = proof["old_root"][:-2]
    assert code(proof, tmp_path) == 1


def test_a_proof_of_another_log_does_not_hold_against_a_published_checkpoint(log: Path, tmp_path: Path) -> None:
    """It leads to its own root, which is not the one that others hold: the control is the checkpoint of its own log."""
    other = tmp_path / "other"
    with open_log(other) as opened:
        fill(opened, 9, first=50)
    proof = prove_inclusion(other, made_entry(55).entry_id)
    assert code(proof, tmp_path, "--against", str(write_checkpoint(other))) == 0
    assert code(proof, tmp_path, "--against", str(old_checkpoint(log))) == 1


def test_the_size_of_a_proof_is_bound_by_the_checkpoint(log: Path, tmp_path: Path) -> None:
    """Thirteen leaves and fourteen give the same path (RFC 6962): only the checkpoint says how many there were."""
    proof = prove_inclusion(log, made_entry(3).entry_id)
    newer = write_checkpoint(log)
    assert code(proof, tmp_path, "--against", str(newer)) == 0
    proof["size"] -= 1
    assert code(proof, tmp_path, "--against", str(newer)) == 1


def test_a_proof_file_that_is_no_json_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there is exit 2, one that proves nothing exit 1."""
    path = tmp_path / "proof.json"
    assert proof_standalone.main([str(path)]) == 2
    for content in ("no json", "[]", "{}", "null"):
        path.write_text(content, encoding="utf-8")
        assert proof_standalone.main([str(path)]) == 1


def test_an_entry_that_the_log_does_not_hold_has_no_proof(log: Path) -> None:
    """Neither one that never was nor, at a checkpoint, one that came later."""
    with pytest.raises(UnknownEntry, match="DIFF-20261121-none"):
        prove_inclusion(log, "DIFF-20261121-none")
    with pytest.raises(UnknownEntry):
        prove_inclusion(log, made_entry(8).entry_id, old_checkpoint(log))
    assert prove_inclusion(log, made_entry(8).entry_id)["size"] == 14


def test_nothing_is_proven_of_a_broken_log(log: Path) -> None:
    """A line that does not give its hash: exit 5, with the place."""
    path = log / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"S2"', b'"S0"', 1))
    with pytest.raises(IntegrityFailure, match=r"not sound: entries\.jsonl:1") as failure:
        prove_inclusion(log, made_entry(3).entry_id)
    assert failure.value.exit_code == 5
    with pytest.raises(IntegrityFailure, match=r"not sound: entries\.jsonl:1"):
        prove_consistency(log, old_checkpoint(log))


def test_a_checkpoint_that_the_log_does_not_continue_gets_no_proof(log: Path, tmp_path: Path) -> None:
    """Another root, more records than there are, no checkpoint at all, no log at all."""
    kept = tmp_path / "kept.txt"
    kept.write_bytes(Checkpoint(ORIGIN, 9, EMPTY_ROOT).data)
    with pytest.raises(IntegrityFailure, match="does not continue"):
        prove_consistency(log, kept)
    kept.write_bytes(Checkpoint(ORIGIN, 15, EMPTY_ROOT).data)
    with pytest.raises(IntegrityFailure, match="covers 15 records, the log has 14"):
        prove_consistency(log, kept)
    kept.write_bytes(b"nothing")
    with pytest.raises(CheckpointRefused):
        prove_consistency(log, kept)
    with pytest.raises(LogUnreadable):
        prove_consistency(tmp_path, old_checkpoint(log))
