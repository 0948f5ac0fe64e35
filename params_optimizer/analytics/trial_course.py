"""How a search went: which trials were the best so far, and which no other beats in two goals."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from params_optimizer.search.trial import Trial


def improvements(trials: Sequence[Trial], goal: int = 0) -> list[int]:
    """Places of the complete trials that were better in a goal than all before them."""
    places: list[int] = []
    lowest = float("inf")
    for place, trial in enumerate(trials):
        if trial.state == "complete" and trial.losses[goal] < lowest:
            lowest = trial.losses[goal]
            places.append(place)
    return places


def front_of_two(losses: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of `losses`, shape (trials, 2), that no other beats in both, by the first column.

    Of equal rows the first one.
    """
    if not len(losses):
        return np.zeros(0, np.int64)
    order = np.lexsort((losses[:, 1], losses[:, 0]))
    second = losses[order, 1]
    before = np.concatenate([[np.inf], np.minimum.accumulate(second)[:-1]])
    front: NDArray[np.int64] = order[second < before]
    return front


def front_of(losses: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of `losses`, shape (sets, goals), that no other beats in every goal at once.

    Best first by the first goal; of equal rows the first one.
    """
    front: list[int] = []
    kept = losses[:0]
    for place in np.lexsort(losses.T[::-1]).tolist():
        # Only a row before it in this order can beat it.
        if not (kept <= losses[place]).all(axis=1).any():
            front.append(place)
            kept = losses[front]
    return np.array(front, np.int64)
