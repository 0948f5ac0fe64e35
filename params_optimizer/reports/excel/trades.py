"""Trades and Equity of the best combination, with native charts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from params_optimizer.analytics.equity import MONTHS, by_month, by_year, curve
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.excel.sheet import HEAD, Sheet, centred_scale
from params_optimizer.reports.excel.style import (
    GREEN,
    LINE,
    MUTED,
    NAVY,
    RED,
    Pen,
    number_format,
)
from params_optimizer.reports.labels import header
from params_optimizer.reports.trades import trade_rows

Rows = list[dict[str, Any]]

EQUITY_COLUMNS = ("date", "r", "cumulative_r", "below_peak", "balance")
_TRADE_GROUPS = [
    ("Trade", ["date", "variation", "direction"]),
    ("Entry", ["entry_time", "entry_price", "stop", "tp"]),
    ("Exit", ["exit_time", "exit_price", "exit_reason"]),
    ("Result", ["r", "cumulative_r", "volume", "profit", "balance"]),
    ("Initial Balance", ["ibh", "ibl", "eq"]),
]
_TIMES = ("entry_time", "exit_time")
_BLOCK = len(EQUITY_COLUMNS) + 1  # first column of what stands beside the curve
_DATES_SHOWN = 12
_NONE = "No combination is ranked yet, so there are no trades to show."


def best_trades(outcome: Outcome) -> Rows:
    """Trades of the best combination as the trade list has them; none where none is ranked."""
    best = outcome.ranking.combination[:1].tolist()
    return trade_rows(outcome.study, outcome.study.grid[best[0]]) if best else []


def days_of(trades: Rows) -> list[date]:
    """The days of the trades, in their order."""
    return [date.fromisoformat(row["date"]) for row in trades]


def title(outcome: Outcome, what: str) -> str:
    """What a sheet about the best combination is called."""
    best = outcome.ranking.combination[:1].tolist()
    if not best:
        return _NONE
    marked = "; GENERATED SAMPLE DATA" if outcome.study.bars.generated else ""
    return f"{outcome.study.symbol}: {what} of combination {best[0]:,}, the best by score{marked}"


def write_trades(sheet: Sheet, outcome: Outcome, trades: Rows) -> None:
    """The trade list; dates and times as those of Excel."""
    sheet.table(
        title(outcome, f"{len(trades):,} trades"),
        _TRADE_GROUPS,
        ({**row, **_moments(row)} for row in trades),
        frozen=1,
        printed=len(_TRADE_GROUPS),
    )


def _moments(row: dict[str, Any]) -> dict[str, object]:
    times = {name: datetime.fromisoformat(row[name]).replace(tzinfo=None) for name in _TIMES}
    return {"date": date.fromisoformat(row["date"]), **times}


def write_equity(sheet: Sheet, outcome: Outcome, trades: Rows) -> None:
    """The sum of R after each trade; beside it months and years, and two charts."""
    pen, page = sheet.pen, sheet.page
    for place, name in enumerate(EQUITY_COLUMNS):
        page.set_column(place, place, 12, pen.form(num_format=number_format(name)))
    page.set_column(_BLOCK - 1, _BLOCK - 1, 3)
    page.set_column(_BLOCK, _BLOCK + len(MONTHS) + 2, 7.5)
    sheet.put(0, title(outcome, "equity"), pen.title)
    sheet.end(24)
    days = days_of(trades)
    values = np.array([row["r"] for row in trades])
    lines = _lines(trades, days, values)
    block = _months(pen, days, values) if trades else []
    sheet.end()
    page.set_row(sheet.row, None, None, {"hidden": True})
    sheet.add(EQUITY_COLUMNS)
    for at in range(1 + max(len(lines), len(block) - 1)):
        if not at:
            _heads(sheet)
        elif at <= len(lines):
            for place, value in enumerate(lines[at - 1]):
                sheet.put(place, value)
        for place, (value, form) in enumerate(block[at] if at < len(block) else [], _BLOCK):
            sheet.put(place, value, form)
        sheet.end(32 if not at else None)
    page.freeze_panes(HEAD, 0)
    page.repeat_rows(0, HEAD - 1)
    if trades:
        months = [one.total_r for year in by_month(days, values).values() for one in year.values()]
        _looks(page, pen, days, len(block) - 1, max(map(abs, months)) or 1.0)


def _heads(sheet: Sheet) -> None:
    for place, name in enumerate(EQUITY_COLUMNS):
        sheet.put(place, header(name), sheet.pen.head("center" if name == "date" else "right"))


def _lines(trades: Rows, days: Sequence[date], values: Any) -> list[list[object]]:  # noqa: ANN401
    found = curve(values)
    below = (-found.drawdown).tolist()
    return [
        [day, row["r"], row["cumulative_r"], fall, row["balance"]]
        for day, row, fall in zip(days, trades, below, strict=True)
    ]


def _months(
    pen: Pen,
    days: Sequence[date],
    values: Any,  # noqa: ANN401  an array
) -> list[list[tuple[object, object]]]:
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


def _looks(page: Any, pen: Pen, days: Sequence[date], years: int, reach: float) -> None:  # noqa: ANN401
    last = HEAD + len(days) - 1
    page.autofilter(HEAD - 1, 0, last, len(EQUITY_COLUMNS) - 1)
    first, right = HEAD, _BLOCK + len(MONTHS)
    page.conditional_format(
        first, _BLOCK + 1, first + years - 1, right, centred_scale(-reach, 0, reach)
    )
    top = first + years + 1
    page.insert_chart(top, _BLOCK, equity_chart(pen, days), {"object_position": 3})
    page.insert_chart(top + 17, _BLOCK, drawdown_chart(pen, days), {"object_position": 3})
    page.print_area(0, 0, min(last, max(top + 30, 60)), _BLOCK + len(MONTHS) + 2)


def equity_chart(pen: Pen, days: Sequence[date], size: tuple[int, int] = (860, 320)) -> Any:  # noqa: ANN401
    """The sum of R as a line."""
    return _chart(pen, "line", "Sum of R", "cumulative_r", days, size, GREEN)


def drawdown_chart(pen: Pen, days: Sequence[date], size: tuple[int, int] = (860, 220)) -> Any:  # noqa: ANN401
    """How far the sum lies below its peak, as an area."""
    return _chart(pen, "area", "Below the peak, R", "below_peak", days, size, RED)


def _chart(
    pen: Pen,
    kind: str,
    name: str,
    column: str,
    days: Sequence[date],
    size: tuple[int, int],
    color: str,
) -> Any:  # noqa: ANN401  untyped library
    chart = pen.book.add_chart({"type": kind})
    last, place = HEAD + len(days) - 1, EQUITY_COLUMNS.index(column)
    series: dict[str, Any] = {
        "name": name,
        "categories": ["Equity", HEAD, 0, last, 0],
        "values": ["Equity", HEAD, place, last, place],
        "line": {"color": color, "width": 1.75 if kind == "line" else 0.75},
    }
    if kind == "area":
        series["fill"] = {"color": color, "transparency": 60}
    chart.add_series(series)
    font = {"size": 9, "color": MUTED, "name": "Calibri"}
    chart.set_title(
        {
            "name": name,
            "name_font": {"size": 11, "color": NAVY, "name": "Calibri"},
            "overlay": False,
        }
    )
    chart.set_x_axis(
        {
            "date_axis": True,
            "major_unit": max(1, round((days[-1] - days[0]).days / 30.4 / _DATES_SHOWN)),
            "major_unit_type": "months",
            "num_format": "mmm yyyy",
            "num_font": font,
            "label_position": "low",
            "line": {"color": LINE},
            "major_tick_mark": "none",
        }
    )
    chart.set_y_axis(
        {
            "num_format": "0",
            "num_font": font,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
        }
    )
    chart.set_legend({"none": True})
    chart.set_chartarea({"border": {"color": LINE}})
    chart.set_size({"width": size[0], "height": size[1]})
    return chart
