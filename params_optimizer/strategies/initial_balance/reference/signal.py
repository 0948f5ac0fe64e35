"""What R3, R4 and R5 find and R6 and R7 go on with."""

from typing import NamedTuple

from params_optimizer.strategies.initial_balance.params import Variation


class ReferenceSignal(NamedTuple):
    """A trade that the candles suggest; `start` is its entry candle's, a UTC minute."""

    variation: Variation
    long: bool
    start: int
    raw_price: float
    fill_price: float
    stop: float
