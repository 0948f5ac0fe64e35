"""A report as one page that needs nothing else: no connection, no other file."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from params_optimizer.reports.blocks import (
    Block,
    Bullets,
    Column,
    Facts,
    Figure,
    Heading,
    Headline,
    Paragraph,
    Row,
    Table,
)
from params_optimizer.reports.document import Document, Part, document_of
from params_optimizer.reports.forms import text_of
from params_optimizer.reports.run import ReportedRun
from params_optimizer.storage import files

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "template"
_WIDE = 12
"""Characters of a value that needs more room."""


def write_page(run: ReportedRun) -> list[Path]:
    """Write `{MARKET}_report.html` into the folder of a run, and pictures of it beside.

    Raises:
        DamagedFileError: the file of a finding cannot be read.
        StorageError: a file cannot be written.
    """
    from params_optimizer.reports.pictures import write_pictures

    path = run.path("report.html")
    files.write_text(path, page(document_of(run)))
    return [path, *write_pictures(run)]


def page(document: Document) -> str:
    """The page as text; everything in the document is text, never markup."""
    from markupsafe import Markup

    parts = [part for part in map(_part, document.parts) if part["blocks"]]
    figures = [
        {"id": block.key, "kind": block.kind, "data": block.data}
        for part in document.parts
        for block in part.blocks
        if isinstance(block, Figure)
    ]
    assets = {
        name: Markup((_TEMPLATES / file).read_text("utf-8"))  # noqa: S704  our own files
        for name, file in (("css", "style.css"), ("javascript", "figures.js"))
    }
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            document=document,
            parts=parts,
            data={"figures": figures},
            plotly=Markup(_plotly() if figures else ""),  # noqa: S704  a library
            **assets,
        )
    )


def _part(part: Part) -> dict[str, Any]:
    blocks = [content for content in map(_block, part.blocks) if content]
    headline = next((block for block in part.blocks if isinstance(block, Headline)), None)
    return {
        "key": part.key,
        "title": headline.text if headline else part.title,
        "tone": headline.tone if headline else "",
        "short": part.short,
        "blocks": blocks,
    }


def _block(block: Block) -> dict[str, Any] | None:
    """A block as the template takes it; None where the page does not show it."""
    if isinstance(block, Heading):
        return {"is": "heading", "text": block.text}
    if isinstance(block, Paragraph):
        return {"is": "paragraph", "text": block.text, "tone": block.tone}
    if isinstance(block, Bullets):
        return {"is": "bullets", "items": block.items}
    if isinstance(block, Facts):
        return _facts(block)
    if isinstance(block, Figure):
        return {"is": "figure", "figure": block}
    if isinstance(block, Table) and block.preview and len(block.rows):
        return _table(block)
    return None


def _facts(facts: Facts) -> dict[str, Any]:
    items = [(fact.name, text_of(fact.value, fact.form), fact.tone) for fact in facts.items]
    longest = max((len(text) for _, text, _ in items), default=0)
    kind = "tiles" if facts.prominent else "facts" if longest > 3 * _WIDE else "pairs"
    return {"is": kind, "items": items, "wide": longest > _WIDE}


def _table(table: Table) -> dict[str, Any]:
    columns = [column for column in table.columns if column.brief]
    rows = [list(_cells(columns, row)) for row in islice(table.rows, table.preview)]
    return {
        "is": "table",
        "title": "" if table.sheet else table.title,
        "note": table.note,
        "head": [(column.title, column.form.numeric) for column in columns],
        "rows": rows,
        "rest": max(len(table.rows) - table.preview, 0) if not table.sheet else 0,
    }


def _cells(columns: Sequence[Column], row: Row) -> Iterator[tuple[str, bool, bool]]:
    """Of each cell: its text, whether it is a number, and whether it is a loss."""
    for column in columns:
        value = row.get(column.name)
        text = text_of(value, column.form)
        numeric = column.form.numeric
        yield text, numeric, numeric and text.startswith("-") and text != "-"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    compact = {"separators": (",", ":"), "allow_nan": False, "sort_keys": False}
    environment.policies["json.dumps_kwargs"] = compact
    environment.policies["json.dumps_function"] = json.dumps
    return environment


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
