"""Candidates by slices: every combination of a finite space, on any choice of days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.orchestrator.evaluator import Evaluation, TrialEvaluator
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.strategies import market_days_of, zones_of
from params_optimizer.search.objective import Columns, Objective
from params_optimizer.search.ranking import Bounds, join_bounds
from params_optimizer.strategies.batch import Numbers, Slice
from params_optimizer.strategies.protocol import DailyStrategy, Parameters, Value
from params_optimizer.strategies.trades import Border
from params_optimizer.validation.candidates import (
    Choice,
    Competition,
    DatedTrades,
    Figures,
    Floats,
    Sample,
    figures_of,
)
from params_optimizer.validation.choice import best_on, columns_of
from params_optimizer.validation.evaluation import Passes
from params_optimizer.validation.windows import Days


@dataclass(frozen=True, slots=True)
class SliceCandidates:
    """Every combination of a plan, evaluated in `workers` processes."""

    plan: Plan
    objective: Objective
    workers: int

    @property
    def bars(self) -> Bars:
        """See `Candidates`."""
        return self.plan.bars

    @property
    def days(self) -> Days:
        """See `Candidates`."""
        return self.plan.traded_days

    @property
    def tried(self) -> int:
        """The combinations of the space."""
        return self.plan.space.count

    @property
    def crossing(self) -> bool:
        """Whether the days of the strategy know of each other."""
        return not isinstance(self.plan.strategy, DailyStrategy)

    @property
    def risk_money(self) -> float:
        """See `Candidates`."""
        return self.plan.risk_money

    @property
    def zones(self) -> Sequence[str]:
        """See `Candidates`."""
        return zones_of(self.plan.strategy, self.plan.sample.zone)

    @property
    def market_days(self) -> Days:
        """See `Candidates`."""
        return market_days_of(self.plan.strategy, self.bars, self.plan.sample.zone)

    def best_on(
        self, samples: Sequence[Sample], min_trades: int | None = None
    ) -> list[Choice | None]:
        """See `Candidates`.

        Raises:
            RunError, Interrupted, OptimizerError: see `evaluation.evaluate`.
        """
        objective = self.objective
        if min_trades is not None:
            objective = replace(objective, min_trades=min_trades)
        days = [sample.days for sample in samples]
        grid = self.plan.space
        return [
            best and Choice(best.combination, grid[best.combination], *best[1:])
            for best in best_on(self.plan, days, objective, self.workers)
        ]

    def values_on(self, first: Sample, later: Sample) -> Competition:
        """See `Candidates`; the score is normalised over the same sets on both samples.

        Raises:
            RunError, Interrupted, OptimizerError: see `evaluation.evaluate`.
        """
        groups = [(first.days, later.days)]
        passes = Passes(self.plan, groups, self.objective.columns, self.workers)
        limits: list[Bounds | None] = [None, None]
        if self.objective.normalised:
            bounds = [answer for *_, answer in passes.answers(_Limits(self.objective))]
            limits = [reduce(join_bounds, sample) for sample in zip(*bounds, strict=True)]
        parts = [answer for *_, answer in passes.answers(_Merits(self.objective, limits))]
        numbers, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
        grid = self.plan.space
        return Competition(
            self.tried, 0, lambda place: grid[int(numbers[place])], numbers, *columns
        )

    def trades(
        self, parameters: Parameters, days: Days, border: Border | None = None
    ) -> DatedTrades:
        """See `Candidates`.

        Raises:
            StrategyError: the strategy cannot take these parameters.
        """
        sample = self.plan.sample
        evaluation = Evaluation(
            self.plan.strategy, self.bars, sample.zone, days, border or sample.border
        )
        if border is not None:
            evaluation = evaluation.under(border)
        trades = TrialEvaluator(evaluation).trades(parameters)
        return DatedTrades(evaluation.dating()(parameters, trades), trades)

    def figures(self, parameters: Parameters, days: Days) -> Figures:
        """See `Candidates`."""
        return figures_of(self.trades(parameters, days).trades)

    def ordered(self, name: str, values: Sequence[Value]) -> list[Value]:
        """In the order of the grid."""
        [axis] = [axis for axis in self.plan.space.axes if name in axis.names]
        every = dict.fromkeys(row[axis.names.index(name)] for row in axis.rows())
        return [value for value in every if value in values]


@dataclass(frozen=True, slots=True)
class _Limits:
    """First pass: the bounds of both samples, over what competes in the first of them."""

    objective: Objective

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> list[Bounds]:
        del place, slice_, numbers
        rows = self.objective.competes(samples[0])
        later_rows = rows & replace(self.objective, min_trades=1, conditions=()).competes(
            samples[1]
        )
        return [
            self.objective.limits(columns_of(self.objective, *pair))
            for pair in zip(samples, (rows, later_rows), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Merits:
    """Second pass: numbers, merits and total R of both samples of what competes."""

    objective: Objective
    limits: Sequence[Bounds | None]

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> tuple[NDArray[np.int64], Floats, Floats, Floats, Floats]:
        del place, slice_
        rows = self.objective.competes(samples[0])
        first, later = (columns_of(self.objective, sample, rows) for sample in samples)
        merits = [
            self.objective.merits(columns, limits)
            for columns, limits in zip((first, later), self.limits, strict=True)
        ]
        merits[1][later["total_trades"] < 1] = np.nan
        return numbers[rows], merits[0], merits[1], first["total_r"], later["total_r"]
