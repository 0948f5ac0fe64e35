"""R4: OCAE and TCWE, the breakouts."""

from typing import Literal

from params_optimizer.strategies.initial_balance.params import Params, Variation
from params_optimizer.strategies.initial_balance.reference.candles import Candle
from params_optimizer.strategies.initial_balance.reference.day import Day
from params_optimizer.strategies.initial_balance.reference.signal import ReferenceSignal

Side = Literal["long", "short"]


def breakout_signal(day: Day, window: list[Candle], params: Params) -> ReferenceSignal | None:
    """OCAE where EQ was touched by the end of the first breakout (R4.3), else TCWE (R4.4)."""
    touched = False
    for position, candle in enumerate(window):
        touched = touched or _touches_eq(candle, day)
        side = _breakout(candle, day, params)
        if side is not None and touched:
            return _signal("OCAE", side, candle, _stop(day, window, params))
        if side is not None:
            second = _second_breakout(position, side, day, window, params)
            return second and _signal("TCWE", side, second, _stop(day, window, params))
    return None


def _breakout(candle: Candle, day: Day, params: Params) -> Side | None:
    """The side on which the candle closes outside, but not too far (R4.1)."""
    buffer = params.ib_buffer_pct * day.range
    max_distance = params.max_distance_pct * day.range
    if candle.close > day.ib_high + buffer and candle.close - day.ib_high <= max_distance:
        return "long"
    if candle.close < day.ib_low - buffer and day.ib_low - candle.close <= max_distance:
        return "short"
    return None


def _touches_eq(candle: Candle, day: Day) -> bool:
    """R4.2."""
    return candle.low <= day.eq <= candle.high


def _second_breakout(
    first: int, side: Side, day: Day, window: list[Candle], params: Params
) -> Candle | None:
    """The next breakout of the same side that closes further out, before EQ is touched (R4.4)."""
    for candle in window[first + 1 :]:
        if _touches_eq(candle, day):
            return None
        if _breakout(candle, day, params) == side:
            first_close = window[first].close
            if candle.close > first_close if side == "long" else candle.close < first_close:
                return candle
    return None


def _stop(day: Day, window: list[Candle], params: Params) -> float:
    """EQ, or `start_price`: the open of the window's first candle (R2.4, R4.5)."""
    return day.eq if params.stop_mode == "eq" else window[0].open


def _signal(variation: Variation, side: Side, entry: Candle, stop: float) -> ReferenceSignal:
    """Raw and fill price are the close of the entry candle (R4.5)."""
    return ReferenceSignal(variation, side == "long", entry.start, entry.close, entry.close, stop)
