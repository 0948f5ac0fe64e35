"""R8: leaving the trade, on one-minute bars."""

from typing import NamedTuple

from params_optimizer.strategies.initial_balance.params import ExitReason, Params
from params_optimizer.strategies.initial_balance.reference.day import Bar
from params_optimizer.strategies.initial_balance.reference.placement import ReferencePosition


class ReferenceExit(NamedTuple):
    """When, where and why a trade ends; `r` is its result in R."""

    time: int
    price: float
    reason: ExitReason
    r: float


def leave(
    position: ReferencePosition, window: list[Bar], params: Params, spread: float
) -> ReferenceExit:
    """The exit of a placed trade (R8; R7.3 for an invalid one)."""
    if not position.valid:
        entry_time = window[position.entry_bar].time
        return ReferenceExit(entry_time, position.entry_price, "invalid", 0.0)
    after = window[position.entry_bar + 1 :]
    if params.tsl_target > 0:
        hit = _stepped_trailing(position, after, params)
    else:
        hit = _fixed_target(position, after)
    return hit or _time_exit(position, window, spread)


def _fixed_target(position: ReferencePosition, bars: list[Bar]) -> ReferenceExit | None:
    """Target first, then stop, bar by bar (R8.2)."""
    for bar in bars:
        if _reaches(position.target, bar, position):
            return _exit(position, bar.time, position.target, "tp")
        if _stopped(position.stop, bar, position):
            return _exit(position, bar.time, _stop_price(position.stop, bar, position), "stop")
    return None


def _stepped_trailing(
    position: ReferencePosition, bars: list[Bar], params: Params
) -> ReferenceExit | None:
    """The target moves the stop and never closes the trade (R8.3)."""
    direction = 1 if position.long else -1
    stop, target = position.stop, position.target
    target_r = _result(position, target)
    for bar in bars:
        remembered = stop
        while _reaches(target, bar, position):
            stop += direction * (params.tsl_sl * position.risk)
            target_r += params.tsl_target
            target = position.entry_price + direction * (target_r * position.risk)
        if _stopped(remembered, bar, position):
            return _exit(position, bar.time, _stop_price(remembered, bar, position), "stop")
    return None


def _time_exit(position: ReferencePosition, window: list[Bar], spread: float) -> ReferenceExit:
    """Close of the window's last-but-one bar, stamped with the last bar's time (R8.4)."""
    close = window[-2].close if len(window) > 1 else window[-1].close
    half_spread = spread / 2
    price = close - half_spread if position.long else close + half_spread
    return _exit(position, window[-1].time, price, "time")


def _reaches(target: float, bar: Bar, position: ReferencePosition) -> bool:
    return bar.high >= target if position.long else bar.low <= target


def _stopped(stop: float, bar: Bar, position: ReferencePosition) -> bool:
    return bar.low <= stop if position.long else bar.high >= stop


def _stop_price(stop: float, bar: Bar, position: ReferencePosition) -> float:
    """The stop, or the bar's nearest end where all of it lies beyond (R8.2)."""
    return min(stop, bar.high) if position.long else max(stop, bar.low)


def _exit(
    position: ReferencePosition, time: int, price: float, reason: ExitReason
) -> ReferenceExit:
    return ReferenceExit(time, price, reason, _result(position, price))


def _result(position: ReferencePosition, price: float) -> float:
    """R of leaving at `price` (R8.1)."""
    entry = position.entry_price
    return (price - entry if position.long else entry - price) / position.risk
