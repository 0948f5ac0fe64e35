"""Combinations of some axes as numbers in mixed radix, and those that relations allow."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config.space import Value
from params_optimizer.errors import SpaceError
from params_optimizer.search.axis import Axis, AxisValue
from params_optimizer.search.constraints import Constraint
from params_optimizer.search.relations import holds_in_rows

Numbers = NDArray[np.int64]

TRIES = 20_000
_EXHAUSTIBLE = 200_000
_BLOCK = 1 << 16
"""Combinations that are looked at together: memory does not grow with the space."""


def size_of(axes: Sequence[Axis]) -> int | None:
    """How many combinations there are; None where an axis is endless."""
    counts = [axis.count for axis in axes]
    return None if None in counts else math.prod(count for count in counts if count is not None)


def blocks(size: int) -> Iterator[tuple[int, int]]:
    """First number and end of blocks that cover all combinations."""
    return ((first, min(first + _BLOCK, size)) for first in range(0, size, _BLOCK))


def places_of(axes: Sequence[Axis], numbers: Any) -> list[Any]:  # noqa: ANN401
    """The place on each axis of a combination, an integer, or of an array of them."""
    places = []
    for axis in reversed(axes):
        numbers, place = divmod(numbers, axis.count or 1)
        places.append(place)
    return places[::-1]


def columns_of(
    axes: Sequence[Axis], numbers: Numbers, names: Collection[str] | None = None
) -> dict[str, NDArray[Any]]:
    """The values of the parameters `names` (None: all) in each combination."""
    columns: dict[str, NDArray[Any]] = {}
    for axis, places in zip(axes, places_of(axes, numbers), strict=True):
        if names is None or not set(names).isdisjoint(axis.names):
            values, codes = axis.coded(places)
            columns |= {name: column[codes] for name, column in values.items()}
    return columns


def meeting(axes: Sequence[Axis], relations: Sequence[Constraint], first: int, end: int) -> Numbers:
    """The combinations `first <= number < end` that meet all relations, ascending."""
    numbers = np.arange(first, end)
    for relation in relations:
        columns = columns_of(axes, numbers, relation.names)
        numbers = numbers[holds_in_rows(relation, columns, numbers.size)]
    return numbers


@dataclass(frozen=True, eq=False)
class AxisGroup:
    """Axes that relations connect, and these relations."""

    axes: list[Axis]
    relations: list[Constraint]

    @property
    def count(self) -> int:
        """How many combinations of these axes meet the relations."""
        allowed = (meeting(self.axes, self.relations, *block) for block in blocks(self._size))
        return sum(numbers.size for numbers in allowed)

    def check_possible(self, rest: Mapping[str, Value], source: str) -> None:
        """Look for values that meet all relations; `rest` are those of the other axes.

        Raises:
            SpaceError: there are none; the message names the relations.
        """
        never = dict.fromkeys(relation.text for relation in self.relations)
        for values in self._tried():
            parameters = {**rest, **values}
            met = [relation.text for relation in self.relations if relation.holds(parameters)]
            if len(met) == len(self.relations):
                return
            for text in met:
                never.pop(text, None)
        texts = list(never) or [relation.text for relation in self.relations]
        verb = (
            "can be met by no value of"
            if never
            else "contradict each other, whatever the values of"
        )
        names = ", ".join(name for axis in self.axes for name in axis.names)
        raise SpaceError(f"{source}: constraints: {' and '.join(map(repr, texts))} {verb} {names}")

    @property
    def _size(self) -> int:
        return size_of(self.axes) or 0

    def _tried(self) -> Iterator[dict[str, Value]]:
        """Values of these axes: all where there are few, else corners and random ones."""
        rows: Iterator[tuple[AxisValue, ...]] = self._drawn()
        if 0 < self._size <= _EXHAUSTIBLE:
            rows = product(*(map(axis.value, range(axis.count or 1)) for axis in self.axes))
        for row in rows:
            parts = (axis.assign(value) for axis, value in zip(self.axes, row, strict=True))
            yield {name: value for part in parts for name, value in part.items()}

    def _drawn(self) -> Iterator[tuple[AxisValue, ...]]:
        ends = [(axis.decode(0.0), axis.decode(1.0)) for axis in self.axes[:10]]
        middle = tuple(axis.decode(0.5) for axis in self.axes[10:])
        yield from (corner + middle for corner in product(*ends))
        rng = np.random.default_rng(0)
        for _ in range(TRIES):
            yield tuple(axis.sample(rng) for axis in self.axes)


def connected(axes: Sequence[Axis], relations: Sequence[Constraint]) -> list[AxisGroup]:
    """Groups of axes such that no relation is between two of them."""
    groups: list[AxisGroup] = []
    for relation in relations:
        touched = [
            group
            for group in groups
            if any(not relation.names.isdisjoint(axis.names) for axis in group.axes)
        ]
        groups = [group for group in groups if group not in touched]
        joined = [axis for group in touched for axis in group.axes]
        members = [
            axis for axis in axes if axis in joined or not relation.names.isdisjoint(axis.names)
        ]
        earlier = [member for group in touched for member in group.relations]
        groups.append(AxisGroup(members, [*earlier, relation]))
    return groups
