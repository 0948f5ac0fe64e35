"""From a signal to a placed position, compiled (R5.3, R7)."""

from typing import NamedTuple

from params_optimizer.engine.exits import Position
from params_optimizer.engine.jit import kernel

LEAST_RISK = 1e-5
"""A risk below this share of the raw price makes a trade invalid (R7.3)."""


class Order(NamedTuple):
    """A signal's prices in points: `raw` places stop and target, `fill` is what is paid."""

    long: bool
    raw: float
    fill: float
    stop: float


@kernel
def rebound_stop_nb(long: bool, edge: float, eq: float, min_sl: float) -> float:
    """EQ, or the minimum distance on the losing side where EQ is nearer (R5.3)."""
    minimum = min_sl * edge
    if abs(edge - eq) >= minimum:
        return eq
    return edge - minimum if long else edge + minimum


@kernel
def place_nb(order: Order, min_sl: float, rr: float, spread: float) -> Position:
    """Stop on the right side and far enough, target, entry with half the spread (R7.2, R7.3)."""
    long, raw, fill, stop = order
    distance = abs(raw - stop)
    if long and stop >= raw:
        stop = raw - distance
    elif not long and stop <= raw:
        stop = raw + distance
    distance = abs(raw - stop)
    minimum = min_sl * raw
    if distance < minimum:
        distance = minimum
        stop = raw - minimum if long else raw + minimum
    target = raw + rr * distance if long else raw - rr * distance
    entry = fill + spread / 2 if long else fill - spread / 2
    return Position(long, entry, stop, target, abs(entry - stop))
