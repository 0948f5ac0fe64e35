"""Equity and drawdown of the winner, by month and weekday."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from params_optimizer.analytics.equity import (
    MONTHS,
    WEEKDAYS,
    Period,
    by_month,
    by_weekday,
    by_year,
    curve,
)
from params_optimizer.reports.blocks import (
    Block,
    Chart,
    Column,
    Figure,
    Line,
    Paragraph,
    Table,
    column,
)
from params_optimizer.reports.forms import COUNT, Form, short, shorts
from params_optimizer.reports.labels import label
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.sections.section import Section, has_winner
from params_optimizer.reports.series import Series

SHEET = "Equity"
_MAX_POINTS = 10_000


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The curves of all lists of trades; trade by trade in a workbook."""
    series = [line for line in run.series if line.rows]
    if not series:
        yield Paragraph(f"The best {run.unit} made no trade: there is no curve to draw.")
        return
    table = _table(run)
    text = (
        "Click a name in the legend to hide or show its line. Dotted: days on which it was not "
        "chosen. R is the risk of one trade."
    )
    if run.variations:
        text += " Of the best of a variation only the trades of that variation count."
    data = {"months": MONTHS, "weekdays": WEEKDAYS, "series": [_content(line) for line in series]}
    charts = _charts(table) if table.rows else []
    words = "Equity and drawdown: sum of R after each trade"
    yield Figure("figure-equity", "equity", words, data, 520, [text], charts)
    yield table
    if table.rows:
        yield _months(run.series[0])


def _content(series: Series) -> Content:
    days, r = series.dates, series.r
    line, drawn = curve(r), _drawn(days)
    return {
        "key": series.key,
        "name": series.name,
        "oos": series.out_of_sample,
        "dates": [days[place].isoformat() for place in drawn],
        "cumulative": shorts(line.cumulative[drawn]),
        "drawdown": shorts(line.drawdown[drawn]),
        "total": float(line.cumulative[-1]),
        "max_drawdown": float(line.drawdown.max()),
        "by_month": {
            year: {month: _period(period) for month, period in months.items()}
            for year, months in by_month(days, r).items()
        },
        "by_year": {year: _period(period) for year, period in by_year(days, r).items()},
        "by_weekday": {day: _period(period) for day, period in by_weekday(days, r).items()},
    }


def _drawn(days: Sequence[date]) -> list[int]:
    """The trades whose points are drawn: all, or the last of each day where they are very many."""
    if len(days) <= _MAX_POINTS:
        return list(range(len(days)))
    return sorted({day: place for place, day in enumerate(days)}.values())


def _period(period: Period) -> list[float | None]:
    return [short(float(value)) for value in period]


def _table(run: ReportedRun) -> Table:
    """The sum of R after each trade of the winner, and how far it lies below its peak."""
    trades = run.best_trades
    falls = (-curve(np.array([trade["r"] for trade in trades], np.float64)).drawdown).tolist()
    rows = [{**trade, "below_peak": fall} for trade, fall in zip(trades, falls, strict=True)]
    names = ["date", "r", "cumulative_r", "below_peak"]
    names.append("balance" if trades and "balance" in trades[0] else "entry_time")
    columns = [column(name, width=16 if name == "entry_time" else 12) for name in names]
    number = f"{run.best[run.unit]:,}" if run.best else ""
    title = f"{run.market}: equity of {run.unit} {number}, the best by {run.order}"
    return Table(columns, rows, title, preview=0, sheet=SHEET)


def _charts(table: Table) -> list[Chart]:
    names = [column.name for column in table.columns]
    x = "entry_time" if "entry_time" in names else "date"
    cumulative, below = (label(name).name for name in ("cumulative_r", "below_peak"))
    return [
        Chart("Sum of R", [Line(table, x, "cumulative_r", cumulative)], dated=True),
        Chart("Sum of R", [Line(table, x, "cumulative_r", cumulative)], dated=True, beside=SHEET),
        Chart(
            "Below the peak, R",
            [Line(table, x, "below_peak", below, "red", "area")],
            dated=True,
            beside=SHEET,
        ),
    ]


def _months(series: Series) -> Table:
    """Total R by month and year, and the trades of the year."""
    years = by_year(series.dates, series.r)
    rows = [
        {"year": str(year), "whole": years[year].total_r, "trades": years[year].trades}
        | {name: months[at].total_r for at, name in enumerate(MONTHS, 1) if at in months}
        for year, months in by_month(series.dates, series.r).items()
    ]
    form = Form("number", 1)
    columns = [
        Column("year", "R", width=7.5),
        *(Column(name, name, form=form, width=7.5, shade="r") for name in MONTHS),
        Column("whole", "Year", form=form, width=8.5),
        Column("trades", "Trades", form=COUNT, width=8.5),
    ]
    return Table(columns, rows, "R by month", preview=0, beside=SHEET)


SECTION = Section("equity", "Equity and drawdown", "Equity", has_winner, blocks)
