"""One parameter of a search space: its values, their order, their place between 0 and 1."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np

from params_optimizer.config.space import (
    CategoricalParameter,
    FloatParameter,
    IntParameter,
    ParameterModel,
    Value,
)

_SMALL_STEP = 0.05
"""What a neighbour is on an axis without steps, as a share of its length."""

_REACHES = (0.005, 0.03, 0.15)
"""How far nearby values are, as shares of the axis."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter called `name`.

    `count` is the number of its values, None where there is no end of them. `ordered`:
    neighbouring values are alike, as numbers are, and as unlisted orders are not.
    """

    name: str
    model: ParameterModel
    count: int | None
    ordered: bool

    @classmethod
    def of(cls, name: str, model: ParameterModel) -> "Axis":
        """The axis of a parameter."""
        return cls(name, model, _count(model), _is_ordered(model))

    def value(self, place: int) -> Value:
        """The value at `place`, from 0 to `count` - 1."""
        if isinstance(self.model, CategoricalParameter):
            return self.model.choices[place]
        if isinstance(self.model, IntParameter):
            return self.model.low + place * self.model.step
        if self.model.step is None:  # the only value of a range that has no width
            return self.model.low
        return float(f"{self.model.low + place * self.model.step:.12g}")

    def place(self, value: Value) -> int:
        """The place of `value`, or of the nearest one.

        Raises:
            ValueError: it is none of the choices.
        """
        if isinstance(self.model, CategoricalParameter):
            return self.model.choices.index(value)
        low, step = self.model.low, self.model.step
        nearest = round((float(value) - low) / (step or 1))
        return min(max(nearest, 0), (self.count or 1) - 1)

    def decode(self, unit: float) -> Value:
        """The value for a number from 0 to 1; equal parts of it for equally many values."""
        unit = min(max(unit, 0.0), 1.0)
        if isinstance(self.model, CategoricalParameter) or not (
            self.model.log or self.count is None
        ):
            count = cast("int", self.count)
            return self.value(min(int(unit * count), count - 1))
        low, high = self._ends()
        if not self.model.log:
            return low + unit * (high - low)
        found = math.exp(math.log(low) + unit * (math.log(high) - math.log(low)))
        if isinstance(self.model, IntParameter):
            return min(max(round(found), self.model.low), self.model.high)
        return min(max(found, self.model.low), self.model.high)

    def encode(self, value: Value) -> float:
        """A number from 0 to 1 that `decode` makes `value` of."""
        if isinstance(self.model, CategoricalParameter) or not (
            self.model.log or self.count is None
        ):
            return (self.place(value) + 0.5) / cast("int", self.count)
        low, high = self._ends()
        if high == low:
            return 0.5
        if self.model.log:
            return (math.log(float(value)) - math.log(low)) / (math.log(high) - math.log(low))
        return (float(value) - low) / (high - low)

    def contains(self, value: object) -> bool:
        """Whether `value` is one of the axis, of the right type."""
        if not isinstance(value, bool | int | float | str):
            return False
        if isinstance(self.model, CategoricalParameter):
            return any(
                value == one and isinstance(value, bool) == isinstance(one, bool)
                for one in self.model.choices
            )
        if isinstance(value, bool | str) or not self.model.low <= value <= self.model.high:
            return False
        if isinstance(self.model, IntParameter):
            return isinstance(value, int) and (value - self.model.low) % self.model.step == 0
        if self.count is None:
            return True
        return math.isclose(value, cast("float", self.value(self.place(value))), rel_tol=1e-9)

    def snap(self, value: Value) -> Value:
        """The value of the axis that is nearest to `value`; a choice has to be one."""
        if isinstance(self.model, CategoricalParameter) or self.count is not None:
            return self.value(self.place(value))
        return min(max(float(value), self.model.low), self.model.high)

    def sample(self, rng: np.random.Generator) -> Value:
        """A random value; where `log` is true, equally often of each order of magnitude."""
        return self.decode(rng.random())

    def nearby(self, value: Value, rng: np.random.Generator) -> Value:
        """A random value not far from `value`; any where there is no order."""
        if not self.ordered:
            return self.sample(rng)
        reach = _REACHES[int(rng.integers(len(_REACHES)))]
        if self.count is not None and not getattr(self.model, "log", False):
            reach = max(reach, 1.0 / self.count)
        at = self.encode(value) + reach * rng.normal()
        return self.decode(abs(at) if at < 1 else 2 - at)

    def neighbours(self, value: Value) -> list[Value]:
        """The next values on both sides; every other one where there is no order."""
        if self.count is None or (
            not isinstance(self.model, CategoricalParameter) and self.model.log
        ):
            at = self.encode(value)
            moved = [self.decode(at - _SMALL_STEP), self.decode(at + _SMALL_STEP)]
            return [one for one in dict.fromkeys(moved) if one != value]
        place = self.place(value)
        reach = (place - 1, place + 1) if self.ordered else range(self.count)
        return [self.value(one) for one in reach if 0 <= one < self.count and one != place]

    def _ends(self) -> tuple[float, float]:
        model = cast("IntParameter | FloatParameter", self.model)
        if isinstance(model, IntParameter):  # so that the ends are as frequent as the others
            return model.low - 0.499, model.high + 0.499
        return model.low, model.high


def _count(model: ParameterModel) -> int | None:
    if isinstance(model, CategoricalParameter):
        return len(model.choices)
    if isinstance(model, IntParameter):
        return (model.high - model.low) // model.step + 1
    if model.step is None:
        return 1 if model.low == model.high else None
    return int((model.high - model.low) / model.step + 1e-9) + 1


def _is_ordered(model: ParameterModel) -> bool:
    if not isinstance(model, CategoricalParameter):
        return True
    numbers = [one for one in model.choices if isinstance(one, int | float)]
    if len(numbers) < len(model.choices) or any(isinstance(one, bool) for one in numbers):
        return False
    return all(one < other for one, other in pairwise(numbers))
