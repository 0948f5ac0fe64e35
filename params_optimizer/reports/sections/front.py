"""Several goals: the sets that no other beats in all of them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from params_optimizer.analytics.trial_course import front_of, front_of_two
from params_optimizer.reports.blocks import Block, Chart, Figure, Line, Paragraph, Row, Table
from params_optimizer.reports.forms import count_of, short
from params_optimizer.reports.labels import in_line, label
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.sections.ranking import set_columns
from params_optimizer.reports.sections.section import Section
from params_optimizer.search.objective import defined

SHEET = "Pareto"
_PREVIEW = 20
_POINTS = 4000
"""Sets that are drawn beside the front."""


def applies(run: ReportedRun) -> bool:
    """The run has several goals, and something is ranked."""
    return len(run.goals) > 1 and run.best is not None


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The front as a picture and as a table."""
    numbers, losses = _losses(run)
    front = front_of(losses)
    yield Paragraph(
        f"{count_of(len(front), run.unit)} {'is' if len(front) == 1 else 'are'} beaten by no other "
        f"in every goal at once: which of them is best is yours to choose."
    )
    rows = [{**row, "rank": None} for row in run.rows(numbers[front[: run.limit]].tolist())]
    title = f"{run.market}: the {len(rows):,} {run.unit}s that no other beats in every goal"
    table = Table(set_columns(run, (run.unit,)), rows, title, "", _PREVIEW, SHEET, frozen=1)
    words = f"Two goals of each ranked {run.unit}, and the front"
    charts = [_chart(run, table, goal) for goal in run.goals[1:]]
    data = _content(run, numbers, losses, rows)
    yield Figure("figure-pareto", "front", words, data, 420, (), charts)
    yield table


def _losses(run: ReportedRun) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the ranked sets, and their goals turned to smaller-is-better: (sets, goals)."""
    names = dict.fromkeys((*run.goals, "total_r", "losing_trades"))
    pieces = list(run.pieces(tuple(names)))
    losses = [
        [-goal.sign * defined(goal.metric, piece) for goal in run.plan.objective.goals]
        for piece in pieces
    ]
    numbers = np.concatenate([piece[run.unit] for piece in pieces])
    return numbers, np.concatenate(losses, axis=1, dtype=np.float64).T


def _content(
    run: ReportedRun, numbers: np.ndarray, losses: np.ndarray, front: Sequence[Row]
) -> Content:
    """Ranked sets, the front of all goals, and the line of the front of each two of them."""
    drawn = run.rows(numbers[:: -(-numbers.size // _POINTS)].tolist())
    lines = {}
    for first, second in combinations(range(len(run.goals)), 2):
        places = front_of_two(losses[:, [first, second]])
        points = [_point(run, row)[1:] for row in run.rows(numbers[places].tolist())]
        lines[f"{first}-{second}"] = [[point[first], point[second]] for point in points]
    goals = run.plan.objective.goals
    return {
        "goals": [[goal.metric, in_line(goal.metric), goal.direction] for goal in goals],
        "complete": [_point(run, row) for row in drawn],
        "front": [_point(run, row) for row in front],
        "lines": lines,
        "unit": run.unit,
    }


def _point(run: ReportedRun, row: Row) -> list[float | None]:
    return [row[run.unit], *(short(row[goal]) for goal in run.goals)]


def _chart(run: ReportedRun, table: Table, goal: str) -> Chart:
    """The first goal against another one, near the front, from the cells of its table."""
    first, second = (label(name).name for name in (run.goals[0], goal))
    line = Line(table, run.goals[0], goal, "beaten by no other", "green", "dots")
    values = [[row[name] for row in table.rows] for name in (run.goals[0], goal)]
    ranges = [(min(ends), max(ends)) for ends in values]
    return Chart(f"{second} over {first}, the front", [line], first, second, ranges[0], ranges[1])


SECTION = Section("front", "Front of several goals", "Front", applies, blocks)
