"""R7: placing the trade."""

from bisect import bisect_left
from typing import NamedTuple

from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.initial_balance.reference.day import Bar
from params_optimizer.strategies.initial_balance.reference.signal import ReferenceSignal

SMALLEST_RISK = 1e-5
"""Fraction of the raw price below which a trade is invalid (R7.3)."""


class ReferencePosition(NamedTuple):
    """A placed trade; `entry_bar` is a position in the window's bars."""

    long: bool
    entry_bar: int
    entry_price: float
    stop: float
    target: float
    risk: float
    valid: bool


def place(
    signal: ReferenceSignal, window: list[Bar], params: Params, spread: float
) -> ReferencePosition:
    """Entry bar, entry price, stop, target and risk of a signal (R7)."""
    return position_at(_entry_bar(signal, window), signal, params, spread)


def position_at(
    entry_bar: int, signal: ReferenceSignal, params: Params, spread: float
) -> ReferencePosition:
    """The position of a signal that is filled on this bar of the window (R7.2, R7.3)."""
    stop, target = _stop_and_target(signal, params)
    half_spread = spread / 2
    entry_price = signal.fill_price + (half_spread if signal.long else -half_spread)
    risk = abs(entry_price - stop)
    valid = risk >= SMALLEST_RISK * signal.raw_price
    return ReferencePosition(signal.long, entry_bar, entry_price, stop, target, risk, valid)


def _entry_bar(signal: ReferenceSignal, window: list[Bar]) -> int:
    """The first bar from the entry time on, else the window's last bar (R7.1)."""
    entry_time = signal.start if signal.variation == "Reverse" else signal.start + 2
    position = bisect_left(window, entry_time, key=lambda bar: bar.time)
    return min(position, len(window) - 1)


def _stop_and_target(signal: ReferenceSignal, params: Params) -> tuple[float, float]:
    """R7.2: mirrored where on the wrong side, then moved to the minimum distance."""
    raw, stop = signal.raw_price, signal.stop
    minimum = params.min_sl_pct * raw
    if signal.long and stop >= raw:
        stop = raw - (stop - raw)
    elif not signal.long and stop <= raw:
        stop = raw + (raw - stop)
    distance = abs(raw - stop)
    if distance < minimum:
        distance = minimum
        stop = raw - minimum if signal.long else raw + minimum
    reward = params.rr_target * distance
    return stop, raw + reward if signal.long else raw - reward
