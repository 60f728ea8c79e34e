"""
Verification: everything that the log claims, derived again from its raw bytes and its raw samples.

    (1) each file is a chain: sequence, links, hashes (`chain.py`)
    (2) the records are of known kinds, none is there twice, and what is said of an entry is said of one that is there
    (3) the Merkle tree over the lines has the root of every checkpoint: the log's own, and those brought from elsewhere
    (4) every raw sample gives its name, and both samples of every entry are where the entry says (`verify_contents.py`)

Without a checkpoint kept elsewhere nothing can show that somebody who could write the folder computed all of it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dualwitness.difflog.chain import Problem, id_in
from dualwitness.difflog.errors import LogUnreadable
from dualwitness.difflog.evidence import SampleSource
from dualwitness.difflog.merkle import MerkleTree, leaf_hash
from dualwitness.difflog.note import Checkpoint, VerifierKey, parse_checkpoint, read_checkpoint
from dualwitness.difflog.store import CHECKPOINTS, ENTRIES, OCCURRENCES, QUARANTINE
from dualwitness.difflog.verify_contents import Contents, Lines, judge_samples

__all__ = ["Verdict", "verify"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What was found: nothing but what was appended, or each place that is not.

    ``notes`` say what was not proven and are no fault of the log; ``samples`` are the bodies that it holds itself,
    ``samples_outside`` those that its entries have in a collection elsewhere.
    """

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    records: int
    occurrences: int
    samples: int
    samples_outside: int
    root: bytes

    @property
    def exit_code(self) -> int:
        """0 sound, 1 broken; what cannot be read raises `LogUnreadable`, whose code is 2."""
        return 1 if self.problems else 0


def verify(
    folder: Path,
    *,
    against: Sequence[Path] = (),
    sources: Sequence[SampleSource] = (),
    key: VerifierKey | None = None,
    whole: bool = False,
) -> Verdict:
    """
    Verify the log in ``folder``.

    ``against`` are checkpoints kept elsewhere, ``sources`` places of raw samples that lie outside of the log, ``key``
    verifies the signatures of checkpoints, ``whole`` parses each record of a log of any size. Raises `LogUnreadable`
    where there is nothing that can be read, `CheckpointRefused` where a file of ``against`` is no checkpoint.
    """
    # Occurrences first: an entry is durable before an occurrence speaks of it, so no append in between looks wrong.
    occurrences = Lines.read(folder, OCCURRENCES)
    entries = Lines.read(folder, ENTRIES)
    read, problems = _checkpoints(folder, against)
    if entries is None and occurrences is None and not read and not problems:
        message = f"there is no log in {folder}"
        raise LogUnreadable(message, advice="name the folder that holds entries.jsonl")
    entries, occurrences = entries or Lines(ENTRIES), occurrences or Lines(OCCURRENCES)
    contents = Contents(entries, occurrences)
    found = [*entries.problems(), *occurrences.problems(), *contents.problems()]  # (1), (2)
    tree = MerkleTree(map(leaf_hash, entries.lines))  # (3)
    last, differences = _judge(read, tree, entries)
    found += [*problems, *differences, *_signatures(read, key)]
    samples = judge_samples(folder, contents, sources)  # (4)
    found += samples.problems
    notes = [*_checkpoint_notes(read, key, last, tree.size), *samples.notes]
    notes += contents.parse(whole=whole, already=found)
    found += contents.malformed
    torn = sorted(path.name for path in (folder / QUARANTINE).glob("*.torn"))
    notes += [f"{QUARANTINE}/{name}: a torn tail that was never acknowledged" for name in torn]
    return Verdict(
        problems=tuple(found),
        notes=tuple(notes),
        records=len(entries.lines),
        occurrences=len(occurrences.lines),
        samples=samples.held,
        samples_outside=samples.outside,
        root=tree.root(),
    )


def _checkpoints(folder: Path, against: Sequence[Path]) -> tuple[list[tuple[str, Checkpoint]], list[Problem]]:
    """All checkpoints with their names, by size; one of the log's own that is none is a problem of the log."""
    read: list[tuple[str, Checkpoint]] = []
    problems: list[Problem] = []
    for path in sorted((folder / CHECKPOINTS).glob("*.txt")):
        name = f"{CHECKPOINTS}/{path.name}"
        try:
            read.append((name, parse_checkpoint(path.read_bytes())))
        except ValueError as error:
            problems.append(Problem(name, f"it is no checkpoint: {error}"))
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise LogUnreadable(message, advice="give permission to read the checkpoints") from None
    read += [(str(path), read_checkpoint(path)) for path in against]
    return sorted(read, key=lambda one: one[1].size), problems


def _judge(read: Sequence[tuple[str, Checkpoint]], tree: MerkleTree, file: Lines) -> tuple[int, list[Problem]]:
    """The size up to which a checkpoint agrees, and how the log differs from the others."""
    sound, problems = 0, []
    for name, checkpoint in read:
        if checkpoint.size > tree.size:
            text = f"it covers {checkpoint.size} records, the log has {tree.size}: the last ones were taken away"
        elif tree.root(checkpoint.size) == checkpoint.root:
            sound = checkpoint.size
            continue
        elif checkpoint.size == 0:
            text = "its root is not the root of an empty log"
        else:
            text = _rewritten(file, min(sound, checkpoint.size - 1), checkpoint.size - 1)
        problems.append(Problem(name, text))
    return sound, problems


def _rewritten(file: Lines, first: int, last: int) -> str:
    """The records among which at least one was rewritten: those after the last checkpoint that agrees."""
    names = [f"{index} ({id_in(file.lines[index]) or 'no id'})" for index in sorted({first, last})]
    return f"its root is not the log's: record {' or one up to '.join(names)} was rewritten"


def _signatures(read: Sequence[tuple[str, Checkpoint]], key: VerifierKey | None) -> Iterator[Problem]:
    if key is None:
        return
    verdicts = [(name, key.signed(checkpoint)) for name, checkpoint in read]
    for name, is_right in verdicts:
        if is_right is False:
            yield Problem(name, f"its signature is not one of {key.name}")
    if not any(is_right for _, is_right in verdicts):
        yield Problem(CHECKPOINTS, f"no checkpoint is signed by {key.name}")


def _checkpoint_notes(
    read: Sequence[tuple[str, Checkpoint]], key: VerifierKey | None, sound: int, size: int
) -> Iterator[str]:
    if not read:
        yield "there is no checkpoint: that the whole chain was computed anew cannot be ruled out"
    elif sound < size:
        yield f"the last {size - sound} records are bound by the chain alone, no checkpoint covers them"
    unsigned = [name for name, checkpoint in read if not checkpoint.signatures]
    if unsigned:
        yield f"not signed: {', '.join(unsigned)}"
    if key is None and len(unsigned) < len(read):
        yield "no key was given, so signatures were not verified"
