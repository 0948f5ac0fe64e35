"""A search on each of several choices of days: walk-forward windows, regimes.

What the grid's walk-forward does with every combination, a search does with its trials:
each window is searched on its in-sample days alone, and the winner trades the days after.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from params_optimizer.data.days import local_days
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.evaluator import Evaluator, Question
from params_optimizer.orchestrator.study import Say
from params_optimizer.orchestrator.trials import Plan, Problem, Search, run_search
from params_optimizer.search.methods import Method
from params_optimizer.search.space import Parameters
from params_optimizer.search.trial import Trial, ranked
from params_optimizer.validation.windows import Days, Schedule, Window, walk_forward_windows

Make = Callable[[Problem], Method]
"""Makes a method at its beginning, for each choice of days anew."""


@dataclass(frozen=True, slots=True)
class SearchedWindow:
    """One window: the winner of the search in sample, and what it made on the days after.

    Without a winner (no trial met the constraints) nothing is traded.
    """

    window: Window
    best: Trial | None
    out_sample: Mapping[str, float]
    trials: int


@dataclass(frozen=True, slots=True)
class SearchedWalk:
    """All windows, and the metrics of R10 of all out-of-sample trades together."""

    steps: tuple[SearchedWindow, ...]
    stitched: Mapping[str, float]

    @property
    def positive_window_rate(self) -> float:
        """Share of the windows whose out-of-sample R is above 0."""
        won = sum(step.out_sample.get("total_r", 0.0) > 0 for step in self.steps)
        return won / len(self.steps)


def on_days(problem: Problem, days: Days) -> Problem:
    """The same problem, evaluated on `days` only."""
    return replace(problem, evaluation=replace(problem.evaluation, days=days))


def search_on(
    problem: Problem, samples: Mapping[str, Days], make: Make, plan: Plan, say: Say
) -> dict[str, Search]:
    """A search on each choice of days by its name, for example the days of each regime.

    Raises:
        RunError, Interrupted: see `orchestrator.trials.run_search`.
    """
    found = {}
    for name, days in samples.items():
        own = on_days(problem, days)
        say(f"{name}: {days.size:,} days")
        found[name] = run_search(own, make(own), plan, say)
    return found


def walk_forward_search(
    problem: Problem, schedule: Schedule, make: Make, plan: Plan, say: Say
) -> SearchedWalk:
    """Search every window in sample and trade its winner out of sample.

    Raises:
        DataError: the days are too few for one window.
        RunError: no window has a winner, or workers keep dying.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    evaluation = problem.evaluation
    days = evaluation.days
    if days is None:
        days = local_days(evaluation.bars.m1.time, evaluation.zone).date
    windows = walk_forward_windows(days, schedule)
    names = [f"window {place} of {len(windows)}" for place in range(1, len(windows) + 1)]
    samples = {name: one.in_sample for name, one in zip(names, windows, strict=True)}
    searches = search_on(problem, samples, make, plan, say)
    steps, stitched = [], []
    for place, (window, search) in enumerate(zip(windows, searches.values(), strict=True)):
        complete = [one for one in search.trials if one.state == "complete"]
        best = ranked(complete)[0] if complete else None
        out: Mapping[str, float] = {}
        if best is not None:
            out = _metrics(_r(problem, best.parameters, window.out_sample))
            until = windows[place + 1].out_sample[0] if place + 1 < len(windows) else None
            traded = window.out_sample
            if until is not None:  # a newer winner takes over as soon as there is one
                traded = traded[traded < until]
            stitched.append(_r(problem, best.parameters, traded))
        steps.append(SearchedWindow(window, best, out, len(search.trials)))
    if not stitched:
        raise RunError(
            "no window has a winner: no trial met the constraints and the least number of "
            "trades; take longer windows, fewer --min-trades or more --trials"
        )
    return SearchedWalk(tuple(steps), _metrics(np.concatenate(stitched)))


def _r(
    problem: Problem, parameters: Parameters, days: Days
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    answer = Evaluator(on_days(problem, days).evaluation).answer(Question(parameters))
    if answer.failure:
        raise RunError(f"the winner {dict(parameters)} cannot be evaluated: {answer.failure}")
    return answer.r


def _metrics(r: Sequence[float] | np.ndarray) -> dict[str, float]:
    from params_optimizer.engine.metrics import metrics_of_r

    return metrics_of_r(np.asarray(r, np.float64))
