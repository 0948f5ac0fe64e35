"""A report as one workbook: a first sheet to read, tables and charts behind it."""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from params_optimizer.reports.blocks import (
    Block,
    Bullets,
    Chart,
    Fact,
    Facts,
    Figure,
    Heading,
    Headline,
    Paragraph,
    Table,
)
from params_optimizer.reports.document import Document, Part, document_of
from params_optimizer.reports.forms import COUNT, TEXT
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.workbook import charts
from params_optimizer.reports.workbook.pen import (
    BAD,
    LINE,
    MUTED,
    NAVY,
    PAPER,
    WARN,
    Pen,
    align_of,
    number_format,
)
from params_optimizer.reports.workbook.sheet import Cell, Sheet, lines_of, scale_of
from params_optimizer.storage import files

_WIDTHS = (30.0, *[12.5] * 40)
_LAST = 10
"""The last column of headings and sentences."""
_ROWS = 60
"""Rows of a small table; more of them stand in the files."""
_IN_A_LINE = 8
_CHART_WIDTH, _CHART_ROWS = 1085, 14
"""Pixels from the first to the last column of a heading; rows that a chart takes."""
_BESIDE = (860, 320)


def write_workbook(run: ReportedRun, path: Path) -> None:
    """Write the workbook of a run; its tables hold the best `run.limit` rows.

    Figures have 16 significant digits, one more than Excel shows. Memory grows with the
    compressed file alone, about 3 MB for each 1,000 rows of a table.

    Raises:
        StorageError: the file cannot be written.
        DamagedFileError: results or findings cannot be read.
    """
    write_document(document_of(run), path)


def write_document(document: Document, path: Path) -> None:
    """Write the workbook of any document.

    Raises:
        StorageError: the file cannot be written.
    """
    write_book(path, lambda pen: _Book(pen, document).fill())


def write_book(path: Path, fill: Callable[[Pen], None]) -> None:
    """Write the workbook whose sheets `fill` makes with the pen it is given; whole or not at all.

    Raises:
        StorageError: the file cannot be written.
    """
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

    content = BytesIO()
    with files.explained(Path(gettempdir())):  # where sheets lie until the book is closed
        try:
            # The block closes the book after an error too: that removes its scratch files.
            with Workbook(content, {"constant_memory": True}) as book:
                book.use_zip64()
                fill(Pen(book))
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error  # a copy: no cycle
    files.write_bytes(path, content.getvalue())


class _Book:
    """The sheets of a document: flowing ones, and one for each long table."""

    def __init__(self, pen: Pen, document: Document) -> None:
        self._pen, self._document = pen, document
        # All of them first: charts and links name sheets that are filled later.
        self._sheets = {name: Sheet(pen, name) for name in _sheet_names(document)}

    def fill(self) -> None:
        """Write all sheets."""
        flowing = dict.fromkeys(part.sheet for part in self._document.parts)
        for name in flowing:
            parts = [part for part in self._document.parts if part.sheet == name]
            _Flow(self._pen, self._sheets[name], self._document).fill(parts)
        for table in _long_tables(self._document):
            self._long(table)

    def _long(self, table: Table) -> None:
        sheet, columns = self._sheets[table.sheet], len(table.columns)
        blocks = list(_blocks(self._document))
        beside = [
            block for block in blocks if isinstance(block, Table) and block.beside == table.sheet
        ]
        cells = [row for small in beside for row in _cells(self._pen, small)]
        if beside:
            sheet.page.set_column(columns, columns, 3)
            for place, column in enumerate(beside[0].columns, columns + 1):
                sheet.page.set_column(place, place, column.width)
        title = "; ".join([table.title, *_marks(self._document)])
        sheet.table(table, title, cells)
        top = 5 + len(cells)
        for small in beside:
            _shade(sheet, small, columns + 1)
        for chart in _charts(blocks):
            if chart.beside == table.sheet and len(table.rows):
                drawn = charts.draw(self._pen, chart, _BESIDE)
                sheet.page.insert_chart(top, columns + 1, drawn, {"object_position": 3})
                top += 17


