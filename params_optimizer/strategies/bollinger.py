"""Bollinger bands, faded outside them (docs/strategies.md, B1, B2)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from params_optimizer.engine.jit import kernel
from params_optimizer.engine.order_lists import OrderLists, fits_nb, order_nb
from params_optimizer.strategies.indicator_strategy import (
    DIRECTION,
    IndicatorSets,
    IndicatorStrategy,
)
from params_optimizer.strategies.indicators import deviation_nb, mean_nb
from params_optimizer.strategies.positions import DIRECTIONS
from params_optimizer.strategies.protocol import Parameters

DEFAULTS: Final[Parameters] = {"period": 20, "deviations": 2.0, DIRECTION: "both"}
EQUAL: Final = 1e-12
"""A close nearer to a band or to the mean than this share of the mean is at it."""


class Bollinger(IndicatorStrategy):
    """Long below the lower band, short above the upper one, out at the mean."""

    name = "bollinger"
    defaults = DEFAULTS
    indicators = ((mean_nb, "period"), (deviation_nb, "period"))
    settings = ("deviations", DIRECTION)

    def space(self) -> Mapping[str, Any]:
        """Period in bars, width of the bands in deviations, and which sides are traded."""
        return {
            "parameters": {
                "period": {"type": "int", "low": 5, "high": 100, "step": 1},
                "deviations": {"type": "float", "low": 0.5, "high": 3.5, "step": 0.1},
                "direction": {"type": "categorical", "choices": list(DIRECTIONS)},
            },
            "constraints": [],
        }

    @property
    def lists_nb(self) -> Callable[[IndicatorSets, int, OrderLists], int]:
        """See `IndicatorStrategy`."""
        return returns_nb


@kernel
def returns_nb(sets: IndicatorSets, first: int, lists: OrderLists) -> int:
    """Orders (B2); bands that are not defined yet have no target."""
    bars = sets.close.size
    for place in range(first, sets.row.shape[0]):
        if not fits_nb(lists, place - first, bars):
            return place
        mean, deviation = sets.values[sets.row[place, 0]], sets.values[sets.row[place, 1]]
        width, long, short = sets.settings[place]
        count, current = lists.begin[place - first], 0.0
        for bar in range(bars):
            away, band = sets.close[bar] - mean[bar], width * deviation[bar]
            equal, target = EQUAL * mean[bar], current
            if away < -band - equal:
                target = long
            elif away > band + equal:
                target = -short
            elif (current > 0.0 and away >= -equal) or (current < 0.0 and away <= equal):
                target = 0.0
            if target != current:
                count, current = order_nb(lists.orders, count, bar, target), target
        lists.begin[place - first + 1] = count
    return int(sets.row.shape[0])
