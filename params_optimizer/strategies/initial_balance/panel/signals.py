"""All signals of a panel: every buffer, distance, window and extension at once (R3 to R6).

A panel is one (IB window, wait). Signals are found in its longest trade window; a
shorter one can only cut some off. Equal signals are stored once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.data.news import NewsWindows
from params_optimizer.engine.candles import Candles, candles_nb
from params_optimizer.engine.jit import kernel
from params_optimizer.strategies.initial_balance.backtest import counts_nb
from params_optimizer.strategies.initial_balance.sessions import Sessions, Windows
from params_optimizer.strategies.initial_balance.signals import (
    REV_RB,
    REVERSE,
    Breakout,
    Levels,
    Rebound,
    breakout_nb,
    rebound_nb,
    reversals_nb,
)

NONE = -1
"""In place of a signal: nothing is traded."""


class SignalAxes(NamedTuple):
    """What signals depend on, beside the panel; fractions of the range, float64."""

    buffers: NDArray[np.float64]
    distances: NDArray[np.float64]
    extensions: NDArray[np.float64]


class Signals(NamedTuple):
    """Distinct signals, arrays of shape (signals,), sorted by day.

    `entry_time` is the earliest minute of the entry bar (R7.1); prices are in points,
    with one stop per stop mode (of REV_RB it is EQ, before R5.3 widens it).
    """

    day: NDArray[np.int64]
    variation: NDArray[np.int64]
    long: NDArray[np.bool_]
    entry_time: NDArray[np.int64]
    raw: NDArray[np.float64]
    fill: NDArray[np.float64]
    stop_ib_start: NDArray[np.float64]
    stop_eq: NDArray[np.float64]


class Choices(NamedTuple):
    """Which signal is traded, or `NONE`; int32 indices into `Signals`.

    `first` has shape (windows, buffers, distances, days) and knows Reverse, OCAE and
    TCWE (R6.3); `rebound` has shape (windows, extensions, days) and counts where
    `first` is `NONE` (R6.4).
    """

    first: NDArray[np.int32]
    rebound: NDArray[np.int32]


class _Found(NamedTuple):
    """A day in its longest window."""

    m1: M1
    window: Candles
    levels: Levels
    news: NewsWindows


@kernel
def panel_signals_nb(
    m1: M1, days: Sessions, windows: Windows, axes: SignalAxes, news: NewsWindows
) -> tuple[Signals, Choices]:
    """Find every signal of the panel and who trades which."""
    room = days.date.size
    spans = windows.end.shape[1]
    first = np.full((spans, axes.buffers.size, axes.distances.size, room), NONE, np.int32)
    rebound = np.full((spans, axes.extensions.size, room), NONE, np.int32)
    rows = np.empty((max(4 * room, 64), 8))
    count = 0
    for day in range(room):
        low, high = windows.first[day], windows.end[day].max()
        if low >= high:
            continue
        window = candles_nb(m1, low, high)
        if not window.start.size:
            continue
        context = candles_nb(m1, days.ib_first[day], low)
        levels = Levels(days.ibh[day], days.ibl[day], days.eq[day])
        found = _Found(m1, window, levels, news)
        begin = count
        span = levels.ibh - levels.ibl
        for b in range(axes.buffers.size):
            buffer = axes.buffers[b] * span
            reversals = reversals_nb(window, context, levels, buffer)
            reverse = np.empty(spans, np.int64)
            for w in range(spans):
                reverse[w] = _reversal_nb(found, reversals, windows.close_time[day, w])
            for d in range(axes.distances.size):
                breakout = breakout_nb(window, levels, buffer, axes.distances[d] * span)
                for w in range(spans):
                    close_time = windows.close_time[day, w]
                    row = _first_row_nb(found, reversals, reverse[w], breakout, close_time)
                    if row[1] >= 0:
                        row[0] = day
                        rows, count, at = _store_nb(rows, begin, count, row)
                        first[w, b, d, day] = at
        for e in range(axes.extensions.size):
            order = rebound_nb(window, levels, axes.extensions[e] * span)
            for w in range(spans):
                if _rebound_counts_nb(found, order, windows.close_time[day, w]):
                    row = _rebound_row_nb(found, order)
                    row[0] = day
                    rows, count, at = _store_nb(rows, begin, count, row)
                    rebound[w, e, day] = at
    return _signals_nb(rows[:count]), Choices(first, rebound)


@kernel
def _reversal_nb(
    found: _Found,
    reversals: tuple[int, NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]],
    close_time: int,
) -> int:
    """Place of the window's Reverse signal, the first whose entry candle is inside; or -1."""
    count, _, confirmations, _ = reversals
    for place in range(count):
        entry = confirmations[place] + 1
        start = found.window.start[entry]
        # At the window's end the entry candle is one bar: that of its first minute (R2.3).
        if start < close_time or (
            start == close_time and found.m1.time[found.window.first[entry]] == start
        ):
            return place if counts_nb(start, close_time, found.news) else -1
    return -1


