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
    groups = neighbours(grid, number)
    numbers = np.array(
        [number, *(neighbour for group in groups.values() for neighbour in group)], np.int64
    )
    value, *neighbour_values = (float(value) for value in lookup(numbers))
    by_key, start = {}, 0
    for key, group in groups.items():
        by_key[key] = neighbourhood(value, neighbour_values[start : start + len(group)])
        start += len(group)
    return Plateau(neighbourhood(value, neighbour_values), by_key)


def neighbours(grid: ParameterSpace, number: int) -> dict[str, list[int]]:
    """Numbers of the combinations one step away from `number`, by the key that differs.

    Every parameter is there; at most two numbers each, the lower value first. Those that a
    relation rules out are left out.

    Raises:
        IndexError: there is no such combination.
    """
    by_key: dict[str, list[int]] = {key: [] for key in grid[number]}
    weight = len(grid)
    for axis, place in zip(grid.axes, grid.places(number), strict=True):
        weight //= axis.count or 1
        for at, key in enumerate(axis.names):
            for target in _steps(axis, place, at):
                neighbour = number + (target - place) * weight
                if grid.allows(grid[neighbour]):
                    by_key[key].append(neighbour)
    return by_key


def _steps(axis: Axis, place: int, at: int) -> list[int]:
    """Places one step below and above `place` in the key at place `at` of the axis."""
    origin = axis.row(place)
    if not _ordered(axis.names[at], origin[at]):
        return []
    reachable = {
        values[at]: target
        for target, values in enumerate(axis.rows())
        if _ordered(axis.names[at], values[at])
        and values[:at] + values[at + 1 :] == origin[:at] + origin[at + 1 :]
    }
    line = sorted(reachable)
    middle = line.index(origin[at])
    return [
        reachable[value] for value in line[max(middle - 1, 0) : middle + 2] if value != origin[at]
    ]


def _ordered(key: str, value: Value) -> bool:
    """Whether this value of the key is a number with steps; 0 as trailing target is off."""
    if isinstance(value, bool | str):
        return False
    return key != "tsl_target" or value > 0


def neighbourhood(value: float, neighbour_values: list[float]) -> Neighbourhood:
    """The neighbourhood of a value, from the values of all neighbours."""
    if not neighbour_values:
        return Neighbourhood(value, 0, None, None)
    return Neighbourhood(
        value,
        len(neighbour_values),
        sum(neighbour_values) / len(neighbour_values),
        min(neighbour_values),
    )
