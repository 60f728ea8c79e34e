"""Verification: what is sound, each way of not being it by its name, and what no chain can say."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dualwitness.difflog import verify_contents, verify_standalone
from dualwitness.difflog.checkpoint import write_checkpoint
from dualwitness.difflog.errors import CheckpointRefused, LogUnreadable
from dualwitness.difflog.evidence import PayloadFolder, SampleFolder
from dualwitness.difflog.merkle import EMPTY_ROOT, MerkleTree, leaf_hash
from dualwitness.difflog.note import Checkpoint, Signer
from dualwitness.difflog.records import World
from dualwitness.difflog.verify import Verdict, verify
from dualwitness.difflog.verify_contents import Lines
from tests.support.difflog_records import (
    bodies_of,
    change_of,
    entry_fields,
    fill,
    filled_log,
    imported_entry,
    keep_bodies,
    made_entry,
    occurrence_of,
    open_log,
    references_of,
)
from tests.support.difflog_tampering import write_records

FIRST, SECOND = made_entry(0), made_entry(1)


def outside_entry(number: int, world: World = World.OFFLINE) -> Any:
    """An entry whose raw samples lie in a collection outside of the log."""
    return made_entry(number, world, evidence__raw_samples_at="recorded")


def keep(folder: Path, *numbers: int, world: World = World.SIM) -> None:
    """Put the raw samples of these entries into a folder, under their addresses."""
    for number in numbers:
        for body in bodies_of(number, world):
            SampleFolder(folder).keep(body)


def both(folder: Path, *options: str, **named: Any) -> Verdict:
    """Our verdict, after the verifier without imports of ours has come to the same exit code."""
    verdict = verify(folder, **named)
    assert verify_standalone.main([str(folder), *options]) == verdict.exit_code, verdict.problems
    return verdict


def texts(verdict: Verdict) -> str:
    """All problems as they are shown."""
    return "\n".join(map(str, verdict.problems))


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_sound_log_verifies_with_its_counts_and_its_root(tmp_path: Path) -> None:
    """Records of every kind: no problem, the root of the lines, and no byte of the log is changed."""
    filled_log(tmp_path, 5)
    before = snapshot(tmp_path)
    verdict = both(tmp_path)
    lines = (tmp_path / "entries.jsonl").read_bytes().splitlines()
    assert verdict.problems == ()
    assert (verdict.records, verdict.occurrences, verdict.samples, verdict.samples_outside) == (8, 1, 10, 0)
    assert verdict.root == MerkleTree(map(leaf_hash, lines)).root()
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("make", [None, Path.mkdir, Path.touch], ids=["nothing", "folder", "file"])
def test_where_no_log_is_nothing_can_be_verified(make: Callable[[Path], None] | None, tmp_path: Path) -> None:
    """No folder, an empty folder and a file where the folder should be: exit 2, and never a sound log."""
    folder = tmp_path / "log"
    if make is not None:
        make(folder)
    with pytest.raises(LogUnreadable) as refusal:
        verify(folder)
    assert refusal.value.exit_code == 2
    assert verify_standalone.main([str(folder)]) == 2


def test_a_log_file_that_cannot_be_read_is_no_sound_log(tmp_path: Path) -> None:
    """A folder stands where the file should be: exit 2."""
    (tmp_path / "entries.jsonl").mkdir()
    with pytest.raises(LogUnreadable, match=r"entries\.jsonl cannot be read"):
        verify(tmp_path)
    assert verify_standalone.main([str(tmp_path)]) == 2


def test_a_sample_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is neither sound nor broken: exit 2."""
    filled_log(tmp_path)

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(LogUnreadable, match="cannot be read: Permission denied"):
        verify(tmp_path)
    assert verify_standalone.main([str(tmp_path)]) == 2


def test_an_empty_log_is_sound(tmp_path: Path) -> None:
    """A file without a line has the root of nothing."""
    (tmp_path / "entries.jsonl").touch()
    verdict = both(tmp_path)
    assert (verdict.exit_code, verdict.records, verdict.root) == (0, 0, EMPTY_ROOT)


def test_records_that_vanished_whole_are_missed_by_what_is_left(tmp_path: Path) -> None:
    """Without ``entries.jsonl`` the occurrences speak of nothing, and the checkpoint covers what is not there."""
    filled_log(tmp_path)
    write_checkpoint(tmp_path)
    (tmp_path / "entries.jsonl").unlink()
    assert "it speaks of an entry that is not there" in texts(both(tmp_path))
    (tmp_path / "occurrences.jsonl").unlink()
    assert "it covers 5 records, the log has 0" in texts(both(tmp_path))


