"""The best combination of the whole grid on each of several samples of days (R12).

One pass where a combination's merit is its own; two for a score that is normalised over the
whole grid: the first learns the bounds, the second evaluates again only the slices that can
hold the best, which is a few of them. A slice cannot when even its best figures together,
which no combination of it may have, come to less than some combination of another slice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.orchestrator.plan import Plan
from params_optimizer.search.objective import Columns, Objective
from params_optimizer.search.ranking import Bounds, join_bounds
from params_optimizer.strategies.batch import Numbers, Slice
from params_optimizer.validation.evaluation import Passes, SliceGroup
from params_optimizer.validation.windows import Days


class BestRow(NamedTuple):
    """The best combination of a sample, its value as files show it, and how many competed."""

    combination: int
    value: float
    eligible: int


class Winner(NamedTuple):
    """The best of a slice: sorted, the best of all slices is the first (R12).

    `loss` and `tie` are its merit and total R (of infinite merits only), both negative;
    `figures` are its `Objective.names`.
    """

    loss: float
    tie: float
    combination: int
    value: float
    figures: NDArray[np.float64]


class Summary(NamedTuple):
    """The bounds of what competes in a slice, and the best as far as the slice can tell."""

    limits: Bounds
    winner: Winner


def columns_of(objective: Objective, columns: Columns, rows: NDArray[np.bool_]) -> Columns:
    """The columns that the objective looks at, of some rows of a slice."""
    return {name: columns[name][rows] for name in objective.columns}


@dataclass(frozen=True, slots=True)
class Summaries:
    """First pass over slices."""

    objective: Objective

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> Summary | None:
        """None where no combination of the slice competes."""
        del place, slice_
        rows = self.objective.competes(samples[0])
        columns = columns_of(self.objective, samples[0], rows)
        limits = self.objective.limits(columns)
        if not limits.eligible:
            return None
        return Summary(limits, _winner(self.objective, numbers[rows], columns, limits))


@dataclass(frozen=True, slots=True)
class Winners:
    """Second pass: the best of the slice, given the bounds of each sample."""

    objective: Objective
    limits: Sequence[Bounds]

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> Winner:
        """Slices without a combination that competes are not asked."""
        del slice_
        rows = self.objective.competes(samples[0])
        columns = columns_of(self.objective, samples[0], rows)
        return _winner(self.objective, numbers[rows], columns, self.limits[place])


def _winner(objective: Objective, numbers: Numbers, columns: Columns, limits: Bounds) -> Winner:
    merits = objective.merits(columns, limits)
    place = objective.first(merits, columns)
    merit = float(merits[place])
    figures = {name: float(columns[name][place]) for name in columns}
    return Winner(
        -merit,
        -figures["total_r"] if np.isinf(merit) else 0.0,
        int(numbers[place]),
        objective.figure(merit, figures),
        np.array([figures[name] for name in objective.names]),
    )


def best_on(
    plan: Plan, samples: Sequence[Days], objective: Objective, workers: int
) -> list[BestRow | None]:
    """The best combination of the grid on each sample; None where none has enough trades.

    Equal to the first of the ranking of a run on these days, ties included.

    Raises:
        RunError, Interrupted, OptimizerError: see `evaluation.evaluate`.
    """
    passes = Passes(plan, [(days,) for days in samples], objective.columns, workers)
    summaries: list[dict[int, Summary]] = [{} for _ in samples]
    for place, number, summary in passes.answers(Summaries(objective)):
        if summary is not None:
            summaries[place][number] = summary
    winners = [[summary.winner for summary in slices.values()] for slices in summaries]
    if objective.normalised:
        winners = _second_pass(passes, objective, summaries)
    counts = [sum(summary.limits.eligible for summary in slices.values()) for slices in summaries]
    return [_choice(*pair) for pair in zip(winners, counts, strict=True)]


def _second_pass(
    passes: Passes, objective: Objective, summaries: Sequence[dict[int, Summary]]
) -> list[list[Winner]]:
    limits = [_joined(objective, list(slices.values())) for slices in summaries]
    promising = [
        SliceGroup(place, tuple(_promising(objective, slices, limits[place])))
        for place, slices in enumerate(summaries)
        if slices
    ]
    winners: list[list[Winner]] = [[] for _ in summaries]
    for place, _, winner in passes.answers(Winners(objective, limits), promising):
        winners[place].append(winner)
    return winners


def _choice(winners: Sequence[Winner], eligible: int) -> BestRow | None:
    if not winners:
        return None
    best = min(winners, key=lambda winner: winner[:3])
    return BestRow(best.combination, best.value, eligible)


def _joined(objective: Objective, summaries: Sequence[Summary]) -> Bounds:
    nothing = np.full(len(objective.names), np.inf)
    return reduce(
        join_bounds, (summary.limits for summary in summaries), Bounds(nothing, -nothing, 0)
    )


def _promising(objective: Objective, summaries: dict[int, Summary], limits: Bounds) -> list[int]:
    """The slices that can hold the best."""
    winners = np.array([summary.winner.figures for summary in summaries.values()])
    columns = {name: winners[:, at] for at, name in enumerate(objective.names)}
    floor = float(objective.merits(columns, limits).max())
    return [
        number
        for number, summary in summaries.items()
        if objective.highest(summary.limits, limits) >= floor
    ]
