"""The axes of a space as factors: single values where they are few or listed, else ranges."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config.space import IntParameter, ListedParameter, Value
from params_optimizer.search.axis import Axis, AxisValue
from params_optimizer.search.space import Parameters, ParameterSpace

Numbers = NDArray[np.int64]

MAX_VALUES = 12
"""Values that an axis shows one by one, and the number of ranges that it is cut into at most."""
_RANGES = 10
"""Ranges of an axis that has no end of values."""
OTHERS = "others"


class Factor(NamedTuple):
    """An axis: its name, and a label for each of its values or ranges.

    Joined parameters are one factor, since they alone do not make a full factorial.
    """

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Factors:
    """The axes of a space as factors, in their order, and the places of parameter sets on them.

    `places_of` turns numbers of sets, shape (sets,), to one array of places for each factor.
    """

    factors: tuple[Factor, ...]
    places_of: Callable[[Numbers], list[Numbers]]

    @property
    def varying(self) -> list[int]:
        """Which factors have several values."""
        return [at for at, factor in enumerate(self.factors) if len(factor.labels) > 1]

    def codes(self, numbers: Numbers, members: Sequence[int]) -> Numbers:
        """Sets numbered by some of the factors alone, the last one fastest."""
        places, codes = self.places_of(numbers), np.zeros(numbers.size, np.int64)
        for at in members:
            codes = codes * len(self.factors[at].labels) + places[at]
        return codes


def grid_factors(space: ParameterSpace) -> Factors:
    """The factors of a space that is a grid: listed values, or ranges of neighbouring ones."""
    widths = tuple(map(_width, space.axes))

    def places_of(numbers: Numbers) -> list[Numbers]:
        pairs = zip(space.places_of(numbers), widths, strict=True)
        return [places // width for places, width in pairs]

    return Factors(tuple(map(_ranges, space.axes, widths)), places_of)


def set_factors(space: ParameterSpace, sets: Mapping[int, Parameters]) -> Factors:
    """The factors of parameter sets of any space, by number in ascending order; see `binned`."""
    cut = [binned(axis, [axis.of(values) for values in sets.values()]) for axis in space.axes]
    order = np.fromiter(sets, np.int64)

    def places_of(numbers: Numbers) -> list[Numbers]:
        rows = np.searchsorted(order, numbers)
        return [places[rows] for _, places in cut]

    return Factors(tuple(factor for factor, _ in cut), places_of)


def binned(axis: Axis, values: Sequence[AxisValue]) -> tuple[Factor, Numbers]:
    """An axis as a factor of at most `MAX_VALUES` values or ranges, and the place of each value.

    Neighbouring values share a range, those of an axis without steps (or one of orders of
    magnitude) ranges of equal length. What has no order is not put together: beside the most
    frequent choices stand all `OTHERS`.
    """
    if axis.count is None or (axis.count > MAX_VALUES and not axis.by_place):
        return _stretched(axis, values)
    if axis.count > MAX_VALUES and not axis.ordered:
        return _frequent(axis, values)
    width = -(-axis.count // MAX_VALUES)
    places = _array(axis.place(value) for value in values)
    return _ranges(axis, width), places // width


def cuts(shape: Sequence[int]) -> tuple[int, int]:
    """Where to cut the digits into three runs so that the tables of two runs stay small.

    Any two factors lie in two of the three runs: sums by (a, b), (b, c) and (a, c) hold
    those of every pair.
    """

    def cells(cut: tuple[int, int]) -> int:
        a, b, c = prod(shape[: cut[0]]), prod(shape[cut[0] : cut[1]]), prod(shape[cut[1] :])
        return a * b + b * c + a * c

    return min(combinations_with_replacement(range(len(shape) + 1), 2), key=cells)


def _width(axis: Axis) -> int:
    """How many neighbouring values of an axis of a grid share a range."""
    return 1 if isinstance(axis.model, ListedParameter) else -(-(axis.count or 1) // MAX_VALUES)


def _ranges(axis: Axis, width: int) -> Factor:
    count = axis.count or 0
    if width > 1:
        ends = ((low, min(low + width, count) - 1) for low in range(0, count, width))
        labels = [_range(axis.value(low), axis.value(high)) for low, high in ends]
        return Factor(axis.name, tuple(labels))
    return Factor(axis.name, _labels(axis, axis.rows()))


def _stretched(axis: Axis, values: Sequence[AxisValue]) -> tuple[Factor, Numbers]:
    """Ranges of equal length of an axis without steps, or of orders of magnitude."""
    ends = [axis.decode(place / _RANGES) for place in range(_RANGES + 1)]
    if isinstance(axis.model, IntParameter):  # some ranges hold no integer of their own
        firsts = sorted({int(low) for low in ends[:-1]})
        lasts = [first - 1 for first in firsts[1:]] + [axis.model.high]
        labels = tuple(map(_range, firsts, lasts))
        places = np.searchsorted(firsts, np.array(values, np.int64), side="right") - 1
        return Factor(axis.name, labels), places
    units = (axis.encode(value) for value in values)
    factor = Factor(axis.name, tuple(map(_range, ends[:-1], ends[1:])))
    return factor, _array(min(max(int(unit * _RANGES), 0), _RANGES - 1) for unit in units)


def _frequent(axis: Axis, values: Sequence[AxisValue]) -> tuple[Factor, Numbers]:
    places = [axis.place(value) for value in values]
    frequent = sorted(place for place, _ in Counter(places).most_common(MAX_VALUES - 1))
    labels = _labels(axis, [axis.row(place) for place in frequent])
    return Factor(axis.name, (*labels, OTHERS)), _array(
        frequent.index(place) if place in frequent else len(frequent) for place in places
    )


def _array(places: Iterable[int]) -> Numbers:
    return np.fromiter(places, np.int64)


def _labels(axis: Axis, rows: Sequence[tuple[Value, ...]]) -> tuple[str, ...]:
    """A text for each row; the only one that begins with 0 or false is `off`."""
    if axis.name == "ib_window" and axis.joined:
        zoned = len({row[-1] for row in rows}) > 1
        windows = (" ".join((f"{row[0]}–{row[1]}", *row[2:][:zoned])) for row in rows)  # type: ignore[arg-type]
        return tuple(windows)
    if not axis.joined:
        return tuple(_text(value) for (value,) in rows)
    switch = sum(not row[0] for row in rows) == 1
    texts = (" / ".join(_text(value) for value in row if value is not True) for row in rows)
    return tuple(
        "off" if switch and not row[0] else text for row, text in zip(rows, texts, strict=True)
    )


def _text(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _range(low: Value, high: Value) -> str:
    ends = [f"{end:.3g}" if isinstance(end, float) else str(end) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"
