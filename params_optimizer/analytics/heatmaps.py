"""Best and mean of a metric over any two factors, whatever the others are."""

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
    """A metric over two factors, arrays of shape (values of the first, values of the second).

    `best` and `mean` are over the parameter sets counted in, NaN where there is none;
    `number` is that of the best (the lowest one of equals), -1 where none, `sets` how many
    there are.
    """

    best: Floats
    mean: Floats
    number: Numbers
    sets: Numbers


class PairTables:
    """Collects a metric of parameter sets piece by piece, then answers for any two factors.

    `sizes` are the numbers of values of the factors, slowest first in the codes; `greatest`:
    larger is better. One pass over the results, in the memory of three small tables: see
    `factors.cuts`.
    """

    def __init__(self, sizes: Sequence[int], *, greatest: bool = True) -> None:
        self._shape, self._sign = list(sizes), 1.0 if greatest else -1.0
        first, second = cuts(self._shape)
        every = range(len(self._shape))
        runs = [[*every[:first]], [*every[first:second]], [*every[second:]]]
        self._b, self._c = (prod(self._shape[factor] for factor in run) for run in runs[1:])
        pairs = (runs[0] + runs[1], runs[1] + runs[2], runs[0] + runs[2])
        self._tables = [_Table(pair, self._shape) for pair in pairs]

    def add(self, numbers: Numbers, values: Floats, codes: Numbers) -> None:
        """Count sets in; `numbers` ascend, `values` are finite; shape (sets,).

        `codes` number them by the factors; see `Factors.codes`.
        """
        if not numbers.size:
            return
        values = self._sign * values
        after_a = self._b * self._c
        cells = (
            codes // self._c,
            codes % after_a,
            codes // after_a * self._c + codes % self._c,
        )
        # Written in this order, what is last in a cell is its best, and of equals the lowest.
        order = numbers.size - 1 - np.argsort(values[::-1], kind="stable")
        for table, places in zip(self._tables, cells, strict=True):
            table.add(places, numbers, values, order)

    def pair(self, first: int, second: int) -> HeatMap:
        """The map over the factors at places `first` < `second`."""
        table = next(table for table in self._tables if {first, second} <= set(table.factors))
        heat = table.over(first, second)
        return heat._replace(best=self._sign * heat.best + 0.0, mean=self._sign * heat.mean + 0.0)


class _Table:
    """Count, sum and best over some of the factors."""

    def __init__(self, factors: list[int], shape: list[int]) -> None:
        self.factors = factors
        self._shape = [shape[factor] for factor in factors]
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

    def over(self, first: int, second: int) -> HeatMap:
        count, total, best, number = (
            self._flat(table, first, second)
            for table in (self._count, self._sum, self._best, self._number)
        )
        counts = count.sum(axis=2)
        highest = best.max(axis=2)
        winner = np.where(best == highest[:, :, None], number, _NOBODY).min(axis=2)
        filled = counts > 0
        mean = np.full(counts.shape, np.nan)
        np.divide(total.sum(axis=2), counts, out=mean, where=filled)
        return HeatMap(
            np.where(filled, highest, np.nan), mean, np.where(filled, winner, -1), counts
        )

    def _flat(self, table: NDArray[np.generic], first: int, second: int) -> NDArray[np.generic]:
        """The cells of each pair of values side by side, shape (values, values, rest)."""
        places = self.factors.index(first), self.factors.index(second)
        cube = np.moveaxis(table.reshape(self._shape), places, (0, 1))
        return cube.reshape(*cube.shape[:2], -1)
