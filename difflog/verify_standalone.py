"""
Verify a difference log with Python's standard library alone; nothing of the package that wrote it is imported.

    python verify_standalone.py [DIR] [--against CHECKPOINT ...] [--samples DIR] [--proof FILE]

Exit codes: 0 sound, 1 broken (each place is printed), 2 cannot be read. Signatures are not verified: no Ed25519 here.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

__all__ = ["main"]

_KINDS = {"entries.jsonl": ("entry", "status", "imported"), "occurrences.jsonl": ("occurrence",)}
_NOTE = re.compile(r"[^+\s]+\n(0|[1-9][0-9]{0,17})\n([\w+/]{43}=)\n(\n(— [^+\s]+ [\w+/=]+\n)+)?", re.ASCII)
_GROWS = {"inclusion": False, "consistency": True}
_NOT_A_RECORD = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


def _digest_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _judge(
    line: bytes, place: tuple[str, int, str], seen: set[str], held: Any, given: Any
) -> tuple[Any, dict[str, Any]]:
    """The fields of a line, and by text whether it is wrong; ``place`` is its file, index and the hash before it."""
    fields = json.loads(line)
    kind, entry_id = fields["record"], str(fields["entry_id"])
    is_new, is_entry = kind in ("entry", "imported"), kind == "entry"
    digest = sha256(_canonical({name: value for name, value in fields.items() if name != "entry_hash"})).hexdigest()
    evidence = fields["evidence"] if is_entry else {}
    is_outside = evidence.get("raw_samples_at") is not None
    refs = [str(evidence[name]) for name in ("ccxt_raw_sample_ref", "okx_raw_sample_ref") if is_entry]
    names = {entry_id, f"fingerprint {fields['fingerprint']}"} if is_entry else {entry_id}
    faults = {
        "its content does not give the hash that it carries": (_canonical(fields), digest)
        != (line, fields["entry_hash"]),
        "it does not continue the record before it": (fields["sequence"], fields["previous_hash"]) != place[1:],
        "it is a record of no kind that belongs here": kind not in _KINDS[place[0]],
        "it speaks of an entry that is not there before it": not is_new and entry_id not in seen,
        "its id or its fingerprint is there already": is_new and names & seen,
        "its raw samples lie elsewhere, but it is not from offline": is_outside
        and fields["environment"]["env"] != "offline",
        "a raw sample of it is missing or was changed": [
            name for name in refs if (given is not None and name not in given if is_outside else held.get(name) != name)
        ],
    }
    seen.update(names if is_new else ())
    return fields, faults


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _root_of(lines: Sequence[bytes]) -> bytes:
    """MTH of lines (RFC 6962 section 2.1)."""
    level = [sha256(b"\0" + line).digest() for line in lines] or [sha256().digest()]
    while len(level) > 1:
        pairs = [_node(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def _climb(steps: list[bytes], low: int, size: int, left: bytes | None, *, grows: bool) -> tuple[bytes, bytes]:
    """Both roots of a proof: of leaf ``low`` (RFC 6962 section 2.1.1), or from size ``low`` on (2.1.2)."""
    if size == (low if grows else 1):
        (part,) = steps if left is None else [left, *steps]
        return part, part
    split, (*inner, step) = 1 << (size - 1).bit_length() - 1, steps
    if low < split + grows:
        old, new = _climb(inner, low, split, left, grows=grows)
        return old, _node(new, step)
    old, new = _climb(inner, low - split, size - split, None if grows else left, grows=grows)
    return _node(step, old), _node(step, new)


def _proven(proof: dict[str, Any]) -> dict[int, bytes]:
    """The roots by size that a proof shows; raises `ValueError` for one that shows nothing."""
    steps, size, grows = [bytes.fromhex(one) for one in proof["hashes"]], proof["size"], _GROWS[proof["proof"]]
    low = proof["old_size"] if grows else proof["index"]
    start = bytes.fromhex(proof["old_root"]) if grows else _root_of([proof["line"].encode()])
    if grows and (low, start, steps) == (0, _root_of([]), []):
        return {0: start}  # every log continues the empty one
    if not grows <= low < size + grows or any(len(one) != 32 for one in steps):
        raise ValueError("it has no place in its tree")
    old, new = _climb(steps, low, size, start, grows=grows)
    if (new.hex(), old) != (proof["root"], start if grows else old):
        raise ValueError("its hashes do not lead to its root")
    if not grows and json.loads(proof["line"])["entry_id"] != proof["entry_id"]:
        raise ValueError("it is one of another entry")
    return {low: old, size: new} if grows else {size: new}


def _checkpoint(path: Path) -> tuple[int, bytes]:
    """Size and root of a checkpoint (C2SP tlog-checkpoint); raises `ValueError` where it is none."""
    text = path.read_bytes().decode()
    found = _NOTE.fullmatch(text)
    root = base64.b64decode(found[2]) if found else b""
    if not found or not text.replace("\n", "").isprintable() or base64.b64encode(root).decode() != found[2]:
        raise ValueError(f"{path} is no checkpoint")
    return int(found[1]), root


def _difference(name: object, size: int, root: bytes, lines: list[bytes]) -> list[str]:
    if size > len(lines):
        return [f"{name} covers {size} records, the log has {len(lines)}: the last ones were taken away"]
    return (
        [] if _root_of(lines[:size]) == root else [f"{name} has another root: one of its {size} records was rewritten"]
    )


def _verify(folder: Path, given: set[str] | None) -> tuple[list[str], list[str], list[bytes]]:
    """The problems and notes of the log in a folder, and the lines of its entries."""
    contents = {file: (folder / file).read_bytes() for file in reversed(_KINDS) if (folder / file).exists()}
    checkpoints = sorted((folder / "checkpoints").glob("*.txt"))
    if not contents and not checkpoints:
        raise ValueError(f"there is no log in {folder}")
    held = {path.name: _digest_of(path) for path in sorted((folder / "samples").glob("*"))}
    wrong = {f"samples/{name}: its bytes do not give its name": name for name in held if held[name] != name}
    problems = [text for text, name in wrong.items() if re.fullmatch("[0-9a-f]{64}", name)]
    notes, seen, lines = [text for text in wrong if text not in problems], set[str](), dict[str, list[bytes]]()
    for file in _KINDS:
        *lines[file], tail = contents.get(file, b"").split(b"\n")
        problems += [f"{file}:{len(lines[file]) + 1}: {len(tail)} bytes that are no complete line"] if tail else []
        previous, outside = "0" * 64, 0
        for index, line in enumerate(lines[file]):
            try:
                fields, faults = _judge(line, (file, index, previous), seen, held, given)
            except _NOT_A_RECORD:
                fields, faults = {}, {"it is no record": True}
            previous = fields.get("entry_hash")
            place = f"{file}:{index + 1} (record {index}, {fields.get('entry_id')})"
            problems += [f"{place}: {text}" for text, is_so in faults.items() if is_so]
            outside += fields.get("record") == "entry" and fields["evidence"].get("raw_samples_at") is not None
        if outside and given is None:
            notes.append(
                f"the raw samples of {outside} entries lie outside of the log: name their folder, --samples DIR"
            )
    for path in checkpoints:
        try:
            problems += _difference(path, *_checkpoint(path), lines["entries.jsonl"])
        except ValueError as error:
            problems.append(str(error))
    return problems, notes, lines["entries.jsonl"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify what the command line names, and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify a difference log, a proof, or both.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--against", nargs="+", action="extend", default=[], type=Path, metavar="CHECKPOINT")
    parser.add_argument("--samples", type=Path, metavar="DIR")
    parser.add_argument("--proof", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    problems, notes, roots = list[str](), list[str](), dict[int, bytes]()
    try:
        published = [(path, *_checkpoint(path)) for path in options.against]
        given = {_digest_of(path) for path in options.samples.rglob("*")} if options.samples else None
        if options.folder or not options.proof:
            problems, notes, lines = _verify(options.folder or Path("difflog/log"), given)
            for path, size, root in published:
                problems += _difference(path, size, root, lines)
        if options.proof:
            try:
                roots = _proven(json.loads(options.proof.read_bytes()))
            except _NOT_A_RECORD as error:
                problems.append(f"{options.proof} proves nothing: {error}")
            shown = [roots[size] == root for _, size, root in published if size in roots]
            if published and not (shown and all(shown)):
                problems.append(f"{options.proof} does not show the roots of these checkpoints")
    except (OSError, ValueError) as error:
        sys.stdout.write(f"cannot be read: {error}\n".encode("ascii", "backslashreplace").decode())
        return 2
    said = [f"PROBLEM {text}" for text in problems] + [f"NOTE {text}" for text in notes]
    said.append("broken" if problems else "sound")
    sys.stdout.write("".join(f"{text.encode('unicode_escape').decode()}\n" for text in said))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
