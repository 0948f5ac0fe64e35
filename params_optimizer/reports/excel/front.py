"""The layout of a first sheet: banners, figures at a glance, sentences, facts, links."""

from collections.abc import Iterable, Sequence

from params_optimizer.reports.excel.sheet import Sheet, lines_of
from params_optimizer.reports.excel.style import COUNT, LINE, MUTED, NAVY, PAPER, WARN

WIDTHS = (24.0, *[12.5] * 10)
LAST = len(WIDTHS) - 1
LINE_HEIGHT = 15.5
CHART_WIDTH = 1085
"""Pixels from the first to the last column."""
_CHART_ROWS = 14


def open_front(sheet: Sheet, title: str, below: str) -> None:
    """One page of paper, its title, and a line below it."""
    pen = sheet.pen
    sheet.page.hide_gridlines(2)
    sheet.page.set_portrait()
    sheet.page.fit_to_pages(1, 1)
    for place, width in enumerate(WIDTHS):
        sheet.page.set_column(place, place, width, pen.form())
    sheet.put(0, title, pen.form(bold=True, font_size=20, font_color=NAVY))
    sheet.end(32)
    sheet.put(0, below, pen.note)
    sheet.end()


def banner(sheet: Sheet, text: str, color: str) -> None:
    """What must not be overlooked."""
    sheet.across(0, LAST, text, sheet.pen.form(bold=True, bg_color=color, indent=1))
    sheet.end(22)


def glance(sheet: Sheet, figures: Sequence[tuple[str, object, str]]) -> None:
    """Small names above large figures: name, value and number format of each; or nothing."""
    pen = sheet.pen
    for place, (name, _, _) in enumerate(figures):
        small = pen.form(font_color=MUTED, font_size=9, bg_color=PAPER, align="center", top=1)
        sheet.put(place, name or None, small)
    sheet.end(18)
    for place, (_, value, form) in enumerate(figures):
        look: dict[str, object] = {"bold": True, "font_size": 14, "font_color": NAVY}
        look |= {"bg_color": PAPER, "align": "center", "num_format": form, "bottom": 1}
        sheet.put(place, value, pen.form(**look))
    sheet.end(28)


def section(sheet: Sheet, name: str) -> None:
    """The heading of a part."""
    sheet.end(8)
    for place in range(LAST + 1):
        sheet.put(place, name if not place else None, sheet.pen.section)
    sheet.end(22)


def paragraph(sheet: Sheet, text: str) -> None:
    """A sentence as wide as the sheet."""
    form = sheet.pen.form(text_wrap=True, valign="top")
    sheet.across(0, LAST, text, form)
    sheet.end(LINE_HEIGHT * lines_of(WIDTHS, text))


def charts(sheet: Sheet, *shown: object) -> None:
    """Charts side by side."""
    for place, chart in enumerate(shown):
        offset = 2 + place * CHART_WIDTH // len(shown)
        sheet.page.insert_chart(sheet.row, 0, chart, {"x_offset": offset, "y_offset": 4})
    sheet.row += _CHART_ROWS


def chart_size(count: int = 1) -> tuple[int, int]:
    """Width and height of each of `count` charts that stand side by side."""
    return CHART_WIDTH // count - (8 if count > 1 else 0), _CHART_ROWS * 20 - 8


def facts(sheet: Sheet, pairs: Iterable[tuple[str, str]]) -> None:
    """Names and what there is to say of them; warnings are loud."""
    pen = sheet.pen
    form = pen.form(text_wrap=True, bottom=1, bottom_color=LINE, indent=1)
    for name, value in pairs:
        loud = "WARNING" in value
        sheet.put(0, name, pen.form(font_color=MUTED, bottom=1, bottom_color=LINE))
        sheet.across(1, LAST, value, pen.form(bold=True, bg_color=WARN) if loud else form)
        lines = lines_of(WIDTHS[1:], value)
        sheet.end(LINE_HEIGHT * lines if lines > 1 else None)


def links(
    sheet: Sheet, heads: Sequence[str], lines: Iterable[tuple[str, Sequence[int | None], str]]
) -> None:
    """The other sheets: a link to each, its counts below `heads`, and what it holds."""
    pen = sheet.pen
    section(sheet, "Sheets")
    for place, name in enumerate(("Sheet", *heads)):
        sheet.put(place, name, pen.head("right" if place else "left"))
    sheet.across(1 + len(heads), LAST, "What it holds", pen.head("left"))
    sheet.end()
    for name, counts, text in lines:
        link = pen.form(font_color=NAVY, underline=1, indent=1, bottom=1, bottom_color=LINE)
        sheet.page.write_url(sheet.row, 0, f"internal:'{name}'!A1", link, name)
        for place, count in enumerate(counts, 1):
            sheet.put(place, count, pen.cell(COUNT, "right"))
        sheet.across(1 + len(heads), LAST, text, pen.cell(align="left"))
        sheet.end()
