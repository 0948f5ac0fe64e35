"""An exhaustive run under examination: its table has every set.

Its rows answer, and a uniform sample of them is evaluated again day by day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.effects import Chunk, Effects, effects_over
from params_optimizer.analytics.sharpe_spread import FEWEST_TRADES
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.executor import Listener
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.protocol import Parameters, Strategy
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.again import Again, DailyQuestion, matrix
from params_optimizer.validation.examination import (
    AS_TESTED,
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
from params_optimizer.validation.luck import PLATEAU_METRIC, scope_of, trial_variance, trials_of
from params_optimizer.validation.sampling import (
    SampledSets,
    daily_r_of,
    sampled_numbers,
)
from params_optimizer.validation.selection_bias import Mode, pbo_of_plan
from params_optimizer.validation.survivors import (
    Survivors,
    survivors_again,
    survivors_at,
    survivors_in,
)

SAMPLE: Final = 10_000
EFFECT_METRICS: Final = ("total_r", "sharpe_ratio")
ROWS_MISSING: Final = "Effects need every combination, and this run kept the best only (--keep)."


@dataclass(slots=True)
class ExaminedTable:
    """The outcome of an exhaustive run, evaluated further in `workers` processes."""

    outcome: Outcome
    again: Again
    mode: Mode
    workers: int

    @classmethod
    def of(cls, outcome: Outcome, mode: Mode, workers: int, listener: Listener) -> "ExaminedTable":
        """Take an outcome; `listener` is told of sets that are evaluated one by one."""
        return cls(outcome, Again.of(outcome.plan, workers, listener), mode, workers)

    @property
    def space(self) -> ParameterSpace:
        """See `ExaminedRun`."""
        return self.outcome.plan.space

    def leaders(self, top_n: int) -> list[Leader]:
        """See `ExaminedRun`."""
        outcome, plan = self.outcome, self.outcome.plan
        best = outcome.ranking.combination[:top_n].tolist()
        if not best:
            raise RunError(
                f"{plan.symbol}: no combination of this run has at least "
                f"{plan.objective.min_trades} trades, so there is nothing to examine; take more "
                f"days, or a smaller min_trades in the settings"
            )
        places = [(ALL, rank, number) for rank, number in enumerate(best, start=1)]
        for table in outcome.variations:
            places += [(table.variation, 1, number) for number in table.combination[:1].tolist()]
        return [Leader(scope, rank, number, plan.space[number]) for scope, rank, number in places]

    def sample(self, scopes: Sequence[str]) -> SampledSets:
        """See `ExaminedRun`; by slices, or one by one where the strategy is asked so.

        Raises:
            RunError, Interrupted, OptimizerError: see `evaluation.streamed`.
        """
        plan = self.outcome.plan
        numbers = self._sampled()
        if plan.set_by_set:
            questions = [DailyQuestion(TESTED_CASE, plan.space[n]) for n in numbers.tolist()]
            results = self.again.results(questions, {TESTED_CASE: plan.strategy})
            usable = [result is not None for result in results]
            made = [result for result in results if result is not None]
            numbers, daily_r = numbers[usable], {ALL: matrix(made, self.again.days.size)}
        else:
            prefixes = {scope: scope_of(plan, scope).prefix for scope in scopes}
            daily_r = daily_r_of(plan, numbers, prefixes, self.workers)
        competes = {scope: self._competes(scope, numbers, r) for scope, r in daily_r.items()}
        return SampledSets(numbers.size, daily_r, competes)

    def _sampled(self) -> NDArray[np.int64]:
        """Numbers of the sample; of sets that are asked one by one only those with a value."""
        plan = self.outcome.plan
        if not plan.set_by_set:
            return sampled_numbers(plan, SAMPLE, SEED)
        numbers = sampled_numbers(plan, MOST_SETS, SEED)
        return numbers[~np.isnan(self.outcome.results.lookup("total_r", numbers))]

    def _competes(
        self, scope: str, numbers: NDArray[np.int64], daily_r: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """By the rows of the run.

        Of those that were not kept, by the days with a trade: more of them than could be chosen
        where conditions on metrics are set, which is the careful side.
        """
        outcome, plan = self.outcome, self.outcome.plan
        kind, eligibility = scope_of(plan, scope), plan.table.eligibility
        columns = {"combination": numbers, **plan.space.columns(numbers)}
        if not outcome.whole:
            trades = (~np.isnan(daily_r)).sum(axis=0)
            enough: NDArray[np.bool_] = trades >= max(plan.objective.min_trades, FEWEST_TRADES)
            return enough & eligibility.meant(columns, kind)
        names = [name for name in eligibility.columns if name not in columns]
        columns |= {name: outcome.results.lookup(name, numbers) for name in names}
        defined = columns[kind.column("total_trades")] >= FEWEST_TRADES
        competes: NDArray[np.bool_] = eligibility.eligible(columns)[scope] & defined
        return competes

    def tries(self, scope: str, sample: SampledSets) -> Tries:
        """See `ExaminedRun`; from every row."""
        spread, trials = self.outcome.sharpe[scope], trials_of(self.outcome, scope)
        return Tries(
            trials,
            spread.number,
            trial_variance(spread, trials),
            spread.maximum if spread.number else None,
            # The sample may hold a larger share of those that compete than the grid does.
            max(spread.number, int(sample.competes[scope].sum())),
        )

    def findings(self, sample: SampledSets) -> SpaceFindings:
        """See `ExaminedRun`.

        Raises:
            RunError, Interrupted, OptimizerError: see `evaluation.streamed`.
        """
        outcome, plan = self.outcome, self.outcome.plan
        worse, kept = worse_markets(plan.strategy), plan.most is None
        pbo = pbo_of_plan(plan, sample.daily_r[ALL], self.mode, self.workers)
        same = (
            survivors_in(outcome) if kept else self._survivors_at((AS_TESTED, plan.strategy), 1.0)
        )
        dearer = None
        if twice := twice_of(worse):
            dearer = self._survivors_at((twice, worse[twice]), 2.0)
        shares = {metric: self._effects(metric) for metric in (EFFECT_METRICS if kept else ())}
        notes = {ROWS_MISSING: not kept, NO_COSTS: not twice}
        return SpaceFindings(
            pbo, (same, dearer), shares, tuple(text for text, true in notes.items() if true)
        )

    def _effects(self, metric: str) -> Effects:
        def chunks() -> Iterator[Chunk]:
            for piece in self.outcome.results.pieces(["combination", metric]):
                yield piece["combination"], piece[metric]

        return effects_over(self.space, chunks)

    def _survivors_at(self, scenario: tuple[str, Strategy], multiple: float) -> Survivors:
        """Of every combination; where sets are asked one by one, of a sample."""
        plan = self.outcome.plan
        if not plan.set_by_set:
            return survivors_at(plan, scenario[1], multiple, self.workers)
        sets = [plan.space[number] for number in self._sampled().tolist()]
        return survivors_again(self.again, scenario, multiple, sets, plan.objective.min_trades)

    def totals(self, scope: str, sets: Sequence[Parameters]) -> list[float | None]:
        """See `ExaminedRun`; those of its rows."""
        numbers = np.array([self.space.number(parameters) for parameters in sets], np.int64)
        ordered, place = np.unique(numbers, return_inverse=True)
        column = scope_of(self.outcome.plan, scope).column(PLATEAU_METRIC)
        totals = self.outcome.results.lookup(column, ordered)[place].tolist()
        return [None if isnan(total) and not self.outcome.whole else total for total in totals]
