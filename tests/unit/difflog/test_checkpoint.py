"""Checkpoints: written of a sound log alone, never against an earlier one, and with the signatures that they had."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dualwitness.difflog.checkpoint import ORIGIN, write_checkpoint
from dualwitness.difflog.errors import CheckpointRefused, IntegrityFailure, KeyRefused, LogUnreadable, WriteFailed
from dualwitness.difflog.merkle import EMPTY_ROOT
from dualwitness.difflog.note import Checkpoint, Signer, parse_checkpoint
from dualwitness.difflog.verify import verify
from tests.support.difflog_records import fill, filled_log, open_log, references_of


def key_file(folder: Path, seed: bytes) -> Path:
    """A private key as openssl writes it."""
    key = Ed25519PrivateKey.from_private_bytes(sha256(seed).digest())
    path = folder / f"{seed.decode()}.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_a_checkpoint_holds_origin_size_and_root_of_the_log(tmp_path: Path) -> None:
    """It is named after its size, and what it says is what `verify` derives."""
    filled_log(tmp_path)
    path = write_checkpoint(tmp_path)
    assert path == tmp_path / "checkpoints" / "0000000005.txt"
    assert parse_checkpoint(path.read_bytes()) == Checkpoint(ORIGIN, 5, verify(tmp_path).root)


def test_each_size_of_the_log_has_its_own_checkpoint(tmp_path: Path) -> None:
    """A later one leaves the earlier one as it is, and the log agrees with both."""
    filled_log(tmp_path)
    earlier = write_checkpoint(tmp_path)
    content = earlier.read_bytes()
    with open_log(tmp_path) as log:
        fill(log, 2, first=5)
    later = write_checkpoint(tmp_path)
    assert (earlier.read_bytes(), later.name) == (content, "0000000007.txt")
    assert verify(tmp_path).exit_code == 0


def test_a_checkpoint_that_is_written_again_is_the_same_file(tmp_path: Path) -> None:
    """Nothing changed, so nothing is written."""
    filled_log(tmp_path)
    path = write_checkpoint(tmp_path)
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    assert write_checkpoint(tmp_path) == path
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_signed_checkpoint_keeps_its_signature_when_another_key_signs_it(tmp_path: Path) -> None:
    """First unsigned, then by one key, by the same key, by another: two signatures, and both verify."""
    log = tmp_path / "log"
    filled_log(log)
    write_checkpoint(log)
    files = [key_file(tmp_path, seed) for seed in (b"first", b"second")]
    for file in (files[0], files[0], files[1]):
        path = write_checkpoint(log, key_file=file)
    write_checkpoint(log)
    checkpoint = parse_checkpoint(path.read_bytes())
    assert len(checkpoint.signatures) == 2
    assert [Signer.from_file(file, ORIGIN).verifier_key.signed(checkpoint) for file in files] == [True, True]


@pytest.mark.parametrize("damage", ["line", "sample"])
def test_no_checkpoint_is_written_of_a_log_that_is_not_sound(damage: str, tmp_path: Path) -> None:
    """A signature under a broken log would be a lie: exit 5, and no file."""
    filled_log(tmp_path)
    if damage == "line":
        path = tmp_path / "entries.jsonl"
        path.write_bytes(path.read_bytes().replace(b'"S2"', b'"S0"', 1))
    else:
        (tmp_path / "samples" / references_of(0)[0]).unlink()
    with pytest.raises(IntegrityFailure, match="no checkpoint is written") as failure:
        write_checkpoint(tmp_path)
    assert failure.value.exit_code == 5
    assert not (tmp_path / "checkpoints").exists()


def test_no_checkpoint_is_written_that_contradicts_an_earlier_one(tmp_path: Path) -> None:
    """C2SP tlog-checkpoint: whoever signed one root of a size never signs another."""
    filled_log(tmp_path)
    path = write_checkpoint(tmp_path)
    path.write_bytes(Checkpoint(ORIGIN, 5, EMPTY_ROOT).data)
    with pytest.raises(IntegrityFailure):
        write_checkpoint(tmp_path)
    assert parse_checkpoint(path.read_bytes()).root == EMPTY_ROOT


def test_a_checkpoint_of_the_same_size_with_another_origin_is_kept(tmp_path: Path) -> None:
    """One log has one origin; the refusal names both."""
    filled_log(tmp_path)
    path = write_checkpoint(tmp_path, origin="example.org/log")
    with pytest.raises(CheckpointRefused, match=r"has the origin example\.org/log, but dualwitness/difflog was"):
        write_checkpoint(tmp_path)
    assert parse_checkpoint(path.read_bytes()).origin == "example.org/log"


def test_what_cannot_sign_writes_nothing(tmp_path: Path) -> None:
    """A name that no note can carry, a file that is no key, and a folder that is no log."""
    log = tmp_path / "log"
    filled_log(log)
    with pytest.raises(CheckpointRefused, match="cannot name a log"):
        write_checkpoint(log, origin="a log")
    with pytest.raises(KeyRefused):
        write_checkpoint(log, key_file=log / "entries.jsonl")
    with pytest.raises(LogUnreadable):
        write_checkpoint(tmp_path / "none")
    assert not (log / "checkpoints").exists()


def test_a_checkpoint_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be: exit 5."""
    filled_log(tmp_path)
    (tmp_path / "checkpoints").touch()
    with pytest.raises(WriteFailed) as failure:
        write_checkpoint(tmp_path)
    assert failure.value.exit_code == 5
