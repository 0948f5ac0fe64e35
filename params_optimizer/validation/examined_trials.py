"""A search under examination: from sets that were drawn blindly.

A method that learns looks where it has found something, so its trials tell little of the space
that it chose from: they are alike, and nearly all of them good. Sets that are drawn blindly tell
how much parameter sets differ, and how much of that is left on other days. Where the trials
themselves were drawn blindly, they are that sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from params_optimizer.analytics.sharpe_spread import FEWEST_TRADES
from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.executor import Listener
from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.again import Again, DailyQuestion, DailyResult, matrix
from params_optimizer.validation.examination import (
    MOST_SETS,
    NO_COSTS,
    SEED,
    TESTED_CASE,
    Leader,
    SpaceFindings,
    Tries,
    twice_of,
    worse_markets,
)
from params_optimizer.validation.sampling import (
    SampledSets,
    drawn,
    worth_of,
)
from params_optimizer.validation.selection_bias import pbo_of_sample
from params_optimizer.validation.survivors import (
    survivors_again,
    survivors_among,
)
from params_optimizer.validation.trials import sample_of_grid

FEWEST_SETS: Final = 200
_SETS_PER_TRIAL: Final = 5
"""The more sets are drawn, the better is known how alike they are."""
BLIND: Final = ("random", "grid")
"""Methods whose trials are drawn without looking at results."""


@dataclass(slots=True)
class ExaminedTrials:
    """The outcome of a search."""

    outcome: SearchOutcome
    again: Again
    _results: Sequence[DailyResult] = ()

    @classmethod
    def of(cls, outcome: SearchOutcome, workers: int, listener: Listener) -> "ExaminedTrials":
        """Take an outcome; `listener` is told of sets that are evaluated."""
        return cls(outcome, Again.of(outcome.plan, workers, listener))

    @property
    def space(self) -> ParameterSpace:
        """See `ExaminedRun`."""
        return self.outcome.plan.space

    def leaders(self, top_n: int) -> list[Leader]:
        """See `ExaminedRun`."""
        best = self.outcome.ranking[:top_n]
        if not best:
            raise RunError(
                f"{self.outcome.market}: no trial of this search is complete, so there is nothing "
                f"to examine; take more days, more --trials or fewer --min-trades"
            )
        return [
            Leader(ALL, rank, trial.number, trial.parameters)
            for rank, trial in enumerate(best, start=1)
        ]

    def sample(self, scopes: Sequence[str]) -> SampledSets:
        """See `ExaminedRun`; of all trades.

        Raises:
            RunError, Interrupted: see `Again.results`.
        """
        del scopes
        questions = [DailyQuestion(TESTED_CASE, parameters) for parameters in self._sets()]
        results = self.again.results(questions, {TESTED_CASE: self.outcome.rule})
        self._results = [result for result in results if result is not None]
        trades = [result.figures["total_trades"] for result in self._results]
        table = matrix(self._results, self.again.days.size)
        return SampledSets(
            len(self._results), {ALL: table}, {ALL: np.array(trades) >= self._min_trades}
        )

    def tries(self, scope: str, sample: SampledSets) -> Tries:
        """See `ExaminedRun`; what the sample tells of the space that a method chose from."""
        outcome, competes = self.outcome, sample.competes[scope]
        eligible, trials = int(competes.sum()), len(outcome.distinct)
        ratios = np.array([result.figures["sharpe_ratio"] for result in self._results])[competes]
        ratios /= sqrt(TRADES_PER_YEAR)
        whole = trials if outcome.method in BLIND else worth_of(self.space)
        share = eligible / sample.size if sample.size else 0.0
        return Tries(
            trials,
            eligible,
            float(ratios.var(ddof=1)) if eligible > 1 else None,
            max(float(trial.metrics["sharpe_ratio"]) for trial in outcome.ranking),
            max(eligible, round(share * whole)),
            self.space.size,
        )

    def findings(self, sample: SampledSets) -> SpaceFindings:
        """See `ExaminedRun`.

        Raises:
            RunError, Interrupted: see `Again.results`.
        """
        worse, dearer, sets = worse_markets(self.outcome.rule), None, self._sets()
        if twice := twice_of(worse):
            dearer = survivors_again(self.again, (twice, worse[twice]), 2.0, sets, self._min_trades)
        same = survivors_among(self._results, 1.0, self._min_trades)
        pbo = pbo_of_sample(sample.daily_r[ALL], self._min_trades)
        return SpaceFindings(pbo, (same, dearer), {}, () if twice else (NO_COSTS,))

    def totals(self, scope: str, sets: Sequence[Parameters]) -> list[float | None]:
        """See `ExaminedRun`; those of its trials."""
        del scope
        key = self.space.key
        totals = {key(trial.parameters): trial.metrics["total_r"] for trial in self.outcome.ranking}
        return [totals.get(key(parameters)) for parameters in sets]

    @property
    def _min_trades(self) -> int:
        """Trades that a set needs to be chosen."""
        return max(self.outcome.plan.objective.min_trades, FEWEST_TRADES)

    def _sets(self) -> list[Parameters]:
        outcome = self.outcome
        if outcome.method in BLIND:
            tried = [trial.parameters for trial in outcome.distinct if trial.state != "failed"]
            return [tried[place] for place in sample_of_grid(len(tried), MOST_SETS, SEED)]
        size = max(FEWEST_SETS, _SETS_PER_TRIAL * len(outcome.distinct))
        return drawn(self.space, min(MOST_SETS, size), SEED)
