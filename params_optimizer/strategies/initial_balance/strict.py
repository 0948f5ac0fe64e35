"""Strict execution of a day, compiled: what an order would have met (R15)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.data.news import NewsWindows
from params_optimizer.engine.candles import Candles
from params_optimizer.engine.exits import Position, r_multiple_nb
from params_optimizer.engine.jit import kernel
from params_optimizer.engine.strict_exits import (
    Entry,
    strict_exit_nb,
    strict_time_price_nb,
    worse_nb,
)
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
    write_trade_nb,
)
from params_optimizer.strategies.initial_balance.placement import (
    LEAST_RISK,
    Order,
    place_nb,
    rebound_stop_nb,
)
from params_optimizer.strategies.initial_balance.signals import (
    REV_RB,
    REVERSE,
    Levels,
    breakout_nb,
    rebound_nb,
    reversals_nb,
)


class StrictCosts(NamedTuple):
    """What fills cost, in points: the full spread, and what market fills are worse (R15.8)."""

    spread: float
    slippage: float


@kernel
def earliest_nb(count: int, confirmations: NDArray[np.int64]) -> int:
    """Place of the earliest of the first `count` confirmations; -1 without any (R15.1)."""
    earliest = -1
    for place in range(count):
        if earliest < 0 or confirmations[place] < confirmations[earliest]:
            earliest = place
    return earliest


@kernel
def rebound_fill_nb(
    m1: M1, window: Candles, levels: Levels, extension: float, high: int
) -> tuple[int, bool]:
    """The bar before `high` that fills the limit order of REV_RB, and whether it is long.

    It is the first one after the candle of the trigger that reaches the edge (R15.2); `high`
    where there is none.
    """
    rebound = rebound_nb(window, levels, extension)
    if rebound.entry < 0:
        return high, rebound.long
    bar = window.first[rebound.entry]  # the candle reaches the edge, and so does one of its bars
    while bar < high:
        if rebound.long and m1.low[bar] <= levels.ibh:
            break
        if not rebound.long and m1.high[bar] >= levels.ibl:
            break
        bar += 1
    return bar, rebound.long


@kernel
def strict_order_nb(m1: M1, entry: Entry, order: Order, slippage: float) -> Order:
    """An order as the bar of its entry fills it (R15.4, R15.8).

    At the limit, `order.raw`, or at the open where that is better; else at the open, and worse
    by the slippage.
    """
    long, limit, _, stop = order
    opened = float(m1.open[entry.bar])
    if entry.at_limit:
        raw = min(limit, opened) if long else max(limit, opened)
        return Order(long, raw, raw, stop)
    return Order(long, opened, opened + slippage if long else opened - slippage, stop)


@kernel
def strict_price_nb(long: bool, price: float, at_target: bool, costs: StrictCosts) -> float:
    """What leaving at `price` comes to (R15.8)."""
    price = price if at_target else worse_nb(long, price, costs.slippage)
    return worse_nb(long, price, costs.spread / 2)


@kernel
def leave_strictly_nb(
    m1: M1,
    position: Position,
    step: tuple[float, float],
    entry: Entry,
    high: int,
    costs: StrictCosts,
) -> Left:
    """How a placed trade leaves a window that ends before `high` (R15.5 to R15.8)."""
    last = high - 1
    end = max(last, entry.bar + 1)
    if entry.bar == last and step[0] > 0.0:  # no step is made there
        never = np.inf if position.long else -np.inf
        position = Position(position.long, position.entry, position.stop, never, position.risk)
    left = strict_exit_nb(m1, position, step, entry, entry.bar, end)
    if left.bar < end:
        price = strict_price_nb(position.long, left.price, left.at_target, costs)
        return Left(left.bar, price, TP if left.at_target else STOP)
    price = strict_time_price_nb(m1, entry, last)
    return Left(last, strict_price_nb(position.long, price, False, costs), TIME)


@kernel
def strict_signal_nb(
    m1: M1,
    high: int,
    around: tuple[Candles, Candles, Levels],
    rules: Rules,
    close_time: int,
    news: NewsWindows,
) -> Signal:
    """The valid signal with the earliest decision time (R15.1 to R15.3)."""
    window, context, levels = around
    span = levels.ibh - levels.ibl
    buffer = rules.buffer_pct * span
    chosen = Signal(-1, 0, Order(False, 0.0, 0.0, 0.0))
    count, longs, confirmations, stops = reversals_nb(window, context, levels, buffer)
    at = earliest_nb(count, confirmations)
    if at >= 0:
        decision = window.start[confirmations[at] + 1]
        if counts_nb(decision, close_time, news):
            chosen = Signal(REVERSE, decision, Order(longs[at], 0.0, 0.0, stops[at]))
    breakout = breakout_nb(window, levels, buffer, rules.distance_pct * span)
    if breakout.candle >= 0:
        decision = window.start[breakout.candle] + 2
        earlier = chosen.variation < 0 or decision < chosen.entry_time
        if earlier and counts_nb(decision, close_time, news):
            stop = levels.eq if rules.stop_at_eq else window.open[0]
            chosen = Signal(breakout.variation, decision, Order(breakout.long, 0.0, 0.0, stop))
    if rules.rev_rb_enabled:
        bar, long = rebound_fill_nb(m1, window, levels, rules.rev_rb_pct * span, high)
        if bar < high:
            decision = m1.time[bar]
            earlier = chosen.variation < 0 or decision < chosen.entry_time
            if earlier and counts_nb(decision, close_time, news):
                edge = levels.ibh if long else levels.ibl
                stop = rebound_stop_nb(long, edge, levels.eq, rules.min_sl)
                chosen = Signal(REV_RB, decision, Order(long, edge, edge, stop))
    return chosen


@kernel
def strict_trade_nb(
    m1: M1, low: int, high: int, signal: Signal, rules: Rules, trades: TradeArrays, at: int
) -> bool:
    """Write the trade to place `at`; False where no bar is left to enter on (R15.4 to R15.8)."""
    bar = low + int(np.searchsorted(m1.time[low:high], signal.entry_time))
    if bar == high:
        return False
    entry = Entry(bar, signal.variation == REV_RB)
    order = strict_order_nb(m1, entry, signal.order, rules.slippage)
    position = place_nb(order, rules.min_sl, rules.rr_target, rules.spread)
    left, r = Left(bar, position.entry, INVALID), 0.0
    if position.risk >= LEAST_RISK * order.raw:
        step = (rules.tsl_target, rules.tsl_sl)
        costs = StrictCosts(rules.spread, rules.slippage)
        left = leave_strictly_nb(m1, position, step, entry, high, costs)
        r = r_multiple_nb(position.long, position.entry, position.risk, left.price)
    write_trade_nb(m1, trades, at, signal.variation, position, bar, left, r)
    return True
