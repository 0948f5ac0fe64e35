"""The days of one Initial Balance window as bar indices (R1)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import IBWindow
from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.ib_cache import IBLevels
from params_optimizer.data.ib_window import ib_times


class Sessions(NamedTuple):
    """Local days whose Initial Balance has bars and a range above 0; arrays of shape (days,).

    `ib_first` is the index of the first bar at or after ib_start, `ib_end` the UTC minute at
    which the Initial Balance ends.
    """

    date: NDArray[np.int64]
    ib_first: NDArray[np.int64]
    ib_end: NDArray[np.int64]
    ibh: NDArray[np.float64]
    ibl: NDArray[np.float64]
    eq: NDArray[np.float64]


class Windows(NamedTuple):
    """Trade windows of each day: bars `first[day] <= index < end[day, window]` (R1.3)."""

    first: NDArray[np.int64]
    end: NDArray[np.int64]
    close_time: NDArray[np.int64]


def sessions(bars: Bars, window: IBWindow, levels: IBLevels) -> Sessions:
    """Days and their borders for one IB window; `levels` are its Initial Balances (R1.2)."""
    levels = IBLevels._make(array[levels.ibh > levels.ibl] for array in levels)
    times = ib_times(levels.date, window)
    return Sessions(
        date=levels.date,
        ib_first=np.searchsorted(bars.m1.time, times.start),
        ib_end=times.end,
        ibh=levels.ibh,
        ibl=levels.ibl,
        eq=levels.eq,
    )


def trade_windows(m1: M1, days: Sessions, wait: int, minutes: tuple[int, ...]) -> Windows:
    """Bars of the trade windows that open `wait` minutes after the IB (R1.3).

    They may reach into later dates. A window without bars ends where it begins.
    """
    opens = days.ib_end + wait
    close_time = opens[:, None] + np.array(minutes, np.int64)
    first, end = np.searchsorted(m1.time, opens), np.searchsorted(m1.time, close_time, side="right")
    return Windows(first, end, close_time)
