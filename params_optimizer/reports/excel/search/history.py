"""The History sheet: the best so far, trial by trial; beside it what decides, and a chart."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel.charts import Chart, dressed, round_limits, value_axis
from params_optimizer.reports.excel.columns import Column
from params_optimizer.reports.excel.search.columns import (
    course,
    figure,
    named,
    own,
    parameter_label,
)
from params_optimizer.reports.excel.search.tables import marked
from params_optimizer.reports.excel.sheet import HEAD, Sheet
from params_optimizer.reports.excel.style import COOL, GREEN, LINE, MUTED, WHITE, Pen
from params_optimizer.search.importance import importances

Importances = Sequence[Mapping[str, float]]
"""Of each goal: the importance of each parameter, the greatest first."""

_FIRST, _BEST = 2, 3  # columns of the first goal and of the best so far
_BLOCK = 6  # first column of what stands beside the trials
_SHOWN = 0.75
"""Share of the complete trials, the best ones, that the axis of the chart reaches to."""


class History(NamedTuple):
    """What became of each trial, in the order in which they were asked."""

    rows: list[tuple[object, ...]]

    @classmethod
    def of(cls, outcome: SearchOutcome) -> "History":
        """The history of a search, as `{market}_history.csv` has it."""
        return cls(list(_course(outcome)))

    @property
    def begun(self) -> bool:
        """Whether there is a best so far: something to draw."""
        return bool(self.rows) and self.rows[-1][_BEST] is not None


def _course(outcome: SearchOutcome) -> Iterator[tuple[object, ...]]:
    best = None
    for one in outcome.trials:
        if one.state == "complete" and (best is None or one.order < best.order):
            best = one
        own_figure = outcome.figures(one)[0] if one.losses else None
        ahead = (outcome.figures(best)[0], best.number) if best else (None, None)
        yield (one.number, one.state, own_figure, *ahead)


def importances_of(outcome: SearchOutcome) -> Importances:
    """The importances of every goal; empty ones where there are too few complete trials."""
    space, goals = outcome.problem.space, outcome.problem.objective.goals
    return [importances(space, outcome.trials, goal) for goal in range(len(goals))]


def write_history(
    sheet: Sheet, outcome: SearchOutcome, history: History, decides: Importances
) -> None:
    """The trials, the importances of the parameters, and a chart of the way to the best."""
    pen, page = sheet.pen, sheet.page
    columns = _columns(outcome)
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width, pen.form(**column.look))
    page.set_column(len(columns), _BLOCK - 1, 3)
    page.set_column(_BLOCK, _BLOCK, 26)
    page.set_column(_BLOCK + 1, _BLOCK + 8, 13)
    name = named(outcome.problem.objective.metrics[0])
    sheet.put(0, marked(outcome, f"{outcome.market}: the way to the best {name}"), pen.title)
    sheet.end(24)
    sheet.end()
    page.set_row(sheet.row, None, None, {"hidden": True})
    sheet.add(column.name for column in columns)
    block = _block(pen, outcome, decides)
    for at in range(1 + max(len(history.rows), len(block) - 1)):
        if not at:
            for place, column in enumerate(columns):
                sheet.put(place, column.header, pen.head(column.align))
        elif at <= len(history.rows):
            for place, value in enumerate(history.rows[at - 1]):
                sheet.put(place, value)
        for place, (value, form) in enumerate(block[at] if at < len(block) else [], _BLOCK):
            sheet.put(place, value, form)
        sheet.end(32 if not at else None)
    _looks(sheet, outcome, history, decides, len(block))


def _columns(outcome: SearchOutcome) -> list[Column]:
    first = figure(outcome.problem.objective.metrics[0])
    later = course("best_so_far")._replace(form=first.form, width=12.0)
    return [own("trial"), own("state"), first._replace(width=12.0), later, course("best_trial")]


def _block(
    pen: Pen, outcome: SearchOutcome, decides: Importances
) -> list[list[tuple[object, object]]]:
    """The importances as a small table: a line for each parameter."""
    if not any(decides):
        why = "What decides is not known: it takes 10 complete trials that differ."
        return [[], [(why, pen.note)]]
    metrics = outcome.problem.objective.metrics
    block: list[list[tuple[object, object]]] = [
        [
            ("What decides: share of the variance", pen.head("left")),
            *((named(metric), pen.head("right")) for metric in metrics),
        ]
    ]
    first = next(one for one in decides if one)
    for name in first:
        shares = [(one.get(name), pen.cell("0 %", "right")) for one in decides]
        block.append([(parameter_label(outcome, name).name, pen.cell(align="left")), *shares])
    return block


def _looks(
    sheet: Sheet, outcome: SearchOutcome, history: History, decides: Importances, lines: int
) -> None:
    page, count = sheet.page, len(history.rows)
    page.freeze_panes(HEAD, 0)
    page.autofilter(HEAD - 1, 0, HEAD + count - 1, 4)
    page.repeat_rows(0, HEAD - 1)
    top = HEAD + lines
    if any(decides):
        shade = {"type": "2_color_scale", "min_color": WHITE, "max_color": COOL}
        last = HEAD + lines - 2
        page.conditional_format(HEAD, _BLOCK + 1, last, _BLOCK + len(decides), shade)
    if history.begun:
        page.insert_chart(top, _BLOCK, history_chart(sheet.pen, outcome, history))
        top += 17
    page.print_area(0, 0, max(min(HEAD + count - 1, 48), top), _BLOCK + 6)


def history_chart(
    pen: Pen, outcome: SearchOutcome, history: History, size: tuple[int, int] = (760, 320)
) -> Chart:
    """Trials as dots, the best so far as a line."""
    chart = pen.book.add_chart({"type": "scatter", "subtype": "straight"})
    last, name = HEAD + len(history.rows) - 1, named(outcome.problem.objective.metrics[0])
    dot = {"type": "circle", "size": 4, "border": {"none": True}, "fill": {"color": "#9FB3C8"}}
    looks: dict[int, dict[str, Any]] = {
        _FIRST: {"name": f"{name} of a trial", "line": {"none": True}, "marker": dot},
        _BEST: {
            "name": "Best so far",
            "line": {"color": GREEN, "width": 1.75},
            "marker": {"type": "none"},
        },
    }
    for column, look in looks.items():
        places = {
            "categories": ["History", HEAD, 0, last, 0],
            "values": ["History", HEAD, column, last, column],
        }
        chart.add_series(places | look)
    numbers = {"size": 9, "color": MUTED}
    chart.set_x_axis(
        value_axis("Trial", "0", min=0, max=max(len(history.rows) - 1, 1), label_position="low")
        | {"major_gridlines": {"visible": False}, "line": {"color": LINE}, "num_font": numbers}
    )
    chart.set_y_axis(value_axis() | _limits(outcome))
    return dressed(chart, f"{name}: the better trials, and the best so far", size)


def _limits(outcome: SearchOutcome) -> dict[str, float]:
    """Ends of the axis: the worst trials lie so far away that they would flatten the rest."""
    values = [outcome.figures(one)[0] for one in outcome.ranking]
    worst = values[min(len(values) - 1, int(_SHOWN * len(values)))]
    return round_limits(min(values[0], worst), max(values[0], worst))
