"""
Check a proof of a difference log with Python's standard library alone; neither the log nor its program is needed.

    python proof_standalone.py PROOF [--against CHECKPOINT ...]

Exit codes: 0 it holds, 1 it proves nothing, or not what the checkpoints say, 2 a file cannot be read. Without a
published checkpoint it is only shown that the proof fits itself. Signatures are not verified: no Ed25519 here.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

__all__ = ["main"]

_B64 = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?"
_NOTE = re.compile(rf"[^+\s]+\n(0|[1-9][0-9]{{0,17}})\n(?=.{{42}}[^=]=\n)({_B64})\n(\n(— [^+\s]+ (?=.){_B64}\n)+)?")
_GROWS = {"inclusion": False, "consistency": True}
_EMPTY = sha256().digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


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
    start = bytes.fromhex(proof["old_root"]) if grows else sha256(b"\0" + proof["line"].encode()).digest()
    if grows and (low, start, steps) == (0, _EMPTY, []):
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
    """Size and root of a checkpoint (C2SP tlog-checkpoint); raises `ValueError` where the file is none."""
    text = path.read_bytes().decode(errors="surrogateescape")
    found = _NOTE.fullmatch(text) if text.replace("\n", "").isprintable() else None
    if not found:
        raise ValueError(f"{path} is no checkpoint")
    return int(found[1]), base64.b64decode(found[2])


def main(arguments: list[str] | None = None) -> int:
    """Check the proof that the command line names, and return the exit code."""
    parser = argparse.ArgumentParser(description="Check a proof of a difference log.")
    parser.add_argument("proof", type=Path, metavar="PROOF")
    parser.add_argument("--against", nargs="+", action="extend", default=[], type=Path, metavar="CHECKPOINT")
    options = parser.parse_args(arguments)
    said, code = "the proof holds", 0
    try:
        published, content = [_checkpoint(path) for path in options.against], options.proof.read_bytes()
    except (OSError, ValueError) as error:
        said, code = f"cannot be read: {error}", 2
    else:
        try:
            roots = _proven(json.loads(content))
            shown = [roots[size] == root for size, root in published if size in roots]
            if published and not (shown and all(shown)):
                raise ValueError("its roots are not the ones of these checkpoints")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            said, code = f"PROBLEM {options.proof} proves nothing: {error}", 1
    sys.stdout.write(f"{said.encode('unicode_escape').decode()}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
