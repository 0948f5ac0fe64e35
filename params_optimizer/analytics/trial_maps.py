"""Best and mean of a metric over any two factors, of trials that lie anywhere in the space."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


class TrialMap(NamedTuple):
    """A metric over two factors, arrays of shape (values of one, values of other).

    `best` and `mean` are NaN where no trial lies, `number` (the trial of the best, the first of
    equals) is -1 there, and `trials`, how many there are, 0.
    """

    best: Floats
    mean: Floats
    number: Numbers
    trials: Numbers


class Located(NamedTuple):
    """Trials by their places on two factors that have `shape` values; arrays of (trials,)."""

    one: Numbers
    other: Numbers
    shape: tuple[int, int]
    numbers: Numbers


def trial_map(trials: Located, values: Floats, *, greatest: bool) -> TrialMap:
    """The map of `values`, which are finite, shape (trials,); `greatest`: more is better."""
    cells = trials.one * trials.shape[1] + trials.other
    size = trials.shape[0] * trials.shape[1]
    count = np.bincount(cells, minlength=size)
    mean = np.full(size, np.nan)
    np.divide(np.bincount(cells, values, size), count, out=mean, where=count > 0)
    # Written in this order, what is last in a cell is its best, and of equals the first.
    order = np.lexsort((-trials.numbers, values if greatest else -values))
    best, number = np.full(size, np.nan), np.full(size, -1, np.int64)
    best[cells[order]], number[cells[order]] = values[order], trials.numbers[order]
    return TrialMap(
        *(found.reshape(trials.shape) for found in (best, mean)),
        *(found.reshape(trials.shape) for found in (number, count)),
    )
