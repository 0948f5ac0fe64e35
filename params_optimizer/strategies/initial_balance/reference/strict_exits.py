"""R15.5 to R15.8: leaving the trade under strict execution."""

from typing import NamedTuple

from params_optimizer.strategies.initial_balance.params import ExitReason, Params
from params_optimizer.strategies.initial_balance.reference.day import Bar
from params_optimizer.strategies.initial_balance.reference.exits import ReferenceExit
from params_optimizer.strategies.initial_balance.reference.placement import ReferencePosition


class MarketCosts(NamedTuple):
    """Full spread, and what a market fill is worse, in points (R15.8)."""

    spread: float
    slippage: float


def leave_strictly(
    position: ReferencePosition,
    window: list[Bar],
    params: Params,
    costs: MarketCosts,
    *,
    at_limit: bool,
) -> ReferenceExit:
    """The exit of a placed trade; `at_limit`: it was entered somewhere within its entry bar."""
    if not position.valid:
        entry_time = window[position.entry_bar].time
        return ReferenceExit(entry_time, position.entry_price, "invalid", 0.0)
    stop, target = position.stop, position.target
    target_r = _in_r(position, target)
    last = len(window) - 1
    for place in range(position.entry_bar, len(window)):
        bar = window[place]
        entering = place == position.entry_bar
        if place == last and not entering:
            return _left(position, bar, bar.open, "time", costs)
        if _beyond(position, _worst(position, bar), stop):
            price = stop
            if not entering and _beyond(position, bar.open, stop):
                price = bar.open
            return _left(position, bar, price, "stop", costs)
        reached = _reaches(position, bar, target) and not (entering and at_limit)
        if reached and params.tsl_target <= 0:
            return _left(position, bar, target, "tp", costs)
        if place == last:
            return _left(position, bar, bar.close, "time", costs)
        if not reached:
            continue
        while _reaches(position, bar, target):
            stop += _way(position) * (params.tsl_sl * position.risk)
            target_r += params.tsl_target
            target = position.entry_price + _way(position) * (target_r * position.risk)
        if _beyond(position, bar.close, stop):
            return _left(position, bar, bar.close, "stop", costs)
    raise AssertionError("a trade leaves on the window's last bar at the latest")


def _left(
    position: ReferencePosition, bar: Bar, price: float, reason: ExitReason, costs: MarketCosts
) -> ReferenceExit:
    """Half the spread is paid at every exit, slippage at all but the target (R15.8)."""
    if reason != "tp":
        price -= _way(position) * costs.slippage
    price -= _way(position) * (costs.spread / 2)
    return ReferenceExit(bar.time, price, reason, _in_r(position, price))


def _in_r(position: ReferencePosition, price: float) -> float:
    entry = position.entry_price
    return (price - entry if position.long else entry - price) / position.risk


def _way(position: ReferencePosition) -> int:
    return 1 if position.long else -1


def _worst(position: ReferencePosition, bar: Bar) -> float:
    return bar.low if position.long else bar.high


def _beyond(position: ReferencePosition, price: float, stop: float) -> bool:
    """Whether a price lies at the stop or on its losing side."""
    return price <= stop if position.long else price >= stop


def _reaches(position: ReferencePosition, bar: Bar, target: float) -> bool:
    return bar.high >= target if position.long else bar.low <= target
