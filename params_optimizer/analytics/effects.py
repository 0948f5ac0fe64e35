"""Which parameters matter: the shares of a metric's variance over all sets of a space.

Where every combination has its value, the grid is a full factorial and the functional analysis
of variance is exact, without a model: main effects and pairwise interactions are orthogonal,
and the shares of all orders add up to 1 (Hooker, *Generalized Functional ANOVA Diagnostics*,
2007, with uniform weights). Where relations rule combinations out, or sets failed, parameters
depend on each other: the share of each alone is its correlation ratio (Kucherenko, Tarantola
and Annoni, *Estimation of Global Sensitivity Indices for Models with Dependent Variables*,
2012); such shares overlap. The axes of the space are the factors: joined parameters are one,
because they alone do not make a full factorial.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.factors import cuts
from params_optimizer.errors import RunError
from params_optimizer.search.space import ParameterSpace

Floats = NDArray[np.float64]
Chunk = tuple[NDArray[np.int64], Floats]
"""Numbers of some combinations and their values of the metric."""

# A variance below this share of the squared mean is rounding.
_NO_VARIANCE = 1e-24


@dataclass(frozen=True, slots=True)
class Effects:
    """Shares of variance, 0 to 1; main, pairs and `residual` (higher orders) add up to 1.

    `levels` is the mean of the metric at each value of a factor, in the order of the grid; NaN
    where no set has the value. A metric that is equal everywhere has no variance to share: every
    share is 0. Where the shares overlap there are no pairs, and `residual` is None.
    """

    mean: float
    variance: float
    main: dict[str, float]
    pairs: dict[tuple[str, str], float]
    residual: float | None
    levels: dict[str, Floats]

    @property
    def overlapping(self) -> bool:
        """Whether the sets are no full factorial, so that shares do not add up."""
        return self.residual is None


def factors(grid: ParameterSpace) -> dict[str, int]:
    """The factors of a grid in the order of its axes, and how many values each has."""
    return {axis.name: axis.count or 1 for axis in grid.axes}


def effects(sizes: Mapping[str, int], chunks: Iterable[Chunk]) -> Effects:
    """Effects of the factors, slowest first in the combination number, on one metric.

    One pass over `chunks`, which together hold every combination once, in any order. Memory
    is that of a chunk and one byte a combination.

    Raises:
        RunError: a combination is missing, comes twice or lies outside the grid, or its
            value is not finite.
    """
    sums = _Sums(sizes)
    for numbers, values in chunks:
        sums.add(numbers, values)
    return sums.effects()


def effects_over(space: ParameterSpace, chunks: Callable[[], Iterable[Chunk]]) -> Effects:
    """Effects over the sets of a space that have a value; `chunks` begins them anew.

    Raises:
        RunError: of a full factorial, see `effects`.
    """
    whole = space.count == len(space) and all(np.isfinite(v).all() for _, v in chunks())
    return effects(factors(space), chunks()) if whole else overlapping_effects(space, chunks())


def overlapping_effects(space: ParameterSpace, chunks: Iterable[Chunk]) -> Effects:
    """The share of each factor alone, over the sets that have a value."""
    sizes = factors(space)
    counts = {name: np.zeros(size) for name, size in sizes.items()}
    sums = {name: np.zeros(size) for name, size in sizes.items()}
    shift, squares = None, 0.0
    for numbers, values in chunks:
        valid = np.isfinite(values)
        if not valid.any():
            continue
        # Less a shift, so that a small variance around a large mean keeps its digits.
        shift = float(values[valid].mean()) if shift is None else shift
        centred = values[valid] - shift
        squares += float(centred @ centred)
        for name, places in zip(sizes, space.places_of(numbers[valid]), strict=True):
            counts[name] += np.bincount(places, minlength=sizes[name])
            sums[name] += np.bincount(places, centred, sizes[name])
    first = next(iter(sizes))
    total, shift = float(counts[first].sum()), shift or 0.0
    mean = float(sums[first].sum()) / total if total else 0.0
    variance = _variance(squares / total if total else 0.0, mean, shift)
    with np.errstate(invalid="ignore"):
        means = {name: sums[name] / counts[name] for name in sizes}
    main = {
        name: float(np.nansum(counts[name] * (means[name] - mean) ** 2)) / total / variance
        if variance
        else 0.0
        for name in sizes
    }
    levels = {name: level + shift for name, level in means.items()}
    return Effects(mean + shift, variance, main, {}, None, levels)


def _variance(mean_square: float, mean: float, shift: float) -> float:
    """The variance of values of which `mean` and mean square are known less a shift."""
    variance = mean_square - mean**2
    return 0.0 if variance <= _NO_VARIANCE * (shift + mean) ** 2 else variance


class _Sums:
    """Sums of the metric from which those of every factor and every pair follow.

    The digits are cut into three runs, so that a number is three places (a, b, c). Any two
    factors lie in two of the runs: tables of sums by (a, b), by (b, c) and by (a, c) hold
    those of all pairs, and a combination is counted three times instead of once a pair.
    Everything is kept less a shift, the mean of the first chunk: so a small variance around
    a large mean keeps its digits.
    """

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._names, self._shape = list(sizes), list(sizes.values())
        self._seen = np.zeros(prod(self._shape), np.bool_)
        self._first, self._second = cuts(self._shape)
        self._b = prod(self._shape[self._first : self._second])
        self._c = prod(self._shape[self._second :])
        a = self._seen.size // (self._b * self._c)
        self._ab, self._bc = np.zeros(a * self._b), np.zeros(self._b * self._c)
        self._ac = np.zeros(a * self._c)
        self._shift: float | None = None
        self._squares = 0.0

    def add(self, numbers: NDArray[np.int64], values: Floats) -> None:
        """Count a chunk in."""
        if not numbers.size:
            return
        self._check(numbers, values)
        if self._shift is None:
            self._shift = float(values.mean())
        centred = values - self._shift
        self._squares += float(centred @ centred)
        b_and_c = self._b * self._c
        ac = numbers // b_and_c * self._c + numbers % self._c
        self._ab += np.bincount(numbers // self._c, centred, self._ab.size)
        self._bc += np.bincount(numbers % b_and_c, centred, self._bc.size)
        self._ac += np.bincount(ac, centred, self._ac.size)

    def effects(self) -> Effects:
        """The shares, once every combination was counted in."""
        missing = self._seen.size - int(self._seen.sum())
        if missing or self._shift is None:
            raise RunError(
                f"effects need every combination of the grid: {missing:,} of "
                f"{self._seen.size:,} are missing, the first is {int(self._seen.argmin())}; "
                f"finish the run first"
            )
        mean = float(self._ab.sum()) / self._seen.size
        variance = _variance(self._squares / self._seen.size, mean, self._shift)
        factors = range(len(self._shape))
        alone = [self._means({factor}) - mean for factor in factors]
        main = {self._names[factor]: _share(alone[factor], variance) for factor in factors}
        pairs = {}
        for factor, partner in combinations(factors, 2):
            joint = self._means({factor, partner}) - mean - alone[factor][:, None] - alone[partner]
            pairs[self._names[factor], self._names[partner]] = _share(joint, variance)
        rest = 1.0 - sum(main.values()) - sum(pairs.values()) if variance else 0.0
        center = mean + self._shift
        levels = {self._names[factor]: alone[factor] + center for factor in factors}
        return Effects(center, variance, main, pairs, rest, levels)

    def _means(self, axes: set[int]) -> Floats:
        """Mean of the metric, less the shift, by the values of one or two factors."""
        every = range(len(self._shape))
        a, b, c = every[: self._first], every[self._first : self._second], every[self._second :]
        for table, runs in ((self._ab, [*a, *b]), (self._bc, [*b, *c]), (self._ac, [*a, *c])):
            if axes <= set(runs):
                cube = table.reshape([self._shape[axis] for axis in runs])
                away = tuple(at for at, axis in enumerate(runs) if axis not in axes)
                sums: Floats = cube.sum(axis=away)
                return sums * (sums.size / self._seen.size)
        raise AssertionError(f"factors {axes} lie in no table")

    def _check(self, numbers: NDArray[np.int64], values: Floats) -> None:
        outside = (numbers < 0) | (numbers >= self._seen.size)
        if outside.any():
            raise RunError(
                f"combination {numbers[outside][0]} is not in this grid of "
                f"{self._seen.size:,}: the results belong to another one"
            )
        if not np.isfinite(values).all():
            place = int(np.isfinite(values).argmin())
            raise RunError(
                f"combination {numbers[place]} has the value {values[place]}: effects need "
                f"numbers; choose another metric"
            )
        before = np.count_nonzero(self._seen)
        self._seen[numbers] = True
        if np.count_nonzero(self._seen) - before != numbers.size:
            raise RunError("effects count each combination once, and one came twice")


def _share(effect: Floats, variance: float) -> float:
    return float(np.mean(effect**2)) / variance if variance else 0.0
