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
