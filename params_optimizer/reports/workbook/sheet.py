"""Worksheets that are filled row by row; text stays text, whatever it begins with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from math import isfinite

from params_optimizer.reports.blocks import Column, Table
from params_optimizer.reports.workbook.pen import (
    BAD,
    COOL,
    FONT,
    GOOD,
    MEDALS,
    NAVY,
    WHITE,
    Pen,
    align_of,
)

HEAD = 4
"""Rows above the first one of a table: title, groups, names in the files (hidden), headers."""
SHEET_ROWS = 1_048_576
"""Rows of an Excel sheet."""
Cell = tuple[object, object]
"""A value and its format."""

_A4 = 9
_WRAPPED = 40
"""Width from which texts are wrapped."""
_CENTRES = {"profit_factor": 1.0}
_CENTRES |= dict.fromkeys(("total_r", "sharpe_ratio", "avg_trade_r", "calmar_ratio", "r"), 0.0)
"""Figures that are good above and bad below a value."""
_SHADES = {"max_drawdown": BAD, "winrate": COOL, "score": COOL}
"""Figures of which only more or less can be said."""


class Sheet:
    """A worksheet; rows are written once, from the top to the bottom."""

    def __init__(self, pen: Pen, name: str, color: str = NAVY) -> None:
        self.page = pen.book.add_worksheet(name)
        self.pen, self.name, self.row = pen, name, 0
        self.page.set_landscape()
        self.page.set_paper(_A4)
        self.page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        self.page.fit_to_pages(1, 0)
        self.page.set_footer("&L&8&F&C&8&A&R&8&P / &N")
        self.page.set_tab_color(color)
        # XlsxWriter forgets the scratch file of a sheet without any cell.
        self.page.write_blank(0, 0, None, pen.title)
        self._write = {
            str: self.page.write_string,
            bool: self.page.write_boolean,
            int: self.page.write_number,
            float: self.page.write_number,
            date: self.page.write_datetime,
            datetime: self.page.write_datetime,
        }

    def put(self, place: int, value: object, form: object = None) -> None:
        """Write one cell of the present row; None leaves it empty but for its format."""
        if value is None:
            if form is not None:
                self.page.write_blank(self.row, place, None, form)
            return
        if isinstance(value, float) and not isfinite(value):
            value = str(value)  # Excel has no such number
        elif type(value) not in self._write:
            value = str(value)
        self._write[type(value)](self.row, place, value, form)

    def across(self, first: int, last: int, value: object, form: object) -> None:
        """Write a value into cells of the present row that are joined."""
        if first < last:
            self.page.merge_range(self.row, first, self.row, last, "", form)
        self.put(first, value, form)

    def end(self, height: float | None = None) -> None:
        """Go on to the next row."""
        if height:
            self.page.set_row(self.row, height)
        self.row += 1

    def table(self, table: Table, title: str, beside: Sequence[Sequence[Cell]] = ()) -> None:
        """Fill the sheet with one table.

        Rows of cells `beside` it begin with its header. More rows than a sheet has are left out.
        """
        columns = list(table.columns)
        for place, column in enumerate(columns):
            look = self.pen.column(column.form, wrap=column.width > _WRAPPED)
            self.page.set_column(place, place, column.width, look)
        self.put(0, title, self.pen.title)
        self.end(24)
        self._groups(columns)
        self.page.set_row(self.row, None, None, {"hidden": True})
        for place, column in enumerate(columns):
            self.put(place, column.name)
        self.end()
        self._heads(columns, beside[0] if beside else ())
        reach = self._rows(table, columns, beside[1:])
        self._finish(columns, min(len(table.rows), SHEET_ROWS - HEAD), table.frozen)
        self._shade(columns, len(table.rows), len(MEDALS) if table.medals else 0, reach)

    def _groups(self, columns: Sequence[Column]) -> None:
        place = 0
        for name, members in groupby(columns, key=lambda column: column.group):
            count = len(list(members))
            if name:
                self.across(place, place + count - 1, name, self.pen.band)
            place += count
        self.end(17)

    def _heads(self, columns: Sequence[Column], beside: Sequence[Cell]) -> None:
        for place, column in enumerate(columns):
            self.put(place, column.title, self.pen.head(align_of(column.form)))
            if column.note:
                look = {"x_scale": 1.7, "y_scale": 1.1, "font_name": FONT, "font_size": 9}
                self.page.write_comment(self.row, place, f"{column.note}\n({column.name})", look)
        self._beside(len(columns), beside)
        self.end(62)

    def _beside(self, columns: int, cells: Sequence[Cell]) -> None:
        for place, (value, form) in enumerate(cells, columns + 1):
            self.put(place, value, form)

    def _rows(
        self, table: Table, columns: Sequence[Column], beside: Sequence[Sequence[Cell]]
    ) -> dict[int, float]:
        """Write the rows; how far the columns that have a centre go from it."""
        centres = {place: _CENTRES.get(column.shade) for place, column in enumerate(columns)}
        reach = {place: 0.0 for place, centre in centres.items() if centre is not None}
        at = 0
        for at, row in enumerate(table.rows, 1):
            if at > SHEET_ROWS - HEAD:
                break
            fill = MEDALS[at - 1] if table.medals and at <= len(MEDALS) else ""
            for place, column in enumerate(columns):
                form = self.pen.column(column.form, fill=fill) if fill else None
                self.put(place, row.get(column.name), form)
            for place, distance in reach.items():
                value, centre = row.get(columns[place].name), centres[place] or 0.0
                away = abs(value - centre) if isinstance(value, int | float) else 0.0
                reach[place] = max(distance, away) if isfinite(away) else distance
            self._beside(len(columns), beside[at - 1] if at <= len(beside) else ())
            self.row += 1
        for cells in beside[at:]:
            self._beside(len(columns), cells)
            self.row += 1
        return reach

    def _finish(self, columns: Sequence[Column], count: int, frozen: int) -> None:
        """Headers that stay in sight and are printed on every page; a filter."""
        self.page.freeze_panes(HEAD, frozen)
        self.page.autofilter(HEAD - 1, 0, HEAD + count - 1, len(columns) - 1)
        self.page.repeat_rows(0, HEAD - 1)

    def _shade(
        self, columns: Sequence[Column], count: int, skip: int, reach: Mapping[int, float]
    ) -> None:
        """Colours by value; `reach` is how far a column goes from its centre."""
        for place, column in enumerate(columns):
            scale = scale_of(column.shade, reach.get(place, 0.0))
            if scale and count > skip:
                self.page.conditional_format(HEAD + skip, place, HEAD + count - 1, place, scale)


def scale_of(figure: str, reach: float) -> dict[str, object] | None:
    """The colours of a figure whose values go as far as `reach` from its centre."""
    if figure in _SHADES:
        return {"type": "2_color_scale", "min_color": WHITE, "max_color": _SHADES[figure]}
    if figure not in _CENTRES or not reach:
        return None
    centre = _CENTRES[figure]
    # From red over white to green; the white is at the centre, wherever the values lie.
    return {
        "type": "3_color_scale",
        **dict.fromkeys(("min_type", "mid_type", "max_type"), "num"),
        "min_value": centre - reach,
        "mid_value": centre,
        "max_value": centre + reach,
        "min_color": BAD,
        "mid_color": WHITE,
        "max_color": GOOD,
    }


def lines_of(widths: Iterable[float], text: str) -> int:
    """Lines that a text takes in joined columns of these widths."""
    return max(1, -(-len(text) // max(int(1.1 * sum(widths)), 1)))
