"""``python -m difflog``: every sub-command, its exit codes, and what it says when something is wrong."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dualwitness.difflog import commands, reading
from dualwitness.difflog.arguments import AXES, SEVERITIES, build_parser
from dualwitness.difflog.checkpoint import ORIGIN
from dualwitness.models.enums import Axis, OddOneOut, Severity
from tests.support.difflog_command import difflog, printable
from tests.support.difflog_records import (
    TODAY,
    bodies_of,
    change_of,
    filled_log,
    imported_entry,
    keep_bodies,
    made_entry,
    open_log,
)

FIRST, SECOND = made_entry(0).entry_id, made_entry(1).entry_id
DECIDED = ("--who", "ops", "--why", "the venue documents it")
COMMANDS = ("list", "show", "add", "status", "verify", "render", "checkpoint", "export")


@pytest.fixture(name="log")
def log_of_a_whole_story(tmp_path: Path) -> Path:
    """Three entries: one accepted and seen again, two open; and an imported one."""
    filled_log(tmp_path / "log", entries=3)
    return tmp_path / "log"


def tampered(log: Path) -> Path:
    """The same log, its first entry changed after it was appended."""
    path = log / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"severity":"S2"', b'"severity":"S0"', 1))
    return log


def test_words_of_the_parser_are_those_of_the_models() -> None:
    """Help texts load no models, so the words stand there again; the default name of a log too."""
    assert (list(SEVERITIES), list(AXES)) == (list(Severity), list(Axis))
    for odd in OddOneOut:
        assert build_parser().parse_args(["list", "--library", odd]).library == odd
    assert build_parser().parse_args(["checkpoint"]).origin == ORIGIN


@pytest.mark.parametrize("words", [("--difflog", "{}", "list"), ("list", "--difflog", "{}")])
def test_log_is_named_before_or_after_the_command(log: Path, words: tuple[str, ...]) -> None:
    """Both places count; after the command wins."""
    answered = difflog(*(word.format(log) for word in words))
    assert answered.lines[-1] == "3 differences (1 S3, 2 S2; 1 accepted-risk, 2 open), 1 imported entry"
    assert difflog("--difflog", "elsewhere", "list", "--difflog", log).out == answered.out


@pytest.mark.parametrize(
    ("words", "entries"),
    [
        ((), 4),
        (("--severity", "S3"), 1),
        (("--severity", "S2,S3"), 4),
        (("--severity", "S2", "--severity", "S3"), 4),
        (("--axis", "E"), 0),
        (("--status", "open"), 2),
        (("--status", "accepted-risk,imported"), 2),
        (("--status", "expired"), 0),
        (("--library", "ccxt"), 3),
        (("--library", "okx_sdk@0.4.4"), 3),
        (("--library", "okx_sdk"), 0),
        (("--symbol", "BTC-USDT-SWAP"), 3),
        (("--symbol", "BTC/USDT"), 0),
        (("--since", "2026-11-21"), 3),
        (("--since", "2026-11-22"), 0),
        (("--rule", "positions.entry_price"), 3),
        (("--rule", "positions"), 0),
    ],
)
def test_list_shows_what_the_filters_let_through(log: Path, words: tuple[str, ...], entries: int) -> None:
    """In the table and in the JSON alike."""
    assert len(json.loads(difflog("list", "--json", *words, "--difflog", log).out)["entries"]) == entries
    assert len(difflog("list", *words, "--difflog", log).lines) == (entries + 2 if entries else 1)


@pytest.mark.parametrize(
    "words",
    [
        ("--severity", "S4"),
        ("--severity", ""),
        ("--axis", "X"),
        ("--status", "closed"),
        ("--library", "ccxtt"),
        ("--since", "yesterday"),
        ("--since", "2026-02-30"),
        ("--watchpoints", "--severity", "S1"),
        ("--sever", "S1"),
    ],
)
def test_filter_that_means_nothing_is_a_usage_error(log: Path, words: tuple[str, ...]) -> None:
    """No filter is ignored, and none is completed by guessing."""
    answered = difflog("list", *words, "--difflog", log)
    assert (answered.code, answered.out) == (2, "")
    assert printable(answered.err)


def test_watchpoints_are_listed_with_and_without_evidence(log: Path) -> None:
    """Positions of the embedded venue stand beside, and are no evidence about demo."""
    answered = difflog("list", "--watchpoints", "--difflog", log)
    assert (answered.code, answered.lines[-1]) == (0, "0 of 4 watchpoints have evidence")
    document = json.loads(difflog("list", "--watchpoints", "--json", "--difflog", log).out)
    assert document["watchpoints"][0]["beside"] == {"sim": [FIRST, SECOND, made_entry(2).entry_id]}


@pytest.mark.parametrize("words", [("list",), ("list", "--watchpoints"), ("show", FIRST)])
def test_reading_a_broken_log_answers_and_exits_5(log: Path, words: tuple[str, ...]) -> None:
    """What is there is shown, and nobody can take it for what was appended."""
    assert difflog(*words, "--difflog", log).code == 0
    answered = difflog(*words, "--difflog", tampered(log))
    assert answered.code == 5
    assert answered.out
    assert FIRST in answered.err


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("list", "--watchpoints"),
        ("show", "x"),
        ("status", "x", "open", *DECIDED),
        ("verify",),
        ("render", "--markdown", "-"),
        ("export", "--junit", "-"),
        ("checkpoint",),
        ("checkpoint", "--prove", "x"),
    ],
)
def test_command_on_a_folder_without_a_log_is_a_usage_error(tmp_path: Path, words: tuple[str, ...]) -> None:
    """One sentence and what to do, whether the folder is there or not; nothing is made in it."""
    (tmp_path / "empty").mkdir()
    for name in ("none", "empty"):
        answered = difflog(*words, "--difflog", tmp_path / name)
        assert (answered.code, answered.out) == (2, "")
        assert answered.err.startswith("dualwitness: there is no log in ")
        assert answered.err.count("\n") == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_show_finds_an_entry_by_its_beginning_and_refuses_what_is_none(log: Path) -> None:
    """The beginning of the fingerprint is enough."""
    short = made_entry(1).fingerprint[:5]
    assert difflog("show", short, "--difflog", log).lines[0].startswith(SECOND)
    assert json.loads(difflog("show", short, "--json", "--difflog", log).out)["entry"]["entry_id"] == SECOND
    wrong = difflog("show", f"{SECOND[:-1]}z", "--difflog", log)
    assert (wrong.code, SECOND in wrong.err) == (2, True)


def test_show_tells_of_a_torn_tail_and_that_is_no_failure(log: Path) -> None:
    """What was cut short was never acknowledged."""
    path = log / "entries.jsonl"
    path.write_bytes(path.read_bytes() + b'{"axis":"E","torn')
    answered = difflog("show", FIRST, "--difflog", log)
    assert (answered.code, "17 bytes" in answered.err) == (0, True)


def test_samples_outside_of_the_log_are_shown_where_their_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By --samples, or by DUALWITNESS_SHARED; a folder that is none is refused."""
    payloads = tmp_path / "shared" / "okx-payloads" / "deep"
    payloads.mkdir(parents=True)
    for number, body in enumerate(bodies_of(0, "offline")):
        (payloads / f"{number}.json").write_bytes(body)
    log = tmp_path / "log"
    entry = made_entry(0, "offline", evidence__raw_samples_at="okx-payloads")
    monkeypatch.setenv("DUALWITNESS_SHARED", str(tmp_path / "shared"))
    monkeypatch.setenv("COLUMNS", "400")  # so that no sentence is folded
    from dualwitness.difflog.evidence import PayloadFolder

    with open_log(log, sources=[PayloadFolder(payloads)]) as opened:
        opened.append(entry)
    assert '"avgPx"' in difflog("show", FIRST, "--difflog", log).out
    monkeypatch.delenv("DUALWITNESS_SHARED")
    assert "name that folder with --samples" in difflog("show", FIRST, "--difflog", log).out
    assert '"avgPx"' in difflog("show", FIRST, "--samples", payloads.parent, "--difflog", log).out
    assert difflog("show", FIRST, "--samples", tmp_path / "none", "--difflog", log).code == 2
    assert difflog("verify", "--difflog", log).code == 0


