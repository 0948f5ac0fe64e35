"""What a finished search found: its trials, ranked, and the trades of any of them at hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.orchestrator.evaluator import TrialEvaluator
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
    def unfinished(self) -> str:
        """What has to be known of a search that still has trials to ask; empty otherwise."""
        done = len(self.trials)
        if done >= self.planned or self.search.exhausted:
            return ""
        return (
            f"Unfinished search: {done:,} of {self.planned:,} trials are done. The ranking and all "
            f"its figures are of these alone and will change; the command that started the "
            f"search goes on with it."
        )

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
        """See `Evaluation.dates`: those of the search."""
        return self.problem.evaluation.dates

    @property
    def value(self) -> float | None:
        """The best one's figure of the first goal."""
        return None if self.best is None else self.figures(self.best)[0]

    def figures(self, trial: Trial) -> tuple[float, ...]:
        """The figure of each goal of a trial that has metrics, as files show it."""
        return self.problem.objective.values(trial.metrics)

    def trades(self, parameters: Parameters) -> Trades:
        """The trades of a parameter set on the days of the search.

        Raises:
            StrategyError: the strategy cannot take these parameters.
        """
        return TrialEvaluator(self.problem.evaluation).trades(parameters)
