"""All signals of a panel under strict execution (R15.1 to R15.4).

Of two signals the one that is decided first also has the first entry bar. So of Reverse and
breakout one is left for all windows, and a window trades the signals whose entry bar it holds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.jit import kernel
from params_optimizer.engine.strict_exits import Entry
from params_optimizer.strategies.initial_balance.day_trade import quiet_nb
from params_optimizer.strategies.initial_balance.panel.store import (
    NONE,
    PanelDay,
    SignalAxes,
    SignalRow,
    SignalStore,
    store_nb,
)
from params_optimizer.strategies.initial_balance.placement import Order
from params_optimizer.strategies.initial_balance.signals import (
    REV_RB,
    REVERSE,
    Breakout,
    breakout_nb,
    reversals_nb,
)
from params_optimizer.strategies.initial_balance.strict import (
    earliest_nb,
    rebound_fill_nb,
    strict_order_nb,
)


class _Choice(NamedTuple):
    """A signal and the bar of its entry; where there is none, one past the last bar."""

    bar: int
    row: SignalRow


@kernel
def choose_strictly_nb(
    day: PanelDay,
    axes: SignalAxes,
    first: NDArray[np.int32],
    rebounds: NDArray[np.int32],
    store: SignalStore,
    date: int,
) -> SignalStore:
    """The signals of a day; the arrays are those of `signals.Choices`, on this day."""
    span = day.levels.ibh - day.levels.ibl
    for place in range(axes.buffers.size):
        buffer = axes.buffers[place] * span
        reverse = _reverse_nb(day, buffer, axes.slippage)
        previous = Breakout(NONE, False, NONE)
        choice, stored = reverse, NONE
        for distance in range(axes.distances.size):
            furthest = axes.distances[distance] * span
            breakout = breakout_nb(day.window, day.levels, buffer, furthest)
            # Most distances find the breakout of the one before: nothing is looked for again.
            if distance == 0 or breakout != previous:
                choice = _first_nb(day, reverse, breakout, axes.slippage)
                stored = NONE
                if choice.bar < day.high:
                    store, stored = store_nb(store, date, choice.row)
                previous = breakout
            for window in range(day.ends.size):
                if choice.bar < day.ends[window]:
                    first[window, place, distance] = stored
    for extension in range(axes.extensions.size):
        choice = _rebound_nb(day, axes.extensions[extension] * span)
        if choice.bar < day.high:
            store, stored = store_nb(store, date, choice.row)
            for window in range(day.ends.size):
                if choice.bar < day.ends[window]:
                    rebounds[window, extension] = stored
    return store


@kernel
def _reverse_nb(day: PanelDay, buffer: float, slippage: float) -> _Choice:
    count, longs, confirmations, stops = reversals_nb(day.window, day.context, day.levels, buffer)
    at = earliest_nb(count, confirmations)
    if at < 0:
        return _none_nb(day)
    decision, stop = day.window.start[confirmations[at] + 1], stops[at]
    return _market_nb(day, REVERSE, longs[at], decision, (stop, stop), slippage)


@kernel
def _first_nb(day: PanelDay, reverse: _Choice, breakout: Breakout, slippage: float) -> _Choice:
    """Reverse or the breakout, whichever is decided first; Reverse where both are at once."""
    if breakout.candle < 0:
        return reverse
    decision = day.window.start[breakout.candle] + 2
    if reverse.bar < day.high and reverse.row.entry_time <= decision:
        return reverse
    stops = (day.window.open[0], day.levels.eq)
    choice = _market_nb(day, breakout.variation, breakout.long, decision, stops, slippage)
    return choice if choice.bar < day.high else reverse


@kernel
def _market_nb(
    day: PanelDay,
    variation: int,
    long: bool,
    decision: int,
    stops: tuple[float, float],
    slippage: float,
) -> _Choice:
    """A market order; `stops` are those of the stop modes ib_start and eq."""
    bar = day.low + int(np.searchsorted(day.m1.time[day.low : day.high], decision))
    if bar == day.high or not quiet_nb(decision, day.news):
        return _none_nb(day)
    order = strict_order_nb(day.m1, Entry(bar, False), Order(long, 0.0, 0.0, stops[0]), slippage)
    row = SignalRow(variation, long, decision, order.raw, order.fill, stops[0], stops[1], order.raw)
    return _Choice(bar, row)


@kernel
def _rebound_nb(day: PanelDay, extension: float) -> _Choice:
    levels = day.levels
    bar, long = rebound_fill_nb(day.m1, day.window, levels, extension, day.high)
    if bar == day.high or not quiet_nb(day.m1.time[bar], day.news):
        return _none_nb(day)
    edge, eq = levels.ibh if long else levels.ibl, levels.eq
    order = strict_order_nb(day.m1, Entry(bar, True), Order(long, edge, edge, eq), 0.0)
    row = SignalRow(REV_RB, long, day.m1.time[bar], order.raw, order.fill, eq, eq, edge)
    return _Choice(bar, row)


@kernel
def _none_nb(day: PanelDay) -> _Choice:
    return _Choice(day.high, SignalRow(NONE, False, 0, 0.0, 0.0, 0.0, 0.0, 0.0))