def test_entry_is_decided_step_by_step_and_the_steps_are_in_its_history(log: Path) -> None:
    """Open, understood, accepted until a day; each is told."""
    understood = difflog("status", SECOND, "understood", *DECIDED, "--difflog", log)
    assert understood.out == f"{SECOND} is now understood by ops: the venue documents it\n"
    accepted = difflog("status", SECOND, "accepted-risk", *DECIDED, "--expires", "2999-12-31", "--difflog", log)
    assert "until 2999-12-31; for contracts of BTC/USDT:USDT up to S3 with ccxt 4.5.90" in accepted.out
    assert len(json.loads(difflog("list", "--status", "accepted-risk", "--json", "--difflog", log).out)["entries"]) == 2
    assert len(json.loads(difflog("show", SECOND, "--json", "--difflog", log).out)["changes"]) == 2
    assert difflog("verify", "--difflog", log).code == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((SECOND, "open", *DECIDED), "open already"),
        ((FIRST, "accepted-risk", *DECIDED, "--expires", "2020-01-01"), "before it begins"),
        ((FIRST, "understood", *DECIDED, "--expires", "2999-01-01"), "belong to accepted-risk"),
        ((FIRST, "accepted-risk", *DECIDED, "--scope-symbol", "ETH/USDT"), "nobody has seen"),
        ((FIRST, "understood", "--who", "ops", "--why", "tbd"), "on what grounds"),
        ((FIRST, "understood", "--who", " ", "--why", "it"), "--who: it was empty"),
        ((FIRST, "understood", "--who", "ops"), "--why"),
        ((FIRST, "understod", *DECIDED), "invalid choice"),
        (("understood", *DECIDED), "name entry, or --rule"),
        ((FIRST, "understood", "--all-open", *DECIDED), "name entry, or --rule"),
        (("understood", "--rule", "x", "--all-open", *DECIDED), "not allowed with"),
        (("understood", "--rule", "x", *DECIDED), "no entry of the rule"),
        ((imported_entry().entry_id, "understood", *DECIDED), "without evidence"),
        ((FIRST, "accepted-risk", *DECIDED, "--scope-library", "ccxt"), "no name@version"),
    ],
)
def test_decision_that_makes_no_sense_is_refused_with_its_reason(
    log: Path, words: tuple[str, ...], reason: str
) -> None:
    """Exit code 2, the reason in words, and not a byte more in the log."""
    before = (log / "entries.jsonl").read_bytes()
    answered = difflog("status", *words, "--difflog", log)
    assert (answered.code, answered.out) == (2, "")
    assert reason in answered.err.lower()
    assert (log / "entries.jsonl").read_bytes() == before