class _Flow:
    """A sheet that is read from the top to the bottom."""

    def __init__(self, pen: Pen, sheet: Sheet, document: Document) -> None:
        self._pen, self._sheet, self._document = pen, sheet, document

    def fill(self, parts: Sequence[Part]) -> None:
        """The head, then each part; links to all sheets at the end of the first one."""
        sheet = self._sheet
        sheet.page.hide_gridlines(2)
        for place, width in enumerate(_WIDTHS):
            sheet.page.set_column(place, place, width, self._pen.form())
        sheet.put(0, self._document.title, self._pen.form(bold=True, font_size=20, font_color=NAVY))
        sheet.end(32)
        for text in (self._document.below, self._document.name):
            sheet.put(0, text, self._pen.note)
            sheet.end()
        for text in self._document.warnings:
            color = BAD if "GENERATED" in text else WARN
            sheet.across(0, _LAST, text, self._wrapped(bold=True, bg_color=color, indent=1))
            sheet.end(max(22, self._height(text)))
        for part in parts:
            self._part(part)
        if sheet.name == self._document.parts[0].sheet:
            self._links()

    def _part(self, part: Part) -> None:
        blocks = [block for block in part.blocks if self._is_here(block)]
        if not blocks:
            return
        self._sheet.end(8)
        for place in range(_LAST + 1):
            self._sheet.put(place, None if place else part.title, self._pen.section)
        self._sheet.end(22)
        for block in blocks:
            self._block(block)

    @staticmethod
    def _is_here(block: Block) -> bool:
        """Whether a block stands in the flow, not in a sheet of its own or beside one."""
        if isinstance(block, Table):
            return not block.sheet and not block.beside and len(block.rows) > 0
        return not isinstance(block, Figure) or any(not chart.beside for chart in block.charts)

    def _block(self, block: Block) -> None:
        if isinstance(block, Headline | Heading):
            size = 14 if isinstance(block, Headline) else 11
            self._sheet.put(0, block.text, self._pen.form(bold=True, font_size=size))
            self._sheet.end(24 if isinstance(block, Headline) else None)
        elif isinstance(block, Paragraph):
            self._sheet.across(0, _LAST, block.text, self._wrapped(valign="top"))
            self._sheet.end(self._height(block.text))
        elif isinstance(block, Bullets):
            for bullet in block.items:
                self._fact(Fact(bullet.name, bullet.text))
        elif isinstance(block, Facts):
            self._facts(block)
        elif isinstance(block, Table):
            self._table(block)
        else:
            self._figure(block)

    def _facts(self, facts: Facts) -> None:
        if not facts.prominent:
            for fact in facts.items:
                self._fact(fact)
            return
        items = iter(facts.items)
        while line := list(islice(items, _IN_A_LINE)):
            self._glance(line)

    def _fact(self, fact: Fact) -> None:
        """A name, and its value as wide as the sheet."""
        hair = {"bottom": 1, "bottom_color": LINE}
        self._sheet.put(0, fact.name, self._wrapped(font_color=MUTED, **hair))
        look = {"align": "left", "num_format": number_format(fact.form), **hair}
        if isinstance(fact.value, str):
            self._sheet.across(1, _LAST, fact.value, self._wrapped(**look))
        else:
            self._sheet.put(1, fact.value, self._pen.form(**look))
        lines = max(lines_of(_WIDTHS[1 : _LAST + 1], str(fact.value)), lines_of([30], fact.name))
        self._sheet.end(15.5 * lines if lines > 1 else None)

    def _glance(self, facts: Sequence[Fact]) -> None:
        """Small names above large values."""
        small = {"font_color": MUTED, "font_size": 9, "bg_color": PAPER, "align": "center"}
        for place, fact in enumerate(facts):
            self._sheet.put(place, fact.name, self._pen.form(**small, top=1))
        self._sheet.end(18)
        for place, fact in enumerate(facts):
            long = isinstance(fact.value, str) and len(fact.value) > 9
            size = 9 if long else 14
            look: dict[str, object] = {"bold": True, "font_size": size, "font_color": NAVY}
            look |= {"bg_color": PAPER, "align": "center", "bottom": 1, "text_wrap": long}
            form = self._pen.form(**look, num_format=number_format(fact.form))
            self._sheet.put(place, fact.value, form)
        self._sheet.end(40 if any(isinstance(fact.value, str) for fact in facts) else 28)

    def _table(self, table: Table) -> None:
        sheet = self._sheet
        sheet.end(8)
        if table.title:
            sheet.put(0, table.title, self._pen.form(bold=True))
            sheet.end()
        longest = max(len(column.title) for column in table.columns[1:] or table.columns)
        rows = _cells(self._pen, table)
        for at, cells in enumerate(rows[: _ROWS + 1]):
            for place, (value, form) in enumerate(cells):
                last = place == len(cells) - 1 and table.columns[place].form.kind == "text"
                sheet.across(place, max(_LAST, place) if last else place, value, form)
            sheet.end(None if at else 48 if longest > 24 else 32)
        if len(rows) > _ROWS + 1:
            sheet.put(0, f"and {len(rows) - _ROWS - 1:,} more in the files", self._pen.note)
            sheet.end()
        if table.note:
            sheet.across(0, _LAST, table.note, self._wrapped(font_color=MUTED, font_size=9))
            sheet.end(self._height(table.note))

    def _figure(self, figure: Figure) -> None:
        """Its charts side by side."""
        panels = [chart for chart in figure.charts if not chart.beside]
        width = _CHART_WIDTH // len(panels) - (8 if len(panels) > 1 else 0)
        for place, chart in enumerate(panels):
            drawn = charts.draw(self._pen, chart, (width, _CHART_ROWS * 20 - 8))
            offset = 2 + place * _CHART_WIDTH // len(panels)
            spot = {"x_offset": offset, "y_offset": 4}
            self._sheet.page.insert_chart(self._sheet.row, 0, drawn, spot)
        self._sheet.row += _CHART_ROWS

    def _links(self) -> None:
        """A link to each sheet, its rows, and what it holds."""
        self._part(Part("", "Sheets", "", [Heading("What the sheets of this workbook hold")]))
        tables = {table.sheet: table for table in _long_tables(self._document)}
        for name in _sheet_names(self._document):
            if name == self._sheet.name:
                continue
            link = self._pen.form(font_color=NAVY, underline=1, bottom=1, bottom_color=LINE)
            self._sheet.page.write_url(self._sheet.row, 0, f"internal:'{name}'!A1", link, name)
            table = tables.get(name)
            self._sheet.put(1, len(table.rows) if table else None, self._pen.cell(COUNT))
            text = table.title if table else "what was tried on other days and other conditions"
            self._sheet.across(2, _LAST, text, self._pen.cell(TEXT))
            self._sheet.end()

    def _wrapped(self, **look: object) -> Any:  # noqa: ANN401  untyped library
        return self._pen.form(text_wrap=True, **look)

    @staticmethod
    def _height(text: str) -> float:
        return 15.5 * lines_of(_WIDTHS[: _LAST + 1], text)


