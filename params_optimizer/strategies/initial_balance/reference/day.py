"""R1: days, Initial Balance and trade window."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import dates_around
from params_optimizer.data.ib_window import ib_times, skipped_windows
from params_optimizer.strategies.initial_balance.params import Params


class Bar(NamedTuple):
    """A one-minute bar; `time` is its opening minute in UTC."""

    time: int
    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True, slots=True)
class Day:
    """One local calendar date, that of `ib_start`, on which a trade is possible.

    `date` is days since 1970-01-01 in the IB zone, `window_end` a UTC minute; `window` is
    never empty, `range` is above 0.
    """

    date: int
    ib_high: float
    ib_low: float
    window_end: int
    window: list[Bar]
    context: list[Bar]

    @property
    def eq(self) -> float:
        """Middle of the IB (R1.2)."""
        return (self.ib_high + self.ib_low) / 2

    @property
    def range(self) -> float:
        """Height of the IB (R1.2)."""
        return self.ib_high - self.ib_low


def trading_days(bars: Bars, params: Params) -> Iterator[Day]:
    """The days of `bars`, in order, that have an IB and a window (R1.1)."""
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    dates = dates_around(bars.m1.time)
    dates = dates[~skipped_windows(dates, window)]
    times = ib_times(dates, window)
    for date, ib_start, ib_end in zip(
        dates.tolist(), times.start.tolist(), times.end.tolist(), strict=True
    ):
        window_start = ib_end + params.ib_wait_minutes
        window_end = window_start + params.trade_window_minutes
        session = _bars_between(bars.m1, ib_start, window_end)
        day = _trading_day(date, session, ib_end, window_start, window_end)
        if day is not None:
            yield day


def _bars_between(m1: M1, ib_start: int, window_end: int) -> list[Bar]:
    """The day's bars with `ib_start <= time <= window_end`, whatever their date."""
    low = int(np.searchsorted(m1.time, ib_start))
    high = int(np.searchsorted(m1.time, window_end, side="right"))
    columns = (array[low:high].tolist() for array in m1[:5])
    return [Bar(*values) for values in zip(*columns, strict=True)]


def _trading_day(
    date: int, session: list[Bar], ib_end: int, window_start: int, window_end: int
) -> Day | None:
    """Split the bars from `ib_start` to `window_end` (R1.2 to R1.4); None: no trade that day."""
    opens = bisect_left(session, window_start, key=_opening)
    context, window = session[:opens], session[opens:]
    balance = context[: bisect_left(context, ib_end, key=_opening)]
    if not balance or not window:
        return None
    ib_high, ib_low = max(bar.high for bar in balance), min(bar.low for bar in balance)
    if ib_high - ib_low <= 0:
        return None
    return Day(date, ib_high, ib_low, window_end, window, context)


def _opening(bar: Bar) -> int:
    return bar.time
