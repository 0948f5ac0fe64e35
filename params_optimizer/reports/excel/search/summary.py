"""The first sheet of a search: what was searched, what came out, what to make of it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel import front
from params_optimizer.reports.excel.charts import equity_chart
from params_optimizer.reports.excel.columns import Column
from params_optimizer.reports.excel.search.columns import (
    SEARCH_FIGURES,
    figure,
    named,
    own,
    parameter_label,
    parameters,
)
from params_optimizer.reports.excel.search.history import (
    History,
    Importances,
    history_chart,
)
from params_optimizer.reports.excel.search.pareto import front_chart
from params_optimizer.reports.excel.search.tables import Failures, TrialTable
from params_optimizer.reports.excel.search.validation import judged
from params_optimizer.reports.excel.search.words import (
    days_text,
    facts_of,
    range_text,
    verdict_of,
)
from params_optimizer.reports.excel.sheet import Sheet, lines_of
from params_optimizer.reports.excel.style import BAD, COUNT, LINE, WARN, Pen
from params_optimizer.search.objective import SCORE
from params_optimizer.search.trial import Trial

_IN_A_LINE = front.LAST + 1
_COUNT, _RANGE = 3, 4  # columns of the number and of the range of the values of a parameter


def write_summary(
    sheet: Sheet,
    outcome: SearchOutcome,
    folder: Path,
    tables: Sequence[TrialTable],
    history: History,
    decides: Importances,
    days: Sequence[date],
) -> None:
    """Write the sheet, one page of paper; `days` are those of the Equity sheet, for its chart."""
    best = outcome.best
    _top(sheet, outcome)
    if best is not None:
        _figures(sheet, outcome, best)
    front.section(sheet, "Verdict")
    found = (judged(outcome.market, folder) if best else None) or verdict_of(outcome)
    for line in filter(None, found):
        front.paragraph(sheet, line.strip())
    _charts(sheet, outcome, tables, history, days)
    front.section(sheet, "Search and data")
    front.facts(sheet, [("Folder", folder.name), *facts_of(outcome)])
    _parameters(sheet, outcome, best, decides)
    lines: list[tuple[str, tuple[int | None, ...], str]] = [
        (one.name, (len(one.trials), one.of), one.text(counted=False)) for one in tables
    ]
    lines += [(name, (None, None), text) for name, text in other_sheets(outcome).items()]
    front.links(sheet, ("Trials", "Of"), lines)


def other_sheets(outcome: SearchOutcome) -> dict[str, str]:
    """The sheets behind the tables of trials, and what they hold."""
    sheets = {"History": "trial by trial: the best so far; which parameters decide"}
    if Failures.of(outcome).kinds:
        sheets["Failures"] = "trials that failed or took too long, by kind, with examples"
    return sheets | {
        "Validation": "what was tried on other days and under other conditions",
        "Trades": "every trade of the best trial",
        "Equity": "its sum of R, drawdown and months",
        "Columns": "what the columns mean, and their names in the files",
    }


def _top(sheet: Sheet, outcome: SearchOutcome) -> None:
    title = f"{outcome.market}: {outcome.strategy}, {len(outcome.trials):,} trials"
    front.open_front(sheet, f"{title} by {outcome.method}", days_text(outcome))
    if outcome.bars.generated:
        text = "GENERATED SAMPLE DATA: made by a random process, says nothing about any market."
        front.banner(sheet, text, BAD)
    if outcome.unfinished:
        front.banner(sheet, outcome.unfinished, WARN)
    sheet.end(6)


def _figures(sheet: Sheet, outcome: SearchOutcome, best: Trial) -> None:
    """All figures of the best at a glance, those of the goals first."""
    metrics = outcome.problem.objective.metrics
    goals = dict(zip(metrics, outcome.figures(best), strict=True))
    shown: list[tuple[str, object, str]] = [("Best trial", best.number, own("trial").form)]
    for name in (*goals, *(one for one in SEARCH_FIGURES if one not in goals)):
        column = figure(name)
        value = goals[name] if name == SCORE else best.metrics[name]
        text, _, unit = column.header.partition("\n")
        plain = f"{text}, {unit}" if unit not in ("", "trades") else text
        shown.append((plain, value, column.form))
    shown += [("", None, "")] * (-len(shown) % _IN_A_LINE)
    for first in range(0, len(shown), _IN_A_LINE):
        front.glance(sheet, shown[first : first + _IN_A_LINE])


def _charts(
    sheet: Sheet,
    outcome: SearchOutcome,
    tables: Sequence[TrialTable],
    history: History,
    days: Sequence[date],
) -> None:
    """The equity of the best, and the way to it or, of several goals, the front."""
    size, charts = front.chart_size(2), []
    if days:
        charts.append(equity_chart(sheet.pen, days, size, exact=True))
    several = len(outcome.problem.objective.goals) > 1
    if history.begun:
        charts.append(
            front_chart(sheet.pen, outcome, tables, (0, 1), size)
            if several
            else history_chart(sheet.pen, outcome, history, size)
        )
    if charts:
        second = "the trade-off between the goals" if several else "the way to it"
        front.section(sheet, f"Sum of R of the best trial, and {second}")
        front.charts(sheet, *charts)


def _parameters(
    sheet: Sheet, outcome: SearchOutcome, best: Trial | None, decides: Importances
) -> None:
    """The values of the best, what each could have been, and how much each decides."""
    pen, axes = sheet.pen, outcome.problem.space.axes
    metrics = outcome.problem.objective.metrics if any(decides) else ()
    last = front.LAST - len(metrics)
    front.section(sheet, f"Parameters{f' of trial {best.number:,}' if best else ''} and the space")
    sheet.put(0, "Parameter", pen.head("left"))
    sheet.across(1, _COUNT - 1, "Best", pen.head("right"))
    sheet.put(_COUNT, "Values", pen.head("right"))
    sheet.across(_RANGE, last, "Range", pen.head("left"))
    for place, metric in enumerate(metrics, last + 1):
        sheet.put(place, f"Decides {named(metric)}", pen.head("right"))
    sheet.end(32 if metrics else None)
    for axis, column in zip(axes, parameters(outcome), strict=True):
        sheet.put(0, parameter_label(outcome, axis.name).name, pen.cell(align="left"))
        value = best.parameters.get(axis.name) if best else None
        sheet.across(1, _COUNT - 1, value, _shrunk(pen, column))
        count = "endless" if axis.count is None else axis.count
        sheet.put(_COUNT, count, pen.cell(COUNT, "right"))
        text = range_text(axis)
        wrapped = pen.form(text_wrap=True, bottom=1, bottom_color=LINE, indent=1)
        sheet.across(_RANGE, last, text, wrapped)
        for place, shares in enumerate(decides if metrics else (), last + 1):
            sheet.put(place, shares.get(axis.name), pen.cell("0 %", "right"))
        lines = lines_of(front.WIDTHS[_RANGE : last + 1], text)
        sheet.end(front.LINE_HEIGHT * lines if lines > 1 else None)


def _shrunk(pen: Pen, column: Column) -> object:
    """The format of a value that may be a long text."""
    look = {"align": "right", "shrink": True, "bottom": 1, "bottom_color": LINE}
    return pen.form(**look, num_format=column.form)
