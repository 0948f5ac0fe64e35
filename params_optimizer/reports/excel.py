"""The workbook of a finished run: a summary, the ranking, a sheet per variation."""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from math import isfinite
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from params_optimizer.analytics.variations import VariationTable
from params_optimizer.engine.metrics import COUNTS, METRICS
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.summary import heading, summary, verdict
from params_optimizer.reports.tables import TOP, variation_line
from params_optimizer.storage import files
from params_optimizer.strategies.initial_balance.params import VARIATIONS, Params

SHEET_ROWS = 1_048_576
"""Rows of an Excel sheet."""

_HEAD = 2  # title and column names
_BATCH = 5000  # rows held as Python objects at a time
_VALUES_SHOWN = 30
_KEYS = tuple(Params.__dataclass_fields__)
_COUNT = "#,##0"
_FORMATS = {
    **dict.fromkeys(METRICS, "0.00"),
    **dict.fromkeys(COUNTS, _COUNT),
    **dict.fromkeys(("avg_trade_r", "avg_r_wins", "avg_r_losses"), "0.000"),
    "winrate": "0.0",
    "total_profit": "#,##0",
    "score": "0.0000",
    "rank": "0",
    "combination": "0",  # to be copied: --trades wants it without commas
}
"""Number formats by name of column or metric, and of anything else that is counted."""


def write_workbook(outcome: Outcome, path: Path, top_n: int) -> None:
    """Write the workbook; its tables hold the best `top_n` rows that `outcome` ranks.

    Every table has a line above its column names that says how many of how many rows it
    holds. Figures have 16 significant digits, one more than Excel shows. Memory grows with
    the compressed file alone, about 3 MB for each 1,000 of `top_n`.

    Raises:
        StorageError: the file cannot be written.
        DamagedFileError: the results cannot be read any more.
    """
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

    content = BytesIO()
    with files.explained(Path(gettempdir())):  # where sheets lie until the book is closed
        try:
            # The block closes the book after an error too: that removes its scratch files.
            with Workbook(content, {"constant_memory": True}) as book:
                book.use_zip64()
                _fill(_Pen(book), outcome, path, min(top_n, SHEET_ROWS - _HEAD))
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error  # a copy: no cycle
    files.write_bytes(path, content.getvalue())


def _fill(pen: "_Pen", outcome: Outcome, path: Path, most: int) -> None:
    study, ranking = outcome.study, outcome.ranking
    best = ranking.combination.tolist()
    tables = [_ranked(outcome, f"Top{TOP}", best[:TOP])]
    tables.append(_ranked(outcome, "GridResults", best[:most]))
    tables += [_variation(outcome, table, most) for table in outcome.variations]
    _write_summary(pen, outcome, path, tables)
    scores = [{"score": score} for score in ranking.score.tolist()]
    for table in tables:
        sheet = _Sheet(pen, table.name)
        own = scores if table.scored else []
        sheet.table(table.title(study), table.columns, _rows(outcome, table.numbers, own))


class _Table:
    """What a sheet holds: the best of `of` combinations that compete, in which columns."""

    def __init__(self, name: str, numbers: list[int], of: int, columns: Sequence[str]) -> None:
        self.name, self.numbers, self.of = name, numbers, of
        self.columns = list(columns)
        self.scored = "score" in self.columns
        self.order = "score" if self.scored else f"{name.lower()}_total_r"

    def title(self, study: Study) -> str:
        """How many of how many, in which order, and of which data."""
        text = (
            f"{study.symbol}: the best {len(self.numbers):,} of {self.of:,} ranked combinations, "
            f"by {self.order}; the grid has {len(study.grid):,}"
        )
        return f"{text}; GENERATED SAMPLE DATA" if study.bars.generated else text


def _ranked(outcome: Outcome, name: str, numbers: list[int]) -> _Table:
    columns = ["rank", "score", *outcome.results.columns]
    return _Table(name, numbers, outcome.ranking.eligible, columns)


def _variation(outcome: Outcome, table: VariationTable, most: int) -> _Table:
    """The figures of the variation stand before those of all trades."""
    own = [f"{table.variation.lower()}_{metric}" for metric in METRICS]
    columns = list(dict.fromkeys(["rank", "combination", *_KEYS, *own, *outcome.results.columns]))
    return _Table(table.variation, table.combination[:most].tolist(), table.eligible, columns)


