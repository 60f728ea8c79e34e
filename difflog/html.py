"""
The log as one HTML page that opens from disk and asks nobody for anything.

Jinja2 with autoescape makes the page, the first rows of the table included; the rest travels as JSON in data blocks,
written as Jinja2's ``tojson`` writes it, so that no text can end its element. The page's Content-Security-Policy allows
its own script and style by their hashes and nothing else, no request and no other script.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from dualwitness.difflog.listing import COLUMNS
from dualwitness.difflog.page import MOST_LINES, MOST_RAW, MOST_TEXT, PageData
from dualwitness.difflog.plain import spell
from dualwitness.difflog.showing import SIDES, Samples
from dualwitness.difflog.state import LogState

__all__ = ["PER_PAGE", "html"]

PER_PAGE = 100
_BUFFERED = 64


def html(
    state: LogState, samples: Samples, *, summary: str, title: str = "Difference log", most_raw: int = MOST_RAW
) -> Iterator[str]:
    """
    The page in pieces; ``summary`` is a line on the log itself, ``samples`` gives raw bodies by their SHA-256.

    Raises `IntegrityFailure` where a line of the log does not have the form of this version.
    """
    page = PageData(state, samples, most_raw=most_raw)
    style, script = _file("page.css"), _file("page.js")
    stream = (
        _environment()
        .get_template("page.html")
        .stream(
            title=spell(title),
            summary=spell(summary),
            counts=page.counts(),
            facets=page.facets(),
            columns=COLUMNS,
            first=page.first(PER_PAGE),
            total=len(page.rows),
            about=_json({"columns": COLUMNS, "per_page": PER_PAGE, "sides": SIDES}),
            pieces=map(_json, page.pieces()),
            bounds={"lines": MOST_LINES, "text": f"{MOST_TEXT:,}"},
            style=Markup(style),  # noqa: S704 -- a file of ours, and its hash is the only style that the page allows
            script=Markup(script),  # noqa: S704 -- the same for the script
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )
    stream.enable_buffering(_BUFFERED)
    return iter(stream)


def _environment() -> Environment:
    """Jinja2 as it is used here: everything is escaped, and a name that is not given is an error."""
    return Environment(
        autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_file), trim_blocks=True, lstrip_blocks=True
    )


def _file(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _json(value: Any) -> Markup:
    return htmlsafe_json_dumps(value, separators=(",", ":"))


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"
