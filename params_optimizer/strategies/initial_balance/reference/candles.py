"""R2: two-minute candles."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from params_optimizer.strategies.initial_balance.reference.day import Bar


class Candle(NamedTuple):
    """A two-minute candle; `start` is its even opening minute in UTC."""

    start: int
    open: float
    high: float
    low: float
    close: float


def candles(bars: Sequence[Bar]) -> list[Candle]:
    """The candles of the window's or the context's bars (R2.1 to R2.3)."""
    grouped = [_candle(start, list(group)) for start, group in groupby(bars, _even_minute)]
    # Its first minute is missing (R2.2).
    return grouped[1:] if grouped and grouped[0].start < bars[0].time else grouped


def _even_minute(bar: Bar) -> int:
    return bar.time - bar.time % 2


def _candle(start: int, bars: list[Bar]) -> Candle:
    """Open of the first bar, highest high, lowest low, close of the last bar (R2.1)."""
    high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
    return Candle(start, bars[0].open, high, low, bars[-1].close)