def test_several_entries_are_decided_at_once_or_none(log: Path) -> None:
    """By rule or all that are open; a step that one of them cannot take refuses all."""
    difflog("status", SECOND, "mitigated", *DECIDED, "--difflog", log)
    before = len(open_log(log).read().records)
    refused = difflog("status", "understood", "--rule", "positions.entry_price", *DECIDED, "--difflog", log)
    assert (refused.code, SECOND in refused.err, len(open_log(log).read().records)) == (2, True, before)
    done = difflog("status", "accepted-risk", "--all-open", *DECIDED, "--difflog", log)
    assert (done.code, len(done.lines)) == (0, 1)
    assert json.loads(difflog("list", "--status", "open", "--json", "--difflog", log).out)["entries"] == []
    assert difflog("status", "understood", "--all-open", *DECIDED, "--difflog", log).code == 2


def test_rule_is_decided_and_what_stands_so_is_counted(log: Path) -> None:
    """The entries of a rule; those that are understood already stay as they are."""
    difflog("status", SECOND, "understood", *DECIDED, "--difflog", log)
    answered = difflog("status", "understood", "--rule", "positions.entry_price", *DECIDED, "--difflog", log)
    assert (answered.code, answered.lines[-1]) == (0, "1 of 3 stood so already")


def test_decision_about_a_broken_log_is_an_integrity_failure(log: Path) -> None:
    """Nothing is appended to what is not what was appended."""
    answered = difflog("status", SECOND, "understood", *DECIDED, "--difflog", tampered(log))
    assert (answered.code, answered.out) == (5, "")


def test_torn_tail_that_an_append_moves_is_named(log: Path) -> None:
    """It is in quarantine, and the person who appended hears of it."""
    path = log / "entries.jsonl"
    path.write_bytes(path.read_bytes() + b'{"axis":"E","torn')
    answered = difflog("status", SECOND, "understood", *DECIDED, "--difflog", log)
    (kept,) = (log / "quarantine").iterdir()
    assert answered.lines[0] == f"a torn tail, never acknowledged, was moved to {kept}"


