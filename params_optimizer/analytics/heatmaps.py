"""Best and mean of a metric over any two factors of a grid, whatever the others are.

One pass over the results, in the memory of three small tables: see `factors.cuts`.
"""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.factors import cuts

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
_NOBODY = np.iinfo(np.int64).max


class HeatMap(NamedTuple):
    """A metric over two factors, arrays of shape (values of one, values of other).

    `best` and `mean` are over the combinations counted in, NaN where there is none;
    `number` is the combination of the best (the lowest one of equals), -1 where none.
    """

    best: Floats
    mean: Floats
    number: Numbers


class PairTables:
    """Collects a metric of combinations, then answers for any two factors.

    `sizes` are the numbers of values of the factors, slowest first in the combination number.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self._shape = list(sizes)
        first, second = cuts(self._shape)
        every = range(len(self._shape))
        runs = [[*every[:first]], [*every[first:second]], [*every[second:]]]
        self._b, self._c = (prod(self._shape[one] for one in run) for run in runs[1:])
        self._tables = [
            _Table(runs[one] + runs[other], self._shape) for one, other in ((0, 1), (1, 2), (0, 2))
        ]

    def add(self, numbers: Numbers, values: Floats) -> None:
        """Count combinations in; `numbers` ascend, `values` are finite; shape (combinations,)."""
        if not numbers.size:
            return
        both = self._b * self._c
        cells = (
            numbers // self._c,
            numbers % both,
            numbers // both * self._c + numbers % self._c,
        )
        # Written in this order, what is last in a cell is its best, and of equals the lowest.
        order = numbers.size - 1 - np.argsort(values[::-1], kind="stable")
        for table, places in zip(self._tables, cells, strict=True):
            table.add(places, numbers, values, order)

    def pair(self, one: int, other: int) -> HeatMap:
        """The map over the factors at places `one` < `other`."""
        table = next(table for table in self._tables if {one, other} <= set(table.factors))
        return table.over(one, other)


class _Table:
    """Count, sum and best over two of the three runs of factors."""

    def __init__(self, factors: list[int], shape: list[int]) -> None:
        self.factors = factors
        self._shape = [shape[one] for one in factors]
        cells = prod(self._shape)
        self._count, self._sum = np.zeros(cells, np.int64), np.zeros(cells)
        self._best, self._number = np.full(cells, -np.inf), np.full(cells, _NOBODY)

    def add(self, places: Numbers, numbers: Numbers, values: Floats, order: Numbers) -> None:
        size = self._count.size
        self._count += np.bincount(places, minlength=size)
        self._sum += np.bincount(places, values, size)
        best, number = np.full(size, -np.inf), np.full(size, _NOBODY)
        best[places[order]], number[places[order]] = values[order], numbers[order]
        better = (best > self._best) | ((best == self._best) & (number < self._number))
        self._best = np.where(better, best, self._best)
        self._number = np.where(better, number, self._number)

    def over(self, one: int, other: int) -> HeatMap:
        count, total, best, number = (
            self._flat(table, one, other)
            for table in (self._count, self._sum, self._best, self._number)
        )
        counts = count.sum(axis=2)
        highest = best.max(axis=2)
        winner = np.where(best == highest[:, :, None], number, _NOBODY).min(axis=2)
        held = counts > 0
        mean = np.full(counts.shape, np.nan)
        np.divide(total.sum(axis=2), counts, out=mean, where=held)
        return HeatMap(np.where(held, highest, np.nan), mean, np.where(held, winner, -1))

    def _flat(self, table: NDArray[np.generic], one: int, other: int) -> NDArray[np.generic]:
        """The cells of each pair of values side by side, shape (values, values, rest)."""
        places = self.factors.index(one), self.factors.index(other)
        cube = np.moveaxis(table.reshape(self._shape), places, (0, 1))
        return cube.reshape(*cube.shape[:2], -1)
