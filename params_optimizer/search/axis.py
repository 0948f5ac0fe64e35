"""One digit of a parameter space: its values, their order, their place between 0 and 1."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config.space import (
    CategoricalParameter,
    FloatParameter,
    IntParameter,
    JoinedParameter,
    ListedParameter,
    ParameterModel,
    Value,
)

AxisValue = Any
"""A value of one parameter, or a tuple of values of joined ones."""

_SMALL_STEP = 0.05
"""What a neighbour is on an axis without steps, as a share of its length."""

_REACHES = (0.005, 0.03, 0.15)
"""How far nearby values are, as shares of the axis."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The parameter `name`, or the joined parameters `names` under one name.

    `count` is the number of its values, None where they are endless. `ordered`: neighbouring
    values are alike, as numbers are, and as texts and joined values are not. `joined`: its values
    are rows of values, one for each of `names`. `by_place`: equal parts of the unit interval stand
    for its values. `choices` are the listed values, if they are listed. `dtypes` are the smallest
    types that hold the values of each of `names`: bool, int16, int32, int64, float64, or object
    for texts and values of several kinds.
    """

    name: str
    names: tuple[str, ...]
    model: ParameterModel
    count: int | None
    ordered: bool
    joined: bool
    by_place: bool
    choices: tuple[Any, ...] | None
    dtypes: tuple[np.dtype[Any], ...]

    @classmethod
    def of_model(cls, name: str, model: ParameterModel) -> "Axis":
        """The axis of an entry of a space."""
        names = model.names if isinstance(model, JoinedParameter) else (name,)
        count = _count(model)
        return cls(
            name,
            names,
            model,
            count,
            ordered=_is_ordered(model),
            joined=isinstance(model, JoinedParameter),
            by_place=count is not None and (isinstance(model, ListedParameter) or not model.log),
            choices=model.choices if isinstance(model, ListedParameter) else None,
            dtypes=_dtypes(model),
        )

    def of(self, parameters: Mapping[str, Value]) -> AxisValue:
        """The value that a parameter set has on this axis."""
        if self.joined:
            return tuple(parameters[name] for name in self.names)
        return parameters[self.name]

    def assign(self, value: AxisValue) -> dict[str, Value]:
        """The parameters of this axis with this value."""
        if self.joined:
            return dict(zip(self.names, value, strict=True))
        return {self.name: value}

    def value(self, place: int) -> AxisValue:
        """The value at `place`, from 0 to `count` - 1."""
        if self.choices is not None:
            return self.choices[place]
        model = self._range()
        if isinstance(model, IntParameter):
            return model.low + place * model.step
        if model.step is None:  # the only value of a range without width
            return model.low
        return float(f"{model.low + place * model.step:.12g}")

    def row(self, place: int) -> tuple[Value, ...]:
        """The value of each of `names` at `place`."""
        return tuple(self.assign(self.value(place)).values())

    def rows(self) -> list[tuple[Value, ...]]:
        """All of them, in order."""
        return [self.row(place) for place in range(self.count or 0)]

    def coded(self, places: NDArray[np.int64]) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
        """Some values of each of `names`, and which of them stands at each of `places`.

        bool, int64, float64 or, of texts, object; memory does not grow with the axis.
        """
        if isinstance(self.model, IntParameter):
            return {self.name: self.model.low + places * self.model.step}, np.arange(places.size)
        if self.count is not None and self.count <= places.size:
            distinct, codes = np.arange(self.count), places
        else:
            distinct, codes = np.unique(places, return_inverse=True)
        rows = [self.row(place) for place in distinct.tolist()]
        columns = zip(*rows, strict=True) if rows else ((),) * len(self.names)
        wide = (np.dtype(np.int64) if kind.kind == "i" else kind for kind in self.dtypes)
        triples = zip(self.names, columns, wide, strict=True)
        return {name: np.array(column, kind) for name, column, kind in triples}, codes

    def place(self, value: AxisValue) -> int:
        """The place of `value`, or of the nearest one.

        Raises:
            ValueError: it is none of the choices.
        """
        if self.choices is not None:
            return self.choices.index(value)
        low, step = self._range().low, self._range().step
        nearest = round((float(value) - low) / (step or 1))
        return min(max(nearest, 0), (self.count or 1) - 1)

    def decode(self, unit: float) -> AxisValue:
        """The value for a number from 0 to 1; equal parts of it for equally many values."""
        unit = min(max(unit, 0.0), 1.0)
        if self.by_place:
            count = cast("int", self.count)
            return self.value(min(int(unit * count), count - 1))
        model, (low, high) = self._range(), self._ends()
        if not model.log:
            return low + unit * (high - low)
        number = math.exp(math.log(low) + unit * (math.log(high) - math.log(low)))
        if isinstance(model, IntParameter):
            number = round(number)
        return min(max(number, model.low), model.high)

    def encode(self, value: AxisValue) -> float:
        """A number from 0 to 1 that `decode` turns into `value`."""
        if self.by_place:
            return (self.place(value) + 0.5) / cast("int", self.count)
        low, high = self._ends()
        if high == low:
            return 0.5
        if self._range().log:
            return (math.log(float(value)) - math.log(low)) / (math.log(high) - math.log(low))
        return (float(value) - low) / (high - low)

    def contains(self, value: object) -> bool:
        """Whether `value` is one of the axis, of the right type."""
        if self.choices is not None:
            return any(_same(value, choice) for choice in self.choices)
        model = self._range()
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        if not model.low <= value <= model.high:
            return False
        if isinstance(model, IntParameter):
            return isinstance(value, int) and (value - model.low) % model.step == 0
        if self.count is None:
            return True
        return math.isclose(value, self.value(self.place(value)), rel_tol=1e-9)

    def snap(self, value: AxisValue) -> AxisValue:
        """The value of the axis that is nearest to `value`; a choice must be one of the axis."""
        if self.count is not None:
            return self.value(self.place(value))
        return min(max(float(value), self._range().low), self._range().high)

    def sample(self, rng: np.random.Generator) -> AxisValue:
        """A random value; where `log` is true, equally often of each order of magnitude."""
        return self.decode(rng.random())

    def nearby(self, value: AxisValue, rng: np.random.Generator) -> AxisValue:
        """A random value not far from `value`; any where there is no order."""
        if not self.ordered:
            return self.sample(rng)
        reach = _REACHES[int(rng.integers(len(_REACHES)))]
        if self.by_place:
            reach = max(reach, 1.0 / cast("int", self.count))
        unit = self.encode(value) + reach * rng.normal()
        return self.decode(abs(unit) if unit < 1 else 2 - unit)

    def neighbours(self, value: AxisValue) -> list[AxisValue]:
        """The next values on both sides; all the others where there is no order."""
        if not self.by_place:
            unit = self.encode(value)
            moved = [self.decode(unit - _SMALL_STEP), self.decode(unit + _SMALL_STEP)]
            return [near for near in dict.fromkeys(moved) if near != value]
        place, count = self.place(value), cast("int", self.count)
        places = (place - 1, place + 1) if self.ordered else range(count)
        return [self.value(near) for near in places if 0 <= near < count and near != place]

    def single(self, place: int) -> ParameterModel:
        """The same axis with the value at `place` alone."""
        if isinstance(self.model, JoinedParameter):
            return JoinedParameter(names=self.names, choices=(self.row(place),))
        return CategoricalParameter(choices=self.row(place))

    def _range(self) -> IntParameter | FloatParameter:
        return cast("IntParameter | FloatParameter", self.model)

    def _ends(self) -> tuple[float, float]:
        model = self._range()
        if isinstance(model, IntParameter):  # so that the ends are as frequent as the others
            return model.low - 0.499, model.high + 0.499
        return model.low, model.high


def _dtypes(model: ParameterModel) -> tuple[np.dtype[Any], ...]:
    if isinstance(model, JoinedParameter):
        return tuple(map(_dtype, zip(*model.choices, strict=True)))
    if isinstance(model, CategoricalParameter):
        return (_dtype(model.choices),)
    return (_dtype((model.low, model.high)),)


def _dtype(values: Sequence[Any]) -> np.dtype[Any]:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return np.dtype(np.bool_)
    if kinds == {int}:
        narrow = (np.int16, np.int32, np.int64)
        low, high = min(values), max(values)
        fitting = [
            kind for kind in narrow if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max
        ]
        return np.dtype(fitting[0] if fitting else object)
    return np.dtype(np.float64 if kinds <= {int, float} else object)


def _same(value: object, choice: object) -> bool:
    """Whether they are equal and of the same kind; true is not 1."""
    if isinstance(value, tuple) and isinstance(choice, tuple):
        return len(value) == len(choice) and all(map(_same, value, choice))
    return value == choice and isinstance(value, bool) == isinstance(choice, bool)


def _count(model: ParameterModel) -> int | None:
    if isinstance(model, ListedParameter):
        return len(model.choices)
    if isinstance(model, IntParameter):
        return (model.high - model.low) // model.step + 1
    if model.step is None:
        return 1 if model.low == model.high else None
    return int((model.high - model.low) / model.step + 1e-9) + 1


def _is_ordered(model: ParameterModel) -> bool:
    if not isinstance(model, ListedParameter):
        return True
    choices: Sequence[Any] = model.choices
    return all(type(choice) in {int, float} for choice in choices) and all(
        low < high for low, high in pairwise(choices)
    )
