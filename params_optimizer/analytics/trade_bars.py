"""The bars around a trade as so many candles as a chart can show."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1

_BEFORE, _AFTER = 30, 20
"""Bars shown before and after a trade, at least."""


class TradeBars(NamedTuple):
    """Candles of `bars` bars each, arrays of shape (candles,); the last one may hold fewer.

    `time` is the opening minute of the first bar of each (UTC); `entry` and `exit` are the
    places of the candles in which the trade begins and ends.
    """

    time: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    entry: int
    exit: int
    bars: int


def bars_around(m1: M1, entry: int, leave: int, limit: int) -> TradeBars:
    """At most `limit` candles around a trade from the bar at `entry` to that at `leave` (UTC).

    Bars are counted, not minutes: nights and weekends take no room.
    """
    first = int(np.searchsorted(m1.time, entry, side="right")) - 1
    last = int(np.searchsorted(m1.time, leave, side="right")) - 1
    first, last = max(first, 0), max(last, first, 0)
    duration = last - first
    low = max(first - max(_BEFORE, duration // 4), 0)
    high = min(last + max(_AFTER, duration // 6) + 1, m1.time.size)
    bars = max(-(-(high - low) // limit), 1)
    starts = np.arange(0, high - low, bars)
    ends = np.append(starts[1:], high - low) - 1
    part = M1._make(array[low:high] for array in m1)
    return TradeBars(
        part.time[starts],
        part.open[starts],
        np.maximum.reduceat(part.high, starts),
        np.minimum.reduceat(part.low, starts),
        part.close[ends],
        (first - low) // bars,
        (last - low) // bars,
        bars,
    )
