"""Exits of a position on one-minute bars (R8).

The side is a sign: +1 long, -1 short. `bar` arguments are indices into the bars; a
search covers `low <= index < high`.
"""

from typing import NamedTuple

from params_optimizer.data.bars import M1
from params_optimizer.engine.jit import kernel


class Position(NamedTuple):
    """A placed trade (R7): prices in points, `risk` the distance from entry to stop."""

    long: bool
    entry: float
    stop: float
    target: float
    risk: float


class Exit(NamedTuple):
    """A bar index and a price; `bar` is the end of the search where nothing was hit.

    `at_target` tells a reached target from a reached stop.
    """

    bar: int
    price: float
    at_target: bool


@kernel
def r_multiple_nb(long: bool, entry: float, risk: float, price: float) -> float:
    """Result of leaving at `price`, in units of the risk (R8.1)."""
    return (price - entry) / risk if long else (entry - price) / risk


@kernel
def first_touch_nb(m1: M1, position: Position, low: int, high: int) -> Exit:
    """The fixed target or the stop, whichever bar comes first; the target within one (R8.2)."""
    for bar in range(low, high):
        if position.long:
            if m1.high[bar] >= position.target:
                return Exit(bar, position.target, True)
            if m1.low[bar] <= position.stop:
                return Exit(bar, min(position.stop, m1.high[bar]), False)
        else:
            if m1.low[bar] <= position.target:
                return Exit(bar, position.target, True)
            if m1.high[bar] >= position.stop:
                return Exit(bar, max(position.stop, m1.low[bar]), False)
    return Exit(high, position.entry, False)


@kernel
def trailing_exit_nb(
    m1: M1,
    position: Position,
    step: tuple[float, float],
    low: int,
    high: int,
) -> Exit:
    """The stepped trailing stop (R8.3); `step` is (tsl_target, tsl_sl) in R.

    Each bar is checked against the stop as it stood when the bar began.
    """
    tsl_target, tsl_sl = step
    long, entry, stop, target, risk = position
    target_r = r_multiple_nb(long, entry, risk, target)
    for bar in range(low, high):
        remembered = stop
        if long:
            while m1.high[bar] >= target:
                stop += tsl_sl * risk
                target_r += tsl_target
                target = entry + target_r * risk
            if m1.low[bar] <= remembered:
                return Exit(bar, min(remembered, m1.high[bar]), False)
        else:
            while m1.low[bar] <= target:
                stop -= tsl_sl * risk
                target_r += tsl_target
                target = entry - target_r * risk
            if m1.high[bar] >= remembered:
                return Exit(bar, max(remembered, m1.low[bar]), False)
    return Exit(high, entry, False)


@kernel
def time_exit_price_nb(m1: M1, long: bool, spread: float, low: int, high: int) -> float:
    """Close of the window's last-but-one bar, worse by half the spread (R8.4).

    The window is `low <= index < high`; its only bar where there is one.
    """
    close = float(m1.close[max(high - 2, low)])
    return close - spread / 2 if long else close + spread / 2
