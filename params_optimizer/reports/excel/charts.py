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
_LOOKS = {"cumulative_r": (GREEN, False), "below_peak": (RED, True)}
"""Colours, and whether the space to the zero line is filled."""
_EXCEL_EPOCH, _MONTH = date(1899, 12, 30), 30.4
_FEW_DAYS = 75
"""Below it the axis shows days, else months."""
_NUMBERS = {"size": 9, "color": MUTED, "name": FONT}
Chart = Any
"""A chart of XlsxWriter, which is untyped."""


def equity_chart(
    pen: Pen, days: Sequence[date], size: tuple[int, int] = (860, 320), *, exact: bool = False
) -> Chart:
    """The sum of R as a line.

    `exact`: over the times of entry, which the sheet then has behind `EQUITY_COLUMNS`; an axis
    of days would draw all trades of a day above each other.
    """
    return _over_time(pen, "Sum of R", "cumulative_r", days, size, exact=exact)


def drawdown_chart(
    pen: Pen, days: Sequence[date], size: tuple[int, int] = (860, 220), *, exact: bool = False
) -> Chart:
    """How far the sum lies below its peak; filled unless it is `exact`."""
    return _over_time(pen, "Below the peak, R", "below_peak", days, size, exact=exact)


def _over_time(
    pen: Pen,
    name: str,
    column: str,
    days: Sequence[date],
    size: tuple[int, int],
    *,
    exact: bool,
) -> Chart:
    color, filled = _LOOKS[column]
    last, place = HEAD + len(days) - 1, EQUITY_COLUMNS.index(column)
    x = len(EQUITY_COLUMNS) if exact else 0
    series: dict[str, Any] = {
        "name": name,
        "categories": ["Equity", HEAD, x, last, x],
        "values": ["Equity", HEAD, place, last, place],
        "line": {"color": color, "width": 0.75 if filled else 1.75},
    }
    kind = {"type": "area" if filled else "line"}
    if exact:
        kind = {"type": "scatter", "subtype": "straight"}
        series["marker"] = {"type": "none"}
    elif filled:
        series["fill"] = {"color": color, "transparency": 60}
    chart = pen.book.add_chart(kind)
    chart.add_series(series)
    dates = _dates((days[-1] - days[0]).days, size[0] // _DATE_WIDTH)
    chart.set_x_axis(
        {
            **(_between(days, dates) if exact else dates),
            "num_font": _NUMBERS,
            "label_position": "low",
            "line": {"color": LINE},
            "major_tick_mark": "none",
            "major_gridlines": {"visible": False},
        }
    )
    chart.set_y_axis(value_axis())
    return dressed(chart, name, size)


def _dates(days: int, shown: int) -> dict[str, Any]:
    """An axis over so many days with about so many dates."""
    few = days < _FEW_DAYS
    return {
        "date_axis": True,
        "major_unit": max(1, round(days / (1 if few else _MONTH) / shown)),
        "major_unit_type": "days" if few else "months",
        "num_format": "d mmm" if few else "mmm yyyy",
    }


def _between(days: Sequence[date], dates: dict[str, Any]) -> dict[str, Any]:
    """The same as an axis of numbers, which are days since the beginning of Excel's time."""
    first, last = ((day - _EXCEL_EPOCH).days for day in (days[0], days[-1]))
    months = dates["major_unit_type"] == "months"
    return {
        "min": first,
        "max": last + 1,
        "major_unit": dates["major_unit"] * (_MONTH if months else 1),
        "num_format": dates["num_format"],
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
