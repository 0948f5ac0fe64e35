"""One combination at a time, compiled: the trades of a parameter set (R1 to R9)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.ib_cache import IBLevels, initial_balances
from params_optimizer.data.news import NewsWindows
from params_optimizer.engine.candles import Candles, candles_nb
from params_optimizer.engine.exits import (
    first_touch_nb,
    r_multiple_nb,
    time_exit_price_nb,
    trailing_exit_nb,
)
from params_optimizer.engine.jit import kernel
from params_optimizer.strategies.initial_balance.params import (
    EXIT_REASONS,
    VARIATIONS,
    Params,
    Trade,
)
from params_optimizer.strategies.initial_balance.placement import (
    LEAST_RISK,
    Order,
    place_nb,
    rebound_stop_nb,
)
from params_optimizer.strategies.initial_balance.sessions import (
    Sessions,
    Windows,
    sessions,
    trade_windows,
)
from params_optimizer.strategies.initial_balance.signals import (
    REV_RB,
    REVERSE,
    Levels,
    breakout_nb,
    rebound_nb,
    reversals_nb,
)

TP, STOP, TIME, INVALID = range(4)
"""Places of the exit reasons in `params.EXIT_REASONS`."""


class Rules(NamedTuple):
    """The parameters of one combination that a kernel needs; see `params.Params`."""

    rr_target: float
    stop_at_eq: bool
    tsl_target: float
    tsl_sl: float
    min_sl: float
    rev_rb_enabled: bool
    rev_rb_pct: float
    buffer_pct: float
    distance_pct: float
    spread: float


class Signal(NamedTuple):
    """What is traded on a day (R6); `variation` is -1 where nothing is.

    `entry_time` is the earliest minute of the entry bar (R7.1).
    """

    variation: int
    entry_time: int
    order: Order


class TradeArrays(NamedTuple):
    """Trades as arrays of shape (trades,), in the order of days.

    Codes are places in `params.VARIATIONS` and `params.EXIT_REASONS`.
    """

    date: NDArray[np.int64]
    variation: NDArray[np.int64]
    long: NDArray[np.bool_]
    entry_time: NDArray[np.int64]
    entry_price: NDArray[np.float64]
    stop: NDArray[np.float64]
    target: NDArray[np.float64]
    exit_time: NDArray[np.int64]
    exit_price: NDArray[np.float64]
    exit_reason: NDArray[np.int64]
    r: NDArray[np.float64]


def backtest(
    bars: Bars,
    params: Params,
    spread: float,
    news: NewsWindows,
    levels: IBLevels | None = None,
) -> list[Trade]:
    """Trades of one combination, in the order of days.

    `spread` is the full one, in points; `levels` limits trading to its dates (None: all).
    """
    arrays = backtest_arrays(bars, params, spread, news, levels)
    return [
        Trade(
            date=int(arrays.date[i]),
            variation=VARIATIONS[arrays.variation[i]],
            long=bool(arrays.long[i]),
            entry_time=int(arrays.entry_time[i]),
            entry_price=float(arrays.entry_price[i]),
            stop=float(arrays.stop[i]),
            target=float(arrays.target[i]),
            exit_time=int(arrays.exit_time[i]),
            exit_price=float(arrays.exit_price[i]),
            exit_reason=EXIT_REASONS[arrays.exit_reason[i]],
            r=float(arrays.r[i]),
        )
        for i in range(arrays.r.size)
    ]


def backtest_arrays(
    bars: Bars,
    params: Params,
    spread: float,
    news: NewsWindows,
    levels: IBLevels | None = None,
) -> TradeArrays:
    """The same trades as arrays."""
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    days = sessions(bars, window, levels or initial_balances(bars, window))
    windows = trade_windows(bars.m1, days, params.ib_wait_minutes, (params.trade_window_minutes,))
    return backtest_nb(bars.m1, days, windows, rules_of(params, spread), news)


def rules_of(params: Params, spread: float) -> Rules:
    """What a kernel needs of one combination."""
    return Rules(
        params.rr_target,
        params.stop_mode == "eq",
        params.tsl_target,
        params.tsl_sl,
        params.min_sl_pct,
        params.rev_rb_enabled,
        params.rev_rb_pct,
        params.ib_buffer_pct,
        params.max_distance_pct,
        spread,
    )


@kernel
def backtest_nb(
    m1: M1, days: Sessions, windows: Windows, rules: Rules, news: NewsWindows
) -> TradeArrays:
    """Walk the days; `windows` holds one trade window a day."""
    room = days.date.size
    trades = TradeArrays(
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.bool_),
        np.empty(room, np.int64),
        np.empty(room),
        np.empty(room),
        np.empty(room),
        np.empty(room, np.int64),
        np.empty(room),
        np.empty(room, np.int64),
        np.empty(room),
    )
    count = 0
    for day in range(room):
        low, high = windows.first[day], windows.end[day, 0]
        if low >= high:
            continue
        window = candles_nb(m1, low, high)
        if not window.start.size:
            continue
        context = candles_nb(m1, days.ib_first[day], low)
        levels = Levels(days.ibh[day], days.ibl[day], days.eq[day])
        close_time = windows.close_time[day, 0]
        signal = _signal_nb(window, context, levels, rules, close_time, news)
        if signal.variation >= 0:
            trades.date[count] = days.date[day]
            _trade_nb(m1, low, high, signal, rules, trades, count)
            count += 1
    return TradeArrays(
        trades.date[:count],
        trades.variation[:count],
        trades.long[:count],
        trades.entry_time[:count],
        trades.entry_price[:count],
        trades.stop[:count],
        trades.target[:count],
        trades.exit_time[:count],
        trades.exit_price[:count],
        trades.exit_reason[:count],
        trades.r[:count],
    )


@kernel
def quiet_nb(decision: int, news: NewsWindows) -> bool:
    """Whether a decision time lies outside every news window (R6.2)."""
    before = np.searchsorted(news.start, decision, side="right") - 1
    return bool(before < 0 or news.end[before] < decision)


@kernel
def counts_nb(decision: int, close_time: int, news: NewsWindows) -> bool:
    """Whether a decision time is inside the window and outside the news (R6.1, R6.2)."""
    return decision <= close_time and quiet_nb(decision, news)


@kernel
def _signal_nb(
    window: Candles,
    context: Candles,
    levels: Levels,
    rules: Rules,
    close_time: int,
    news: NewsWindows,
) -> Signal:
    """The one signal of the day that is traded (R6.3, R6.4)."""
    spans = levels.ibh - levels.ibl
    buffer = rules.buffer_pct * spans
    reversals, longs, confirmations, stops = reversals_nb(window, context, levels, buffer)
    reverse = -1
    if reversals and counts_nb(window.start[confirmations[0] + 1], close_time, news):
        reverse = confirmations[0] + 1
    breakout = breakout_nb(window, levels, buffer, rules.distance_pct * spans)
    if breakout.candle >= 0:
        start = window.start[breakout.candle]
        if counts_nb(start + 2, close_time, news) and (reverse < 0 or breakout.candle < reverse):
            close = window.close[breakout.candle]
            stop = levels.eq if rules.stop_at_eq else window.open[0]
            order = Order(breakout.long, close, close, stop)
            return Signal(breakout.variation, start + 2, order)
    if reverse >= 0:
        order = Order(longs[0], window.open[reverse], window.close[reverse - 1], stops[0])
        return Signal(REVERSE, window.start[reverse], order)
    if rules.rev_rb_enabled:
        rebound = rebound_nb(window, levels, rules.rev_rb_pct * spans)
        if rebound.entry >= 0 and counts_nb(window.start[rebound.entry], close_time, news):
            edge = levels.ibh if rebound.long else levels.ibl
            stop = rebound_stop_nb(rebound.long, edge, levels.eq, rules.min_sl)
            order = Order(rebound.long, edge, edge, stop)
            return Signal(REV_RB, window.start[rebound.entry] + 2, order)
    return Signal(-1, 0, Order(False, 0.0, 0.0, 0.0))


@kernel
def _trade_nb(
    m1: M1, low: int, high: int, signal: Signal, rules: Rules, trades: TradeArrays, at: int
) -> None:
    """Place the signal, find its exit, write the trade to place `at` (R7, R8)."""
    entry_bar = low + int(np.searchsorted(m1.time[low:high], signal.entry_time))
    entry_bar = min(entry_bar, high - 1)  # R7.1: the window's last bar where none is left
    position = place_nb(signal.order, rules.min_sl, rules.rr_target, rules.spread)
    long, entry, stop, target, risk = position
    exit_bar, price, reason = entry_bar, entry, INVALID
    r = 0.0
    if risk >= LEAST_RISK * signal.order.raw:
        if rules.tsl_target > 0:
            step = (rules.tsl_target, rules.tsl_sl)
            left = trailing_exit_nb(m1, position, step, entry_bar + 1, high)
        else:
            left = first_touch_nb(m1, position, entry_bar + 1, high)
        exit_bar, price = left.bar, left.price
        reason = TP if left.at_target else STOP
        if exit_bar == high:
            exit_bar, reason = high - 1, TIME
            price = time_exit_price_nb(m1, long, rules.spread, low, high)
        r = r_multiple_nb(long, entry, risk, price)
    trades.variation[at] = signal.variation
    trades.long[at] = long
    trades.entry_time[at] = m1.time[entry_bar]
    trades.entry_price[at] = entry
    trades.stop[at] = stop
    trades.target[at] = target
    trades.exit_time[at] = m1.time[exit_bar]
    trades.exit_price[at] = price
    trades.exit_reason[at] = reason
    trades.r[at] = r
