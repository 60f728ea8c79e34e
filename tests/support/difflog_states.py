"""States of a difference log made in memory, benign or hostile, for whatever renders them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from dualwitness.difflog.canonical import whole_text
from dualwitness.difflog.chain import Link, seal
from dualwitness.difflog.records import Content, Entry, Stored, World
from dualwitness.difflog.state import LogState, fold
from tests.support.difflog_records import TODAY, bodies_of, change_of, entry_fields, imported_entry, occurrence_of

__all__ = ["HOSTILE", "MadeLog", "harmless", "hostile_log", "plain_log"]

# What a venue could say to harm whoever reads the log.
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title></style></textarea><img src=x onerror=alert(1)>",
    "<!--<script>",
    "--><svg onload=alert(1)>",
    "]]><boom/>",
    "{{ 7 * 7 }}{% raw %}",
    "\x1b[2J\x1b]0;title\x07",
    "a\r\nb\nc\rd",
    "line\u2028separator\u2029paragraph\x85next",
    "\u202egnp.exe \u2066isolate\u2069 \u200f",
    "\ud800 half a pair \udfff",
    "NUL \x00 and \ufffe and \uffff",
    "`" * 3 + "\n# heading",
    "`" * 2_000 + "<b>",
    "| cell | cell |\n|---|---|",
    "[link](javascript:alert(1)) ![image](http://venue.invalid/x) <http://venue.invalid>",
    "https://venue.invalid/ www.venue.invalid @everyone #1 {0} [here](3)",
    "- item\n1. item\n> quote\n***\n===\n~~~",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "javascript:alert(1)//\"'><b>",
    "__proto__",
    "",
    " ",
    "<i>" * 333_334,
)


def harmless(count: int) -> list[str]:
    """As many words that mean nothing to anybody, all different."""
    return [f"word{number}" for number in range(count)]


@dataclass
class MadeLog:
    """Records and the raw bodies that they lead to; `state` folds them as a log of the day `TODAY` would."""

    records: list[Content] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)

    def keep(self, body: bytes) -> str:
        """Keep a raw body and give its address."""
        reference = sha256(body).hexdigest()
        self.bodies[reference] = body
        return reference

    def add(
        self, number: int = 0, world: World = World.SIM, raw: tuple[bytes, bytes] | None = None, **changes: Any
    ) -> Entry:
        """Add entry ``number`` with its raw pair."""
        ccxt, okx = map(self.keep, raw or bodies_of(number, world))
        refs = {"evidence__ccxt_raw_sample_ref": ccxt, "evidence__okx_raw_sample_ref": okx}
        entry = Entry.model_validate(whole_text(entry_fields(number, world, **refs, **changes)))
        self.records.append(entry)
        return entry

    def decide(self, entry: Entry, status: str, **changes: Any) -> None:
        """Add a change of status; what is decided has been understood before."""
        if status != "understood":
            self.records.append(change_of(entry, "understood", why="the cause is known"))
        self.records.append(change_of(entry, status, **whole_text(changes)))

    def see_again(self, entry: Entry) -> None:
        """Add an occurrence of the entry."""
        self.records.append(occurrence_of(entry))

    def inherit(self, number: int = 0, **changes: Any) -> None:
        """Add an imported entry."""
        self.records.append(imported_entry(number, **whole_text(changes)))

    def stored(self) -> list[Stored]:
        """The records as a log holds them."""
        link, stored = Link(), []
        for content in self.records:
            line, fields = seal(content.model_dump(mode="json"), link, "2026-11-21T12:00:00.000Z")
            link = Link(link.count + 1, str(fields["entry_hash"]).encode(), link.size + len(line))
            stored.append(Stored(fields, len(line) - 1, content))
        return stored

    def state(self) -> LogState:
        """What the records say today."""
        return fold(self.stored(), TODAY)

    def samples(self, reference: str) -> bytes | None:
        """The raw body of an address."""
        return self.bodies.get(reference)


def plain_log() -> MadeLog:
    """
    A small log with every status, severity and world, and with three axes.

    Entry 1 is S3, open and was seen twice; 2 understood, 3 mitigated, 4 accepted, 5 accepted until it expired, 6 is of
    no single symbol; one more is imported.
    """
    made = MadeLog()
    first = made.add(1, raw=(b'{"data":[{"pos":"1.5"}]}', b'{"data":[{"pos":"1.25"}]}'), severity="S3")
    made.see_again(first)
    made.decide(made.add(2, axis="M", operation="get_fills", field="fee", severity="S1"), "understood")
    made.decide(made.add(3, axis="E", operation="get_ticker", field="last", severity="S0"), "mitigated")
    made.decide(made.add(4, World.DEMO, field="side"), "accepted-risk", expires="2027-01-01")
    made.decide(made.add(5, World.OFFLINE, field="leverage"), "accepted-risk", expires="2026-01-01")
    whole = {"environment__symbol_in_use": None, "environment__symbol_reason": "the whole answer differs"}
    made.add(6, World.LIVE, field="liquidity", **whole)
    made.inherit(severity=None, severity_by_axis={"I": "S2", "M": "S1"})
    return made


def hostile_log(texts: Iterable[str] = HOSTILE) -> MadeLog:
    """
    A log in which each text stands in every place that a venue or a person can reach.

    `hostile_log` of as many `harmless` words is the same log without harm.
    """
    made = MadeLog()
    for number, text in enumerate(texts):
        answer = f'{{"data":[{{"instId":{text!r},"say":"{text}"}}]}}'.encode("utf-8", "surrogatepass")
        entry = made.add(
            number,
            raw=(answer, text.encode("utf-8", "surrogatepass")),
            run__run_id=text,
            run__docker_image_digest_reason=text,
            environment__exchange_id=text,
            environment__symbol_in_use=text,
            environment__td_mode=text,
            libraries__a__version=text,
            operation=text,
            field=text,
            row_key=text,
            observed={"ccxt_output": text, "okx_output": text, "mismatch": text},
            evidence__alignment_report_ref=text,
            impact={"E": text, "I": text, "M": text, "C": text},
            mitigation={"degrade_strategy": text, "required_manifest_flags": [text]},
            decision__next_verification=text,
            rule=text,
            reason=text,
        )
        made.see_again(entry)
        made.decide(entry, "accepted-risk", who=text or "ops", why=text or "known", expires="2027-01-01")
        words = {"source": text, "facts": [text], "mitigation": text, "status": text}
        made.inherit(number, entry_id=f"DIFF-20251221-{number}-{text[:200]}", **words)
    return made
