"""A chart of two goals against each other: every complete trial, and the front."""

from collections.abc import Sequence
from typing import Any

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel.charts import Chart, dressed, value_axis
from params_optimizer.reports.excel.search.columns import figure, named
from params_optimizer.reports.excel.search.tables import TrialTable
from params_optimizer.reports.excel.sheet import HEAD
from params_optimizer.reports.excel.style import GREEN, MUTED, Pen

_PALE = "#C3CFDB"


def front_chart(
    pen: Pen, outcome: SearchOutcome, tables: Sequence[TrialTable], size: tuple[int, int]
) -> Chart:
    """The second goal over the first, from the cells of the sheets Trials and Pareto."""
    chart = pen.book.add_chart({"type": "scatter"})
    goals = outcome.problem.objective.metrics[:2]
    looks = {"Trials": ("complete trials", _PALE, 4), "Pareto": ("beaten by no other", GREEN, 7)}
    for table in tables:
        if table.name in looks:
            name, color, width = looks[table.name]
            chart.add_series(_dots(table, goals) | _look(name, color, width))
    first, second = (named(metric) for metric in goals)
    x = value_axis(first, figure(goals[0]).form, label_position="low")
    chart.set_x_axis(x | {"crossing": "min"})
    chart.set_y_axis(value_axis(second, figure(goals[1]).form) | {"crossing": "min"})
    dressed(chart, f"{second} over {first}: complete trials, and those beaten by none", size)
    chart.set_legend({"position": "bottom", "font": {"size": 9, "color": MUTED}})
    return chart


def _dots(table: TrialTable, goals: Sequence[str]) -> dict[str, Any]:
    names = [column.name for _, members in table.groups for column in members]
    complete = sum(one.state == "complete" for one in table.trials)
    last = HEAD + max(complete, 1) - 1
    x, y = (names.index(metric) for metric in goals)
    return {
        "categories": [table.name, HEAD, x, last, x],
        "values": [table.name, HEAD, y, last, y],
    }


def _look(name: str, color: str, size: int) -> dict[str, Any]:
    dot = {"type": "circle", "size": size, "border": {"none": True}, "fill": {"color": color}}
    return {"name": name, "marker": dot, "line": {"none": True}}
