"""The last sheet: what every column means."""

from collections.abc import Mapping, Sequence

from params_optimizer.reports.excel.sheet import Sheet
from params_optimizer.reports.excel.style import BAND, LINE
from params_optimizer.reports.labels import FIGURES, PARAMETERS, PLACE, TRADE, Label

GRID_GROUPS = (
    ("Ranking", PLACE),
    ("Parameters", PARAMETERS),
    ("Figures, of all trades and of each variation", FIGURES),
    ("Trades and equity", TRADE),
)
"""What the columns of a grid's workbook mean, by name in the files, in named groups."""


def write_glossary(sheet: Sheet, groups: Sequence[tuple[str, Mapping[str, Label]]]) -> None:
    """Header, unit, meaning, and the name of the column in the files."""
    pen = sheet.pen
    for place, width in enumerate((22, 12, 92, 24)):
        sheet.page.set_column(place, place, width)
    sheet.page.hide_gridlines(2)
    sheet.put(0, "What the columns mean", pen.title)
    sheet.end(24)
    sheet.add(["header", "unit", "meaning", "name in the files"], pen.head("left"))
    sheet.page.freeze_panes(sheet.row, 0)
    sheet.page.repeat_rows(0, sheet.row - 1)
    for name, labels in groups:
        sheet.across(0, 3, name, pen.form(bold=True, bg_color=BAND))
        sheet.end()
        for column, known in labels.items():
            _line(sheet, column, known)


def _line(sheet: Sheet, column: str, known: Label) -> None:
    text = sheet.pen.form(text_wrap=True, valign="top", bottom=4, bottom_color=LINE)
    for place, value in enumerate((known.name, known.unit, known.note, column)):
        sheet.put(place, value, text)
    sheet.end(30 if len(known.note) > 105 else None)