def _rows(
    outcome: Outcome, numbers: list[int], more: Sequence[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Result rows with their rank and what `more` says of each rank."""
    for begin in range(0, len(numbers), _BATCH):
        for place, row in enumerate(outcome.rows(numbers[begin : begin + _BATCH]), begin):
            yield {"rank": place + 1, **(more[place] if more else {}), **row}


class _Pen:
    """The workbook and its cell formats."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401  untyped library
        self.book = book
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.bold = book.add_format({"bold": True})
        self.warning = book.add_format({"bold": True, "font_color": "#C00000"})
        self.left = book.add_format({"align": "left", "indent": 1})
        self.centre = book.add_format({"align": "center"})
        head = {"bold": True, "bg_color": "#DDE6F0", "bottom": 1}
        self.head = book.add_format(head)
        self.head_left = book.add_format({**head, "align": "left", "indent": 1})
        self.head_centre = book.add_format({**head, "align": "center"})
        self.head_right = book.add_format({**head, "align": "right"})
        forms = {*_FORMATS.values(), _COUNT}
        self._numbers = {form: book.add_format({"num_format": form}) for form in forms}

    def number(self, column: str) -> Any:  # noqa: ANN401  untyped library
        """The format of a number, by its column, `ocae_total_r` as `total_r`."""
        known = [name for name in _FORMATS if f"_{column}".endswith(f"_{name}")]
        return self._numbers[_FORMATS[max(known, key=len)] if known else _COUNT]


class _Sheet:
    """A worksheet that is filled row by row; text stays text, whatever it begins with."""

    def __init__(self, pen: _Pen, name: str) -> None:
        self.page = pen.book.add_worksheet(name)
        self._pen, self._row = pen, 0
        self._write = {
            str: self.page.write_string,
            bool: self.page.write_boolean,
            int: self.page.write_number,
            float: self.page.write_number,
        }

    def add(self, cells: Iterable[object], *formats: object) -> None:
        """Write the next row; the last format serves all further cells, None leaves one empty."""
        for column, value in enumerate(cells):
            if value is None:
                continue
            shown = value
            if isinstance(value, float) and not isfinite(value):
                shown = str(value)  # Excel has no such number
            form = formats[min(column, len(formats) - 1)] if formats else None
            self._write[type(shown)](self._row, column, shown, form)
        self._row += 1

    def skip(self) -> None:
        """Leave a row empty."""
        self._row += 1

    def table(self, title: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
        """Fill the whole sheet: title, column names that stay in sight, rows with a filter."""
        pen = self._pen
        for place, name in enumerate(columns):
            form = pen.centre if name in _KEYS else pen.number(name)
            self.page.set_column(place, place, max(len(name) + 4, 8), form)
        self.add([title], pen.bold)
        heads = (pen.head_centre if name in _KEYS else pen.head_right for name in columns)
        self.add(columns, *heads)
        for row in rows:
            self.add([row[name] for name in columns])
        self.page.freeze_panes(_HEAD, columns.index("combination") + 1)
        self.page.autofilter(_HEAD - 1, 0, max(self._row - 1, _HEAD - 1), len(columns) - 1)


def _write_summary(pen: _Pen, outcome: Outcome, path: Path, tables: Sequence[_Table]) -> None:
    sheet, study = _Sheet(pen, "Summary"), outcome.study
    sheet.page.set_column(0, 0, 24)
    sheet.page.set_column(1, 20, 20)
    sheet.page.set_landscape()
    sheet.page.fit_to_pages(1, 0)
    first, *others = heading(study)
    sheet.add([first], pen.title)
    for line in others:  # laid out as label, two or more spaces, value
        loud = "GENERATED" in line or "WARNING" in line
        sheet.add(re.split(" {2,}", line), *((pen.warning,) if loud else (None, pen.left)))
    sheet.add(["run directory", path.resolve().parent.name], None, pen.left)
    best = outcome.ranking.combination[:1].tolist()
    top = outcome.rows(best)
    sheet.skip()
    sheet.add(["Verdict"], pen.title)
    for line in verdict(outcome, top[0]) if top else summary(outcome).splitlines()[-1:]:
        sheet.add([line])
    _sheets_held(sheet, pen, study, tables)
    if top:
        _best(sheet, pen, top[0], float(outcome.ranking.score[0]))
    _comparison(sheet, pen, outcome)
    _grid(sheet, pen, study)


def _sheets_held(sheet: _Sheet, pen: _Pen, study: Study, tables: Sequence[_Table]) -> None:
    sheet.skip()
    sheet.add(["Sheets"], pen.title)
    names = ["sheet", "best rows", "ranked", "in the grid", "ranked by"]
    sheet.add(names, pen.head, *[pen.head_right] * 3, pen.head_left)
    for table in tables:
        cells = [table.name, len(table.numbers), table.of, len(study.grid), table.order]
        sheet.add(cells, None, *[pen.number("rows")] * 3, pen.left)


def _best(sheet: _Sheet, pen: _Pen, row: dict[str, Any], score: float) -> None:
    """Parameters and figures of the winner, all trades beside each variation."""
    sheet.skip()
    sheet.add(["Best combination"], pen.title)
    sheet.add(["combination", row["combination"]], None, pen.left)
    sheet.add(["score", score], None, pen.left)
    for key in _KEYS:
        sheet.add([key, row[key]], None, pen.left)
    sheet.skip()
    sheet.add(["metric", "all trades", *VARIATIONS], pen.head, pen.head_right)
    for metric in METRICS:
        scopes = [metric, *(f"{name.lower()}_{metric}" for name in VARIATIONS)]
        sheet.add([metric, *(row[scope] for scope in scopes)], None, pen.number(metric))
    sheet.add(["total_profit", row["total_profit"]], None, pen.number("total_profit"))


def _comparison(sheet: _Sheet, pen: _Pen, outcome: Outcome) -> None:
    sheet.skip()
    sheet.add(["Variations"], pen.title)
    for place, table in enumerate(outcome.variations):
        leaders = outcome.rows(table.combination[:1].tolist())
        line = variation_line(table, leaders[0] if leaders else None)
        if not place:
            sheet.add(line, pen.head, pen.head_right)
        sheet.add(line.values(), *(pen.number(name) for name in line))


def _grid(sheet: _Sheet, pen: _Pen, study: Study) -> None:
    sheet.skip()
    sheet.add(["Grid"], pen.title)
    sheet.add(["keys", "values", "in their order"], pen.head, pen.head_left)
    for digit in study.grid.digits:
        shown = [" / ".join(map(str, values)) for values in digit.values[:_VALUES_SHOWN]]
        more = ", …" if len(digit.values) > _VALUES_SHOWN else ""
        keys = ", ".join(digit.keys)
        sheet.add([keys, len(digit.values), ", ".join(shown) + more], None, pen.left)
