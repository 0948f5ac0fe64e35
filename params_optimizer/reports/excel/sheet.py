"""Worksheets that are filled row by row; text stays text, whatever it begins with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from math import isfinite
from typing import Any

from params_optimizer.reports.excel.columns import Column, Group
from params_optimizer.reports.excel.style import (
    BAD,
    COOL,
    FONT,
    GOOD,
    MEDALS,
    NAVY,
    WHITE,
    Pen,
)

HEAD = 4
"""Rows above the first one of a table: title, groups, names in the files (hidden), headers."""

SHEET_ROWS = 1_048_576
"""Rows of an Excel sheet."""

_A4 = 9
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

    def put(self, column: int, value: object, form: object = None) -> None:
        """Write one cell of the present row; None leaves it empty but for its format."""
        if value is None:
            if form is not None:
                self.page.write_blank(self.row, column, None, form)
            return
        shown = value
        if isinstance(value, float) and not isfinite(value):
            shown = str(value)  # Excel has no such number
        self._write[type(shown)](self.row, column, shown, form)

    def across(self, first: int, last: int, value: object, form: object) -> None:
        """Write a value into cells of the present row that are joined."""
        if first < last:
            self.page.merge_range(self.row, first, self.row, last, "", form)
        self.put(first, value, form)

    def add(self, cells: Iterable[object], *formats: object) -> None:
        """Write the next row; the last format serves all further cells."""
        for column, value in enumerate(cells):
            self.put(column, value, formats[min(column, len(formats) - 1)] if formats else None)
        self.row += 1

    def end(self, height: float | None = None) -> None:
        """Go on to the next row."""
        if height:
            self.page.set_row(self.row, height)
        self.row += 1

    def table(
        self,
        title: str,
        groups: Sequence[Group],
        rows: Iterable[Mapping[str, Any]],
        *,
        frozen: int,
        printed: int,
        medals: bool = False,
    ) -> int:
        """Fill the sheet with one table; returns the number of its rows.

        `groups` are names above columns; `frozen` columns stay in sight, the first `printed`
        groups are printed. A row has a value, or None, by the name of each column.
        """
        columns = [column for _, members in groups for column in members]
        self._columns(columns)
        self.put(0, title, self.pen.title)
        self.end(24)
        self._groups(groups)
        self.page.set_row(self.row, None, None, {"hidden": True})
        self.add(column.name for column in columns)
        self._heads(columns)
        names = [column.name for column in columns]
        centres = {at: _CENTRES.get(column.figure) for at, column in enumerate(columns)}
        reach = {at: (one, 0.0) for at, one in centres.items() if one is not None}
        for place, row in enumerate(rows):
            fill = MEDALS[place] if medals and place < len(MEDALS) else ""
            for at, name in enumerate(names):
                self.put(at, row[name], self._medal(columns[at], fill) if fill else None)
            for at, (centre, most) in reach.items():
                value = row[names[at]]
                distance = abs(value - centre) if value is not None else 0.0
                reach[at] = centre, max(most, distance) if isfinite(distance) else most
            self.row += 1
        count = self.row - HEAD
        self._finish(columns, groups, count, frozen, printed)
        reached = {at: most for at, (_, most) in reach.items()}
        self._shade(columns, count, len(MEDALS) if medals else 0, reached)
        return count

    def _medal(self, column: Column, fill: str) -> Any:  # noqa: ANN401  untyped library
        return self.pen.form(**column.look, bg_color=fill, bold=True)

    def _columns(self, columns: Sequence[Column]) -> None:
        for place, column in enumerate(columns):
            self.page.set_column(place, place, column.width, self.pen.form(**column.look))

    def _groups(self, groups: Sequence[Group]) -> None:
        place = 0
        for name, members in groups:
            self.across(place, place + len(members) - 1, name, self.pen.band)
            place += len(members)
        self.end(17)

    def _heads(self, columns: Sequence[Column]) -> None:
        for place, column in enumerate(columns):
            self.put(place, column.header, self.pen.head(column.align))
            if column.note:
                look = {"x_scale": 1.7, "y_scale": 1.1, "font_name": FONT, "font_size": 9}
                self.page.write_comment(self.row, place, f"{column.note}\n({column.name})", look)
        self.end(62)

    def _finish(
        self,
        columns: Sequence[Column],
        groups: Sequence[Group],
        count: int,
        frozen: int,
        printed: int,
    ) -> None:
        """Headers that stay in sight and are printed on every page; a filter."""
        shown = sum(len(members) for _, members in groups[:printed])
        self.page.freeze_panes(HEAD, frozen)
        self.page.autofilter(HEAD - 1, 0, HEAD + count - 1, len(columns) - 1)
        self.page.repeat_rows(0, HEAD - 1)
        self.page.print_area(0, 0, HEAD + max(count, 1) - 1, shown - 1)

    def _shade(
        self, columns: Sequence[Column], count: int, skip: int, reach: Mapping[int, float]
    ) -> None:
        """Colours by value; `reach` is how far a column goes from its centre."""
        for place, column in enumerate(columns):
            scale = _scale(column.figure, reach.get(place, 0.0))
            if scale and count > skip:
                self.page.conditional_format(HEAD + skip, place, HEAD + count - 1, place, scale)


def _scale(figure: str, reach: float) -> dict[str, object] | None:
    if figure in _SHADES:
        return {"type": "2_color_scale", "min_color": WHITE, "max_color": _SHADES[figure]}
    if figure not in _CENTRES or not reach:
        return None
    centre = _CENTRES[figure]
    return centred_scale(centre - reach, centre, centre + reach)


def centred_scale(least: float, centre: float, most: float) -> dict[str, object]:
    """From red over white to green; the white is at the centre, wherever the values lie."""
    return {
        "type": "3_color_scale",
        **dict.fromkeys(("min_type", "mid_type", "max_type"), "num"),
        "min_value": least,
        "mid_value": centre,
        "max_value": most,
        "min_color": BAD,
        "mid_color": WHITE,
        "max_color": GOOD,
    }


def lines_of(widths: Sequence[float], text: str) -> int:
    """Lines that a text takes in joined columns of these widths."""
    return max(1, -(-len(text) // max(int(1.1 * sum(widths)), 1)))
