"""R5: REV_RB, the rebound after an extension."""

from typing import NamedTuple

from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.initial_balance.reference.candles import Candle
from params_optimizer.strategies.initial_balance.reference.day import Day
from params_optimizer.strategies.initial_balance.reference.signal import ReferenceSignal


class LimitOrder(NamedTuple):
    """Waits at the edge of the IB from the candle after `trigger`, a position in the window."""

    long: bool
    price: float
    stop: float
    trigger: int


def rebound_signal(day: Day, window: list[Candle], params: Params) -> ReferenceSignal | None:
    """A limit order at the IB edge, once price was far enough outside (R5.2)."""
    order = limit_order(day, window, params)
    if order is None:
        return None
    for candle in window[order.trigger + 1 :]:
        if candle.low <= order.price if order.long else candle.high >= order.price:
            return ReferenceSignal(
                "REV_RB", order.long, candle.start, order.price, order.price, order.stop
            )
    return None


def limit_order(day: Day, window: list[Candle], params: Params) -> LimitOrder | None:
    """The order that the first extension makes, where REV_RB is traded (R5.1)."""
    if not params.rev_rb_enabled:
        return None
    extension = params.rev_rb_pct * day.range
    for position, candle in enumerate(window):
        up = candle.high >= day.ib_high + extension  # in the same candle: up (R5.1)
        if up or candle.low <= day.ib_low - extension:
            price = day.ib_high if up else day.ib_low
            return LimitOrder(up, price, _stop(price, day, params, long=up), position)
    return None


def _stop(price: float, day: Day, params: Params, *, long: bool) -> float:
    """EQ, or the minimum distance on the losing side (R5.3)."""
    minimum = params.min_sl_pct * price
    if abs(price - day.eq) < minimum:
        return price - minimum if long else price + minimum
    return day.eq
