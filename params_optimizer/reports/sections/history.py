"""How an adaptive run came to its best: each trial in order, and the best so far."""

from collections.abc import Iterator, Sequence
from typing import Any

from params_optimizer.analytics.trial_course import improvements
from params_optimizer.reports.blocks import Block, Chart, Column, Figure, Line, Table, column
from params_optimizer.reports.forms import form_of, short
from params_optimizer.reports.labels import STATE_LABELS, in_line, label
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.sections.section import Section
from params_optimizer.search.trial import STATES, Trial

MAX_POINTS = 4000
"""Trials that are drawn; of more every so-manieth, and each that was the best so far."""
SHEET = "History"
_SHOWN = 0.75
"""Share of the complete trials, the best ones, that the axis of the chart reaches to."""
_STATES = {
    "infeasible": "Open dots have too few trades or break a constraint.",
    "pruned": "Open diamonds were ended early, because they fell behind: their figure is of a part "
    "of the days.",
    "failed": "Crosses below failed or took too long.",
}


def applies(run: ReportedRun) -> bool:
    """Some trial has figures."""
    return any(trial.losses for trial in run.trials)


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The picture, and a line for each trial in a workbook."""
    data = _content(run)
    table = _table(run)
    text = (
        "The line is the best complete trial so far: a search that still climbs at its end is "
        "worth more trials."
    )
    states = {trial.state for trial in run.trials}
    text = " ".join([text, *(words for state, words in _STATES.items() if state in states)])
    if data["step"] > 1:
        text += (
            f" Of {data['count']:,} trials one in {data['step']} is drawn, and each that was the "
            f"best so far."
        )
    label_text = "Figure of each trial over its number, and the best so far"
    charts = [_chart(run, table)] if run.best else []
    yield Figure("figure-history", "history", label_text, data, 380, [text], charts)
    yield table


def _content(run: ReportedRun) -> Content:
    """Each trial with its state and the figures of the goals; the best so far of each goal."""
    trials = run.trials
    best = [improvements(trials, goal) for goal in range(len(run.goals))]
    step = -(-len(trials) // MAX_POINTS) or 1
    drawn = sorted({*range(0, len(trials), step), *(place for line in best for place in line)})
    return {
        "goals": [
            [goal.metric, in_line(goal.metric), goal.direction] for goal in run.plan.objective.goals
        ],
        "states": list(STATES),
        "trials": [_point(run, trials[place]) for place in drawn],
        "best": [
            [[trials[place].number, short(run.figures(trials[place])[goal])] for place in line]
            for goal, line in enumerate(best)
        ],
        "count": len(trials),
        "step": step,
    }


def _point(run: ReportedRun, trial: Trial) -> list[Any]:
    """Number, state, the trial that it was answered from, then a figure for each goal."""
    figures = [short(value) for value in run.figures(trial)]
    return [trial.number, STATES.index(trial.state), trial.source, *figures]


def _table(run: ReportedRun) -> Table:
    goal, rows, best = run.goals[0], [], None
    for trial in run.trials:
        if trial.state == "complete" and (best is None or trial.order < best.order):
            best = trial
        rows.append(
            {
                "trial": trial.number,
                "state": trial.state,
                goal: run.figures(trial)[0],
                "best_so_far": run.figures(best)[0] if best else None,
                "best_trial": best.number if best else None,
            }
        )
    later = STATE_LABELS["best_so_far"]
    columns = [
        column("trial", width=8),
        column("state", words=STATE_LABELS["state"], width=11),
        column(goal, width=12),
        Column("best_so_far", later.name, "", later.note, form_of(goal), width=12),
        column("best_trial", words=STATE_LABELS["best_trial"]),
    ]
    title = f"{run.market}: the way to the best {label(goal).name}"
    return Table(columns, rows, title, preview=0, sheet=SHEET, frozen=1)


def _chart(run: ReportedRun, table: Table) -> Chart:
    """Trials as dots, the best so far as a line; the worst ones lie outside."""
    goal, name = run.goals[0], label(run.goals[0]).name
    values: Sequence[float] = [row[goal] for row in run.ranked(run.eligible)]
    worst = values[min(len(values) - 1, int(_SHOWN * len(values)))]
    return Chart(
        f"{name}: the better trials, and the best so far",
        [
            Line(table, "trial", goal, f"{name} of a trial", "pale", "dots"),
            Line(table, "trial", "best_so_far", "Best so far"),
        ],
        x_title="Trial",
        x_range=(0, max(len(run.trials) - 1, 1)),
        y_range=(min(values[0], worst), max(values[0], worst)),
    )


SECTION = Section("history", "Search history", "History", applies, blocks)
