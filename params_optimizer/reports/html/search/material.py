"""All that the page of a search is made of: its outcome, and the files beside it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.html.material import RunFiles
from params_optimizer.search.importance import importances
from params_optimizer.search.objective import SCORE, natural_direction
from params_optimizer.search.trial import Trial

SHOWN = (
    "total_r",
    "sharpe_ratio",
    "winrate",
    "avg_trade_r",
    "profit_factor",
    "max_drawdown",
    "total_trades",
)
"""Metrics beside the goals."""


@dataclass(frozen=True)
class SearchMaterial(RunFiles):
    """An outcome, and the folder of its search."""

    outcome: SearchOutcome
    folder: Path

    @property
    def market(self) -> str:
        """The symbol, or the name of the file of bars."""
        return self.outcome.market

    @cached_property
    def ranking(self) -> list[Trial]:
        """Complete trials, each parameter set once, best first."""
        return self.outcome.ranking

    @property
    def best(self) -> Trial | None:
        """The winner."""
        return next(iter(self.ranking), None)

    @property
    def goals(self) -> tuple[str, ...]:
        """The metrics of the goals."""
        return self.outcome.problem.objective.metrics

    @cached_property
    def metrics(self) -> list[str]:
        """Goals first, then what else is worth seeing, without what is no number."""
        names = dict.fromkeys((*self.goals, *SHOWN))
        return [name for name in names if np.isfinite(self.values(name)).all()]

    @property
    def tried(self) -> int:
        """Parameter sets that were evaluated."""
        return len(self.outcome.distinct)

    def greatest(self, metric: str) -> bool:
        """Whether more of a metric is better: as the goal says, else as it is natural."""
        for goal in self.outcome.problem.objective.goals:
            if goal.metric == metric:
                return goal.direction == "maximize"
        return natural_direction(metric) == "maximize"

    def value(self, trial: Trial, metric: str) -> float:
        """A metric of a complete trial."""
        if metric == SCORE:
            return self.outcome.figures(trial)[self.goals.index(SCORE)]
        return trial.metrics[metric]

    def values(self, metric: str) -> NDArray[np.float64]:
        """A metric of every trial of the ranking."""
        return np.array([self.value(one, metric) for one in self.ranking], np.float64)

    @cached_property
    def importances(self) -> dict[str, dict[str, float]]:
        """By goal: the share of each parameter, greatest first, as in the file."""
        space, trials = self.outcome.problem.space, self.outcome.trials
        found = ((name, importances(space, trials, at)) for at, name in enumerate(self.goals))
        return {name: shares for name, shares in found if shares}
