"""Parameter sets evaluated again, one by one in worker processes, with the day of each trade."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import OptimizerError
from params_optimizer.orchestrator.evaluator import Evaluation, TrialEvaluator
from params_optimizer.orchestrator.executor import Listener, Workers, answers_of
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.strategies.protocol import Parameters, Strategy, Value
from params_optimizer.validation.candidates import Figures
from params_optimizer.validation.windows import Days

Floats = NDArray[np.float64]
Case = tuple[str, str]
"""The scope of trades that counts, and the scenario of costs and fills."""
_Key = tuple[tuple[str, Value], ...]


class DailyResult(NamedTuple):
    """A parameter set evaluated: its metrics, R and day of its trades, and the R of each day.

    `places` are those of the days with a trade among all days, `daily_r` their R.
    """

    figures: Figures
    r: Floats
    date: Days
    places: NDArray[np.int64]
    daily_r: Floats


class DailyQuestion(NamedTuple):
    """A parameter set in one of the cases of `DailyEvaluation`."""

    case: Case
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class DailyEvaluation:
    """Makes what evaluates parameter sets day by day, in a worker.

    `cases` are evaluations of one strategy on one choice of days, which are `days`, ascending.
    """

    cases: Mapping[Case, Evaluation]
    days: Days

    def __call__(self) -> "Callable[[DailyQuestion], DailyResult | None]":
        """Answers None for a parameter set that the strategy cannot trade."""
        evaluators: dict[Case, TrialEvaluator] = {}
        dates_of = next(iter(self.cases.values())).dating()

        def daily(question: DailyQuestion) -> DailyResult | None:
            if question.case not in evaluators:
                evaluators[question.case] = TrialEvaluator(self.cases[question.case])
            try:
                trades = evaluators[question.case].trades(dict(question.parameters))
            except OptimizerError:
                return None
            if not np.isfinite(trades.r).all():
                return None
            date = dates_of(question.parameters, trades)
            places, at = np.unique(np.searchsorted(self.days, date), return_inverse=True)
            daily_r = np.zeros(places.size)
            np.add.at(daily_r, at, trades.r)
            return DailyResult(metrics_of_r(trades.r), trades.r, date, places, daily_r)

        return daily


@dataclass(frozen=True, slots=True)
class Again:
    """Evaluates parameter sets again on `days`, as `evaluation` trades them, each once a case.

    `listener` is told how many are done.
    """

    evaluation: Evaluation
    days: Days
    workers: Workers
    listener: Listener
    _results: dict[tuple[Case, _Key], DailyResult | None] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan, workers: int, listener: Listener) -> "Again":
        """On the days of a plan."""
        return cls(plan.evaluation, plan.traded_days, plan.workers(workers), listener)

    def results(
        self, questions: Sequence[DailyQuestion], strategies: Mapping[Case, Strategy]
    ) -> list[DailyResult | None]:
        """What each question comes to; None where the strategy fails.

        `strategies` trade the cases.

        Raises:
            RunError: workers keep dying.
            Interrupted: the process was asked to stop; carries the exit code.
        """
        keys = [(question.case, tuple(question.parameters.items())) for question in questions]
        pairs = zip(keys, questions, strict=True)
        new = {key: question for key, question in pairs if key not in self._results}
        if new:
            build = DailyEvaluation(
                {
                    case: replace(self.evaluation, strategy=strategy)
                    for case, strategy in strategies.items()
                },
                self.days,
            )
            results = answers_of(
                build,
                list(new.values()),
                self.workers.processes,
                start_method=self.workers.start_method,
                timeout=self.workers.timeout,
                listener=self.listener,
            )
            for key, result in zip(new, results, strict=True):
                self._results[key] = result if isinstance(result, DailyResult) else None
        return [self._results[key] for key in keys]


def matrix(results: Sequence[DailyResult], days: int) -> Floats:
    """R by day, shape (days, sets), NaN where a set makes no trade."""
    table = np.full((days, len(results)), np.nan)
    for column, result in enumerate(results):
        table[result.places, column] = result.daily_r
    return table
