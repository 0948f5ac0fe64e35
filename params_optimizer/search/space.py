"""A search space: which parameter sets there are, and which of them are allowed."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from params_optimizer.config.messages import nearest
from params_optimizer.config.reading import read_json
from params_optimizer.config.space import SpaceModel, Value, parse_space
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import SettingsError, SpaceError
from params_optimizer.search.axis import Axis
from params_optimizer.search.constraints import (
    Constraint,
    Rule,
    check_bounds,
    parse_constraint,
    rule_constraint,
)

Parameters = Mapping[str, Value]
Key = tuple[Value, ...]
Canonical = Callable[[Parameters], Mapping[str, Value]]

_TRIES = 20_000
_EXHAUSTIBLE = 200_000


class ParameterSpace:
    """Axes, the constraints between them, and those on performance.

    `canonical` gives the one parameter set that stands for all that trade alike by
    definition; every parameter set that leaves the space has gone through it.
    """

    def __init__(
        self,
        model: SpaceModel,
        *,
        rules: Sequence[Rule] = (),
        canonical: Canonical | None = None,
        source: str = "space",
    ) -> None:
        """Check everything that can be wrong before any work.

        Raises:
            SpaceError: a constraint names something unknown, or nothing meets all of them.
        """
        self.model = model
        self.axes = tuple(Axis.of(name, one) for name, one in model.parameters.items())
        for axis in self.axes:
            if axis.name in METRICS:
                raise SpaceError(
                    f"{source}: parameters.{axis.name}: is the name of a metric; rename it"
                )
        self.names = tuple(axis.name for axis in self.axes)
        parsed = [parse_constraint(one, self.names, source) for one in model.constraints]
        self.performance = tuple(one for one in parsed if one.on_performance)
        check_bounds(self.performance, source)
        self.relations = (
            *(one for one in parsed if not one.on_performance),
            *(rule_constraint(one, self.names) for one in rules),
        )
        self._canonical = canonical
        self._groups = _connected(self.names, self.relations)
        for group in self._groups:
            self._check_possible(group, source)

    @classmethod
    def parse(
        cls,
        content: object,
        *,
        rules: Sequence[Rule] = (),
        canonical: Canonical | None = None,
        source: str = "space",
    ) -> "ParameterSpace":
        """The space of a JSON form; see `config.space`. `rules` are constraints in code.

        Raises:
            SpaceError: the content is wrong; the message names the field.
        """
        return cls(parse_space(content, source), rules=rules, canonical=canonical, source=source)

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

    @property
    def size(self) -> int | None:
        """Number of parameter sets before constraints; None where there is no end of them."""
        counts = [axis.count for axis in self.axes]
        return None if None in counts else math.prod(one for one in counts if one)

    def __len__(self) -> int:
        if self.size is None:
            endless = ", ".join(axis.name for axis in self.axes if axis.count is None)
            raise SpaceError(f"parameters.{endless}: has no end of values; give it a step")
        return self.size

    def __getitem__(self, number: int) -> dict[str, Value]:
        """Parameter set `number` as the axes nest, the last one fastest; allowed or not.

        Raises:
            IndexError: there is no such set.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"parameter set {number} of {len(self)}")
        found: dict[str, Value] = {}
        for axis in reversed(self.axes):
            number, place = divmod(number, axis.count or 1)
            found[axis.name] = axis.value(place)
        return dict(reversed(found.items()))

    def number(self, parameters: Parameters) -> int:
        """The number of a parameter set of a space with an end."""
        number = 0
        for axis in self.axes:
            number = number * (axis.count or 1) + axis.place(parameters[axis.name])
        return number

    def allowed(self) -> Iterator[dict[str, Value]]:
        """Every allowed parameter set once, in order; of a space with an end."""
        seen: set[Key] | None = set() if self._canonical else None
        for number in range(len(self)):
            found = self[number]
            if self.allows(found):
                found = self.canonical(found)
                if seen is None or (key := self.key(found)) not in seen:
                    if seen is not None:
                        seen.add(key)
                    yield found

    def allows(self, parameters: Parameters) -> bool:
        """Whether the values of a parameter set meet every relation."""
        return all(one.holds(parameters) for one in self.relations)

    def check(self, parameters: Parameters) -> None:
        """Refuse what is no allowed parameter set of this space.

        Raises:
            SpaceError: the message names the parameter or the constraint.
        """
        for name in parameters:
            if name not in self.names:
                raise SpaceError(f"unknown parameter {name!r}{nearest(name, self.names)}")
        for axis in self.axes:
            if axis.name not in parameters:
                raise SpaceError(f"parameter {axis.name!r} is missing")
            if not axis.contains(parameters[axis.name]):
                raise SpaceError(
                    f"parameter {axis.name!r}: {parameters[axis.name]!r} is not in the space"
                )
        for one in self.relations:
            if not one.holds(parameters):
                raise SpaceError(f"{dict(parameters)}: breaks the constraint {one.text!r}")

    def contains(self, parameters: Parameters) -> bool:
        """Whether it is an allowed parameter set of this space."""
        try:
            self.check(parameters)
        except SpaceError:
            return False
        return True

    def canonical(self, parameters: Parameters) -> dict[str, Value]:
        """The parameter set that stands for this one."""
        found = parameters if self._canonical is None else self._canonical(parameters)
        return {name: found[name] for name in self.names}

    def key(self, parameters: Parameters) -> Key:
        """What tells this parameter set from all others."""
        return tuple(parameters[name] for name in self.names)

    def sample(self, rng: np.random.Generator) -> dict[str, Value]:
        """A random allowed parameter set.

        Raises:
            SpaceError: hardly any is allowed.
        """
        return self.repaired({axis.name: axis.sample(rng) for axis in self.axes}, rng)

    def repaired(self, parameters: Parameters, rng: np.random.Generator) -> dict[str, Value]:
        """The canonical set of these; values that break a relation are drawn anew.

        Raises:
            SpaceError: hardly any is allowed.
        """
        found = dict(parameters)
        for group in self._groups:
            for _ in range(_TRIES):
                if all(one.holds(found) for one in group.relations):
                    break
                found.update({self.axes[at].name: self.axes[at].sample(rng) for at in group.axes})
            else:
                texts = " and ".join(one.text for one in group.relations)
                raise SpaceError(
                    f"constraints {texts}: leave less than one in {_TRIES:,} parameter sets; "
                    f"narrow the ranges of the parameters to what is possible"
                )
        return self.canonical(found)

    def encode(self, parameters: Parameters) -> list[float]:
        """The place of a parameter set in the unit cube, one number an axis."""
        return [axis.encode(parameters[axis.name]) for axis in self.axes]

    def decode(self, units: Sequence[float]) -> dict[str, Value]:
        """The parameter set at a place of the unit cube, allowed or not."""
        pairs = zip(self.axes, units, strict=True)
        return {axis.name: axis.decode(float(unit)) for axis, unit in pairs}

    def snap(self, parameters: Parameters) -> dict[str, Value]:
        """Every value moved to the nearest one of its axis."""
        return {axis.name: axis.snap(parameters[axis.name]) for axis in self.axes}

    def neighbours(self, parameters: Parameters) -> list[dict[str, Value]]:
        """The allowed parameter sets that differ by one step of one parameter."""
        own, found = self.key(parameters), dict[Key, dict[str, Value]]()
        for axis in self.axes:
            for value in axis.neighbours(parameters[axis.name]):
                other = {**parameters, axis.name: value}
                if self.allows(other):
                    other = self.canonical(other)
                    found.setdefault(self.key(other), other)
        found.pop(own, None)
        return list(found.values())

    def _check_possible(self, group: "_Group", source: str) -> None:
        """Look for one parameter set that meets all relations of a group."""
        axes = [self.axes[at] for at in group.axes]
        rest = {axis.name: axis.decode(0.5) for axis in self.axes}
        counts = [axis.count for axis in axes]
        sets: Iterator[tuple[Value, ...]]
        if None not in counts and math.prod(one or 1 for one in counts) <= _EXHAUSTIBLE:
            sets = product(*([axis.value(at) for at in range(axis.count or 1)] for axis in axes))
        else:
            rng = np.random.default_rng(0)
            corners = product(*([axis.decode(0.0), axis.decode(1.0)] for axis in axes[:10]))
            drawn = (tuple(axis.sample(rng) for axis in axes) for _ in range(_TRIES))
            padded = (one + tuple(axis.decode(0.5) for axis in axes[10:]) for one in corners)
            sets = (one for some in (padded, drawn) for one in some)
        names = [axis.name for axis in axes]
        met = dict.fromkeys(one.text for one in group.relations)
        for values in sets:
            given = {**rest, **dict(zip(names, values, strict=True))}
            holding = [one.text for one in group.relations if one.holds(given)]
            if len(holding) == len(group.relations):
                return
            for text in holding:
                met.pop(text, None)
        never = list(met) or [one.text for one in group.relations]
        what = (
            "can be met by no value of" if met else "contradict each other, whatever the values of"
        )
        raise SpaceError(
            f"{source}: constraints: {' and '.join(map(repr, never))} {what} {', '.join(names)}"
        )


class _Group:
    """Axes, by place, that relations connect, and these relations."""

    def __init__(self, axes: set[int], relations: list[Constraint]) -> None:
        self.axes = sorted(axes)
        self.relations = relations


def _connected(names: Sequence[str], relations: Sequence[Constraint]) -> list[_Group]:
    groups: list[_Group] = []
    for one in relations:
        axes = {names.index(name) for name in one.names}
        touched = [group for group in groups if axes & set(group.axes)]
        groups = [group for group in groups if group not in touched]
        joined = [relation for group in touched for relation in group.relations]
        groups.append(_Group(axes.union(*(group.axes for group in touched)), [*joined, one]))
    return groups
