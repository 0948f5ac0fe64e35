"""The first exit of every signal of a panel, for every way to leave (R7, R8).

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
from params_optimizer.strategies.initial_balance.panel.signals import Signals
from params_optimizer.strategies.initial_balance.placement import (
    LEAST_RISK,
    Order,
    place_nb,
    rebound_stop_nb,
)
from params_optimizer.strategies.initial_balance.sessions import Windows
from params_optimizer.strategies.initial_balance.signals import REV_RB

NEVER = -1
"""In place of an exit bar: the trade is invalid, R is 0 in every window."""


class ExitAxes(NamedTuple):
    """What exits depend on, beside the signal; the arrays' order is that of the digits.

    `trailings` has shape (pairs, 2): tsl_target, tsl_sl. `spread` is in points.
    """

    rr_targets: NDArray[np.float64]
    stop_at_eq: NDArray[np.bool_]
    trailings: NDArray[np.float64]
    min_sls: NDArray[np.float64]
    spread: float


class Exits(NamedTuple):
    """Exits of every signal, of shape (signals, ways): R and the index of the exit bar.

    `timed`, of shape (signals, windows, stop modes * min_sls), is the R of a time exit.
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
        stop = rebound_stop_nb(long, raw, stop, min_sl)
    return Order(long, raw, signals.fill[signal], stop)


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
    after = low + int(np.searchsorted(m1.time[low:high], signals.entry_time[signal])) + 1
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
            touched[memory] = first_touch_nb(m1, position, after, high).bar
        tsl_target, tsl_sl = axes.trailings[trailing, 0], axes.trailings[trailing, 1]
        begin = touched[memory]
        if tsl_target > 0:
            left = trailing_exit_nb(m1, position, (tsl_target, tsl_sl), begin, high)
        else:
            left = first_touch_nb(m1, position, begin, high)
        price = left.price
        exits.r[signal, at] = r_multiple_nb(position.long, position.entry, position.risk, price)
        exits.bar[signal, at] = left.bar if left.bar < high else m1.time.size


@kernel
def _time_exits_nb(
    m1: M1, signals: Signals, windows: Windows, axes: ExitAxes, signal: int, exits: Exits
) -> None:
    """R of the time exit in each window; it depends on the stop, not on the target (R8.4)."""
    day = signals.day[signal]
    for stop in range(axes.stop_at_eq.size):
        for size in range(axes.min_sls.size):
            order = _order_nb(signals, signal, axes.stop_at_eq[stop], axes.min_sls[size])
            position = place_nb(order, axes.min_sls[size], 1.0, axes.spread)
            long, entry, risk = position.long, position.entry, position.risk
            for window in range(windows.end.shape[1]):
                low, high = windows.first[day], windows.end[day, window]
                r = 0.0
                if low < high and risk > 0:
                    price = time_exit_price_nb(m1, long, axes.spread, low, high)
                    r = r_multiple_nb(long, entry, risk, price)
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
