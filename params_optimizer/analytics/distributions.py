"""How a metric is distributed over the combinations of a run."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pieces = Callable[[], Iterable[Floats]]
"""Gives the values of the metric, piece by piece; asked twice."""

BINS = 80


class Distribution(NamedTuple):
    """Counts in bins of equal width from `least` to `greatest`; the last one holds its end.

    `above_zero` of the `total` values are greater than 0; `variance` is that of a sample (ddof
    1), 0 for a single value. Values that are all equal stand in one bin without width.
    """

    least: float
    greatest: float
    counts: NDArray[np.int64]
    mean: float
    variance: float
    above_zero: int
    total: int


def distribution(pieces: Pieces, bins: int = BINS) -> Distribution | None:
    """The distribution of all values; None where there are none."""
    sizes = [
        (values.min(), values.max(), values.sum(), int((values > 0).sum()), values.size)
        for values in pieces()
        if values.size
    ]
    if not sizes:
        return None
    lows, highs, sums, above, total = zip(*sizes, strict=True)
    minimum, greatest = float(min(lows)), float(max(highs))
    mean = float(sum(sums)) / sum(total)
    counts = np.zeros(bins if greatest > minimum else 1, np.int64)
    squares = 0.0
    for values in pieces():
        counts += np.histogram(values, counts.size, (minimum, greatest))[0]
        squares += float(((values - mean) ** 2).sum())
    variance = squares / (sum(total) - 1) if sum(total) > 1 else 0.0
    return Distribution(minimum, greatest, counts, mean, variance, sum(above), sum(total))
