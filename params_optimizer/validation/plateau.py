"""Whether a parameter set stands on a plateau: what its neighbours are worth.

A neighbour differs in one parameter by one step among its values. Only numbers have steps:
texts and switches have none, since their other values are another way to trade, not a nearby
one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config.space import Value
from params_optimizer.search.axis import Axis, AxisValue
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.protocol import Parameters

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
    """The neighbourhood over all parameters, and over each of them alone.

    One with a single value, without order, or without meaning beside the others has no
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
    numbers = [number, *(near for group in groups.values() for near in group)]
    value, *others = lookup(np.array(numbers, np.int64)).tolist()
    values = iter(others)
    return plateau_of(value, {key: list(islice(values, len(g))) for key, g in groups.items()})


def plateau_of(value: float, near: Mapping[str, list[float]]) -> Plateau:
    """The plateau around a value; `near` are those of the neighbours by parameter."""
    by_key = {key: neighbourhood(value, values) for key, values in near.items()}
    return Plateau(
        neighbourhood(value, [other for group in near.values() for other in group]), by_key
    )


def neighbours(grid: ParameterSpace, number: int) -> dict[str, list[int]]:
    """Numbers of the combinations one step away from `number`, by the key that differs.

    See `around`.

    Raises:
        IndexError: there is no such combination.
    """
    by_key = around(grid, grid[number])
    return {key: [grid.number(near) for near in group] for key, group in by_key.items()}


def around(space: ParameterSpace, parameters: Parameters) -> dict[str, list[Parameters]]:
    """The allowed parameter sets one step away, by the parameter that differs.

    Every parameter is there; at most two sets each, the lower value first. A step along an axis
    without steps is a twentieth of it.
    """
    by_key: dict[str, list[Parameters]] = {key: [] for key in parameters}
    for axis in space.axes:
        for at, key in enumerate(axis.names):
            for value in _steps(axis, axis.of(parameters), at):
                near = {**parameters, **axis.assign(value)}
                if space.allows(near):
                    by_key[key].append(space.canonical(near))
    return by_key


def _steps(axis: Axis, value: AxisValue, at: int) -> list[AxisValue]:
    """Values one step below and above `value` in the parameter at place `at` of the axis."""
    if axis.choices is None:
        return sorted(axis.neighbours(value))
    origin = value if axis.joined else (value,)
    if not _ordered(axis, origin, at):
        return []
    reachable = {
        row[at]: choice
        for choice, row in zip(axis.choices, axis.rows(), strict=True)
        if _ordered(axis, row, at) and row[:at] + row[at + 1 :] == origin[:at] + origin[at + 1 :]
    }
    line = sorted(reachable)
    middle = line.index(origin[at])
    return [reachable[step] for step in line[max(middle - 1, 0) : middle + 2] if step != origin[at]]


def _ordered(axis: Axis, row: tuple[Value, ...], at: int) -> bool:
    """Whether a parameter of an axis is a number with steps there.

    Where parameters are joined, 0 in the first one switches them off, which is no step.
    """
    if isinstance(row[at], bool | str):
        return False
    return not axis.joined or at > 0 or bool(row[0])


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
