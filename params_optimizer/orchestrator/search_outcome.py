"""What a finished search found: its trials, ranked, and the trades of any of them at hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import local_days
from params_optimizer.orchestrator.evaluator import Evaluator
from params_optimizer.orchestrator.trials import Problem, Search
from params_optimizer.search.trial import Trial
from params_optimizer.strategies.protocol import Parameters, Strategy, Trades


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """A search that has ended, and what decided it.

    `strategy` and `method` are as `--strategy` and `--method` name them; `planned` trials were
    to be asked.
    """

    problem: Problem
    search: Search
    strategy: str
    method: str
    planned: int
    seed: int

    @property
    def market(self) -> str:
        """The symbol, or the name of the file of bars: the first word of every file's name."""
        return self.bars.symbol

    @property
    def bars(self) -> Bars:
        """The bars that are traded."""
        return self.problem.evaluation.bars

    @property
    def rule(self) -> Strategy:
        """The strategy itself."""
        return self.problem.evaluation.strategy

    @property
    def trials(self) -> Sequence[Trial]:
        """Every trial, in the order in which they were asked."""
        return self.search.trials

    @property
    def distinct(self) -> list[Trial]:
        """See `Search.distinct`."""
        return self.search.distinct

    @property
    def ranking(self) -> list[Trial]:
        """See `Search.ranking`."""
        return self.search.ranking

    @property
    def best(self) -> Trial | None:
        """The first of the ranking."""
        return next(iter(self.ranking), None)

    @property
    def days(self) -> NDArray[np.int64]:
        """Local dates with a bar on which the search traded, days since 1970-01-01, ascending."""
        evaluation = self.problem.evaluation
        dates = local_days(self.bars.m1.time, evaluation.zone).date
        if evaluation.days is None:
            return dates
        return dates[np.isin(dates, evaluation.days)]

    @property
    def value(self) -> float | None:
        """The best one's figure of the first goal."""
        return None if self.best is None else self.figures(self.best)[0]

    def figures(self, trial: Trial) -> tuple[float, ...]:
        """The figure of each goal of a complete trial, as a metric (not as a loss)."""
        return self.problem.objective.losses(trial.losses)

    def trades(self, parameters: Parameters) -> Trades:
        """The trades of a parameter set on the days of the search.

        Raises:
            StrategyError: the strategy cannot take these parameters.
        """
        return Evaluator(self.problem.evaluation).trades(parameters)