def test_samples_outside_are_counted_in_a_note_where_no_source_is_given(tmp_path: Path) -> None:
    """They are no problem then, and the note says how to verify them."""
    write_records(tmp_path / "log", [FIRST, outside_entry(2), outside_entry(3)])
    keep(tmp_path / "log" / "samples", 0)
    verdict = both(tmp_path / "log")
    assert (verdict.exit_code, verdict.samples_outside) == (0, 4)
    assert [note for note in verdict.notes if "samples of 2 entries lie outside" in note and "--samples DIR" in note]


def test_samples_outside_are_verified_against_a_given_source(tmp_path: Path) -> None:
    """With their folder there is nothing to note; a changed or missing body breaks the log, and its entry is named."""
    log, outside = tmp_path / "log", tmp_path / "recorded"
    write_records(log, [FIRST, outside_entry(2), outside_entry(3)])
    keep(log / "samples", 0)
    keep(outside, 2, 3, world=World.OFFLINE)

    def judged() -> Verdict:
        return both(log, "--samples", str(outside), sources=[PayloadFolder(outside)])

    verdict = judged()
    assert (verdict.exit_code, [note for note in verdict.notes if "outside" in note]) == (0, [])
    body = outside / references_of(3, World.OFFLINE)[1]
    body.write_bytes(body.read_bytes() + b" ")
    assert outside_entry(3).entry_id in texts(judged())
    body.unlink()
    verdict = judged()
    assert outside_entry(3).entry_id in texts(verdict)
    assert outside_entry(2).entry_id not in texts(verdict)


def test_samples_of_an_entry_that_names_no_collection_must_be_in_the_log(tmp_path: Path) -> None:
    """A source elsewhere does not stand in for the log's own samples, not even for the world offline."""
    log, outside = tmp_path / "log", tmp_path / "recorded"
    inside = made_entry(2, World.OFFLINE)
    write_records(log, [inside])
    keep(outside, 2, world=World.OFFLINE)
    verdict = both(log, "--samples", str(outside), sources=[PayloadFolder(outside)])
    assert f"{inside.entry_id}: a raw sample of it is missing" in texts(verdict)
    keep(log / "samples", 2, world=World.OFFLINE)
    assert both(log).exit_code == 0


@pytest.mark.parametrize("world", [World.SIM, World.DEMO, World.LIVE])
def test_samples_outside_are_refused_of_every_world_but_offline(world: World, tmp_path: Path) -> None:
    """Only recordings may lie elsewhere: what was seen in any other world is kept with the log."""
    entry = outside_entry(2)
    write_records(tmp_path, [{**entry.model_dump(mode="json"), "environment": entry_fields(2, world)["environment"]}])
    verdict = both(tmp_path)
    assert f"{entry.entry_id}: its raw samples lie elsewhere, but it is not from offline" in texts(verdict)


def dump(model: Any, /, **changes: Any) -> dict[str, Any]:
    """A record as JSON, with changes at its top."""
    return {**model.model_dump(mode="json"), **changes}


def hashed(line: bytes) -> bytes:
    """A line that was changed, with the hash that it now gives."""
    bare, at = line.rstrip(b"\n"), line.index(b'"entry_hash":"')
    digest = sha256(bare[:at] + bare[at + 80 :]).hexdigest().encode()
    return bare[:at] + b'"entry_hash":"' + digest + bare[at + 78 :] + b"\n"


def not_told(record: Any, *names: str) -> dict[str, Any]:
    """A record as JSON without some of its fields."""
    return {name: value for name, value in dump(record).items() if name not in names}


