"""Native charts, of cells that other sheets hold."""

from collections.abc import Sequence
from datetime import date
from math import ceil, floor, log10
from typing import Any

from params_optimizer.reports.excel.sheet import HEAD
from params_optimizer.reports.excel.style import FONT, GREEN, LINE, MUTED, NAVY, RED, UNTOUCHED, Pen

EQUITY_COLUMNS = ("date", "r", "cumulative_r", "below_peak")
"""The first columns of the Equity sheet."""
_DATE_WIDTH = 72
"""Pixels that a date of the axis takes."""
_FEW_DAYS = 75
"""Below it the axis shows days, else months."""
_NUMBERS = {"size": 9, "color": MUTED, "name": FONT}
Chart = Any
"""A chart of XlsxWriter, which is untyped."""


def equity_chart(pen: Pen, days: Sequence[date], size: tuple[int, int] = (860, 320)) -> Chart:
    """The sum of R as a line."""
    return _over_time(pen, "line", "Sum of R", "cumulative_r", days, size, GREEN)


def drawdown_chart(pen: Pen, days: Sequence[date], size: tuple[int, int] = (860, 220)) -> Chart:
    """How far the sum lies below its peak, as an area."""
    return _over_time(pen, "area", "Below the peak, R", "below_peak", days, size, RED)


def _over_time(
    pen: Pen,
    kind: str,
    name: str,
    column: str,
    days: Sequence[date],
    size: tuple[int, int],
    color: str,
) -> Chart:
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
    chart.set_x_axis(
        {
            **_dates((days[-1] - days[0]).days, size[0] // _DATE_WIDTH),
            "num_font": _NUMBERS,
            "label_position": "low",
            "line": {"color": LINE},
            "major_tick_mark": "none",
        }
    )
    chart.set_y_axis(value_axis())
    return dressed(chart, name, size)


def _dates(days: int, shown: int) -> dict[str, object]:
    """An axis over so many days with about so many dates."""
    few = days < _FEW_DAYS
    return {
        "date_axis": True,
        "major_unit": max(1, round(days / (1 if few else 30.4) / shown)),
        "major_unit_type": "days" if few else "months",
        "num_format": "d mmm" if few else "mmm yyyy",
    }


def value_axis(name: str = "", form: str = UNTOUCHED, **more: object) -> dict[str, object]:
    """An axis of numbers, with fine lines across the chart."""
    axis: dict[str, object] = {
        "num_format": form,
        "num_font": _NUMBERS,
        "line": {"none": True},
        "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
    }
    if name:
        axis |= {"name": name, "name_font": {**_NUMBERS, "bold": False}}
    return axis | more


def round_limits(least: float, most: float) -> dict[str, float]:
    """Both ends of an axis at round numbers; none where there is nothing between them."""
    if not most > least:
        return {}
    step = 10.0 ** floor(log10(most - least))
    if most - least < 4 * step:
        step /= 4
    return {"min": floor(least / step) * step, "max": ceil(most / step) * step}


def dressed(chart: Chart, name: str, size: tuple[int, int]) -> Chart:
    """The chart with a title, a frame and a size in pixels, as all have them."""
    chart.set_title(
        {"name": name, "name_font": {"size": 11, "color": NAVY, "name": FONT}, "overlay": False}
    )
    chart.set_legend({"none": True})
    chart.set_chartarea({"border": {"color": LINE}})
    chart.set_size({"width": size[0], "height": size[1]})
    return chart
