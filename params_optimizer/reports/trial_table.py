"""The trials of a search, read like the table of a run of a whole space."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.reports.parameters import column_of
from params_optimizer.search.objective import SCORE
from params_optimizer.search.trial import Trial
from params_optimizer.storage.results import Columns


class TrialTable:
    """Trials that were evaluated, in their order; see `storage.results.Results`."""

    metadata: Mapping[str, str] = {}

    def __init__(self, outcome: SearchOutcome) -> None:
        self._plan = outcome.plan
        self._trials = {trial.number: trial for trial in outcome.distinct}
        self.columns = list(row_of(self._plan, Trial(0, {}, "failed")))

    def __len__(self) -> int:
        """Number of trials."""
        return len(self._trials)

    def rows(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """The rows of trials by their numbers, in the order asked for."""
        return [row_of(self._plan, self._trials[number]) for number in numbers]

    def pieces(self, names: Sequence[str]) -> Iterator[Columns]:
        """The named columns of the complete trials; nothing where there are none."""
        rows = [
            row_of(self._plan, trial)
            for trial in self._trials.values()
            if trial.state == "complete"
        ]
        if rows:
            yield {name: np.array([row[name] for row in rows]) for name in names}

    def lookup(self, column: str, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """A metric of complete trials, shape (numbers,)."""
        return np.array([self._trials[number].metrics[column] for number in numbers.tolist()])


def row_of(plan: Plan, trial: Trial) -> dict[str, Any]:
    """A trial as a row: its state, parameters, score if that is a goal, metrics."""
    row: dict[str, Any] = {
        "trial": trial.number,
        "state": trial.state,
        "violation": trial.violation,
        "source": trial.source,
        "reason": trial.reason,
        **{column_of(name): value for name, value in trial.parameters.items()},
    }
    if SCORE in plan.objective.metrics:
        figures = plan.objective.values(trial.metrics) if trial.losses else None
        place = plan.objective.metrics.index(SCORE)
        row[SCORE] = figures[place] if figures else None
    return row | {name: trial.metrics.get(name) for name in METRICS}
