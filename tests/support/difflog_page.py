"""Reads the HTML page of a difference log back with the parser of the standard library."""

from __future__ import annotations

import json
from collections import Counter
from html.parser import HTMLParser
from typing import Any

__all__ = ["PageReader", "read_page"]


class PageReader(HTMLParser):
    """Every element of a page with its attributes, the texts of its scripts and styles, and the cells of its rows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.text: list[str] = []
        self.comments: list[str] = []
        self.cells: list[str] = []
        self._inside: list[str] = []

    @property
    def counted(self) -> Counter[str]:
        """How many elements of each name there are."""
        return Counter(name for name, _ in self.elements)

    @property
    def pieces(self) -> list[Any]:
        """The data blocks with rows."""
        return [json.loads(text) for attributes, text in self.blocks if attributes.get("class") == "piece"]

    @property
    def scripts(self) -> list[str]:
        """What a browser would run."""
        return [text for attributes, text in self.blocks if "type" not in attributes]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside.append(tag)
        if tag == "script":
            self.blocks.append((dict(attrs), ""))
        elif tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = self._inside[-1] if self._inside else ""
        if inside == "script":
            attributes, text = self.blocks[-1]
            self.blocks[-1] = (attributes, text + data)
        elif inside == "style":
            self.styles.append(data)
        else:
            self.text.append(data)
            if "td" in self._inside:
                self.cells[-1] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def read_page(text: str) -> PageReader:
    """The page as a parser sees it."""
    reader = PageReader()
    reader.feed(text)
    reader.close()
    return reader