def test_verify_answers_sound_broken_and_unreadable(log: Path, tmp_path: Path) -> None:
    """0, 1 with place and entry, 2; the same verdict in JSON."""
    sound = difflog("verify", "--difflog", log)
    assert (sound.code, sound.err) == (0, "")
    assert "sound; 6 records, 1 local occurrence, 6 raw samples" in sound.lines[-2]
    assert json.loads(difflog("verify", "--json", "--difflog", log).out)["root"] in sound.lines[-1]
    broken = difflog("verify", "--difflog", tampered(log))
    assert broken.code == 1
    assert broken.lines[0].startswith("broken: entries.jsonl:1: record 0, ")
    assert FIRST in broken.lines[0]
    assert json.loads(difflog("verify", "--json", "--difflog", log).out)["verdict"] == "broken"
    assert difflog("verify", "--difflog", tmp_path / "none").code == 2
    assert difflog("verify", "--against", tmp_path / "none", "--difflog", log).code == 2
    assert difflog("verify", "--key", tmp_path / "none", "--difflog", log).code == 2


def test_rewritten_log_is_found_against_a_checkpoint_kept_elsewhere(log: Path, tmp_path: Path) -> None:
    """Without one it verifies, with one it does not."""
    written = difflog("checkpoint", "--difflog", log)
    (inside,) = (log / "checkpoints").iterdir()
    kept = tmp_path / "kept.txt"
    kept.write_bytes(inside.read_bytes())
    assert (written.code, str(inside) in written.lines[0]) == (0, True)
    assert difflog("verify", "--against", kept, "--difflog", log).code == 0
    forged = tmp_path / "forged"
    with open_log(forged) as other:
        keep_bodies(other, *range(6))
        other.append_many(made_entry(number, severity="S0") for number in range(6))
    assert difflog("verify", "--difflog", forged).code == 0
    assert difflog("verify", "--against", kept, "--difflog", forged).code == 1


def test_signed_checkpoint_is_verified_with_its_key_and_not_with_another(log: Path, tmp_path: Path) -> None:
    """The key file is never shown."""
    keys = []
    for name in ("one", "other"):
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        keys.append(tmp_path / name)
        keys[-1].write_bytes(pem)
    written = difflog("checkpoint", "--key", keys[0], "--difflog", log)
    assert f"signed by {ORIGIN}" in written.lines[0]
    assert difflog("verify", "--key", keys[0], "--difflog", log).code == 0
    assert difflog("verify", "--key", keys[1], "--difflog", log).code == 1
    bad = tmp_path / "bad"
    bad.write_bytes(base64.b64encode(b"secret words"))
    refused = difflog("checkpoint", "--key", bad, "--difflog", log)
    assert (refused.code, base64.b64encode(b"secret words").decode() in refused.err) == (2, False)


def test_proofs_are_printed_and_nothing_is_written(log: Path) -> None:
    """Of an entry by its beginning, and since an older checkpoint."""
    difflog("checkpoint", "--difflog", log)
    (old,) = (log / "checkpoints").iterdir()
    difflog("status", SECOND, "understood", *DECIDED, "--difflog", log)
    included = json.loads(difflog("checkpoint", "--prove", SECOND[:-2], "--difflog", log).out)
    assert (included["proof"], included["entry_id"], included["size"]) == ("inclusion", SECOND, 7)
    since = json.loads(difflog("checkpoint", "--prove-since", old, "--difflog", log).out)
    assert (since["proof"], since["old_size"], since["size"]) == ("consistency", 6, 7)
    assert len(list((log / "checkpoints").iterdir())) == 1
    assert difflog("checkpoint", "--prove", "x", "--difflog", log).code == 2
    assert difflog("checkpoint", "--prove-since", log / "entries.jsonl", "--difflog", log).code == 2
    assert difflog("checkpoint", "--prove", SECOND, "--key", old, "--difflog", log).code == 2


RENDERED = {
    ("render", "--markdown"): "# Difference log",
    ("render", "--html"): "<!doctype html>",
    ("export", "--sarif"): '{\n "$schema"',
    ("export", "--junit"): "<?xml",
}


@pytest.mark.parametrize("words", RENDERED, ids=" ".join)
def test_log_is_rendered_to_stdout_and_the_same_to_a_file(log: Path, tmp_path: Path, words: tuple[str, str]) -> None:
    """Whole, in UTF-8, with one line on what was written; a broken log is not handed on."""
    out = tmp_path / "folder" / "out"
    shown = difflog(*words, "-", "--difflog", log)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.lower().startswith(RENDERED[words].lower())
    assert FIRST in shown.out
    written = difflog(*words, out, "--difflog", log)
    assert written.out == f"{out}: {out.stat().st_size:,} bytes\n"
    assert out.read_text(encoding="utf-8").rstrip("\n") == shown.out.rstrip("\n")
    broken = difflog(*words, tmp_path / "other", "--difflog", tampered(log))
    assert (broken.code, (tmp_path / "other").exists()) == (5, False)


