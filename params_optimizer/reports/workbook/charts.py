"""Native charts, of cells that a table of another sheet holds."""

from datetime import date, datetime
from math import ceil, floor, log10
from typing import Any

from params_optimizer.reports.blocks import Chart, Line
from params_optimizer.reports.workbook.pen import COLORS, FONT, GENERAL, LINE, MUTED, NAVY, Pen
from params_optimizer.reports.workbook.sheet import HEAD

_DATE_WIDTH = 72
"""Pixels that a date of the axis takes."""
_EXCEL_EPOCH, _MONTH = date(1899, 12, 30), 30.4
_FEW_DAYS = 75
"""Below it the axis shows days, else months."""
_NUMBERS = {"size": 9, "color": MUTED, "name": FONT}
Size = tuple[int, int]


def draw(pen: Pen, chart: Chart, size: Size) -> Any:  # noqa: ANN401  untyped library
    """A chart of that size in pixels."""
    first = chart.lines[0]
    exact = not chart.dated or isinstance(next(iter(first.table.rows))[first.x], datetime)
    kind: dict[str, str] = {"type": "scatter", "subtype": "straight"}
    if not exact:
        kind = {"type": "area" if first.look == "area" else "line"}
    drawn = pen.book.add_chart(kind)
    for line in chart.lines:
        drawn.add_series(_series(line, exact=exact))
    low = {"label_position": "low", "num_font": _NUMBERS, "line": {"color": LINE}}
    x_axis = _dates(chart, size, exact=exact) if chart.dated else _limits(chart.x_range)
    name = {"name": chart.x_title, "name_font": {**_NUMBERS, "bold": False}}
    drawn.set_x_axis(
        {**x_axis, **low, **(name if chart.x_title else {}), "major_gridlines": {"visible": False}}
    )
    drawn.set_y_axis(_value_axis(chart.y_title) | _limits(chart.y_range))
    title_font = {"size": 11, "color": NAVY, "name": FONT}
    drawn.set_title({"name": chart.title, "name_font": title_font, "overlay": False})
    drawn.set_legend({"none": True})
    drawn.set_chartarea({"border": {"color": LINE}})
    drawn.set_size({"width": size[0], "height": size[1]})
    return drawn


def _series(line: Line, *, exact: bool) -> dict[str, Any]:
    names = [column.name for column in line.table.columns]
    last, color = HEAD + max(len(line.table.rows), 1) - 1, COLORS[line.color]
    places = {
        key: [line.table.sheet, HEAD, names.index(name), last, names.index(name)]
        for key, name in (("categories", line.x), ("values", line.y))
    }
    series: dict[str, Any] = {"name": line.name, **places}
    if line.look == "dots":
        dot = {"type": "circle", "size": 4, "border": {"none": True}, "fill": {"color": color}}
        return series | {"marker": dot, "line": {"none": True}}
    series["line"] = {"color": color, "width": 0.75 if line.look == "area" else 1.75}
    if exact:
        series["marker"] = {"type": "none"}
    elif line.look == "area":
        series["fill"] = {"color": color, "transparency": 60}
    return series


def _dates(chart: Chart, size: Size, *, exact: bool) -> dict[str, Any]:
    """An axis of days with about as many dates as there is room for."""
    line = chart.lines[0]
    days = [_day(row[line.x]) for row in line.table.rows]
    span, room = (days[-1] - days[0]).days, size[0] // _DATE_WIDTH
    few = span < _FEW_DAYS
    unit = max(1, round(span / (1 if few else _MONTH) / room))
    form = {"num_format": "d mmm" if few else "mmm yyyy", "major_tick_mark": "none"}
    if not exact:
        units = {"major_unit": unit, "major_unit_type": "days" if few else "months"}
        return {"date_axis": True, **units, **form}
    # As an axis of numbers, which are days since the beginning of Excel's time.
    first, last = ((day - _EXCEL_EPOCH).days for day in (days[0], days[-1]))
    return {"min": first, "max": last + 1, "major_unit": unit * (1 if few else _MONTH), **form}


def _day(value: Any) -> date:  # noqa: ANN401  a date or a time
    return value.date() if isinstance(value, datetime) else value


def _value_axis(name: str) -> dict[str, Any]:
    """An axis of numbers, with fine lines across the chart."""
    axis: dict[str, Any] = {
        "num_format": GENERAL,
        "num_font": _NUMBERS,
        "line": {"none": True},
        "crossing": "min",
        "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
    }
    return axis | ({"name": name, "name_font": {**_NUMBERS, "bold": False}} if name else {})


def _limits(ends: tuple[float, float] | None) -> dict[str, float]:
    """Both ends of an axis at round numbers; none where there is nothing between them."""
    if ends is None or not ends[1] > ends[0]:
        return {}
    low, high = ends
    step = 10.0 ** floor(log10(high - low))
    if high - low < 4 * step:
        step /= 4
    return {"min": floor(low / step) * step, "max": ceil(high / step) * step}
