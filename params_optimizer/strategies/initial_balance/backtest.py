"""One combination at a time, compiled: the trades of a parameter set (R1 to R9, R15)."""

import numpy as np

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
from params_optimizer.strategies.initial_balance.day_trade import (
    INVALID,
    STOP,
    TIME,
    TP,
    Left,
    Rules,
    Signal,
    TradeArrays,
    counts_nb,
    empty_trades_nb,
    first_trades_nb,
    write_trade_nb,
)
from params_optimizer.strategies.initial_balance.params import (
    EXIT_REASONS,
    RULES,
    VARIATIONS,
    Execution,
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
from params_optimizer.strategies.initial_balance.strict import strict_signal_nb, strict_trade_nb


def backtest(
    bars: Bars,
    params: Params,
    spread: float,
    news: NewsWindows,
    levels: IBLevels | None = None,
    execution: Execution = RULES,
) -> list[Trade]:
    """Trades of one combination, in the order of days.

    `spread` is the full one, in points; `levels` limits trading to its dates (None: all).
    """
    arrays = backtest_arrays(bars, params, spread, news, levels, execution)
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
    execution: Execution = RULES,
) -> TradeArrays:
    """The same trades as arrays."""
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    days = sessions(bars, window, levels or initial_balances(bars, window))
    windows = trade_windows(bars.m1, days, params.ib_wait_minutes, (params.trade_window_minutes,))
    return backtest_nb(bars.m1, days, windows, rules_of(params, spread, execution), news)


def rules_of(params: Params, spread: float, execution: Execution) -> Rules:
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
        *execution,
    )


@kernel
def backtest_nb(
    m1: M1, days: Sessions, windows: Windows, rules: Rules, news: NewsWindows
) -> TradeArrays:
    """Walk the days; `windows` holds one trade window a day."""
    room = days.date.size
    trades = empty_trades_nb(room)
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
        trades.date[count] = days.date[day]
        if rules.strict:
            around = (window, context, levels)
            signal = strict_signal_nb(m1, high, around, rules, close_time, news)
            if signal.variation >= 0:
                count += strict_trade_nb(m1, low, high, signal, rules, trades, count)
            continue
        signal = _signal_nb(window, context, levels, rules, close_time, news)
        if signal.variation >= 0:
            _trade_nb(m1, low, high, signal, rules, trades, count)
            count += 1
    return first_trades_nb(trades, count)


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
    long, entry, risk = position.long, position.entry, position.risk
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
    write_trade_nb(
        m1, trades, at, signal.variation, position, entry_bar, Left(exit_bar, price, reason), r
    )
