"""The first exit of every signal of a panel, for every way to leave (R7, R8, R15).

A *way* is one (rr_target, stop_mode, trailing pair, min_sl), in the order of the
combination number. Exits are found in the longest window; a shorter one turns an exit
beyond its end into its own time exit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.engine.exits import (
    first_touch_nb,
    r_multiple_nb,
    time_exit_price_nb,
    trailing_exit_nb,
)
from params_optimizer.engine.jit import kernel
from params_optimizer.engine.metrics_calculator import TradeTable, empty_table_nb
from params_optimizer.engine.strict_exits import (
    Entry,
    strict_exit_nb,
    strict_time_price_nb,
    strict_touch_nb,
)
from params_optimizer.strategies.initial_balance.panel.signals import Signals
from params_optimizer.strategies.initial_balance.placement import (
    LEAST_RISK,
    Order,
    place_nb,
    rebound_stop_nb,
)
from params_optimizer.strategies.initial_balance.sessions import Windows
from params_optimizer.strategies.initial_balance.signals import REV_RB
from params_optimizer.strategies.initial_balance.strict import StrictCosts, strict_price_nb

NEVER = -1
"""In place of an exit bar: the trade is invalid, R is 0 in every window."""


class ExitAxes(NamedTuple):
    """What exits depend on, beside the signal; the arrays' order is that of the digits.

    `trailings` has shape (pairs, 2): tsl_target, tsl_sl. `spread` is in points; `strict` and
    `slippage` are those of `params.Execution`.
    """

    rr_targets: NDArray[np.float64]
    stop_at_eq: NDArray[np.bool_]
    trailings: NDArray[np.float64]
    min_sls: NDArray[np.float64]
    spread: float
    strict: bool
    slippage: float


class Exits(NamedTuple):
    """Exits of every signal, of shape (signals, ways): R, and a bar that a window must hold.

    A window that does not hold `bar` makes its time exit instead. It is the bar of the exit;
    under strict execution the one after it, since a window's last bar is for the time exit,
    unless the trade leaves on the bar on which it enters (R15.7). `timed`, of shape (signals,
    windows, stop modes * min_sls), is the R of a time exit.
    """

    r: NDArray[np.float64]
    bar: NDArray[np.int32]
    timed: NDArray[np.float64]


@kernel
def panel_exits_nb(
    m1: M1, signals: Signals, windows: Windows, axes: ExitAxes, ways: tuple[int, int]
) -> Exits:
    """Exits of all signals for the ways `ways[0] <= way < ways[1]`."""
    count, stops = signals.day.size, axes.stop_at_eq.size * axes.min_sls.size
    exits = Exits(
        np.empty((count, ways[1] - ways[0])),
        np.empty((count, ways[1] - ways[0]), np.int32),
        np.empty((count, windows.end.shape[1], stops)),
    )
    for signal in range(count):
        _signal_exits_nb(m1, signals, windows, axes, ways, signal, exits)
        _time_exits_nb(m1, signals, windows, axes, signal, exits)
    return exits


@kernel
def way_nb(axes: ExitAxes, way: int) -> tuple[int, int, int, int]:
    """Digits of a way: places of rr_target, stop_mode, trailing pair and min_sl."""
    rest, min_sl = divmod(way, axes.min_sls.size)
    rest, trailing = divmod(rest, axes.trailings.shape[0])
    rr, stop = divmod(rest, axes.stop_at_eq.size)
    return rr, stop, trailing, min_sl


@kernel
def _order_nb(signals: Signals, signal: int, at_eq: bool, min_sl: float) -> Order:
    long, raw = signals.long[signal], signals.raw[signal]
    stop = signals.stop_eq[signal] if at_eq else signals.stop_ib_start[signal]
    if signals.variation[signal] == REV_RB:
        stop = rebound_stop_nb(long, signals.edge[signal], stop, min_sl)
    return Order(long, raw, signals.fill[signal], stop)


@kernel
def _entry_nb(m1: M1, signals: Signals, signal: int, low: int, high: int) -> Entry:
    """The entry bar of a signal in the bars `low <= index < high` (R7.1)."""
    bar = low + int(np.searchsorted(m1.time[low:high], signals.entry_time[signal]))
    return Entry(bar, signals.variation[signal] == REV_RB)


@kernel
def _signal_exits_nb(
    m1: M1,
    signals: Signals,
    windows: Windows,
    axes: ExitAxes,
    ways: tuple[int, int],
    signal: int,
    exits: Exits,
) -> None:
    day = signals.day[signal]
    low, high = windows.first[day], windows.end[day].max()
    entry = _entry_nb(m1, signals, signal, low, high)
    stops, sizes = axes.stop_at_eq.size, axes.min_sls.size
    # The bar of the first touch is the same for all trailing pairs: nothing moves before.
    touched = np.full(axes.rr_targets.size * stops * sizes, NEVER, np.int64)
    for way in range(ways[0], ways[1]):
        rr, stop, trailing, size = way_nb(axes, way)
        order = _order_nb(signals, signal, axes.stop_at_eq[stop], axes.min_sls[size])
        position = place_nb(order, axes.min_sls[size], axes.rr_targets[rr], axes.spread)
        at = way - ways[0]
        if position.risk < LEAST_RISK * order.raw:
            exits.r[signal, at] = 0.0
            exits.bar[signal, at] = NEVER
            continue
        memory = (rr * stops + stop) * sizes + size
        if touched[memory] == NEVER:
            if axes.strict:
                touched[memory] = strict_touch_nb(m1, position, entry, high)
            else:
                touched[memory] = first_touch_nb(m1, position, entry.bar + 1, high).bar
        tsl_target, tsl_sl = axes.trailings[trailing, 0], axes.trailings[trailing, 1]
        begin, held = touched[memory], 0
        if axes.strict:
            left = strict_exit_nb(m1, position, (tsl_target, tsl_sl), entry, begin, high)
            held = int(left.bar > entry.bar)
        elif tsl_target > 0:
            left = trailing_exit_nb(m1, position, (tsl_target, tsl_sl), begin, high)
        else:
            left = first_touch_nb(m1, position, begin, high)
        price = left.price
        if axes.strict:
            costs = StrictCosts(axes.spread, axes.slippage)
            price = strict_price_nb(position.long, price, left.at_target, costs)
        exits.r[signal, at] = r_multiple_nb(position.long, position.entry, position.risk, price)
        exits.bar[signal, at] = left.bar + held if left.bar < high else m1.time.size


@kernel
def _time_exits_nb(
    m1: M1, signals: Signals, windows: Windows, axes: ExitAxes, signal: int, exits: Exits
) -> None:
    """R of the time exit in each window; it depends on the stop, not on the target (R8.4)."""
    day = signals.day[signal]
    entry = _entry_nb(m1, signals, signal, windows.first[day], windows.end[day].max())
    costs = StrictCosts(axes.spread, axes.slippage)
    for stop in range(axes.stop_at_eq.size):
        for size in range(axes.min_sls.size):
            order = _order_nb(signals, signal, axes.stop_at_eq[stop], axes.min_sls[size])
            position = place_nb(order, axes.min_sls[size], 1.0, axes.spread)
            long, paid, risk = position.long, position.entry, position.risk
            for window in range(windows.end.shape[1]):
                low, high = windows.first[day], windows.end[day, window]
                r = 0.0
                if low < high and risk > 0:
                    if axes.strict:
                        price = strict_time_price_nb(m1, entry, high - 1)
                        price = strict_price_nb(long, price, False, costs)
                    else:
                        price = time_exit_price_nb(m1, long, axes.spread, low, high)
                    r = r_multiple_nb(long, paid, risk, price)
                exits.timed[signal, window, stop * axes.min_sls.size + size] = r


@kernel
def window_table_nb(
    exits: Exits,
    signals: Signals,
    windows: Windows,
    axes: ExitAxes,
    ways: tuple[int, int],
    window: int,
) -> TradeTable:
    """R of every signal and way in one trade window, shape (signals, ways)."""
    count, width = exits.r.shape
    table = empty_table_nb(count, width)
    stops = np.empty(width, np.int64)
    for way in range(ways[0], ways[1]):
        _, stop, _, size = way_nb(axes, way)
        stops[way - ways[0]] = stop * axes.min_sls.size + size
    for signal in range(count):
        end = windows.end[signals.day[signal], window]
        timed = exits.timed[signal, window]
        for at in range(width):
            inside = exits.bar[signal, at] < end
            r = exits.r[signal, at] if inside else timed[stops[at]]
            table.r[signal, at] = r
            table.sign[signal, at] = np.int16(r > 0.0) - np.int16(r < 0.0)
    return table
