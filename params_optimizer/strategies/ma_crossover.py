"""Moving-average crossover: on the side of the faster average (docs/strategies.md, M1, M2)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from params_optimizer.engine.jit import kernel
from params_optimizer.engine.order_lists import OrderLists, fits_nb, order_nb
from params_optimizer.strategies.indicator_strategy import (
    DIRECTION,
    IndicatorSets,
    IndicatorStrategy,
)
from params_optimizer.strategies.indicators import mean_nb
from params_optimizer.strategies.positions import DIRECTIONS
from params_optimizer.strategies.protocol import Parameters

DEFAULTS: Final[Parameters] = {"fast": 10, "slow": 30, DIRECTION: "both"}
EQUAL: Final = 1e-12
"""Averages nearer than this share of the slower one are equal: sums round beyond it."""


class MACrossover(IndicatorStrategy):
    """Long while the fast average is above the slow one, short while it is below."""

    name = "ma_crossover"
    defaults = DEFAULTS
    indicators = ((mean_nb, "fast"), (mean_nb, "slow"))
    settings = (DIRECTION,)

    def space(self) -> Mapping[str, Any]:
        """Periods in bars, and which sides are traded."""
        return {
            "parameters": {
                "fast": {"type": "int", "low": 2, "high": 60, "step": 1},
                "slow": {"type": "int", "low": 5, "high": 200, "step": 5},
                "direction": {"type": "categorical", "choices": list(DIRECTIONS)},
            },
            "constraints": ["fast < slow"],
        }

    @property
    def lists_nb(self) -> Callable[[IndicatorSets, int, OrderLists], int]:
        """See `IndicatorStrategy`."""
        return crossovers_nb


@kernel
def crossovers_nb(sets: IndicatorSets, first: int, lists: OrderLists) -> int:
    """Orders (M2); averages that are not defined yet have no target."""
    bars = sets.close.size
    for place in range(first, sets.row.shape[0]):
        if not fits_nb(lists, place - first, bars):
            return place
        fast, slow = sets.values[sets.row[place, 0]], sets.values[sets.row[place, 1]]
        long, short = sets.settings[place]
        count, current = lists.begin[place - first], 0.0
        for bar in range(bars):
            apart, equal = fast[bar] - slow[bar], EQUAL * slow[bar]
            target = current  # NaN is neither above nor below
            if apart > equal:
                target = long
            elif apart < -equal:
                target = -short
            if target != current:
                count, current = order_nb(lists.orders, count, bar, target), target
        lists.begin[place - first + 1] = count
    return int(sets.row.shape[0])
