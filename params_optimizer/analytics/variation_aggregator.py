"""Which combinations are best: overall, and for each variation (R12, R13)."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.sharpe_spread import NOTHING, Spreads, join, spreads_of
from params_optimizer.search.eligibility import Eligibility
from params_optimizer.search.objective import Objective
from params_optimizer.search.ranking import NOBODY, Best, Bounds, Ranking, join_bounds
from params_optimizer.strategies.scopes import ALL, Columns

Rows = dict[str, NDArray[np.bool_]]
"""Which rows compete, by scope; see `Eligibility.eligible`."""


class VariationTable(NamedTuple):
    """The best combinations of a variation, most total R first, ties by number.

    `eligible` meet the conditions and have enough trades; `profitable` of them have a
    total R above 0; `mean_total_r` is the mean over the eligible ones.
    """

    variation: str
    combination: NDArray[np.int64]
    total_r: NDArray[np.float64]
    eligible: int
    profitable: int
    mean_total_r: float


class VariationCounts(NamedTuple):
    """Combinations that compete in a variation, those with total R above 0, sum of total R."""

    eligible: int
    profitable: int
    total_r: float

    def joined_with(self, following: "VariationCounts") -> "VariationCounts":
        """Counts over the combinations of both."""
        return VariationCounts(*(sum(pair) for pair in zip(self, following, strict=True)))  # type: ignore[arg-type]


Counts = dict[str, VariationCounts]
"""Counts by variation."""


def count_variations(columns: Columns, eligibility: Eligibility, rows: Rows) -> Counts:
    """Counts of neighbouring combinations."""
    counts: Counts = {}
    for scope in eligibility.variations:
        total = columns[scope.column("total_r")][rows[scope.name]]
        counts[scope.name] = VariationCounts(total.size, int((total > 0).sum()), float(total.sum()))
    return counts


class Leaders:
    """The `limit` best of all pieces of results, overall and by variation, and what they beat.

    Memory does not grow with the number of pieces. `limits` are the bounds of the objective
    over everything that competes.
    """

    def __init__(self, eligibility: Eligibility, limits: Bounds, limit: int) -> None:
        self._eligibility, self._limits, self._limit = eligibility, limits, limit
        names = [scope.name for scope in eligibility.scopes]
        self._best = dict.fromkeys(names, NOBODY)
        self.counts: Counts = dict.fromkeys(names[1:], VariationCounts(0, 0, 0.0))
        self.spreads: Spreads = dict.fromkeys(names, NOTHING)

    def add(self, columns: Columns) -> None:
        """Count neighbouring combinations in; see `Eligibility.columns`."""
        eligibility = self._eligibility
        rows = eligibility.eligible(columns)
        self._join(ALL, ranked(eligibility.objective, columns, rows[ALL], self._limits))
        for scope in eligibility.variations:
            eligible = rows[scope.name]
            total = np.asarray(columns[scope.column("total_r")][eligible], np.float64)
            numbers = np.asarray(columns["combination"][eligible], np.int64)
            self._join(scope.name, Best(numbers, total, np.zeros(total.size), total))
        counts = count_variations(columns, eligibility, rows)
        self.counts = {name: self.counts[name].joined_with(counts[name]) for name in counts}
        self.spreads = join(self.spreads, spreads_of(columns, eligibility, rows))

    @property
    def ranking(self) -> Ranking:
        """The best of all."""
        best = self._best[ALL]
        limits = self._limits
        return Ranking(best.numbers, best.figures, limits.eligible, limits.left_out)

    def variations(self, counts: Counts | None = None) -> list[VariationTable]:
        """The best of each variation; `counts` are those over the whole grid."""
        tables = []
        for name, (eligible, profitable, total) in (counts or self.counts).items():
            mean, best = total / eligible if eligible else 0.0, self._best[name]
            tables.append(
                VariationTable(name, best.numbers, best.values, eligible, profitable, mean)
            )
        return tables

    @property
    def numbers(self) -> NDArray[np.int64]:
        """All that are among the best of anything, ascending."""
        return np.unique(np.concatenate([best.numbers for best in self._best.values()]))

    def _join(self, name: str, candidates: Best) -> None:
        self._best[name] = self._best[name].joined_with(candidates, self._limit)


def ranked(objective: Objective, columns: Columns, rows: NDArray[np.bool_], limits: Bounds) -> Best:
    """The rows that compete, with their merits, in their order."""
    metrics = {name: columns[name][rows] for name in objective.columns}
    merits = objective.merits(metrics, limits)
    infinite = np.isinf(merits)
    figures = objective.goals[0].sign * merits
    if infinite.any():
        figures = np.where(infinite, metrics[objective.metric], figures)
    ties = np.where(infinite, metrics["total_r"], 0.0)
    numbers = np.asarray(columns["combination"][rows], np.int64)
    return Best(numbers, merits, ties, figures)


def limits_of(pieces: Iterable[Columns], objective: Objective) -> Bounds:
    """Bounds of the objective over all that competes; see `Objective.columns`."""
    limits = objective.limits({name: np.zeros(0) for name in objective.names})
    for columns in pieces:
        rows = objective.competes(columns)
        eligible = {name: columns[name][rows] for name in objective.names}
        left_out = int(objective.valued(columns).sum()) - int(rows.sum())
        limits = join_bounds(limits, objective.limits(eligible)._replace(left_out=left_out))
    return limits
