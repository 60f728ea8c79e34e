"""
Checkpoints: the size and root of the log, written down so that a rewritten chain can be told.

A checkpoint in the log's own folder helps where the folder is committed or published: whoever rewrites the chain must
then rewrite what others hold. None is ever written that contradicts an earlier one (C2SP tlog-checkpoint).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dualwitness.difflog.errors import CheckpointRefused, IntegrityFailure
from dualwitness.difflog.evidence import SampleSource
from dualwitness.difflog.files import write_whole
from dualwitness.difflog.note import Checkpoint, Signer, check_origin, read_checkpoint
from dualwitness.difflog.store import CHECKPOINTS
from dualwitness.difflog.verify import verify

__all__ = ["ORIGIN", "write_checkpoint"]

ORIGIN = "dualwitness/difflog"


def write_checkpoint(
    folder: Path, *, key_file: Path | None = None, origin: str = ORIGIN, sources: Sequence[SampleSource] = ()
) -> Path:
    """
    Write ``checkpoints/<size>.txt``, signed where a key file is given, and return its path.

    A checkpoint of the same size keeps the signatures that it has. Raises `IntegrityFailure` where the log is not
    sound, `CheckpointRefused` where the origin cannot be a name or one of this size has another, `KeyRefused`,
    `LogUnreadable` and `WriteFailed`.
    """
    check_origin(origin)
    signer = None if key_file is None else Signer.from_file(key_file, origin)
    verdict = verify(folder, sources=sources)
    if verdict.problems:
        message = f"no checkpoint is written of a log that is not sound: {verdict.problems[0]}"
        raise IntegrityFailure(message, advice="verify the log")
    path = folder / CHECKPOINTS / f"{verdict.records:010d}.txt"
    earlier = read_checkpoint(path) if path.exists() else None
    checkpoint = earlier or Checkpoint(origin, verdict.records, verdict.root)
    if checkpoint.origin != origin:
        message = f"{path} has the origin {checkpoint.origin}, but {origin} was asked for"
        raise CheckpointRefused(message, advice="give the origin that it has, one log has one origin")
    if signer is not None and signer.verifier_key.signed(checkpoint) is None:
        checkpoint = signer.sign(checkpoint)
    if earlier != checkpoint:
        write_whole(path, checkpoint.data)
    return path
