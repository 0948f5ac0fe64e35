"""A report as plain text, and as coloured lines on a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Final, NamedTuple

from params_optimizer.reports.blocks import (
    Block,
    Bullets,
    Column,
    Facts,
    Heading,
    Headline,
    Paragraph,
    Table,
)
from params_optimizer.reports.document import Document
from params_optimizer.reports.forms import text_of

if TYPE_CHECKING:
    from rich.console import Console

WIDTH: Final = 100
_GAP = 2
_NARROW, _FACT_COLUMNS = 44, 2
"""Characters of a column of facts where two stand side by side."""
_MEDALS = ("bold yellow", "bold white", "bold dark_orange3")
_TONES = {"good": "bold green", "bad": "bold red", "warning": "bold yellow", "note": "dim"}


class TextLine(NamedTuple):
    """A line, and its style on a terminal."""

    text: str
    style: str = ""


def text(document: Document) -> str:
    """The whole document as a text file has it."""
    return "\n".join(line.text for line in lines(document)) + "\n"


def blocks_text(heading: Iterable[str], blocks: Iterable[Block]) -> str:
    """Some blocks below the lines of a heading."""
    body = (line.text for line in _lines(blocks, WIDTH))
    return "\n".join([*heading, "", *body]).rstrip("\n") + "\n"


def show(document: Document, console: "Console") -> None:
    """Print the document on a terminal, in its width."""
    from rich.text import Text

    for line in lines(document, min(console.width, WIDTH)):
        console.print(Text(line.text, style=line.style), soft_wrap=True)


def lines(document: Document, width: int = WIDTH) -> Iterator[TextLine]:
    """The head of the document, then each part."""
    yield TextLine(document.title, "bold")
    yield TextLine(document.below, "dim")
    for warning in document.warnings:
        yield TextLine("")
        yield from (TextLine(line, "bold yellow") for line in wrap(warning, width))
    for part in document.parts:
        body = list(_lines(part.blocks, width))
        if body:
            yield TextLine("")
            yield TextLine(part.title, "bold cyan")
            yield TextLine("-" * len(part.title), "dim")
            yield from body


def _lines(blocks: Iterable[Block], width: int) -> Iterator[TextLine]:
    """The blocks; figures are for other renderers."""
    before = ""
    for block in blocks:
        body = list(_block(block, width))
        if not body:
            continue
        # Sentences stand below each other, everything else by itself.
        apart = not isinstance(block, Paragraph | Headline)
        if before and (apart or before == "apart"):
            yield TextLine("")
        yield from body
        before = "" if isinstance(block, Heading) else "apart" if apart else "close"


def _block(block: Block, width: int) -> Iterator[TextLine]:
    if isinstance(block, Headline):
        yield TextLine(block.text, _TONES.get(block.tone, "bold"))
    elif isinstance(block, Heading):
        yield TextLine(f"{block.text}:")
    elif isinstance(block, Paragraph):
        yield from (TextLine(line, _TONES.get(block.tone, "")) for line in wrap(block.text, width))
    elif isinstance(block, Bullets):
        for item in block.items:
            full = f"- {item.name} {item.text}"
            style = _TONES.get(item.tone, "").removeprefix("bold ")
            wrapped = wrap(full, width, subsequent_indent="  ")
            yield from (TextLine(line, style) for line in wrapped)
    elif isinstance(block, Facts):
        yield from _facts(block, width)
    elif isinstance(block, Table) and block.preview and len(block.rows):
        yield from _table(block, width)


def _facts(facts: Facts, width: int) -> Iterator[TextLine]:
    """Names and values, in two columns where all are short."""
    pairs = [(fact.name, text_of(fact.value, fact.form)) for fact in facts.items]
    room = max((len(name) for name, _ in pairs), default=0) + _GAP
    texts = [f"{name:<{room}}{value}" for name, value in pairs]
    longest = max(map(len, texts), default=0)
    if len(texts) > 6 and longest <= _NARROW and width >= _FACT_COLUMNS * _NARROW:
        half = -(-len(texts) // _FACT_COLUMNS)
        for left, right in zip_longest(texts[:half], texts[half:], fillvalue=""):
            yield TextLine(f"  {left:<{_NARROW}}{right}".rstrip())
        return
    for name, value in pairs:
        wrapped = wrap(value, max(width - room - 2, 30)) or [""]
        yield TextLine(f"  {name:<{room}}{wrapped[0]}".rstrip())
        yield from (TextLine(f"  {'':<{room}}{line}") for line in wrapped[1:])


def _table(table: Table, width: int) -> Iterator[TextLine]:
    """As many columns as there is room for, from the left."""
    columns = [column for column in table.columns if column.brief]
    rows = [
        [text_of(row.get(column.name), column.form) for column in columns]
        for row in islice(table.rows, table.preview)
    ]
    widths = [
        max(*(len(row[place]) for row in rows), *map(len, column.title.split()), 1)
        for place, column in enumerate(columns)
    ]
    fitting = _fitting(widths, width)
    columns, widths = columns[:fitting], widths[:fitting]
    if table.title and not table.sheet:
        yield from (TextLine(f"{line}") for line in wrap(f"{table.title}:", width))
    heads = [wrap(column.title, room) or [""] for column, room in zip(columns, widths, strict=True)]
    height = max(map(len, heads))
    for place in range(height):
        cells = [head[place - height] if place >= height - len(head) else "" for head in heads]
        yield TextLine(_row(columns, cells, widths), "bold")
    for place, row in enumerate(rows):
        style = _MEDALS[place] if table.medals and place < len(_MEDALS) else ""
        yield TextLine(_row(columns, row, widths), style)
    if len(table.rows) > table.preview and not table.sheet:
        yield TextLine(f"  and {len(table.rows) - table.preview:,} more in the files", "dim")
    yield from (TextLine(line, "dim") for line in wrap(table.note, width))


def _fitting(widths: Sequence[int], width: int) -> int:
    """How many columns fit, at least two."""
    total, count = 0, 0
    for room in widths:
        total += room + _GAP
        if total > width and count >= 2:
            break
        count += 1
    return count


def _row(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = [
        f"{cell:>{room}}" if column.form.numeric else f"{cell:<{room}}"
        for column, cell, room in zip(columns, cells, widths, strict=False)
    ]
    return ("  " + "  ".join(texts)).rstrip()
