"""The day's signals, compiled: Reverse (R3), OCAE and TCWE (R4), REV_RB (R5).

Every search sees candles only, and finds the same in a longer window as in a shorter
one, as long as the entry candle lies inside both. That is what lets a panel look once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.candles import Candles
from params_optimizer.engine.jit import kernel

OCAE, TCWE, REVERSE, REV_RB = range(4)
"""Places of the variations in `params.VARIATIONS`."""


class Levels(NamedTuple):
    """Initial Balance of one day, in points."""

    ibh: float
    ibl: float
    eq: float


class Breakout(NamedTuple):
    """A close beyond the buffer (R4); `candle` is -1 where there is no signal."""

    variation: int
    long: bool
    candle: int


class Rebound(NamedTuple):
    """A limit order that waits for the price to come back to the IB edge (R5).

    `trigger` and `entry` are candles; `entry` is the first one after the trigger that
    reaches the edge. -1 where there is none.
    """

    long: bool
    trigger: int
    entry: int


@kernel
def reversals_nb(
    window: Candles,
    context: Candles,
    levels: Levels,
    buffer: float,
) -> tuple[int, NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]]:
    """Every group of sweeps that gives a signal, in the order of R3.6.

    Returns the number of signals and arrays of their sides (long), confirmation candles
    and stops; only the first entries up to that number mean something.
    """
    count = window.start.size
    room = 2 * count
    upper = np.empty(room, np.bool_)
    first = np.empty(room, np.int64)
    last = np.empty(room, np.int64)
    extreme = np.empty(room)
    groups = _groups_nb(window, levels, buffer, (upper, first, last, extreme))

    long = np.empty(groups, np.bool_)
    confirmation = np.empty(groups, np.int64)
    stop = np.empty(groups)
    confirmed = 0
    for group in range(groups):
        at = _confirmation_nb(window, context, levels, (upper[group], first[group], last[group]))
        if at >= 0 and at + 1 < count:
            long[confirmed] = not upper[group]
            confirmation[confirmed] = at
            stop[confirmed] = extreme[group]
            confirmed += 1
    return confirmed, long, confirmation, stop


@kernel
def _groups_nb(
    window: Candles,
    levels: Levels,
    buffer: float,
    groups: tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
) -> int:
    """Join sweeps into groups until the invalidation (R3.1 to R3.3)."""
    upper, first, last, extreme = groups
    above, below = levels.ibh + buffer, levels.ibl - buffer
    count = 0
    for candle in range(window.start.size):
        opened, closed = window.open[candle], window.close[candle]
        if (opened > above and closed > above) or (opened < below and closed < below):
            break
        for side in range(2):
            is_upper = side == 0
            if is_upper:
                sweep = window.high[candle] > levels.ibh and opened <= above and closed <= above
            else:
                sweep = window.low[candle] < levels.ibl and opened >= below and closed >= below
            if not sweep:
                continue
            current = count - 1
            if current >= 0 and upper[current] == is_upper and last[current] == candle - 1:
                last[current] = candle
                if is_upper:
                    extreme[current] = max(extreme[current], window.high[candle])
                else:
                    extreme[current] = min(extreme[current], window.low[candle])
            else:
                upper[count] = is_upper
                first[count] = candle
                last[count] = candle
                extreme[count] = window.high[candle] if is_upper else window.low[candle]
                count += 1
    return count


@kernel
def _confirmation_nb(
    window: Candles, context: Candles, levels: Levels, group: tuple[bool, int, int]
) -> int:
    """The candle that closes through the group's level, -1 without one (R3.4, R3.5)."""
    upper, first, last = group
    level = _level_nb(window, first - 1, upper)
    if np.isnan(level):
        level = _level_nb(context, context.start.size - 1, upper)
    if np.isnan(level):
        return -1
    half = 0.5 * (levels.ibh - levels.ibl)
    for candle in range(last + 1, window.start.size):
        close = window.close[candle]
        if upper and close < level:
            return candle if levels.ibh - close < half else -1
        if not upper and close > level:
            return candle if close - levels.ibl < half else -1
    return -1


@kernel
def _level_nb(candles: Candles, newest: int, upper: bool) -> float:
    """Low of the nearest bearish, or high of the nearest bullish candle; NaN without one."""
    for candle in range(newest, -1, -1):
        if upper and candles.close[candle] < candles.open[candle]:
            return float(candles.low[candle])
        if not upper and candles.close[candle] > candles.open[candle]:
            return float(candles.high[candle])
    return np.nan


@kernel
def breakout_nb(window: Candles, levels: Levels, buffer: float, max_distance: float) -> Breakout:
    """The day's OCAE or TCWE signal (R4)."""
    touched = False
    first = -1
    long = False
    for candle in range(window.start.size):
        if window.low[candle] <= levels.eq <= window.high[candle]:
            touched = True
            if first >= 0:  # R4.4: back at EQ before a second candle
                break
        close = window.close[candle]
        up = close > levels.ibh + buffer and close - levels.ibh <= max_distance
        down = close < levels.ibl - buffer and levels.ibl - close <= max_distance
        if not up and not down:
            continue
        if first < 0:
            first, long = candle, up
            if touched:
                return Breakout(OCAE, long, candle)
        elif (long and up and close > window.close[first]) or (
            not long and down and close < window.close[first]
        ):
            return Breakout(TCWE, long, candle)
    return Breakout(OCAE, False, -1)


@kernel
def rebound_nb(window: Candles, levels: Levels, extension: float) -> Rebound:
    """The day's REV_RB order and its fill (R5); `extension` is rev_rb_pct * range."""
    above, below = levels.ibh + extension, levels.ibl - extension
    for trigger in range(window.start.size):
        long = window.high[trigger] >= above
        if not long and window.low[trigger] > below:
            continue
        for candle in range(trigger + 1, window.start.size):
            if long and window.low[candle] <= levels.ibh:
                return Rebound(long, trigger, candle)
            if not long and window.high[candle] >= levels.ibl:
                return Rebound(long, trigger, candle)
        return Rebound(long, trigger, -1)
    return Rebound(False, -1, -1)
