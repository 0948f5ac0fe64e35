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
from params_optimizer.strategies.initial_balance.day_trade import quiet_nb
from params_optimizer.strategies.initial_balance.panel.store import (
    COLUMNS,
    NONE,
    PanelDay,
    SignalAxes,
    SignalRow,
    SignalStore,
    store_nb,
)
from params_optimizer.strategies.initial_balance.panel.strict_signals import choose_strictly_nb
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


class Signals(NamedTuple):
    """Distinct signals, arrays of shape (signals,), sorted by day.

    `entry_time` is the earliest minute of the entry bar (R7.1); prices are in points,
    with one stop per stop mode (of REV_RB it is EQ, before R5.3 widens it). `edge` is the limit
    of REV_RB, which raw may be better than (R15.4).
    """

    day: NDArray[np.int64]
    variation: NDArray[np.int64]
    long: NDArray[np.bool_]
    entry_time: NDArray[np.int64]
    raw: NDArray[np.float64]
    fill: NDArray[np.float64]
    stop_ib_start: NDArray[np.float64]
    stop_eq: NDArray[np.float64]
    edge: NDArray[np.float64]


class Choices(NamedTuple):
    """Which signal is traded, or `NONE`; int32 indices into `Signals`.

    `first` has shape (windows, buffers, distances, days) and knows Reverse, OCAE and
    TCWE (R6.3); `rebound` has shape (windows, extensions, days) and counts where
    `first` is `NONE` (R6.4), or under strict execution where it is decided before (R15.3).
    """

    first: NDArray[np.int32]
    rebound: NDArray[np.int32]


@kernel
def panel_signals_nb(
    m1: M1, days: Sessions, windows: Windows, axes: SignalAxes, news: NewsWindows
) -> tuple[Signals, Choices]:
    """Find every signal of the panel and who trades which."""
    room, spans = days.date.size, windows.end.shape[1]
    choices = Choices(
        np.full((spans, axes.buffers.size, axes.distances.size, room), NONE, np.int32),
        np.full((spans, axes.extensions.size, room), NONE, np.int32),
    )
    store = SignalStore(np.empty((max(4 * room, 64), COLUMNS)), 0, 0)
    for date in range(room):
        low, high = windows.first[date], windows.end[date].max()
        if low >= high:
            continue
        window = candles_nb(m1, low, high)
        if not window.start.size:
            continue
        context = candles_nb(m1, days.ib_first[date], low)
        levels = Levels(days.ibh[date], days.ibl[date], days.eq[date])
        closes, ends = windows.close_time[date], windows.end[date]
        day = PanelDay(m1, window, context, levels, news, closes, ends, low, high)
        store = SignalStore(store.rows, store.end, store.end)
        first, rebounds = choices.first[:, :, :, date], choices.rebound[:, :, date]
        if axes.strict:
            store = choose_strictly_nb(day, axes, first, rebounds, store, date)
            continue
        for buffer in range(axes.buffers.size):
            store = _choose_first_nb(day, axes, buffer, first, store, date)
        for extension in range(axes.extensions.size):
            traded = rebounds[:, extension]
            store = _choose_rebound_nb(day, axes.extensions[extension], traded, store, date)
    return _signals_nb(store.rows[: store.end]), choices


@kernel
def _choose_first_nb(
    day: PanelDay,
    axes: SignalAxes,
    place: int,
    traded: NDArray[np.int32],
    store: SignalStore,
    date: int,
) -> SignalStore:
    """Reverse, OCAE or TCWE of one buffer in every window, for every distance (R6.3)."""
    window, levels = day.window, day.levels
    span = levels.ibh - levels.ibl
    buffer = axes.buffers[place] * span
    reversals = reversals_nb(window, day.context, levels, buffer)
    spans = day.closes.size
    entry = np.empty(spans, np.int64)  # entry candle of the window's Reverse signal
    reverse = np.full(spans, NONE, np.int64)  # and where it is stored
    for w in range(spans):
        at = _reversal_nb(day, reversals, day.closes[w])
        entry[w] = window.start.size
        if at >= 0:
            entry[w] = reversals[2][at] + 1
            store, reverse[w] = store_nb(store, date, _reverse_row_nb(window, reversals, at))
    for d in range(axes.distances.size):
        breakout = breakout_nb(window, levels, buffer, axes.distances[d] * span)
        stored = NONE
        decision = 0
        quiet = False
        if breakout.candle >= 0:
            decision = window.start[breakout.candle] + 2
            quiet = quiet_nb(decision, day.news)
        for w in range(spans):
            if quiet and decision <= day.closes[w] and breakout.candle < entry[w]:
                if stored == NONE:
                    store, stored = store_nb(store, date, _breakout_row_nb(day, breakout))
                traded[w, place, d] = stored
            else:
                traded[w, place, d] = reverse[w]
    return store


@kernel
def _choose_rebound_nb(
    day: PanelDay, share: float, traded: NDArray[np.int32], store: SignalStore, date: int
) -> SignalStore:
    """REV_RB of one extension in every window (R5, R6.4)."""
    levels = day.levels
    order = rebound_nb(day.window, levels, share * (levels.ibh - levels.ibl))
    if order.entry < 0 or not quiet_nb(day.window.start[order.entry], day.news):
        return store
    edge = levels.ibh if order.long else levels.ibl
    start = day.window.start[order.entry]
    row = SignalRow(REV_RB, order.long, start + 2, edge, edge, levels.eq, levels.eq, edge)
    for w in range(day.closes.size):
        if _rebound_inside_nb(day, order, day.closes[w]):
            store, traded[w] = store_nb(store, date, row)
    return store


@kernel
def _reversal_nb(
    day: PanelDay,
    reversals: tuple[int, NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]],
    close_time: int,
) -> int:
    """Place of the window's Reverse signal, the first whose entry candle is inside; or -1."""
    count, _, confirmations, _ = reversals
    for place in range(count):
        entry = confirmations[place] + 1
        start = day.window.start[entry]
        # At the window's end the entry candle is one bar: that of its first minute (R2.3).
        if start < close_time or (
            start == close_time and day.m1.time[day.window.first[entry]] == start
        ):
            return place if quiet_nb(start, day.news) else NONE
    return NONE


@kernel
def _reverse_row_nb(
    window: Candles,
    reversals: tuple[int, NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]],
    place: int,
) -> SignalRow:
    _, longs, confirmations, stops = reversals
    entry, stop = confirmations[place] + 1, stops[place]
    fill = window.close[entry - 1]
    start, raw = window.start[entry], window.open[entry]
    return SignalRow(REVERSE, longs[place], start, raw, fill, stop, stop, raw)


@kernel
def _breakout_row_nb(day: PanelDay, breakout: Breakout) -> SignalRow:
    close = day.window.close[breakout.candle]
    decision = day.window.start[breakout.candle] + 2
    start_price = day.window.open[0]
    eq = day.levels.eq
    return SignalRow(
        breakout.variation, breakout.long, decision, close, close, start_price, eq, close
    )


@kernel
def _rebound_inside_nb(day: PanelDay, order: Rebound, close_time: int) -> bool:
    """Whether a rebound's fill lies inside a window (R5.2, R6.1)."""
    start = day.window.start[order.entry]
    if start != close_time:
        return bool(start < close_time)
    # The window's last candle is the one bar that opens exactly at its end (R2.3).
    bar = day.window.first[order.entry]
    if day.m1.time[bar] != start:
        return False
    if order.long:
        return bool(day.m1.low[bar] <= day.levels.ibh)
    return bool(day.m1.high[bar] >= day.levels.ibl)


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
        rows[:, 8].copy(),
    )
