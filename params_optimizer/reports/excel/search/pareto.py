"""The Pareto sheet: trials that no other beats in every goal, and charts of the goals."""

from collections.abc import Sequence
from typing import Any

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel.charts import Chart, dressed, round_limits, value_axis
from params_optimizer.reports.excel.search.columns import named
from params_optimizer.reports.excel.search.tables import (
    FRONT_SHEET,
    TRIALS_SHEET,
    TrialTable,
    write_trials,
)
from params_optimizer.reports.excel.sheet import HEAD, Sheet
from params_optimizer.reports.excel.style import GREEN, MUTED, Pen

_PALE = "#C3CFDB"
_SIZE = (640, 380)


def write_front(
    sheet: Sheet, outcome: SearchOutcome, tables: Sequence[TrialTable], table: TrialTable
) -> None:
    """The trials of the front; below them the first goal against each of the others."""
    write_trials(sheet, outcome, table)
    if not table.trials:
        return
    top = HEAD + len(table.trials) + 1
    for goal in range(1, len(outcome.problem.objective.goals)):
        chart = front_chart(sheet.pen, outcome, tables, (0, goal))
        offset = {"x_offset": 8 + (goal - 1) * (_SIZE[0] + 16)}
        sheet.page.insert_chart(top, 0, chart, offset)
    columns = sum(len(members) for _, members in table.groups)
    sheet.page.print_area(0, 0, top + _SIZE[1] // 20, columns - 1)


def front_chart(
    pen: Pen,
    outcome: SearchOutcome,
    tables: Sequence[TrialTable],
    goals: tuple[int, int],
    size: tuple[int, int] = _SIZE,
) -> Chart:
    """One goal over another, by place, from the cells of the sheets Trials and Pareto.

    It shows the neighbourhood of the front: far from it lie trials that nobody wants.
    """
    chart = pen.book.add_chart({"type": "scatter"})
    metrics = [outcome.problem.objective.metrics[goal] for goal in goals]
    looks = {
        TRIALS_SHEET: ("complete trials", _PALE, 4),
        FRONT_SHEET: ("beaten by no other", GREEN, 7),
    }
    for table in tables:
        if table.name in looks:
            chart.add_series(_dots(table, metrics) | _look(*looks[table.name]))
    axes = [
        value_axis(named(metric), label_position="low", crossing="min")
        | _limits(outcome, tables, goal)
        for metric, goal in zip(metrics, goals, strict=True)
    ]
    chart.set_x_axis(axes[0])
    chart.set_y_axis(axes[1])
    first, second = map(named, metrics)
    dressed(chart, f"{second} over {first}, near the front", size)
    chart.set_legend({"position": "bottom", "font": {"size": 9, "color": MUTED}})
    return chart


def _limits(outcome: SearchOutcome, tables: Sequence[TrialTable], goal: int) -> dict[str, float]:
    """Ends of an axis: as far beyond the front as the front is long."""
    front = next(table.trials for table in tables if table.name == FRONT_SHEET)
    values = [outcome.figures(one)[goal] for one in front]
    every = [outcome.figures(one)[goal] for one in outcome.ranking]
    span = max(max(values) - min(values), 0.1 * (max(every) - min(every)))
    ends = max(min(every), min(values) - span), min(max(every), max(values) + span)
    return round_limits(*ends)


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
