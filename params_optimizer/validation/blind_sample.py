"""Parameter sets drawn at random from a space: what luck could choose from.

A method that learns looks where it has found something, so its trials tell little of the
space that it chose from: they are alike, and nearly all of them good. Sets that are drawn
blindly tell how much parameter sets differ, and how much of that is left on other days.
Where the trials themselves were drawn blindly (random, grid), they are that sample.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import OptimizerError, SpaceError
from params_optimizer.orchestrator.evaluator import Evaluation, TrialEvaluator
from params_optimizer.search.space import Key, Parameters, ParameterSpace
from params_optimizer.validation.candidates import Figures

MOST_SETS: Final = 1000
FEWEST_SETS: Final = 200
_STEPS: Final = 20
"""Values that an axis without steps counts for: its neighbours are a twentieth away."""


class DailyResult(NamedTuple):
    """A parameter set evaluated: its metrics, R and day of its trades, and the R of each day.

    `places` are those of the days with a trade among all days, `daily_r` their R.
    """

    figures: Figures
    r: NDArray[np.float64]
    date: NDArray[np.int64]
    places: NDArray[np.int64]
    daily_r: NDArray[np.float64]


class DailyQuestion(NamedTuple):
    """A parameter set under one of the scenarios of `DailyEvaluation`."""

    scenario: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class DailyEvaluation:
    """Makes what evaluates parameter sets day by day, in a worker.

    `scenarios` are evaluations by name; `days` are those traded, ascending.
    """

    scenarios: Mapping[str, Evaluation]
    days: NDArray[np.int64]

    def __call__(self) -> "Callable[[DailyQuestion], DailyResult | None]":
        """Answers None for a parameter set that the strategy cannot trade."""
        evaluators: dict[str, TrialEvaluator] = {}
        # Scenarios differ in the strategy alone, and days are those of the bars.
        dates_of = next(iter(self.scenarios.values())).dating()

        def daily(question: DailyQuestion) -> DailyResult | None:
            evaluation = self.scenarios[question.scenario]
            if question.scenario not in evaluators:
                evaluators[question.scenario] = TrialEvaluator(evaluation)
            try:
                trades = evaluators[question.scenario].trades(dict(question.parameters))
            except OptimizerError:
                return None
            if not np.isfinite(trades.r).all():
                return None
            place = np.searchsorted(self.days, dates_of(question.parameters, trades))
            places, at = np.unique(place, return_inverse=True)
            r = np.zeros(places.size)
            np.add.at(r, at, trades.r)
            return DailyResult(metrics_of_r(trades.r), trades.r, self.days[place], places, r)

        return daily


def matrix(results: Sequence[DailyResult], days: int) -> NDArray[np.float64]:
    """R by day, shape (days, sets), NaN where a set makes no trade."""
    table = np.full((days, len(results)), np.nan)
    for column, result in enumerate(results):
        table[result.places, column] = result.daily_r
    return table


def drawn(space: ParameterSpace, size: int, seed: int) -> list[Parameters]:
    """Up to `size` different allowed parameter sets at random; all where there are no more."""
    count = size_of(space)
    if count is not None and count <= size:
        return list(space.sets())
    chance, sets = np.random.default_rng(seed), dict[Key, Parameters]()
    for _ in range(4 * size):
        try:
            parameters = space.sample(chance)
        except SpaceError:  # hardly any is allowed: what was found has to do
            break
        sets.setdefault(space.key(parameters), parameters)
        if len(sets) == size:
            break
    return list(sets.values())


def size_of(space: ParameterSpace) -> int | None:
    """How many parameter sets the space holds, allowed or not; None where there is no end."""
    counts = [axis.count for axis in space.axes]
    return None if None in counts else prod(count or 1 for count in counts)


def worth_of(space: ParameterSpace) -> int:
    """The same, with an axis without steps counted as one of 20 values."""
    return prod(axis.count or _STEPS for axis in space.axes)
