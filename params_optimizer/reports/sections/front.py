"""Several goals: the trials that no other beats in all of them."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from params_optimizer.analytics.trial_course import front_of_two
from params_optimizer.reports.adaptive_run import AdaptiveRun
from params_optimizer.reports.blocks import Block, Chart, Figure, Line, Paragraph, Table
from params_optimizer.reports.forms import count_of
from params_optimizer.reports.labels import in_line, label
from params_optimizer.reports.run import Content, ReportedRun, short
from params_optimizer.reports.sections.ranking import trial_columns
from params_optimizer.reports.sections.section import Section
from params_optimizer.reports.trial_rows import directions, front_trials, goal_figures
from params_optimizer.search.trial import Trial

SHEET = "Pareto"
_PREVIEW = 20


def applies(run: ReportedRun) -> bool:
    """The run has several goals, and something is ranked."""
    return bool(front_trials(run))


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The front as a picture and as a table."""
    if not isinstance(run, AdaptiveRun):
        return
    front = front_trials(run)
    yield Paragraph(
        f"{count_of(len(front), 'trial')} {'is' if len(front) == 1 else 'are'} beaten by no other "
        f"in every goal at once: which of them is best is yours to choose."
    )
    rows = [{**row, "rank": None} for row in run.rows_of(front[: run.limit])]
    title = f"{run.market}: the {len(rows):,} trials that no other beats in every goal"
    table = Table(trial_columns(run, ("trial",), ()), rows, title, "", _PREVIEW, SHEET, frozen=1)
    words = "Two goals of each complete trial, and the front"
    charts = [_chart(run, front, table, goal) for goal in range(1, len(run.goals))]
    yield Figure("figure-pareto", "front", words, _content(run, front), 420, (), charts)
    yield table


def _content(run: AdaptiveRun, front: list[Trial]) -> Content:
    """Complete trials, the front of all goals, and the line of the front of each two of them."""
    ranking, ways = run.outcome.ranking, directions(run)
    losses = np.array([trial.losses for trial in ranking], np.float64)
    lines = {}
    for first, second in combinations(range(len(run.goals)), 2):
        places = front_of_two(losses[:, [first, second]]).tolist()
        points = [_point(run, ranking[place])[1:] for place in places]
        lines[f"{first}-{second}"] = [[point[first], point[second]] for point in points]
    return {
        "goals": [[metric, in_line(metric), ways[metric]] for metric in run.goals],
        "complete": [_point(run, trial) for trial in ranking],
        "front": [_point(run, trial) for trial in front],
        "lines": lines,
    }


def _point(run: AdaptiveRun, trial: Trial) -> list[float | None]:
    return [trial.number, *(short(value) for value in goal_figures(run, trial))]


def _chart(run: AdaptiveRun, front: list[Trial], table: Table, goal: int) -> Chart:
    """The first goal against another one, near the front, from the cells of its table."""
    first, second = (label(run.goals[place]).name for place in (0, goal))
    line = Line(table, run.goals[0], run.goals[goal], "beaten by no other", "green", "dots")
    ends = [[goal_figures(run, trial)[place] or 0.0 for trial in front] for place in (0, goal)]
    ranges = [(min(values), max(values)) for values in ends]
    return Chart(f"{second} over {first}, the front", [line], first, second, ranges[0], ranges[1])


SECTION = Section("front", "Front of several goals", "Front", applies, blocks, summary=True)
