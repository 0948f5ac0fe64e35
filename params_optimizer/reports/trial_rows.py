"""The trials of an adaptive run as rows of tables."""

from collections.abc import Mapping

from params_optimizer.reports.adaptive_run import AdaptiveRun
from params_optimizer.reports.blocks import Row
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.search import kind_of_failure
from params_optimizer.search.pareto import pareto_front
from params_optimizer.search.trial import Trial, ranked


def tried_rows(run: ReportedRun, limit: int) -> list[Row]:
    """Every parameter set that was tried, complete ones first, best first."""
    if not isinstance(run, AdaptiveRun):
        return []
    return list(run.rows_of(ranked(run.outcome.distinct)[:limit]))


def front_trials(run: ReportedRun) -> list[Trial]:
    """Trials that no other beats in every goal; none where there is one goal only."""
    if not isinstance(run, AdaptiveRun) or len(run.goals) < 2:
        return []
    return pareto_front(run.outcome.distinct)


def failures(run: ReportedRun) -> list[tuple[str, list[Trial]]]:
    """Trials that failed, or took too long, by kind, the most frequent kind first."""
    kinds: dict[str, list[Trial]] = {}
    for trial in run.trials:
        if trial.source is None and trial.state in ("failed", "timeout"):
            kinds.setdefault(kind_of_failure(trial), []).append(trial)
    return sorted(kinds.items(), key=lambda kind: -len(kind[1]))


def goal_figures(run: ReportedRun, trial: Trial) -> tuple[float | None, ...]:
    """The figures of the goals of a trial, as metrics (not as losses)."""
    if not isinstance(run, AdaptiveRun) or not trial.losses:
        return (None,) * len(run.goals)
    return tuple(value + 0.0 for value in run.outcome.figures(trial))  # no -0.0


def directions(run: ReportedRun) -> Mapping[str, str]:
    """The direction of each goal."""
    if not isinstance(run, AdaptiveRun):
        return {}
    return {goal.metric: goal.direction for goal in run.outcome.plan.objective.goals}
