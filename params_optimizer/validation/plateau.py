"""Whether a combination stands on a plateau: what its neighbours in the grid are worth.

A neighbour differs in one key of R11.1 by one step among the values of the grid. Only
ordered keys have steps. The IB window, `stop_mode` and the switches (trailing on or off,
rev_rb on or off) have none: their other values are another way to trade, not a nearby one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config.space import Value
from params_optimizer.search.axis import Axis
from params_optimizer.search.space import ParameterSpace

Lookup = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Values of a metric of combinations, by their numbers."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A metric over the neighbours of a combination, and over the combination itself.

    `neighbours` is how many there are; without any, the other figures are None: not
    applicable.
    """

    value: float
    neighbours: int
    mean: float | None
    worst: float | None

    @property
    def score(self) -> float | None:
        """Mean of the neighbours as a share of the value: 1 is a plateau, 0 a lone peak.

        Above 1 the neighbours are better. None where the value is not positive: a share of
        a loss says nothing.
        """
        return self._share(self.mean)

    @property
    def worst_score(self) -> float | None:
        """Worst neighbour as a share of the value, as `score`."""
        return self._share(self.worst)

    def _share(self, figure: float | None) -> float | None:
        return None if figure is None or self.value <= 0.0 else figure / self.value


@dataclass(frozen=True, slots=True)
class Plateau:
    """The neighbourhood over all keys, and over each of the 14 keys alone.

    A key with one value, without order, or without meaning for the combination has no
    neighbours.
    """

    whole: Neighbourhood
    by_key: dict[str, Neighbourhood]


def plateau(grid: ParameterSpace, number: int, lookup: Lookup) -> Plateau:
    """The plateau around combination `number` in the metric that `lookup` answers.

    `lookup` is called once, with the number itself and then those of all neighbours.

    Raises:
        IndexError: there is no such combination.
    """
    found = neighbours(grid, number)
    numbers = np.array([number, *(one for some in found.values() for one in some)], np.int64)
    value, *others = (float(one) for one in lookup(numbers))
    by_key, start = {}, 0
    for key, some in found.items():
        by_key[key] = neighbourhood(value, others[start : start + len(some)])
        start += len(some)
    return Plateau(neighbourhood(value, others), by_key)


def neighbours(grid: ParameterSpace, number: int) -> dict[str, list[int]]:
    """Numbers of the combinations one step away from `number`, by the key that differs.

    Every parameter is there; at most two numbers each, the lower value first. Those that a
    relation rules out are left out.

    Raises:
        IndexError: there is no such combination.
    """
    found: dict[str, list[int]] = {key: [] for key in grid[number]}
    weight = len(grid)
    for axis, place in zip(grid.axes, grid.places(number), strict=True):
        weight //= axis.count or 1
        for at, key in enumerate(axis.names):
            for other in _steps(axis, place, at):
                neighbour = number + (other - place) * weight
                if grid.allows(grid[neighbour]):
                    found[key].append(neighbour)
    return found


def _steps(axis: Axis, place: int, at: int) -> list[int]:
    """Places one step below and above `place` in the key at place `at` of the axis."""
    here = axis.row(place)
    if not _ordered(axis.names[at], here[at]):
        return []
    reachable = {
        values[at]: other
        for other, values in enumerate(axis.rows())
        if _ordered(axis.names[at], values[at])
        and values[:at] + values[at + 1 :] == here[:at] + here[at + 1 :]
    }
    line = sorted(reachable)
    middle = line.index(here[at])
    return [
        reachable[value] for value in line[max(middle - 1, 0) : middle + 2] if value != here[at]
    ]


def _ordered(key: str, value: Value) -> bool:
    """Whether this value of the key is a number with steps; 0 as trailing target is off."""
    if isinstance(value, bool | str):
        return False
    return key != "tsl_target" or value > 0


def neighbourhood(value: float, others: list[float]) -> Neighbourhood:
    """The neighbourhood of a value, from the values of all neighbours."""
    if not others:
        return Neighbourhood(value, 0, None, None)
    return Neighbourhood(value, len(others), sum(others) / len(others), min(others))
