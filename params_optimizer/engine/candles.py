"""Two-minute candles from one-minute bars (R2)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.engine.jit import kernel


class Candles(NamedTuple):
    """M2 candles, arrays of shape (candles,).

    `start` is the even UTC minute at which the candle opens, `first` the index of its
    first bar, which may be the bar of the odd minute.
    """

    start: NDArray[np.int64]
    first: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]


@kernel
def candles_nb(m1: M1, low: int, high: int) -> Candles:
    """Group the bars `low <= index < high` into candles; a leading half is dropped (R2.2)."""
    room = max(high - low, 0)
    start = np.empty(room, np.int64)
    first = np.empty(room, np.int64)
    prices = np.empty((4, room))
    count = 0
    for bar in range(low, high):
        minute = m1.time[bar]
        even = minute - minute % 2
        if bar == low and even < minute:
            continue
        if count and start[count - 1] == even:
            last = count - 1
            prices[1, last] = max(prices[1, last], m1.high[bar])
            prices[2, last] = min(prices[2, last], m1.low[bar])
            prices[3, last] = m1.close[bar]
        else:
            start[count] = even
            first[count] = bar
            prices[0, count] = m1.open[bar]
            prices[1, count] = m1.high[bar]
            prices[2, count] = m1.low[bar]
            prices[3, count] = m1.close[bar]
            count += 1
    return Candles(
        start[:count],
        first[:count],
        prices[0, :count],
        prices[1, :count],
        prices[2, :count],
        prices[3, :count],
    )
