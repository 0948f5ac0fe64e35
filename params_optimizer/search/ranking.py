"""Which combinations are best: min-max normalised metrics, weighted (R12)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import RankingWeights

RANKED = ("total_r", "sharpe_ratio", "winrate")
"""The metrics that make the score, in the order of their weights."""


class Bounds(NamedTuple):
    """Least and greatest value of each of `RANKED` over the eligible combinations."""

    least: NDArray[np.float64]
    greatest: NDArray[np.float64]
    eligible: int


class Ranking(NamedTuple):
    """The best combinations, best first: their numbers and scores, and how many competed."""

    combination: NDArray[np.int64]
    score: NDArray[np.float64]
    eligible: int


Columns = Mapping[str, NDArray[np.float64]]
"""Column arrays of neighbouring combinations: `combination`, `total_trades`, `RANKED`."""


def bounds(pieces: Iterable[Columns], min_trades: int) -> Bounds:
    """Bounds of the ranked metrics over combinations with at least `min_trades` trades."""
    limits = Bounds(np.full(len(RANKED), np.inf), np.full(len(RANKED), -np.inf), 0)
    for piece in pieces:
        chosen = piece["total_trades"] >= min_trades
        if chosen.any():
            values = np.stack([piece[name][chosen] for name in RANKED])
            found = Bounds(values.min(axis=1), values.max(axis=1), int(chosen.sum()))
            limits = join_bounds(limits, found)
    return limits


def join_bounds(one: Bounds, other: Bounds) -> Bounds:
    """Bounds over the combinations of both."""
    return Bounds(
        np.minimum(one.least, other.least),
        np.maximum(one.greatest, other.greatest),
        one.eligible + other.eligible,
    )


def score(columns: Columns, limits: Bounds, weights: RankingWeights) -> NDArray[np.float64]:
    """Score of each combination, 0 to 1; a metric equal everywhere counts 0.5."""
    total = np.zeros(columns[RANKED[0]].size)
    for place, name in enumerate(RANKED):
        span = limits.greatest[place] - limits.least[place]
        values = np.full(total.size, 0.5)
        if span > 0:
            values = (columns[name] - limits.least[place]) / span
        total += getattr(weights, name) * values
    return total


def best(
    pieces: Iterable[Columns],
    limits: Bounds,
    weights: RankingWeights,
    min_trades: int,
    most: int,
) -> Ranking:
    """The `most` best of all pieces, highest score first, ties in combination order.

    Memory does not grow with the number of pieces.
    """
    numbers, scores = np.zeros(0, np.int64), np.zeros(0)
    for piece in pieces:
        chosen = piece["total_trades"] >= min_trades
        candidates = np.asarray(piece["combination"][chosen], np.int64)
        values = score({name: piece[name][chosen] for name in RANKED}, limits, weights)
        numbers, scores = join_best((numbers, scores), (candidates, values), most)
    return Ranking(numbers, scores, limits.eligible)


Best = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Combination numbers and values."""


def join_best(so_far: Best, candidates: Best, most: int) -> Best:
    """The `most` best of what `keep_best` gave so far and of new candidates."""
    numbers, values = candidates
    if so_far[1].size == most > 0:  # soon hardly any candidate is good enough to be sorted
        enough = values >= so_far[1][-1]
        numbers, values = numbers[enough], values[enough]
    return keep_best(
        np.concatenate([so_far[0], numbers]), np.concatenate([so_far[1], values]), most
    )


def keep_best(numbers: NDArray[np.int64], values: NDArray[np.float64], most: int) -> Best:
    """The `most` greatest values with their numbers; equal values by smallest number."""
    if values.size > 4 * most > 0:  # everything below the threshold is out; ties stay in
        threshold = np.partition(values, values.size - most)[values.size - most]
        kept = values >= threshold
        numbers, values = numbers[kept], values[kept]
    order = np.lexsort((numbers, -values))[:most]
    return numbers[order], values[order]
