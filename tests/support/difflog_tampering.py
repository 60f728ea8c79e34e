"""Ways to tamper with a difference log, each undone afterwards, and what a verifier must then name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from dualwitness.difflog.chain import Link, seal
from dualwitness.difflog.checkpoint import write_checkpoint
from dualwitness.difflog.records import World
from tests.support.difflog_records import bodies_of, fill, filled_log, made_entry, open_log, whole_story

__all__ = ["TAMPERINGS", "Ground", "Tampering", "make_ground", "resealed", "tampered", "write_records"]

_ADDED = ("date_utc", "entry_hash", "previous_hash", "sequence")


@dataclass(frozen=True)
class Ground:
    """A sound log, an older checkpoint of it that is kept elsewhere, and the folder of its samples that lie outside."""

    folder: Path
    checkpoint: Path
    covered: int
    outside: Path


@dataclass(frozen=True)
class Tampering:
    """
    What a file was made to hold (None: it is gone), the words of which a verifier must say one, and how it is found.

    ``by_checkpoint``: the log alone is a sound chain again, so that only the checkpoint kept elsewhere shows it.
    """

    path: Path
    data: bytes | None
    named: tuple[str, ...]
    by_checkpoint: bool = False


def make_ground(folder: Path, covered: int = 15, more: int = 6) -> Ground:
    """
    A log of every kind of record, entries of two worlds among them, with a checkpoint after ``covered`` records.

    The last of those that it covers are entries of the world offline, whose samples lie outside.
    """
    log_folder, outside = folder / "log", folder / "payloads"
    outside.mkdir()
    elsewhere = [made_entry(100 + number, World.OFFLINE, evidence__raw_samples_at="recorded") for number in range(3)]
    for number in range(3):
        for side, body in zip(("ccxt", "okx"), bodies_of(100 + number, World.OFFLINE), strict=True):
            (outside / f"{side}-{number}.json").write_bytes(body)
    filled_log(log_folder, covered - len(elsewhere) - len(whole_story()) + 3)
    with open_log(log_folder, sources=(_by_bytes(outside),)) as log:
        log.append_many(elsewhere)
        lines = (log_folder / "entries.jsonl").read_bytes().count(b"\n")
        kept = write_checkpoint(log_folder).rename(folder / "published.txt")
        fill(log, more, first=200)
        log.append_many(one for one in whole_story() if one.record == "occurrence")
    return Ground(log_folder, kept, lines, outside)


def _by_bytes(folder: Path) -> Callable[[str], bytes | None]:
    from dualwitness.difflog.evidence import PayloadFolder

    return PayloadFolder(folder)


@contextmanager
def tampered(tampering: Tampering) -> Iterator[None]:
    """The tampering as long as it lasts."""
    before = tampering.path.read_bytes()
    try:
        if tampering.data is None:
            tampering.path.unlink()
        else:
            tampering.path.write_bytes(tampering.data)
        yield
    finally:
        tampering.path.write_bytes(before)


def resealed(lines: Sequence[bytes], first: int, fields: dict[str, Any], *, rest: bool = True) -> list[bytes]:
    """The lines with one record replaced and hashed anew, and the ``rest`` after it chained anew as well."""
    before = json.loads(lines[first - 1])["entry_hash"].encode() if first else Link().last_hash
    changed, link = list(lines), Link(first, before)
    for index in range(first, len(lines) if rest else first + 1):
        content = fields if index == first else json.loads(lines[index])
        bare = {name: value for name, value in content.items() if name not in _ADDED}
        sealed, made = seal(bare, link, content["date_utc"])
        changed[index] = sealed[:-1]
        link = Link(index + 1, made["entry_hash"].encode())
    return changed


def _file(ground: Ground, random: Random) -> tuple[Path, list[bytes]]:
    """One of the two files, the committed one more often, and its lines."""
    path = ground.folder / random.choice(("entries.jsonl", "entries.jsonl", "occurrences.jsonl"))
    return path, path.read_bytes().split(b"\n")[:-1]


def _entries(ground: Ground) -> tuple[Path, list[bytes]]:
    path = ground.folder / "entries.jsonl"
    return path, path.read_bytes().split(b"\n")[:-1]


def _whole(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _place(path: Path, index: int) -> str:
    return f"{path.name}:{index + 1}"


def _other_date(fields: dict[str, Any], random: Random) -> dict[str, Any]:
    return {**fields, "date_utc": f"20{random.randrange(10, 26)}-01-01T00:00:00.000Z"}


def flip_a_bit(ground: Ground, random: Random) -> Tampering:
    """Any bit of a file of the log."""
    path = _file(ground, random)[0]
    data = bytearray(path.read_bytes())
    at = random.randrange(len(data))
    data[at] ^= 1 << random.randrange(8)
    return Tampering(path, bytes(data), (_place(path, path.read_bytes()[:at].count(b"\n")),))


def delete_a_line(ground: Ground, random: Random) -> Tampering:
    """Any line but the last."""
    path, lines = _file(ground, random)
    index = random.randrange(len(lines) - 1)
    return Tampering(path, _whole(lines[:index] + lines[index + 1 :]), (_place(path, index),))


def swap_two_lines(ground: Ground, random: Random) -> Tampering:
    """Any two."""
    path, lines = _file(ground, random)
    first, second = sorted(random.sample(range(len(lines)), 2))
    lines[first], lines[second] = lines[second], lines[first]
    return Tampering(path, _whole(lines), (_place(path, first),))


def redate_a_record(ground: Ground, random: Random) -> Tampering:
    """Another date, and nothing else."""
    path, lines = _file(ground, random)
    index = random.randrange(len(lines))
    fields = _other_date(json.loads(lines[index]), random)
    lines[index] = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    return Tampering(path, _whole(lines), (_place(path, index),))


def redate_a_record_and_hash_it_anew(ground: Ground, random: Random) -> Tampering:
    """The record gives its own hash again; the one after it does not follow."""
    path, lines = _file(ground, random)
    index = random.randrange(len(lines) - 1)
    fields = json.loads(lines[index])
    return Tampering(
        path, _whole(resealed(lines, index, _other_date(fields, random), rest=False)), (fields["entry_id"],)
    )


def redate_the_last_record_and_hash_it_anew(ground: Ground, random: Random) -> Tampering:
    """No record follows that could tell: the log is cut to what the checkpoint covers, and its last one is redated."""
    path, lines = _entries(ground)
    lines = lines[: ground.covered]
    fields = json.loads(lines[-1])
    changed = resealed(lines, ground.covered - 1, _other_date(fields, random))
    return Tampering(path, _whole(changed), (fields["entry_id"],), by_checkpoint=True)


def rechain_from_a_changed_record(ground: Ground, random: Random) -> Tampering:
    """A record is changed, and everything from it on computed anew: a sound chain."""
    path, lines = _entries(ground)
    index = random.randrange(ground.covered)
    fields = json.loads(lines[index])
    what = {"entry": "reason", "status": "why", "imported": "source"}[fields["record"]]
    changed = resealed(lines, index, {**fields, what: f"{fields[what]} {random.random()}"})
    named = (f"({json.loads(lines[0])['entry_id']}) or one up to {ground.covered - 1} ",)
    return Tampering(path, _whole(changed), named, by_checkpoint=True)


def rechain_without_a_record(ground: Ground, random: Random) -> Tampering:
    """A change of status, or an entry of which nothing is said, vanishes, and the rest is chained anew."""
    path, lines = _entries(ground)
    ids = [json.loads(line)["entry_id"] for line in lines]
    said = (ground.folder / "occurrences.jsonl").read_text()
    alone = [
        index
        for index in range(ground.covered - 1)
        if (ids.count(ids[index]) == 1 and ids[index] not in said) or ids[index] in ids[:index]
    ]
    index = random.choice(alone)
    rest = lines[:index] + lines[index + 1 :]
    changed = resealed(rest, index, json.loads(rest[index]))
    return Tampering(path, _whole(changed), (f"up to {ground.covered - 1} ",), by_checkpoint=True)


def truncate_at_the_end_of_a_line(ground: Ground, random: Random) -> Tampering:
    """The last records vanish, those that are left are a sound chain; nothing is said of those that are gone."""
    path, lines = _entries(ground)
    needed = (ground.folder / "occurrences.jsonl").read_text()
    least = 1 + max(index for index, line in enumerate(lines) if json.loads(line)["entry_id"] in needed)
    kept = random.randrange(least, ground.covered)
    return Tampering(path, _whole(lines[:kept]), (f"the log has {kept}:",), by_checkpoint=True)


def truncate_inside_a_line(ground: Ground, random: Random) -> Tampering:
    """A torn tail."""
    path, lines = _file(ground, random)
    index = random.randrange(len(lines))
    kept = random.randrange(1, len(lines[index]))
    return Tampering(path, _whole(lines[:index]) + lines[index][:kept], (_place(path, index),))


def duplicate_a_line(ground: Ground, random: Random) -> Tampering:
    """A record stands in a second place as well."""
    path, lines = _file(ground, random)
    index = random.randrange(len(lines))
    place = random.randrange(index + 1, len(lines) + 1)
    return Tampering(path, _whole([*lines[:place], lines[index], *lines[place:]]), (_place(path, place),))


def _sample(ground: Ground, random: Random) -> tuple[Path, tuple[str, ...]]:
    """A raw sample of the log or of the folder outside, and the entries that need it."""
    files = sorted((ground.folder / "samples").iterdir()) + sorted(ground.outside.iterdir())
    path = random.choice(files)
    body = path.read_bytes()
    owners = []
    for line in _entries(ground)[1]:
        fields = json.loads(line)
        number = fields.get("row_key", "").rpartition("|")[2] if fields["record"] == "entry" else ""
        if number and body in bodies_of(int(number), World(fields["environment"]["env"])):
            owners.append(fields["entry_id"])
    return path, tuple(owners)


def delete_a_sample(ground: Ground, random: Random) -> Tampering:
    """A raw sample is gone."""
    path, owners = _sample(ground, random)
    return Tampering(path, None, owners)


def change_a_sample(ground: Ground, random: Random) -> Tampering:
    """A bit of a raw sample, or everything after a byte of it, or all of it."""
    path, owners = _sample(ground, random)
    body = bytearray(path.read_bytes())
    at = random.randrange(len(body))
    body[at] ^= 1 << random.randrange(8)
    return Tampering(path, random.choice((bytes(body), bytes(body[:at]), b"")), owners)


TAMPERINGS: tuple[Callable[[Ground, Random], Tampering], ...] = (
    flip_a_bit,
    delete_a_line,
    swap_two_lines,
    redate_a_record,
    redate_a_record_and_hash_it_anew,
    redate_the_last_record_and_hash_it_anew,
    rechain_from_a_changed_record,
    rechain_without_a_record,
    truncate_at_the_end_of_a_line,
    truncate_inside_a_line,
    duplicate_a_line,
    delete_a_sample,
    change_a_sample,
)


def write_records(folder: Path, entries: Sequence[Any], occurrences: Sequence[Any] = ()) -> None:
    """A log on disk that is a sound chain of whatever models and mappings are given: no `DiffLog` would append them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, records in (("entries.jsonl", entries), ("occurrences.jsonl", occurrences)):
        link, lines = Link(), []
        for one in records:
            content = one if isinstance(one, dict) else one.model_dump(mode="json")
            line, fields = seal(content, link, "2026-11-21T12:00:00.000Z")
            link = Link(link.count + 1, fields["entry_hash"].encode(), link.size + len(line))
            lines.append(line)
        if lines:
            (folder / name).write_bytes(b"".join(lines))
