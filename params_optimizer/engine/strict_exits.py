"""Exits that an order would have met (R15.5 to R15.7): the stop first, gaps at the open.

Prices are those of the market; what a fill costs is not in them.
"""

from typing import NamedTuple

from params_optimizer.data.bars import M1
from params_optimizer.engine.exits import Exit, Position, r_multiple_nb
from params_optimizer.engine.jit import kernel


class Entry(NamedTuple):
    """The bar of the fill; `at_limit`: somewhere within it, else at its open."""

    bar: int
    at_limit: bool


@kernel
def strict_touch_nb(m1: M1, position: Position, entry: Entry, high: int) -> int:
    """The first bar from the entry to before `high` that reaches the stop or the target.

    `high` where there is none. Before it, no exit and no trailing step can happen.
    """
    # The limit order's own bar reaches no target.
    first = entry.bar + int(entry.at_limit)
    long, stop, target = position.long, position.stop, position.target
    for bar in range(entry.bar, first):
        if m1.low[bar] <= stop if long else m1.high[bar] >= stop:
            return bar
    for bar in range(first, high):
        if long:
            if m1.low[bar] <= stop or m1.high[bar] >= target:
                return bar
        elif m1.high[bar] >= stop or m1.low[bar] <= target:
            return bar
    return high


@kernel
def strict_exit_nb(
    m1: M1,
    position: Position,
    step: tuple[float, float],
    entry: Entry,
    low: int,
    high: int,
) -> Exit:
    """The first exit on the bars `low <= index < high`; `step` is (tsl_target, tsl_sl) in R.

    `low` is the entry bar, or a later bar before which nothing is reached. A `tsl_target` of 0
    is a fixed target. Trailing steps are made at the end of a bar; where they put the stop at
    or beyond its close, the trade leaves there. Nothing hit: `bar` is `high`.
    """
    tsl_target, tsl_sl = step
    long, entry_price, stop, target, risk = position
    target_r = r_multiple_nb(long, entry_price, risk, target)
    for bar in range(low, high):
        if long:
            if m1.low[bar] <= stop:
                return Exit(bar, min(stop, _open_nb(m1, bar, entry, stop)), False)
            if m1.high[bar] < target or (entry.at_limit and bar == entry.bar):
                continue
            if tsl_target <= 0.0:
                return Exit(bar, target, True)
            while m1.high[bar] >= target:
                stop += tsl_sl * risk
                target_r += tsl_target
                target = entry_price + target_r * risk
            if m1.close[bar] <= stop:
                return Exit(bar, m1.close[bar], False)
        else:
            if m1.high[bar] >= stop:
                return Exit(bar, max(stop, _open_nb(m1, bar, entry, stop)), False)
            if m1.low[bar] > target or (entry.at_limit and bar == entry.bar):
                continue
            if tsl_target <= 0.0:
                return Exit(bar, target, True)
            while m1.low[bar] <= target:
                stop -= tsl_sl * risk
                target_r += tsl_target
                target = entry_price - target_r * risk
            if m1.close[bar] >= stop:
                return Exit(bar, m1.close[bar], False)
    return Exit(high, entry_price, False)


@kernel
def _open_nb(m1: M1, bar: int, entry: Entry, stop: float) -> float:
    """The open of a later bar; on the entry bar, whose open is no later price, the stop."""
    return float(m1.open[bar]) if bar > entry.bar else stop


@kernel
def strict_time_price_nb(m1: M1, entry: Entry, last: int) -> float:
    """Open of the window's last bar, or its close where the trade enters on it (R15.7)."""
    return float(m1.close[last] if entry.bar == last else m1.open[last])


@kernel
def worse_nb(long: bool, price: float, amount: float) -> float:
    """The price at which a trade leaves if it is `amount` points worse for it."""
    return price - amount if long else price + amount
