"""The axes of a search space as factors: single values where they are few, else ranges."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.factors import Factor
from params_optimizer.config.space import IntParameter, Value
from params_optimizer.search.axis import Axis

MOST = 12
"""Values that an axis shows one by one, and the most ranges it is cut into."""
_RANGES = 10
"""Ranges of an axis that has no end of values."""
OTHERS = "others"


def binned(axis: Axis, values: Sequence[Value]) -> tuple[Factor, NDArray[np.int64]]:
    """An axis as a factor of at most `MOST` values or ranges, and the place of each value.

    Neighbouring values share a range, those of an axis without steps (or one of orders of
    magnitude) ranges of equal length. What has no order is not put together: beside the most
    frequent choices stand all `OTHERS`.
    """
    if axis.count is not None and axis.count <= MOST:
        labels = tuple(_text(axis.value(place)) for place in range(axis.count))
        return Factor(axis.name, labels), _array(axis.place(one) for one in values)
    if not axis.ordered:
        return _frequent(axis, values)
    if axis.count is None or getattr(axis.model, "log", False):
        return _stretched(axis, values)
    width = -(-axis.count // MOST)
    firsts = range(0, axis.count, width)
    labels = tuple(
        _range(axis.value(one), axis.value(min(one + width, axis.count) - 1)) for one in firsts
    )
    return Factor(axis.name, labels), _array(axis.place(one) // width for one in values)


def _stretched(axis: Axis, values: Sequence[Value]) -> tuple[Factor, NDArray[np.int64]]:
    """Ranges of equal length of an axis without steps, or of orders of magnitude."""
    ends = [axis.decode(at / _RANGES) for at in range(_RANGES + 1)]
    if isinstance(axis.model, IntParameter):  # some ranges hold no whole number of their own
        firsts = sorted({int(one) for one in ends[:-1]})
        lasts = [one - 1 for one in firsts[1:]] + [axis.model.high]
        pairs: list[tuple[Value, Value]] = list(zip(firsts, lasts, strict=True))
        places = np.searchsorted(firsts, np.array(values, np.int64), side="right") - 1
        return Factor(axis.name, tuple(_range(*pair) for pair in pairs)), places
    labels = tuple(_range(*ends[at : at + 2]) for at in range(_RANGES))
    units = (axis.encode(one) for one in values)
    return Factor(axis.name, labels), _array(
        min(max(int(unit * _RANGES), 0), _RANGES - 1) for unit in units
    )


def _frequent(axis: Axis, values: Sequence[Value]) -> tuple[Factor, NDArray[np.int64]]:
    places = [axis.place(one) for one in values]
    kept = sorted(place for place, _ in Counter(places).most_common(MOST - 1))
    labels = (*(_text(axis.value(place)) for place in kept), OTHERS)
    return Factor(axis.name, labels), _array(
        kept.index(place) if place in kept else len(kept) for place in places
    )


def _array(places: object) -> NDArray[np.int64]:
    return np.fromiter(places, np.int64)  # type: ignore[call-overload,no-any-return]


def _text(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _range(low: Value, high: Value) -> str:
    ends = [f"{one:.3g}" if isinstance(one, float) else str(one) for one in (low, high)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"
