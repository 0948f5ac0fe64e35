"""Trading days of bars: local days on which prices move.

Some feeds fill weekends and holidays with bars that repeat the last price. Nothing can be traded
on such a *dead* day, and counting it would stretch every window, sample and statistic of days.
"""

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import Days, local_days

_FEWEST_BARS = 5
"""A day with fewer bars of one price counts as traded."""


def dead_days(bars: Bars, zone: str) -> NDArray[np.int64]:
    """Local dates of `zone`, days since 1970-01-01, whose bars, five or more, have one price."""
    days = local_days(bars.m1.time, zone)
    return days.date[_is_dead(bars, days)]


def trading_days(bars: Bars, zone: str) -> Days:
    """The local days of `zone` without dead ones, whose bars belong to the day before.

    So the days cover all bars, and a position over a dead weekend stays in one stretch. Dead
    days before the first other one belong to it; where every day is dead, all of them count.
    """
    days = local_days(bars.m1.time, zone)
    moving = ~_is_dead(bars, days)
    if moving.all() or not moving.any():
        return days
    first = days.first[moving]
    first[0] = days.first[0]
    return Days(days.date[moving], first, np.append(first[1:], bars.count))


def _is_dead(bars: Bars, days: Days) -> NDArray[np.bool_]:
    if not days.date.size:
        return np.zeros(0, np.bool_)
    high = np.maximum.reduceat(bars.m1.high, days.first)
    low = np.minimum.reduceat(bars.m1.low, days.first)
    dead: NDArray[np.bool_] = (high == low) & (days.end - days.first >= _FEWEST_BARS)
    return dead
