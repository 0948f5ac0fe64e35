"""A list of trades as a curve, and summed over months and weekdays."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Curve(NamedTuple):
    """After each trade: the sum of R so far, and how far it lies below its peak (R, 0 or more).

    The peak starts at the first trade, as that of `max_drawdown` (R10).
    """

    cumulative: Floats
    drawdown: Floats


class Period(NamedTuple):
    """Trades of a month of a year, or of a weekday; `winrate` is in percent, as in R10.

    `won` and `lost` trades are not all of them: the rest made 0 R.
    """

    trades: int
    total_r: float
    winrate: float
    avg_trade_r: float
    won: int
    lost: int


def curve(r: Floats) -> Curve:
    """The curve of R values in the order of time, shape (trades,)."""
    cumulative = np.cumsum(r)
    return Curve(cumulative, np.maximum.accumulate(cumulative) - cumulative)


def by_month(dates: Sequence[date], r: Floats) -> dict[int, dict[int, Period]]:
    """Trades by year and month (1 to 12); months without trades are left out."""
    periods: dict[int, dict[int, Period]] = {}
    months = np.array([day.year * 12 + day.month - 1 for day in dates], np.int64)
    for month in np.unique(months).tolist():
        periods.setdefault(month // 12, {})[month % 12 + 1] = _period(r[months == month])
    return periods


def by_year(dates: Sequence[date], r: Floats) -> dict[int, Period]:
    """Trades by year."""
    years = np.array([day.year for day in dates], np.int64)
    return {year: _period(r[years == year]) for year in np.unique(years).tolist()}


def by_weekday(dates: Sequence[date], r: Floats) -> dict[int, Period]:
    """Trades by weekday (0: Monday); weekdays without trades are left out."""
    days = np.array([day.weekday() for day in dates], np.int64)
    return {day: _period(r[days == day]) for day in np.unique(days).tolist()}


def _period(r: Floats) -> Period:
    won, lost = int((r > 0).sum()), int((r < 0).sum())
    total, decided = float(r.sum()), won + lost
    winrate = 100 * won / decided if decided else 0.0
    return Period(r.size, total, winrate, total / r.size, won, lost)
