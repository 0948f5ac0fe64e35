"""R15.1 to R15.4: which order a day sends under strict execution, and what it meets."""

from bisect import bisect_left
from typing import NamedTuple

from params_optimizer.data.news import NewsWindows
from params_optimizer.strategies.initial_balance.params import Params, Variation
from params_optimizer.strategies.initial_balance.reference.breakout import breakout_signal
from params_optimizer.strategies.initial_balance.reference.candles import Candle
from params_optimizer.strategies.initial_balance.reference.day import Bar, Day
from params_optimizer.strategies.initial_balance.reference.placement import (
    ReferencePosition,
    position_at,
)
from params_optimizer.strategies.initial_balance.reference.rebound import limit_order
from params_optimizer.strategies.initial_balance.reference.reverse import confirmed_groups
from params_optimizer.strategies.initial_balance.reference.signal import ReferenceSignal
from params_optimizer.strategies.initial_balance.reference.strict_exits import MarketCosts

_ORDER: tuple[Variation, ...] = ("Reverse", "OCAE", "TCWE", "REV_RB")


class StrictOrder(NamedTuple):
    """An order: at the market from `decision` (UTC minute) on, or at `limit` on that bar."""

    variation: Variation
    long: bool
    decision: int
    stop: float
    limit: float | None = None


def chosen_order(
    day: Day, window: list[Candle], context: list[Candle], params: Params, news: NewsWindows
) -> StrictOrder | None:
    """The valid order with the earliest decision time (R15.3); the others are ignored."""
    orders = (
        _reverse(day, window, context, params),
        _breakout(day, window, params),
        _rebound(day, window, params),
    )
    valid = [
        order
        for order in orders
        if order is not None
        and order.decision <= day.window_end
        and not news.contains(order.decision)
    ]
    by_time = sorted(valid, key=lambda order: (order.decision, _ORDER.index(order.variation)))
    return by_time[0] if by_time else None


def _reverse(
    day: Day, window: list[Candle], context: list[Candle], params: Params
) -> StrictOrder | None:
    """The group with the earliest confirmation, of equal ones the first (R15.1)."""
    groups = list(confirmed_groups(day, window, context, params))
    if not groups:
        return None
    group, confirmation = min(groups, key=lambda confirmed: confirmed[1])
    return StrictOrder("Reverse", not group.upper, window[confirmation + 1].start, group.extreme)


def _breakout(day: Day, window: list[Candle], params: Params) -> StrictOrder | None:
    """OCAE or TCWE, decided at the close of the entry candle (R6.1)."""
    signal = breakout_signal(day, window, params)
    if signal is None:
        return None
    return StrictOrder(signal.variation, signal.long, signal.start + 2, signal.stop)


def _rebound(day: Day, window: list[Candle], params: Params) -> StrictOrder | None:
    """Filled by the first bar after the trigger's candle that reaches the edge (R15.2)."""
    order = limit_order(day, window, params)
    if order is None:
        return None
    begin = window[order.trigger].start + 2
    for bar in day.window:
        if bar.time >= begin and (
            bar.low <= order.price if order.long else bar.high >= order.price
        ):
            return StrictOrder("REV_RB", order.long, bar.time, order.stop, order.price)
    return None


def strict_position(
    order: StrictOrder, window: list[Bar], params: Params, costs: MarketCosts
) -> ReferencePosition | None:
    """The position of the first bar at or after the decision; None without one (R15.4)."""
    entry_bar = bisect_left(window, order.decision, key=lambda bar: bar.time)
    if entry_bar == len(window):
        return None
    raw = window[entry_bar].open
    slippage = costs.slippage if order.long else -costs.slippage
    if order.limit is not None:
        raw = min(order.limit, raw) if order.long else max(order.limit, raw)
        slippage = 0.0
    signal = ReferenceSignal(
        order.variation, order.long, order.decision, raw, raw + slippage, order.stop
    )
    return position_at(entry_bar, signal, params, costs.spread)
