"""R5: REV_RB, the rebound after an extension."""

from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.initial_balance.reference.candles import Candle
from params_optimizer.strategies.initial_balance.reference.day import Day
from params_optimizer.strategies.initial_balance.reference.signal import ReferenceSignal


def rebound_signal(day: Day, window: list[Candle], params: Params) -> ReferenceSignal | None:
    """A limit order at the IB edge, once price was far enough outside (R5.2)."""
    if not params.rev_rb_enabled:
        return None
    extension = params.rev_rb_pct * day.range
    for position, candle in enumerate(window):
        if candle.high >= day.ib_high + extension:  # in the same candle: up (R5.1)
            return _limit_order(window[position + 1 :], day, params, long=True)
        if candle.low <= day.ib_low - extension:
            return _limit_order(window[position + 1 :], day, params, long=False)
    return None


def _limit_order(
    after: list[Candle], day: Day, params: Params, *, long: bool
) -> ReferenceSignal | None:
    """Filled by the first candle after the trigger that comes back to the edge (R5.2)."""
    price = day.ib_high if long else day.ib_low
    for candle in after:
        if candle.low <= price if long else candle.high >= price:
            stop = _stop(price, day, params, long=long)
            return ReferenceSignal("REV_RB", long, candle.start, price, price, stop)
    return None


def _stop(price: float, day: Day, params: Params, *, long: bool) -> float:
    """EQ, or the minimum distance on the losing side (R5.3)."""
    minimum = params.min_sl_pct * price
    if abs(price - day.eq) < minimum:
        return price - minimum if long else price + minimum
    return day.eq
