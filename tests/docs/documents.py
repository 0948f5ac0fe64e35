"""Markdown documents as what a test asks of them: links, code, tables by heading."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

CHECKOUT = Path(__file__).parents[2]
PATHS = (
    CHECKOUT / "README.md",
    CHECKOUT / "CHANGELOG.md",
    CHECKOUT / "data" / "README.md",
    *sorted((CHECKOUT / "docs").glob("*.md")),
)

Row = list[Token]
"""Cells of a table row, as inline tokens."""


@dataclass
class Section:
    """What stands under one heading, up to the next one of any level."""

    rows: list[Row] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)


class Document:
    """One Markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.tokens = MarkdownIt("commonmark").enable("table").parse(self.text)

    def __str__(self) -> str:
        return self.path.relative_to(CHECKOUT).as_posix()

    @cached_property
    def headings(self) -> list[str]:
        return [
            inline.content
            for opening, inline in pairwise(self.tokens)
            if opening.type == "heading_open"
        ]

    @property
    def anchors(self) -> set[str]:
        """The fragments that GitHub gives the headings."""
        return {
            re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in self.headings
        }

    @property
    def links(self) -> list[str]:
        return [
            str(child.attrs["href"])
            for token in self.tokens
            for child in token.children or []
            if child.type == "link_open"
        ]

    def fences(self, language: str) -> list[str]:
        return [token.content for token in self.tokens if token.info.strip() == language]

    @property
    def inline_codes(self) -> list[str]:
        return [code for token in self.tokens if token.type == "inline" for code in codes(token)]

    @cached_property
    def sections(self) -> dict[str, Section]:
        """Sections by heading; the text before the first one under an empty heading."""
        found = {"": Section()}
        heading, row = "", Row()
        for before, token in pairwise(self.tokens):
            if before.type == "heading_open":
                heading = token.content
                found[heading] = Section()
            elif token.type == "tr_open":
                row = []
            elif token.type == "inline":
                found[heading].codes += codes(token)
                if before.type == "td_open":
                    row.append(token)
            elif token.type == "tr_close" and row:
                found[heading].rows.append(row)
        return found

    def first_cells(self, heading: str) -> list[str]:
        """The code spans of the first column of the tables under a heading."""
        return [code for row in self.sections[heading].rows for code in codes(row[0])]


def codes(inline: Token) -> list[str]:
    """The code spans of some text."""
    return [child.content for child in inline.children or [] if child.type == "code_inline"]


DOCUMENTS = {str(document): document for document in map(Document, PATHS)}