ILL_FORMED: dict[str, tuple[list[Any], list[Any], str]] = {
    "an id twice": ([FIRST, dump(SECOND, entry_id=FIRST.entry_id)], [], "an entry with this id is there already"),
    "an imported id twice": ([imported_entry(), imported_entry()], [], "an entry with this id is there already"),
    "a fingerprint twice": ([FIRST, dump(SECOND, fingerprint=FIRST.fingerprint)], [], "with this fingerprint is there"),
    "a status before its entry": ([change_of(FIRST, "understood"), FIRST], [], "an entry that is not there before it"),
    "a status of nothing": ([FIRST, change_of(SECOND, "understood")], [], "an entry that is not there before it"),
    "an occurrence of nothing": ([FIRST], [occurrence_of(SECOND)], "it speaks of an entry that is not there"),
    "an occurrence among entries": ([FIRST, occurrence_of(FIRST)], [], "of no kind that belongs here"),
    "an entry among occurrences": ([FIRST], [FIRST], "of no kind that belongs here"),
    "a status among occurrences": ([FIRST], [change_of(FIRST, "understood")], "of no kind that belongs here"),
    "another kind": ([FIRST, dump(SECOND, record="opinion")], [], "of no kind that belongs here"),
    "an entry that says it is a status": ([dump(FIRST, record="status")], [], "of no kind that belongs here|before it"),
    "no kind": ([not_told(FIRST, "record")], [], "of no kind that belongs here"),
    "no id": ([not_told(FIRST, "entry_id")], [], "no kind|no id"),
    "no evidence": ([not_told(FIRST, "evidence")], [], "without fingerprint or without the addresses|is missing"),
    "no fingerprint": ([not_told(FIRST, "fingerprint")], [], "without fingerprint or without the addresses"),
    "a sequence of its own": ([dump(FIRST, evidence=[])], [], "without the addresses|is missing"),
}


@pytest.mark.parametrize("name", ILL_FORMED)
def test_a_sound_chain_of_records_that_do_not_belong_there_is_broken(name: str, tmp_path: Path) -> None:
    """Every hash is right, and still both verifiers refuse what no `DiffLog` would have appended."""
    entries, occurrences, expected = ILL_FORMED[name]
    write_records(tmp_path, entries, occurrences)
    keep(tmp_path / "samples", 0, 1)
    said = texts(both(tmp_path))
    assert any(text in said for text in expected.split("|")), said
    assert "hash" not in said


def test_records_of_every_kind_in_their_places_are_sound(tmp_path: Path) -> None:
    """The control of the ill-formed ones: the same builder, nothing wrong."""
    write_records(tmp_path, [imported_entry(), FIRST, change_of(FIRST, "understood"), SECOND], [occurrence_of(SECOND)])
    keep(tmp_path / "samples", 0, 1)
    assert texts(both(tmp_path)) == ""


@pytest.mark.parametrize(
    "name", [name for name in ILL_FORMED if any(word in name for word in ("among", "twice", "of nothing"))]
)
def test_what_the_bytes_of_a_record_show_is_found_without_parsing_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kind, id, fingerprint and reference of the old records of a large log count as well."""
    monkeypatch.setattr(verify_contents, "_PARSED", 0)
    entries, occurrences, expected = ILL_FORMED[name]
    write_records(tmp_path, entries, occurrences)
    keep(tmp_path / "samples", 0, 1)
    assert expected in texts(verify(tmp_path))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"axis":"I",', b'"axis": "I",'),
        (b'"severity":"S2"}', b'"severity": "S2"}'),
        (b'"severity":"S2"}', b'"severity":"\\u00532"}'),
        (b'"S2"}', b'"S2"}x'),
        (b'"axis":"I"', b'"axis":I'),
        (b"{", b"[{"),
        (b'"python_version"', b'"zero":0,"python_version"'),
    ],
)
def test_a_line_that_is_no_canonical_json_is_broken_though_its_hash_is_right(
    old: bytes, new: bytes, tmp_path: Path
) -> None:
    """A blank, an escape that none needs, more after the end, a bare word, another order: a record has one form."""
    write_records(tmp_path, [FIRST])
    keep(tmp_path / "samples", 0)
    path = tmp_path / "entries.jsonl"
    path.write_bytes(hashed(path.read_bytes().replace(old, new, 1)))
    assert both(tmp_path).exit_code == 1


def test_a_number_inside_of_a_record_cannot_pass_for_its_place(tmp_path: Path) -> None:
    """The sequence number of the record is wrong, and one that is right stands inside of it."""
    write_records(tmp_path, [dump(FIRST, run={"python_version": "3.11.9", "sequence": 0, "symbol": "none"})])
    keep(tmp_path / "samples", 0)
    assert both(tmp_path).exit_code == 0
    path = tmp_path / "entries.jsonl"
    path.write_bytes(hashed(path.read_bytes().replace(b',"sequence":0,"severity"', b',"sequence":7,"severity"')))
    assert "records 0 to 6 are missing before it" in texts(both(tmp_path))


def test_an_old_record_of_a_large_log_is_parsed_only_if_the_whole_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note says how many were not; `whole` finds what their bytes alone do not show."""
    write_records(tmp_path, [dump(FIRST, record="opinion"), SECOND, change_of(SECOND, "understood")])
    keep(tmp_path / "samples", 0, 1)
    assert verify(tmp_path).exit_code == 1
    monkeypatch.setattr(verify_contents, "_PARSED", 3_000)
    verdict = verify(tmp_path)
    assert (verdict.exit_code, [note for note in verdict.notes if "the first 1 records" in note] != []) == (0, True)
    assert "of no kind that belongs here" in texts(verify(tmp_path, whole=True))


