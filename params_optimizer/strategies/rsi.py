"""Wilder's RSI, faded at its extremes (docs/strategies.md, W1, W2)."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.engine.jit import kernel
from params_optimizer.strategies.indicators import wilder_rsi
from params_optimizer.strategies.positions import (
    DIRECTIONS,
    PositionStrategy,
    completed,
    number,
    sides,
    whole,
)
from params_optimizer.strategies.protocol import Parameters

DEFAULTS: Final[Parameters] = {
    "period": 14,
    "lower": 30.0,
    "upper": 70.0,
    "exit_level": 50.0,
    "direction": "both",
}
EQUAL: Final = 1e-9
"""An index nearer to a level than this is at it."""


class RSI(PositionStrategy):
    """Long below the lower level, short above the upper one, out at the exit level."""

    name = "rsi"

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

    def targets(self, bars: Bars, parameters: Parameters) -> NDArray[np.float64]:
        """See `PositionStrategy.targets`.

        Raises:
            StrategyError: unknown or impossible parameters.
        """
        complete = completed(self.name, DEFAULTS, parameters)
        long, short = sides(self.name, complete["direction"])
        index = wilder_rsi(bars.m1.close, whole(self.name, "period", complete["period"], 1))
        lower, upper, out = (
            number(self.name, key, complete[key]) for key in ("lower", "upper", "exit_level")
        )
        return levels_nb(index, lower, upper, out, long, short)


@kernel
def levels_nb(
    index: NDArray[np.float64],
    lower: float,
    upper: float,
    exit_level: float,
    long: float,
    short: float,
) -> NDArray[np.float64]:
    """Targets at each close (W2); 0 until the index exists."""
    targets = np.zeros(index.size)
    target = 0.0
    for bar in range(index.size):
        value = index[bar]
        if value < lower - EQUAL:
            target = long
        elif value > upper + EQUAL:
            target = -short
        elif (target > 0.0 and value >= exit_level - EQUAL) or (
            target < 0.0 and value <= exit_level + EQUAL
        ):
            target = 0.0
        targets[bar] = target
    return targets
