"""
Proofs to hand out: that an entry is in a log, and that a log continues what it was when a checkpoint was written.

Each is a JSON object of texts and numbers. Whoever holds it needs neither the log nor this program: `proof_standalone`
checks it, and compares its roots with a checkpoint that was published (``--against``). Without that
checkpoint a proof shows no more than that it fits itself: neither its root nor its size is bound by anything else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dualwitness.difflog.chain import Link, check_chain, id_in
from dualwitness.difflog.errors import IntegrityFailure, LogUnreadable, UnknownEntry
from dualwitness.difflog.files import read_locked
from dualwitness.difflog.merkle import MerkleTree, leaf_hash
from dualwitness.difflog.note import Checkpoint, read_checkpoint
from dualwitness.difflog.store import ENTRIES

__all__ = ["SCHEMA_VERSION", "prove_consistency", "prove_inclusion"]

SCHEMA_VERSION = 1


def prove_inclusion(folder: Path, entry_id: str, checkpoint: Path | None = None) -> dict[str, Any]:
    """
    Prove that an entry is in the log, as it was at a checkpoint or as it is now (RFC 6962 section 2.1.1).

    Raises `UnknownEntry` where it is not, `IntegrityFailure` where the log is not sound or is not that of the
    checkpoint, `CheckpointRefused` and `LogUnreadable`.
    """
    lines, tree = _read(folder)
    known = None if checkpoint is None else _known(checkpoint, tree)
    size = tree.size if known is None else known.size
    # The first line with this id is the entry; what was decided about it stands after it.
    index = next((index for index, line in enumerate(lines[:size]) if id_in(line) == entry_id), None)
    if index is None:
        raise UnknownEntry(entry_id)
    return {
        "schema_version": SCHEMA_VERSION,
        "proof": "inclusion",
        "entry_id": entry_id,
        "line": lines[index].decode(),
        "index": index,
        "size": size,
        "root": tree.root(size).hex(),
        "hashes": [step.hex() for step in tree.inclusion_proof(index, size)],
    }


def prove_consistency(folder: Path, old_checkpoint: Path) -> dict[str, Any]:
    """
    Prove that the log as it is now begins with the log of an older checkpoint (RFC 6962 section 2.1.2).

    Raises `IntegrityFailure` where it does not or is not sound, `CheckpointRefused` and `LogUnreadable`.
    """
    _, tree = _read(folder)
    old = _known(old_checkpoint, tree)
    return {
        "schema_version": SCHEMA_VERSION,
        "proof": "consistency",
        "old_size": old.size,
        "old_root": old.root.hex(),
        "size": tree.size,
        "root": tree.root().hex(),
        "hashes": [step.hex() for step in tree.consistency_proof(old.size)] if old.size else [],
    }


def _read(folder: Path) -> tuple[list[bytes], MerkleTree]:
    """The complete lines and their tree; raises where there are none, or where they are no chain."""
    data = read_locked(folder / ENTRIES)
    if data is None:
        message = f"there is no log in {folder}"
        raise LogUnreadable(message, advice="name the folder that holds entries.jsonl")
    lines = data.split(b"\n")[:-1]
    problems = check_chain(lines, ENTRIES, Link())[1]
    if problems:
        message = f"nothing is proven of a log that is not sound: {problems[0]}"
        raise IntegrityFailure(message, advice="verify the log")
    return lines, MerkleTree(map(leaf_hash, lines))


def _known(path: Path, tree: MerkleTree) -> Checkpoint:
    """The checkpoint, where the log continues it."""
    found = read_checkpoint(path)
    if found.size > tree.size:
        message = f"{path} covers {found.size} records, the log has {tree.size}: the last ones were taken away"
        raise IntegrityFailure(message, advice="verify the log against this checkpoint")
    if tree.root(found.size) != found.root:
        message = f"the log does not continue {path}: one of its first {found.size} records was rewritten"
        raise IntegrityFailure(message, advice="verify the log against this checkpoint")
    return found
