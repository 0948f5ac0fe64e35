"""The Equity sheet: a curve trade by trade, months and years beside it, two charts."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from params_optimizer.analytics.equity import MONTHS, Floats, by_month, by_year, curve
from params_optimizer.reports.excel.charts import EQUITY_COLUMNS, drawdown_chart, equity_chart
from params_optimizer.reports.excel.columns import Column
from params_optimizer.reports.excel.sheet import HEAD, Sheet, centred_scale
from params_optimizer.reports.excel.style import Pen

Rows = Sequence[dict[str, Any]]

_PRINTED = 48  # the last row of a page of paper


def write_equity(
    sheet: Sheet, title: str, columns: Sequence[Column], trades: Rows, *, exact: bool = False
) -> None:
    """The sum of R after each trade; beside it months and years, and two charts.

    `columns` begin with `EQUITY_COLUMNS`; what comes after them is shown as the trades have it.
    `exact`: the next one is the time of entry, and the charts are drawn over it. Dates of the
    trades are `date` objects in ascending order.
    """
    pen, page, block = sheet.pen, sheet.page, len(columns) + 1
    for place, column in enumerate(columns):
        width = max(12, column.width)
        page.set_column(place, place, width, pen.form(num_format=column.form))
    page.set_column(block - 1, block - 1, 3)
    page.set_column(block, block + len(MONTHS) + 2, 7.5)
    sheet.put(0, title, pen.title)
    sheet.end(24)
    days = [row["date"] for row in trades]
    values = np.array([row["r"] for row in trades])
    lines = _lines(columns, trades, values)
    months = _months(pen, days, values) if trades else []
    sheet.end()
    page.set_row(sheet.row, None, None, {"hidden": True})
    sheet.add(column.name for column in columns)
    for at in range(1 + max(len(lines), len(months) - 1)):
        if not at:
            _heads(sheet, columns)
        elif at <= len(lines):
            for place, value in enumerate(lines[at - 1]):
                sheet.put(place, value)
        for place, (value, form) in enumerate(months[at] if at < len(months) else [], block):
            sheet.put(place, value, form)
        sheet.end(32 if not at else None)
    page.freeze_panes(HEAD, 0)
    page.repeat_rows(0, HEAD - 1)
    page.autofilter(HEAD - 1, 0, HEAD + len(days) - 1, len(columns) - 1)
    if trades:
        found = [one.total_r for year in by_month(days, values).values() for one in year.values()]
        reach, last = max(map(abs, found)) or 1.0, HEAD + len(months) - 2
        page.conditional_format(
            HEAD, block + 1, last, block + len(MONTHS), centred_scale(-reach, 0, reach)
        )
        top = last + 2
        for place, make in ((top, equity_chart), (top + 17, drawdown_chart)):
            chart = make(pen, days, exact=exact)
            page.insert_chart(place, block, chart, {"object_position": 3})
        end = min(HEAD + len(days) - 1, max(top + 30, _PRINTED))
        page.print_area(0, 0, end, block + len(MONTHS) + 2)


def _heads(sheet: Sheet, columns: Sequence[Column]) -> None:
    for place, column in enumerate(columns):
        sheet.put(place, column.header, sheet.pen.head(column.align))


def _lines(columns: Sequence[Column], trades: Rows, values: Floats) -> list[list[object]]:
    below = (-curve(values).drawdown).tolist()
    more = [column.name for column in columns[len(EQUITY_COLUMNS) :]]
    return [
        [row["date"], row["r"], row["cumulative_r"], fall, *(row[name] for name in more)]
        for row, fall in zip(trades, below, strict=True)
    ]


def _months(pen: Pen, days: Sequence[date], values: Floats) -> list[list[tuple[object, object]]]:
    """Total R by month and year, and the trades of the year."""
    heads = ["R", *MONTHS, "Year", "Trades"]
    block: list[list[tuple[object, object]]] = [
        [(name, pen.head("left" if not at else "right")) for at, name in enumerate(heads)]
    ]
    years = by_year(days, values)
    number, count = pen.cell("0.0", "right"), pen.cell("#,##0", "right")
    for year, months in by_month(days, values).items():
        cells: list[tuple[object, object]] = [(str(year), pen.cell(align="left"))]
        cells += [
            (months[month].total_r if month in months else None, number)
            for month in range(1, len(MONTHS) + 1)
        ]
        whole = years[year]
        block.append([*cells, (whole.total_r, pen.cell("0.0", "right")), (whole.trades, count)])
    return block