@kernel
def _first_row_nb(
    found: _Found,
    reversals: tuple[int, NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]],
    reverse: int,
    breakout: Breakout,
    close_time: int,
) -> NDArray[np.float64]:
    """The signal of R6.3 as a row; its variation is -1 where there is none."""
    _, longs, confirmations, stops = reversals
    window = found.window
    row = np.empty(8)
    row[1] = NONE
    entry = confirmations[reverse] + 1 if reverse >= 0 else window.start.size
    if breakout.candle >= 0 and breakout.candle < entry:
        decision = window.start[breakout.candle] + 2
        if counts_nb(decision, close_time, found.news):
            close = window.close[breakout.candle]
            row[1], row[2], row[3] = breakout.variation, breakout.long, decision
            row[4], row[5] = close, close
            row[6], row[7] = window.open[0], found.levels.eq
            return row
    if reverse >= 0:
        row[1], row[2], row[3] = REVERSE, longs[reverse], window.start[entry]
        row[4], row[5] = window.open[entry], window.close[entry - 1]
        row[6], row[7] = stops[reverse], stops[reverse]
    return row


@kernel
def _rebound_counts_nb(found: _Found, order: Rebound, close_time: int) -> bool:
    """Whether a rebound's fill lies inside a window and counts there (R5.2, R6)."""
    if order.entry < 0:
        return False
    start = found.window.start[order.entry]
    if not counts_nb(start, close_time, found.news):
        return False
    if start < close_time:
        return True
    # The window's last candle is the one bar that opens exactly at its end (R2.3).
    bar = found.window.first[order.entry]
    if found.m1.time[bar] != start:
        return False
    if order.long:
        return bool(found.m1.low[bar] <= found.levels.ibh)
    return bool(found.m1.high[bar] >= found.levels.ibl)


@kernel
def _rebound_row_nb(found: _Found, order: Rebound) -> NDArray[np.float64]:
    edge = found.levels.ibh if order.long else found.levels.ibl
    row = np.empty(8)
    row[1], row[2], row[3] = REV_RB, order.long, found.window.start[order.entry] + 2
    row[4], row[5] = edge, edge
    row[6], row[7] = found.levels.eq, found.levels.eq
    return row


@kernel
def _store_nb(
    rows: NDArray[np.float64], begin: int, count: int, row: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int, int]:
    """Place of `row` among the day's rows from `begin` on, added where it is new."""
    for at in range(begin, count):
        if (rows[at] == row).all():
            return rows, count, at
    if count == rows.shape[0]:
        grown = np.empty((2 * count, rows.shape[1]))
        grown[:count] = rows
        rows = grown
    rows[count] = row
    return rows, count + 1, count


@kernel
def _signals_nb(rows: NDArray[np.float64]) -> Signals:
    return Signals(
        rows[:, 0].astype(np.int64),
        rows[:, 1].astype(np.int64),
        rows[:, 2] != 0.0,
        rows[:, 3].astype(np.int64),
        rows[:, 4].copy(),
        rows[:, 5].copy(),
        rows[:, 6].copy(),
        rows[:, 7].copy(),
    )
