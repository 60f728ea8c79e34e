"""
The log as Markdown: the predecessor's template, one section an entry, every field in its order.

What a venue or a person wrote stands in code spans and code blocks alone, where nothing is a link, a mention or an
element. Imported entries come last, each labelled as no evidence of ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from dualwitness.difflog.form import Section, form_of, form_of_imported, history_of
from dualwitness.difflog.plain import markdown_code, spell
from dualwitness.difflog.raw import cut, unified
from dualwitness.difflog.records import Imported, Stored
from dualwitness.difflog.showing import SIDES, Samples, raw_pair
from dualwitness.difflog.state import EntryState, LogState

__all__ = ["MOST_LINES", "markdown"]

MOST_LINES = 40
_BEFORE_A_BLOCK = "    "


def markdown(state: LogState, samples: Samples) -> Iterator[str]:
    """
    The document in pieces, each of whole lines; ``samples`` gives raw bodies by their SHA-256.

    Of each raw pair it holds the difference, cut to `MOST_LINES` lines and saying so. Raises `IntegrityFailure` where
    a line of the log does not have the form of this version.
    """
    yield "# Difference log\n\n"
    yield from _summary(state)
    for one in state.entries.values():
        yield from _entry(one, samples)
    for stored in state.imported:
        yield from _imported(stored)


def _summary(state: LogState) -> Iterator[str]:
    if not state.entries and not state.imported:
        yield "The log holds no entry.\n"
        return
    if state.entries:
        severities = Counter(str(one.stored.fields["severity"]) for one in state.entries.values())
        statuses = Counter(_status(one) for one in state.entries.values())
        worlds = Counter(str(one.stored.fields["environment"]["env"]) for one in state.entries.values())
        yield f"{_number(len(state.entries), 'difference')}, each with its evidence.\n\n"
        for label, counted in (("severity", severities), ("status", statuses), ("world", worlds)):
            yield f"- {label}: {', '.join(f'{counted[name]} {name}' for name in sorted(counted))}\n"
    if state.imported:
        number = _number(len(state.imported), "entry", "entries")
        yield f"- besides: {number} imported from a predecessor, no evidence of ours\n"


def _entry(one: EntryState, samples: Samples) -> Iterator[str]:
    entry = one.entry
    yield f"\n## {markdown_code(one.entry_id)}\n"
    yield from _sections(form_of(one.stored, entry))
    yield f"\n### History\n\n- status now: {markdown_code(_status(one))}\n"
    yield from (f"- {markdown_code(moment)}: {markdown_code(text)}\n" for moment, text in history_of(one))
    yield "\n### Raw pair\n\n"
    lines = unified(*raw_pair(entry, samples), SIDES)
    if lines:
        yield from (f"{_BEFORE_A_BLOCK}{spell(line)}\n" for line in cut(lines, MOST_LINES))
    else:
        yield "No difference here: both were told the same, and read it differently.\n"


def _imported(stored: Stored) -> Iterator[str]:
    content = stored.content
    if isinstance(content, Imported):
        yield f"\n## {markdown_code(stored.entry_id)} (imported, no evidence of ours)\n"
        yield from _sections(form_of_imported(stored, content))


def _sections(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield f"\n### {section.heading}\n\n"
        yield from (f"- {label}: {markdown_code(text)}\n" for label, text in section.lines)


def _status(one: EntryState) -> str:
    return f"{one.status} (the acceptance has expired)" if one.expired else str(one.status)


def _number(count: int, singular: str, plural: str | None = None) -> str:
    return f"{count} {singular if count == 1 else plural or singular + 's'}"
