"""Indicators on closes, compiled, and kept: parameter sets of a search share them.

Every value is computed from its own window alone, in the order of time, so that it does
not depend on where the bars begin (Wilder's averages excepted, which never forget).
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.jit import kernel

Column = NDArray[np.float64]

_BLOCK: Final = 4096  # bars whose sums stay in the processor's cache
_KEPT_BYTES: Final = 64 << 20  # of a process; there may be a hundred


class _Kept(NamedTuple):
    close: Column  # kept alive, so that its place in memory is not taken by other bars
    values: Column


_kept: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()


def mean(close: Column, period: int) -> Column:
    """Simple average of the last `period` closes, NaN before there are as many."""
    return _remembered(close, mean_nb, period)


def deviation(close: Column, period: int) -> Column:
    """Population deviation (divided by `period`) of the last `period` closes, NaN before."""
    return _remembered(close, deviation_nb, period)


def wilder_rsi(close: Column, period: int) -> Column:
    """Wilder's relative strength index, 0 to 100, NaN before `period` changes are there."""
    return _remembered(close, rsi_nb, period)


def forget() -> None:
    """Let go of all that was kept."""
    _kept.clear()


def _remembered(close: Column, compute: Callable[[Column, int], Column], period: int) -> Column:
    """Values computed before for this memory; fewer bars of it have the same first values."""
    key = (close.__array_interface__["data"][0], close.strides, compute.__name__, period)
    entry = _kept.get(key)
    if entry is None or entry.close.size < close.size:
        values = compute(close, period)
        values.setflags(write=False)
        entry = _kept[key] = _Kept(close, values)
        while (
            len(_kept) > 1 and sum(stored.values.nbytes for stored in _kept.values()) > _KEPT_BYTES
        ):
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return entry.values[: close.size]


@kernel
def mean_nb(close: Column, period: int) -> Column:
    """See `mean`: each sum from the oldest close to the newest, divided once."""
    values = np.full(close.size, np.nan)
    for low in range(period - 1, close.size, _BLOCK):
        high = min(low + _BLOCK, close.size)
        values[low:high] = 0.0
        for back in range(period - 1, -1, -1):
            for bar in range(low, high):
                values[bar] += close[bar - back]
        for bar in range(low, high):
            values[bar] /= period
    return values


@kernel
def deviation_nb(close: Column, period: int) -> Column:
    """See `deviation`: two passes, first the mean, then the squares of what differs from it."""
    center = mean_nb(close, period)
    values = np.full(close.size, np.nan)
    for low in range(period - 1, close.size, _BLOCK):
        high = min(low + _BLOCK, close.size)
        values[low:high] = 0.0
        for back in range(period - 1, -1, -1):
            for bar in range(low, high):
                away = close[bar - back] - center[bar]
                values[bar] += away * away
        for bar in range(low, high):
            values[bar] = np.sqrt(values[bar] / period)
    return values


@kernel
def rsi_nb(close: Column, period: int) -> Column:
    """See `wilder_rsi`: averages start as plain means, then forget one part in `period`."""
    values = np.full(close.size, np.nan)
    gain, loss = 0.0, 0.0
    for bar in range(1, close.size):
        change = close[bar] - close[bar - 1]
        up, down = max(change, 0.0), max(-change, 0.0)
        if bar <= period:
            gain, loss = gain + up, loss + down
        else:
            gain = (gain * (period - 1) + up) / period
            loss = (loss * (period - 1) + down) / period
        if bar == period:
            gain, loss = gain / period, loss / period
        if bar >= period:
            total = gain + loss
            values[bar] = 100.0 * gain / total if total > 0.0 else 50.0
    return values
