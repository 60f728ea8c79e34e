"""
Verify a difference log with Python's standard library alone; nothing of the package that wrote it is imported.

Exit codes: 0 sound, 1 broken (each place is printed), 2 cannot be read. Signatures are not verified: no Ed25519 here.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

__all__ = ["main"]

_KINDS = {"entries.jsonl": ("entry", "status", "imported"), "occurrences.jsonl": ("occurrence",)}
_B64 = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?"
_NOTE = re.compile(rf"[^+\s]+\n(0|[1-9][0-9]{{0,17}})\n(?=.{{42}}[^=]=\n)({_B64})\n(\n(— [^+\s]+ (?=.){_B64}\n)+)?")
_is_address = re.compile("[0-9a-f]{64}").fullmatch


def _faults(file: str, data: bytes, seen: set[str], held: set[str], given: set[str] | None) -> Iterator[str]:
    """What is wrong with each line of a file; ``seen`` are ids and fingerprints, ``held`` and ``given`` raw samples."""
    previous: Any = "0" * 64
    for index, line in enumerate(data.splitlines(keepends=True)):
        fields, needed, is_outside = dict[str, Any](), set[str](), False
        try:
            fields.update(json.loads(line))
            text = json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"
            digest = sha256(text[:-1].replace(f'"entry_hash":"{fields["entry_hash"]}",', "", 1).encode()).hexdigest()
            kind, names = fields["record"], {"id " + fields["entry_id"]}
            is_new, link = kind in ("entry", "imported"), (repr(fields["sequence"]), fields["previous_hash"])
            if kind == "entry":
                names.add("fingerprint " + fields["fingerprint"])
                needed = {fields["evidence"][f"{side}_raw_sample_ref"] for side in ("ccxt", "okx")}
                is_outside = fields["evidence"].get("raw_samples_at") is not None
            there = held if not is_outside else needed if given is None else held | given
            faults = {
                "its content does not give its hash": (text.encode(), digest) != (line, fields["entry_hash"]),
                "it does not continue the record before it": link != (str(index), previous),
                "it is a record of no kind that belongs here": kind not in _KINDS[file],
                f"its entry is {'there already' if is_new else 'not there before it'}": is_new == bool(names & seen),
                "its raw samples lie elsewhere": is_outside and fields["environment"]["env"] != "offline",
                "a raw sample of it is missing or was changed": needed - there or not all(map(_is_address, needed)),
            }
            seen.update(names if is_new else ())
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            faults = {"it is no record": True}
        previous, place = fields.get("entry_hash"), f"{file}:{index + 1} (record {index}, {fields.get('entry_id')})"
        yield from (f"PROBLEM {place}: {text}" for text, is_so in faults.items() if is_so)


def _root_of(lines: list[bytes]) -> bytes:
    """MTH of lines (RFC 6962 section 2.1)."""
    if len(lines) < 2:
        return sha256(b"".join(b"\0" + line for line in lines)).digest()
    split = 1 << (len(lines) - 1).bit_length() - 1
    return sha256(b"\1" + _root_of(lines[:split]) + _root_of(lines[split:])).digest()


def _verify(folder: Path, against: list[Path], samples: Path | None) -> Iterator[str]:
    """What is to be said of the log in a folder; raises `ValueError` and `OSError` where it cannot be read."""
    contents = {file: (folder / file).read_bytes() for file in reversed(_KINDS) if (folder / file).exists()}
    checkpoints = sorted((folder / "checkpoints").glob("*.txt"))
    if not contents and not checkpoints:
        raise ValueError(f"there is no log in {folder}")
    lines, seen = contents.get("entries.jsonl", b"").split(b"\n")[:-1], set[str]()
    kept, others = sorted((folder / "samples").glob("*")), samples.rglob("*") if samples else ()
    held = {path.name for path in kept if path.is_file() and path.name == sha256(path.read_bytes()).hexdigest()}
    given = {sha256(path.read_bytes()).hexdigest() for path in others if path.is_file()} if samples else None
    for name in (path.name for path in kept if path.name not in held):
        yield f"{'PROBLEM' if _is_address(name) else 'NOTE'} samples/{name}: its bytes do not give its name"
    for file in _KINDS:
        yield from _faults(file, contents.get(file, b""), seen, held, given)
    for path in (*against, *checkpoints):
        text = path.read_bytes().decode(errors="surrogateescape")
        found = _NOTE.fullmatch(text) if text.replace("\n", "").isprintable() else None
        if not found and path in against:
            raise ValueError(f"{path} is no checkpoint")
        size, root = (int(found[1]), found[2]) if found else (0, "none")
        if size > len(lines):
            yield f"PROBLEM {path} covers {size} records, the log has {len(lines)}: the last ones were taken away"
        elif base64.b64encode(_root_of(lines[:size])).decode() != root:
            yield f"PROBLEM {path} is no checkpoint, or one of its {size} records was rewritten: it has another root"
    if given is None and (count := sum(b'"raw_samples_at":"' in line for line in lines)):
        yield f"NOTE the raw samples of {count} entries lie outside of the log: name their folder, --samples DIR"


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names, and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify a difference log.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("difflog/log"))
    parser.add_argument("--against", nargs="+", action="extend", default=[], type=Path, metavar="CHECKPOINT")
    parser.add_argument("--samples", type=Path, metavar="DIR")
    try:
        said = list(_verify(**vars(parser.parse_args(arguments))))
        said.append("broken" if any(text.startswith("PROBLEM") for text in said) else "sound")
    except (OSError, ValueError) as error:
        said = [f"cannot be read: {error}"]
    sys.stdout.write("".join(f"{text.encode('unicode_escape').decode()}\n" for text in said))
    return {"sound": 0, "broken": 1}.get(said[-1], 2)


if __name__ == "__main__":
    sys.exit(main())