def _cells(pen: Pen, table: Table) -> list[list[Cell]]:
    """A small table as cells, its header first."""
    columns = list(table.columns)
    heads: list[Cell] = [
        (column.title, pen.head("left" if not place else align_of(column.form)))
        for place, column in enumerate(columns)
    ]
    rows: list[list[Cell]] = [
        [
            (row.get(column.name), pen.cell(column.form, left=not place))
            for place, column in enumerate(columns)
        ]
        for row in table.rows
    ]
    return [heads, *rows]


def _shade(sheet: Sheet, table: Table, first: int) -> None:
    """Colours of a small table beside a long one: one scale for all of its shaded columns."""
    places = [at for at, column in enumerate(table.columns) if column.shade]
    values = [row.get(table.columns[at].name) for row in table.rows for at in places]
    reach = max((abs(value) for value in values if value is not None), default=0.0)
    scale = scale_of(table.columns[places[0]].shade, reach) if places else None
    if scale:
        ends = (4, first + places[0], 3 + len(table.rows), first + places[-1])
        sheet.page.conditional_format(*ends, scale)


def _marks(document: Document) -> Iterator[str]:
    """What stands in the title of every sheet."""
    if document.generated:
        yield "GENERATED SAMPLE DATA"
    if document.unfinished:
        yield "UNFINISHED"


def _blocks(document: Document) -> Iterator[Block]:
    return (block for part in document.parts for block in part.blocks)


def _charts(blocks: Sequence[Block]) -> Iterator[Chart]:
    return (chart for block in blocks if isinstance(block, Figure) for chart in block.charts)


def _long_tables(document: Document) -> list[Table]:
    return [block for block in _blocks(document) if isinstance(block, Table) and block.sheet]


def _sheet_names(document: Document) -> list[str]:
    """The sheets in the order in which the parts need them."""
    names: dict[str, None] = {}
    for part in document.parts:
        names[part.sheet] = None
        for block in part.blocks:
            if isinstance(block, Table) and block.sheet:
                names[block.sheet] = None
    return list(names)
