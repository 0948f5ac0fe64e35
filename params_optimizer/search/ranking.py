"""Which combinations are best: min-max normalised metrics, weighted (R12)."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import RankingWeights

RANKED = ("total_r", "sharpe_ratio", "winrate")
"""The metrics that make the score, in the order of their weights."""


class Bounds(NamedTuple):
    """Minimum and maximum of each metric that ranks, over the combinations that compete.

    `left_out` counts those that do not compete because of a condition alone.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    eligible: int
    left_out: int = 0


class Ranking(NamedTuple):
    """The best combinations, best first, how many competed, and how many conditions left out.

    `score` is the figure of the objective: the score of R12 unless another one ranks.
    """

    combination: NDArray[np.int64]
    score: NDArray[np.float64]
    eligible: int
    left_out: int = 0


Columns = Mapping[str, NDArray[np.float64]]
"""Column arrays of neighbouring combinations."""


def join_bounds(first: Bounds, second: Bounds) -> Bounds:
    """Bounds over the combinations of both."""
    return Bounds(
        np.minimum(first.low, second.low),
        np.maximum(first.high, second.high),
        first.eligible + second.eligible,
        first.left_out + second.left_out,
    )


def score(columns: Columns, limits: Bounds, weights: RankingWeights) -> NDArray[np.float64]:
    """Score of each combination, 0 to 1; a metric equal everywhere counts 0.5."""
    total = np.zeros(columns[RANKED[0]].size)
    for place, name in enumerate(RANKED):
        span = limits.high[place] - limits.low[place]
        values = np.full(total.size, 0.5)
        if span > 0:
            values = (columns[name] - limits.low[place]) / span
        total += getattr(weights, name) * values
    return total


class Best(NamedTuple):
    """The best of some combinations, best first; arrays of shape (rows,).

    `values` are larger-is-better; equal ones are in order of `ties`, greatest first, then of
    their numbers. `figures` are what files show.
    """

    numbers: NDArray[np.int64]
    values: NDArray[np.float64]
    ties: NDArray[np.float64]
    figures: NDArray[np.float64]

    def joined_with(self, candidates: "Best", limit: int) -> "Best":
        """The `limit` best of these and of candidates in any order."""
        if self.values.size == limit > 0:  # soon hardly any candidate is good enough to be sorted
            enough = candidates.values >= self.values[-1]
            candidates = Best(*(column[enough] for column in candidates))
        columns = [np.concatenate(pair) for pair in zip(self, candidates, strict=True)]
        places = first_places(columns[0], columns[1], limit, columns[2])
        return Best(*(column[places] for column in columns))


NOBODY: Final = Best(np.zeros(0, np.int64), *[np.zeros(0)] * 3)


def first_places(
    numbers: NDArray[np.int64],
    values: NDArray[np.float64],
    limit: int,
    ties: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Places of the `limit` greatest values, best first; equal ones by `ties`, then by number."""
    places = np.arange(values.size)
    if values.size > 4 * limit > 0:  # everything below the threshold is out; ties stay in
        threshold = np.partition(values, values.size - limit)[values.size - limit]
        places = np.flatnonzero(values >= threshold)
    keys = [numbers[places], -values[places]]
    if ties is not None:
        keys.insert(1, -ties[places])
    first: NDArray[np.int64] = places[np.lexsort(keys)[:limit]]
    return first
