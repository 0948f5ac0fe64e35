"""A parameter space: which parameter sets there are, their numbers, and which are allowed."""

import math
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from itertools import filterfalse
from json import dumps
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config.messages import nearest
from params_optimizer.config.reading import read_json
from params_optimizer.config.space import ListedParameter, SpaceModel, Value, parse_space
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import SettingsError, SpaceError
from params_optimizer.search.axis import Axis, AxisValue
from params_optimizer.search.constraints import check_bounds, parse_constraint
from params_optimizer.search.groups import (
    TRIES,
    blocks,
    columns_of,
    connected,
    meeting,
    places_of,
    size_of,
)

Parameters = Mapping[str, Value]
Key = tuple[Value, ...]
Canonical = Callable[[Parameters], Mapping[str, Value]]
Numbers = NDArray[np.int64]

MAX_AXIS_VALUES = 10_000_000
"""Of one axis of a grid: every value is read before the first row is evaluated."""


class ParameterSpace:
    """Axes, the constraints between them, and those on performance.

    A *combination* is a number that counts the places on the axes in mixed radix, the last axis
    fastest (R11.1). Combinations that a relation rules out keep their number. `canonical` gives
    the one parameter set that stands for all that trade alike by definition.
    """

    def __init__(
        self, model: SpaceModel, *, canonical: Canonical | None = None, source: str = "space"
    ) -> None:
        """Check everything that can be wrong before any work.

        Raises:
            SpaceError: a constraint names something unknown, or nothing meets all of them.
        """
        self.model, self._source = model, source
        self.axes = tuple(Axis.of_model(name, entry) for name, entry in model.parameters.items())
        self.names = _names(self.axes, source)
        constraints = [parse_constraint(text, self.names, source) for text in model.constraints]
        on_performance = attrgetter("on_performance")
        self.performance = tuple(filter(on_performance, constraints))
        check_bounds(self.performance, source)
        self.relations = tuple(filterfalse(on_performance, constraints))
        self._canonical = canonical
        self._groups = connected(self.axes, self.relations)
        rest = self.decode([0.5] * len(self.axes)) if self._groups else {}
        for group in self._groups:
            group.check_possible(rest, source)

    @classmethod
    def parse(
        cls, content: object, *, canonical: Canonical | None = None, source: str = "space"
    ) -> "ParameterSpace":
        """The space of a JSON form; see `config.space`.

        Raises:
            SpaceError: the content is wrong; the message names the field.
        """
        return cls(parse_space(content, source), canonical=canonical, source=source)

    @classmethod
    def read(cls, path: Path, canonical: Canonical | None = None) -> "ParameterSpace":
        """The space in a JSON file.

        Raises:
            SpaceError: it cannot be read, or its content is wrong.
        """
        try:
            return cls.parse(read_json(path), canonical=canonical, source=str(path))
        except SpaceError:
            raise
        except SettingsError as error:
            raise SpaceError(str(error)) from error

    @cached_property
    def size(self) -> int | None:
        """Number of parameter sets before constraints; None where an axis is endless."""
        return size_of(self.axes)

    def __len__(self) -> int:
        """The same, of a space that is a grid.

        Raises:
            SpaceError: an axis is endless, or there are more than 2^63 - 1 combinations.
        """
        if (size := self._end()) > sys.maxsize:
            raise SpaceError(
                f"{self._source}: has {size:,} combinations; a grid can have at most "
                f"{sys.maxsize:,}: list fewer values"
            )
        return size

    def check_listable(self) -> None:
        """Refuse a space that no grid can go through.

        Raises:
            SpaceError: an axis is endless or has more than ten million values, or there are more
                than 2^63 - 1 combinations.
        """
        len(self)
        for axis in self.axes:
            if (axis.count or 0) > MAX_AXIS_VALUES:
                raise SpaceError(
                    f"{self._source}: {', '.join(axis.names)} has {axis.count:,} values; a grid "
                    f"can have at most {MAX_AXIS_VALUES:,} of each parameter: give it a larger step"
                )

    @cached_property
    def count(self) -> int:
        """Number of allowed combinations."""
        if self._canonical is not None:
            return sum(self.allowed(*block).size for block in blocks(len(self)))
        free = [axis for axis in self.axes if not any(axis in group.axes for group in self._groups)]
        return math.prod(group.count for group in self._groups) * (size_of(free) or 1)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all axes, their values in order, and the relations."""
        content: list[object] = [
            [
                axis.names,
                [axis.row(place) for place in range(len(axis.model.choices))]
                if isinstance(axis.model, ListedParameter)
                else axis.model.model_dump(),
            ]
            for axis in self.axes
        ]
        content += [relation.text for relation in self.relations]
        return sha256(dumps(content).encode()).hexdigest()

    def __getitem__(self, number: int) -> dict[str, Value]:
        """The parameter set with this number, allowed or not.

        Raises:
            IndexError: there is no such set.
        """
        places = self.places(number)
        return self._joined(axis.value(at) for axis, at in zip(self.axes, places, strict=True))

    def places(self, number: int) -> list[int]:
        """The place on each axis that a combination stands for.

        Raises:
            IndexError: there is no such combination.
        """
        if not 0 <= number < self._end():
            raise IndexError(f"combination {number}: this grid has 0 to {self._end() - 1}")
        return self.places_of(number)

    def places_of(self, numbers: Any) -> list[Any]:  # noqa: ANN401  an integer or an array
        """The place on each axis of a combination, or arrays of places of many."""
        return places_of(self.axes, numbers)

    def number(self, parameters: Parameters) -> int:
        """The number of a parameter set, allowed or not.

        Raises:
            SpaceError: the space does not have it; the message names the first wrong parameter.
        """
        number = 0
        for axis in self.axes:
            value = axis.of(parameters)
            if not axis.contains(value):
                raise SpaceError(
                    f"{', '.join(axis.names)}: {_shown(value)} is not in the grid; it has "
                    f"{'; '.join(_shown(axis.value(at)) for at in range(min(axis.count or 0, 20)))}"
                )
            number = number * (axis.count or 1) + axis.place(value)
        return number

    def columns(
        self, numbers: Numbers, names: Collection[str] | None = None
    ) -> dict[str, NDArray[Any]]:
        """The values of the parameters `names` (None: all), one array for each.

        bool, int64 or float64; objects where they are texts.
        """
        return columns_of(self.axes, numbers, names)

    def coded(
        self, numbers: Numbers
    ) -> Iterator[tuple[Axis, dict[str, NDArray[Any]], NDArray[np.int64]]]:
        """The same for each axis as `Axis.coded` gives it."""
        for axis, places in zip(self.axes, self.places_of(numbers), strict=True):
            yield axis, *axis.coded(places)

    def allowed(self, first: int, end: int) -> Numbers:
        """The combinations `first <= number < end` that have a row, ascending.

        They meet every relation, and each stands for all that trade alike by definition.
        """
        numbers = meeting(self.axes, self.relations, first, end)
        if self._canonical is None:
            return numbers
        sets = map(self.__getitem__, numbers.tolist())
        alone = (parameters == self.canonical(parameters) for parameters in sets)
        return numbers[np.fromiter(alone, np.bool_, numbers.size)]

    def sets(self) -> Iterator[dict[str, Value]]:
        """Every allowed parameter set once, in order; of a space that is not endless."""
        for first, end in blocks(self._end()):
            yield from map(self.__getitem__, self.allowed(first, end).tolist())

    def only(self, number: int) -> "ParameterSpace":
        """The space of one combination."""
        pairs = zip(self.axes, self.places(number), strict=True)
        return ParameterSpace(
            SpaceModel(parameters={axis.name: axis.single(place) for axis, place in pairs})
        )

    def allows(self, parameters: Parameters) -> bool:
        """Whether the values of a parameter set meet every relation."""
        return all(relation.holds(parameters) for relation in self.relations)

    def check(self, parameters: Parameters) -> None:
        """Refuse what is no allowed parameter set of this space.

        Raises:
            SpaceError: the message names the parameter or the constraint.
        """
        for name in parameters:
            if name not in self.names:
                raise SpaceError(f"unknown parameter {name!r}{nearest(name, self.names)}")
        for name in self.names:
            if name not in parameters:
                raise SpaceError(f"parameter {name!r} is missing")
        for axis in self.axes:
            if not axis.contains(value := axis.of(parameters)):
                raise SpaceError(f"parameter {axis.name!r}: {value!r} is not in the space")
        for relation in self.relations:
            if not relation.holds(parameters):
                raise SpaceError(f"{dict(parameters)}: breaks the constraint {relation.text!r}")

    def contains(self, parameters: Parameters) -> bool:
        """Whether it is an allowed parameter set of this space."""
        try:
            self.check(parameters)
        except SpaceError:
            return False
        return True

    def canonical(self, parameters: Parameters) -> dict[str, Value]:
        """The parameter set of this space that stands for an allowed one.

        Values of the canonical form that the space does not have give way to the first of their
        axis, as long as that trades alike too; else a set stands for itself.
        """
        ordered = {name: parameters[name] for name in self.names}
        form = ordered if self._canonical is None else self._canonical(ordered)
        if self._canonical is None or form == ordered:
            return ordered
        inside = self._joined(
            value if axis.contains(value := axis.of(form)) else axis.decode(0.0)
            for axis in self.axes
        )
        alike = inside == form or self._canonical(inside) == form
        return inside if alike and self.allows(inside) else ordered

    def key(self, parameters: Parameters) -> Key:
        """What tells this parameter set from all others."""
        return tuple(parameters[name] for name in self.names)

    def sample(self, rng: np.random.Generator) -> dict[str, Value]:
        """A random allowed parameter set.

        Raises:
            SpaceError: hardly any is allowed.
        """
        return self.repaired(self._joined(axis.sample(rng) for axis in self.axes), rng)

    def repaired(self, parameters: Parameters, rng: np.random.Generator) -> dict[str, Value]:
        """The canonical set of these; values that break a relation are drawn anew.

        Raises:
            SpaceError: hardly any is allowed.
        """
        repaired = dict(parameters)
        for group in self._groups:
            for _ in range(TRIES):
                if all(relation.holds(repaired) for relation in group.relations):
                    break
                for axis in group.axes:
                    repaired.update(axis.assign(axis.sample(rng)))
            else:
                texts = " and ".join(relation.text for relation in group.relations)
                raise SpaceError(
                    f"constraints {texts}: leave less than one in {TRIES:,} parameter sets; "
                    f"narrow the ranges of the parameters to what is possible"
                )
        return self.canonical(repaired)

    def encode(self, parameters: Parameters) -> list[float]:
        """The place of a parameter set in the unit cube, one number an axis."""
        return [axis.encode(axis.of(parameters)) for axis in self.axes]

    def decode(self, units: Iterable[float]) -> dict[str, Value]:
        """The parameter set at a place of the unit cube, allowed or not."""
        pairs = zip(self.axes, units, strict=True)
        return self._joined(axis.decode(float(unit)) for axis, unit in pairs)

    def snap(self, parameters: Parameters) -> dict[str, Value]:
        """Every value moved to the nearest one of its axis."""
        return self._joined(axis.snap(axis.of(parameters)) for axis in self.axes)

    def neighbours(self, parameters: Parameters) -> list[dict[str, Value]]:
        """The allowed parameter sets that differ by one step on one axis."""
        near: dict[Key, dict[str, Value]] = {}
        for axis in self.axes:
            for value in axis.neighbours(axis.of(parameters)):
                moved = {**parameters, **axis.assign(value)}
                if self.allows(moved):
                    moved = self.canonical(moved)
                    near.setdefault(self.key(moved), moved)
        near.pop(self.key(parameters), None)
        return list(near.values())

    def _end(self) -> int:
        """The size, however large.

        Raises:
            SpaceError: an axis is endless.
        """
        if self.size is None:
            endless = ", ".join(axis.name for axis in self.axes if axis.count is None)
            raise SpaceError(
                f"{self._source}: parameters.{endless}: has no end of values; give it a step"
            )
        return self.size

    def _joined(self, values: Iterable[AxisValue]) -> dict[str, Value]:
        """The parameter set with one value for each axis."""
        parameters: dict[str, Value] = {}
        for axis, value in zip(self.axes, values, strict=True):
            if axis.joined:
                parameters |= axis.assign(value)
            else:
                parameters[axis.name] = value
        return parameters


def _names(axes: Sequence[Axis], source: str) -> tuple[str, ...]:
    """The parameters of all axes; refuses names that are taken."""
    names: list[str] = []
    for axis in axes:
        for name in axis.names:
            place = f"{source}: parameters.{axis.name}: "
            if name in METRICS:
                text = "is" if name == axis.name else f"{name!r} is"
                raise SpaceError(f"{place}{text} the name of a metric; rename it")
            if name in names:
                raise SpaceError(f"{place}{name!r} is also a parameter of another entry")
            names.append(name)
    return tuple(names)


def _shown(value: AxisValue) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
