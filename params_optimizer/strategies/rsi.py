"""Wilder's RSI, faded at its extremes (docs/strategies.md, W1, W2)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from params_optimizer.engine.jit import kernel
from params_optimizer.engine.order_lists import OrderLists, fits_nb, order_nb
from params_optimizer.strategies.indicator_strategy import (
    DIRECTION,
    IndicatorSets,
    IndicatorStrategy,
)
from params_optimizer.strategies.indicators import rsi_nb
from params_optimizer.strategies.positions import DIRECTIONS
from params_optimizer.strategies.protocol import Parameters

DEFAULTS: Final[Parameters] = {
    "period": 14,
    "lower": 30.0,
    "upper": 70.0,
    "exit_level": 50.0,
    DIRECTION: "both",
}
EQUAL: Final = 1e-9
"""An index nearer to a level than this is at it."""


class RSI(IndicatorStrategy):
    """Long below the lower level, short above the upper one, out at the exit level."""

    name = "rsi"
    defaults = DEFAULTS
    indicators = ((rsi_nb, "period"),)
    settings = ("lower", "upper", "exit_level", DIRECTION)

    def space(self) -> Mapping[str, Any]:
        """Period in bars, levels from 0 to 100, and which sides are traded."""
        return {
            "parameters": {
                "period": {"type": "int", "low": 2, "high": 30, "step": 1},
                "lower": {"type": "float", "low": 10.0, "high": 45.0, "step": 2.5},
                "upper": {"type": "float", "low": 55.0, "high": 90.0, "step": 2.5},
                "exit_level": {"type": "float", "low": 40.0, "high": 60.0, "step": 5.0},
                "direction": {"type": "categorical", "choices": list(DIRECTIONS)},
            },
            "constraints": ["lower < exit_level", "exit_level < upper"],
        }

    @property
    def lists_nb(self) -> Callable[[IndicatorSets, int, OrderLists], int]:
        """See `IndicatorStrategy`."""
        return fades_nb


@kernel
def fades_nb(sets: IndicatorSets, first: int, lists: OrderLists) -> int:
    """Orders (W2); an index that is not there yet wants nothing."""
    bars = sets.close.size
    for place in range(first, sets.row.shape[0]):
        if not fits_nb(lists, place - first, bars):
            return place
        index = sets.values[sets.row[place, 0]]
        lower, upper, exit_level, long, short = sets.settings[place]
        count, current = lists.begin[place - first], 0.0
        for bar in range(bars):
            value, target = index[bar], current
            if value < lower - EQUAL:
                target = long
            elif value > upper + EQUAL:
                target = -short
            elif (current > 0.0 and value >= exit_level - EQUAL) or (
                current < 0.0 and value <= exit_level + EQUAL
            ):
                target = 0.0
            if target != current:
                count, current = order_nb(lists.orders, count, bar, target), target
        lists.begin[place - first + 1] = count
    return int(sets.row.shape[0])