def test_output_inside_of_the_log_is_refused(log: Path) -> None:
    """A rendered page cannot replace the log by a mistyped name."""
    before = (log / "entries.jsonl").read_bytes()
    for out in (log / "entries.jsonl", log / "samples" / "x", log):
        assert difflog("render", "--markdown", out, "--difflog", log).code == 2
    assert (log / "entries.jsonl").read_bytes() == before


def test_output_that_cannot_be_written_exits_5(log: Path, tmp_path: Path) -> None:
    """A file where the folder should be: nothing is left behind."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    answered = difflog("export", "--sarif", tmp_path / "file" / "out", "--difflog", log)
    assert (answered.code, answered.out) == (5, "")
    assert "could not be written" in answered.err


@pytest.mark.parametrize(
    "words", [(), ("frobnicate",), ("render",), ("export", "--sarif", "a", "--junit", "b"), ("show",)]
)
def test_words_that_are_no_command_are_a_usage_error(words: tuple[str, ...]) -> None:
    """Two lines: what is wrong, and the way to help."""
    answered = difflog(*words)
    assert (answered.code, answered.out) == (2, "")
    assert answered.err.count("\n") == 2
    assert "--help" in answered.err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_says_what_it_takes(command: str) -> None:
    """Exit code 0, on stdout."""
    answered = difflog(command, "--help")
    assert (answered.code, answered.err) == (0, "")
    assert "--difflog DIR" in answered.out


def test_input_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    """Absent, a folder, or no YAML: a sentence with the name."""
    for name, content in (("none.yaml", None), ("bad.yaml", b"a: [1"), ("latin.yaml", b"\xff")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        for words in (("add", tmp_path / name), ("add", "--history", tmp_path / name)):
            answered = difflog(*words, "--difflog", tmp_path / "log")
            assert (answered.code, name in answered.err, answered.err.count("\n")) == (2, True, 1)
    assert difflog("add", tmp_path, "--difflog", tmp_path / "log").code == 2


def test_hostile_words_of_a_user_are_spelled_in_messages(tmp_path: Path) -> None:
    """Not even one's own terminal is commanded by a mistyped name."""
    for words in (("show", "\x1b[2J", "--difflog", tmp_path), ("list", "--severity", "\x1b[2J"), ("\x1b[2J\u202e",)):
        answered = difflog(*words)
        assert answered.code == 2
        assert printable(answered.err)


def test_interruption_by_the_user_exits_130(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is answered in one line."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "_answer", interrupt)
    answered = difflog("list", "--difflog", log)
    assert (answered.code, answered.err.count("\n")) == (130, 1)


def test_missing_package_is_named_with_the_command_that_brings_it(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page needs jinja2; the table does not."""
    for name in [name for name in sys.modules if name.split(".")[0] == "jinja2" or name.endswith("difflog.html")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    answered = difflog("render", "--html", "-", "--difflog", log)
    assert (answered.code, "jinja2" in answered.err) == (2, True)
    assert difflog("list", "--difflog", log).code == 0


@pytest.mark.parametrize(("day", "shown"), [(21, "accepted-risk"), (22, "open expired")])
def test_expired_acceptance_is_open_again_and_can_be_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: int, shown: str
) -> None:
    """Through its last day it is accepted, on the day after it is listed as open, and a new one can be given."""
    entry = made_entry(0)
    with open_log(tmp_path) as log:
        keep_bodies(log, 0)
        log.append_many([entry, change_of(entry, "accepted-risk", expires=TODAY)])
    monkeypatch.setattr(reading, "today", lambda: TODAY.replace(day=day))
    assert json.loads(difflog("list", "--json", "--difflog", tmp_path).out)["entries"][0]["status"] == shown
    assert json.loads(difflog("show", FIRST, "--json", "--difflog", tmp_path).out)["expired"] is (day == 22)
    renewed = difflog("status", FIRST, "accepted-risk", *DECIDED, "--expires", "2999-01-01", "--difflog", tmp_path)
    assert renewed.code == 0
    assert json.loads(difflog("list", "--json", "--difflog", tmp_path).out)["entries"][0]["status"] == "accepted-risk"
