"""Bollinger bands, faded outside them (docs/strategies.md, B1, B2)."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.engine.jit import kernel
from params_optimizer.strategies.indicators import deviation, mean
from params_optimizer.strategies.positions import (
    DIRECTIONS,
    PositionStrategy,
    completed,
    number,
    sides,
    whole,
)
from params_optimizer.strategies.protocol import Parameters

DEFAULTS: Final[Parameters] = {"period": 20, "deviations": 2.0, "direction": "both"}
EQUAL: Final = 1e-12
"""A close nearer to a band or to the mean than this share of the mean is at it."""


class Bollinger(PositionStrategy):
    """Long below the lower band, short above the upper one, out at the mean."""

    name = "bollinger"

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

    def targets(self, bars: Bars, parameters: Parameters) -> NDArray[np.float64]:
        """See `PositionStrategy.targets`.

        Raises:
            StrategyError: unknown or impossible parameters.
        """
        complete = completed(self.name, DEFAULTS, parameters)
        period = whole(self.name, "period", complete["period"], 1)
        width = number(self.name, "deviations", complete["deviations"])
        long, short = sides(self.name, complete["direction"])
        close = bars.m1.close
        return bands_nb(close, mean(close, period), deviation(close, period), width, long, short)


@kernel
def bands_nb(
    close: NDArray[np.float64],
    mean: NDArray[np.float64],
    deviation: NDArray[np.float64],
    width: float,
    long: float,
    short: float,
) -> NDArray[np.float64]:
    """Targets at each close (B2); 0 until the bands exist."""
    targets = np.zeros(close.size)
    target = 0.0
    for bar in range(close.size):
        away, band = close[bar] - mean[bar], width * deviation[bar]
        equal = EQUAL * mean[bar]
        if away < -band - equal:
            target = long
        elif away > band + equal:
            target = -short
        elif (target > 0.0 and away >= -equal) or (target < 0.0 and away <= equal):
            target = 0.0
        targets[bar] = target
    return targets