def test_a_sample_that_was_changed_names_every_entry_that_needs_it(tmp_path: Path) -> None:
    """Two entries rest on the same body: both are named, and each once."""
    evidence = dump(FIRST)["evidence"]
    write_records(tmp_path, [FIRST, dump(SECOND, evidence=evidence), made_entry(2)])
    keep(tmp_path / "samples", 0, 2)
    assert both(tmp_path).exit_code == 0
    (tmp_path / "samples" / references_of(0)[0]).write_bytes(b"{}")
    verdict = both(tmp_path)
    assert [problem.entry_id for problem in verdict.problems] == [FIRST.entry_id, SECOND.entry_id]
    assert references_of(0)[0] in texts(verdict)


def test_a_sample_of_nobody_must_give_its_name_all_the_same(tmp_path: Path) -> None:
    """What occurrences brought is kept like everything else."""
    filled_log(tmp_path)
    stray = tmp_path / "samples" / sha256(b"a body").hexdigest()
    stray.write_bytes(b"a body")
    assert both(tmp_path).exit_code == 0
    stray.write_bytes(b"another body")
    assert f"samples/{stray.name}: its bytes do not give its name" in texts(both(tmp_path))


def test_a_folder_that_stands_where_a_sample_belongs_is_no_sample(tmp_path: Path) -> None:
    """It cannot give the name, whatever is in it."""
    filled_log(tmp_path)
    sample = tmp_path / "samples" / references_of(0)[0]
    sample.unlink()
    sample.mkdir()
    assert FIRST.entry_id in texts(both(tmp_path))


def test_a_file_among_the_samples_that_is_none_is_a_note(tmp_path: Path) -> None:
    """A write that a crash cut short leaves a partial file; it is said, and breaks nothing."""
    filled_log(tmp_path)
    (tmp_path / "samples" / ".0123.77.partial").write_bytes(b"half a bo")
    verdict = both(tmp_path)
    assert verdict.exit_code == 0
    assert [note for note in verdict.notes if note.startswith("samples/.0123.77.partial: it is no sample")]


def test_a_torn_tail_is_named_and_after_the_next_append_a_note(tmp_path: Path) -> None:
    """Until it is moved it is a problem; what was moved is never passed over in silence."""
    filled_log(tmp_path)
    with (tmp_path / "entries.jsonl").open("ab") as file:
        file.write(b'{"axis":"E","entry_id":"DIFF-20261121-torn')
    verdict = both(tmp_path)
    assert [(one.file, one.line) for one in verdict.problems] == [("entries.jsonl", 6)]
    with open_log(tmp_path) as log:
        fill(log, 1, first=7)
    verdict = both(tmp_path)
    assert (verdict.exit_code, [note for note in verdict.notes if "torn tail" in note] != []) == (0, True)


