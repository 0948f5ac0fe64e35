"""Trades of one combination again, with fills that R8 does not grant."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.ib_cache import IBLevels
from params_optimizer.engine.exits import Position, r_multiple_nb, time_exit_price_nb
from params_optimizer.engine.jit import kernel
from params_optimizer.engine.pessimistic import pessimistic_exit_nb
from params_optimizer.strategies.initial_balance.day_trade import INVALID, TradeArrays
from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.initial_balance.sessions import sessions, trade_windows


class FillBounds(NamedTuple):
    """Bars of each trade's window: `first[trade] <= index < end[trade]`."""

    first: NDArray[np.int64]
    end: NDArray[np.int64]


def slipped_r(trades: TradeArrays, slippage: float) -> NDArray[np.float64]:
    """R of each trade if entry and exit were both filled `slippage` points worse.

    Levels and position size stay as they were meant; shape (trades,).
    """
    risk = np.abs(trades.entry_price - trades.stop)
    placed = trades.exit_reason != INVALID
    cost = 2.0 * slippage / np.where(placed, risk, 1.0)
    return np.where(placed, trades.r - cost, 0.0)


def pessimistic_r(
    bars: Bars, params: Params, spread: float, levels: IBLevels, trades: TradeArrays
) -> NDArray[np.float64]:
    """R of each trade with the exits of `engine.pessimistic`, shape (trades,).

    `trades` are those of `params` on the days of `levels`; entries, stops and targets are
    theirs, and so is what nothing stopped: a time exit (R8.4).
    """
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    days = sessions(bars, window, levels)
    windows = trade_windows(bars.m1, days, params.ib_wait_minutes, (params.trade_window_minutes,))
    day = np.searchsorted(days.date, trades.date)
    bounds = FillBounds(windows.first[day], windows.end[day, 0])
    step = (float(params.tsl_target), float(params.tsl_sl))
    return _pessimistic_r_nb(bars.m1, trades, bounds, step, spread)


@kernel
def _pessimistic_r_nb(
    m1: M1, trades: TradeArrays, bounds: FillBounds, step: tuple[float, float], spread: float
) -> NDArray[np.float64]:
    out = np.zeros(trades.r.size)
    for at in range(trades.r.size):
        if trades.exit_reason[at] == INVALID:
            continue
        low, high = bounds.first[at], bounds.end[at]
        entry, stop = trades.entry_price[at], trades.stop[at]
        long, risk = trades.long[at], abs(entry - stop)
        position = Position(long, entry, stop, trades.target[at], risk)
        begin = low + int(np.searchsorted(m1.time[low:high], trades.entry_time[at])) + 1
        left = pessimistic_exit_nb(m1, position, step, begin, high)
        price = left.price
        if left.bar == high:
            price = time_exit_price_nb(m1, long, spread, low, high)
        out[at] = r_multiple_nb(long, entry, risk, price)
    return out