def test_an_append_while_the_log_is_verified_does_not_look_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody adds an entry and an occurrence of it between the two files: what is read is still consistent."""
    filled_log(tmp_path)
    read = Lines.read
    calls: list[str] = []

    def read_then_append(folder: Path, name: str) -> Lines | None:
        lines = read(folder, name)
        if not calls:
            with open_log(tmp_path) as log:
                keep_bodies(log, 9)
                log.append_many([made_entry(9), occurrence_of(made_entry(9))])
        calls.append(name)
        return lines

    monkeypatch.setattr(Lines, "read", read_then_append)
    assert verify(tmp_path).exit_code == 0
    assert len(calls) == 2


def test_a_checkpoint_of_the_log_itself_that_was_rewritten_is_named(tmp_path: Path) -> None:
    """A wrong root, a wrong size, and a file that is no checkpoint."""
    filled_log(tmp_path)
    path = write_checkpoint(tmp_path)
    right = path.read_bytes()
    for data, expected in (
        (Checkpoint("dualwitness/difflog", 5, EMPTY_ROOT).data, "record 0 ("),
        (Checkpoint("dualwitness/difflog", 4, verify(tmp_path).root).data, "one up to 3 ("),
        (Checkpoint("dualwitness/difflog", 9, EMPTY_ROOT).data, "it covers 9 records, the log has 5"),
        (Checkpoint("dualwitness/difflog", 0, verify(tmp_path).root).data, "not the root of an empty log"),
        (b"checkpoint", "it is no checkpoint"),
    ):
        path.write_bytes(data)
        assert f"checkpoints/{path.name}: " in texts(both(tmp_path))
        assert expected in texts(verify(tmp_path))
    path.write_bytes(right)
    assert both(tmp_path).exit_code == 0


def test_of_two_checkpoints_the_older_one_narrows_where_the_log_was_rewritten(tmp_path: Path) -> None:
    """The problem names the records between the last checkpoint that agrees and the one that does not."""
    filled_log(tmp_path)
    write_checkpoint(tmp_path)
    with open_log(tmp_path) as log:
        stored = fill(log, 3, first=10)
    wrong = Checkpoint("dualwitness/difflog", 8, EMPTY_ROOT)
    (tmp_path / "checkpoints" / "0000000008.txt").write_bytes(wrong.data)
    said = texts(both(tmp_path))
    assert f"record 5 ({stored[0].entry_id}) or one up to 7 ({stored[2].entry_id})" in said


def test_a_checkpoint_against_an_empty_log_is_judged(tmp_path: Path) -> None:
    """Nothing was appended yet: the root of nothing agrees, every other one does not."""
    (tmp_path / "entries.jsonl").touch()
    kept = tmp_path / "kept.txt"
    kept.write_bytes(Checkpoint("dualwitness/difflog", 0, EMPTY_ROOT).data)
    assert both(tmp_path, "--against", str(kept), against=[kept]).exit_code == 0
    kept.write_bytes(Checkpoint("dualwitness/difflog", 0, b"\x01" * 32).data)
    assert both(tmp_path, "--against", str(kept), against=[kept]).exit_code == 1


@pytest.mark.parametrize("content", [None, b"", b"no checkpoint"])
def test_a_file_to_compare_with_that_is_no_checkpoint_is_an_error_of_the_user(
    content: bytes | None, tmp_path: Path
) -> None:
    """Exit 2: neither sound nor broken was found out."""
    filled_log(tmp_path / "log")
    kept = tmp_path / "kept.txt"
    if content is not None:
        kept.write_bytes(content)
    with pytest.raises(CheckpointRefused, match=r"kept\.txt is no checkpoint") as refusal:
        verify(tmp_path / "log", against=[kept])
    assert refusal.value.exit_code == 2
    assert verify_standalone.main([str(tmp_path / "log"), "--against", str(kept)]) == 2


def key_file(folder: Path, seed: bytes) -> Path:
    """A private key on disk."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.from_private_bytes(sha256(seed).digest())
    path = folder / f"{seed.decode()}.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_signatures_are_verified_with_a_key_and_noted_without_one(tmp_path: Path) -> None:
    """Signed by this key: sound. By another one, by nobody, or wrongly: said."""
    log = tmp_path / "log"
    filled_log(log)
    mine, other = (Signer.from_file(key_file(tmp_path, seed), "dualwitness/difflog") for seed in (b"mine", b"other"))
    path = write_checkpoint(log)
    assert "not signed: checkpoints/0000000005.txt" in verify(log).notes
    assert "no checkpoint is signed by dualwitness/difflog" in texts(verify(log, key=mine.verifier_key))
    write_checkpoint(log, key_file=tmp_path / "mine.pem")
    assert verify(log, key=mine.verifier_key).exit_code == 0
    assert "no key was given, so signatures were not verified" in verify(log).notes
    assert "no checkpoint is signed by" in texts(verify(log, key=other.verifier_key))
    signed = Signer.from_file(tmp_path / "mine.pem", "dualwitness/difflog").sign(
        Checkpoint("another/log", 5, EMPTY_ROOT)
    )
    path.write_bytes(Checkpoint("dualwitness/difflog", 5, verify(log).root, signed.signatures).data)
    assert f"checkpoints/{path.name}: its signature is not one of" in texts(verify(log, key=mine.verifier_key))


def test_two_checkpoints_of_the_same_name_are_judged_each(tmp_path: Path) -> None:
    """One kept elsewhere is called like one of the log: the wrong one of the two is named by its path."""
    filled_log(tmp_path / "log")
    own = write_checkpoint(tmp_path / "log")
    kept = tmp_path / own.name
    kept.write_bytes(Checkpoint("dualwitness/difflog", 5, EMPTY_ROOT).data)
    verdict = verify(tmp_path / "log", against=[kept])
    assert [problem.file for problem in verdict.problems] == [str(kept)]
