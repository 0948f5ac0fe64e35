"""Moving-average crossover: on the side of the faster average (docs/strategies.md, M1, M2)."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.engine.jit import kernel
from params_optimizer.strategies.indicators import mean
from params_optimizer.strategies.positions import (
    DIRECTIONS,
    PositionStrategy,
    completed,
    sides,
    whole,
)
from params_optimizer.strategies.protocol import Parameters

DEFAULTS: Final[Parameters] = {"fast": 10, "slow": 30, "direction": "both"}
EQUAL: Final = 1e-12
"""Averages nearer than this share of the slower one are equal: sums round beyond it."""


class MACrossover(PositionStrategy):
    """Long while the fast average is above the slow one, short while it is below."""

    name = "ma_crossover"

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

    def targets(self, bars: Bars, parameters: Parameters) -> NDArray[np.float64]:
        """See `PositionStrategy.targets`.

        Raises:
            StrategyError: unknown or impossible parameters.
        """
        complete = completed(self.name, DEFAULTS, parameters)
        long, short = sides(self.name, complete["direction"])
        fast, slow = (whole(self.name, key, complete[key], 1) for key in ("fast", "slow"))
        close = bars.m1.close
        return crossover_nb(mean(close, fast), mean(close, slow), long, short)


@kernel
def crossover_nb(
    fast: NDArray[np.float64], slow: NDArray[np.float64], long: float, short: float
) -> NDArray[np.float64]:
    """Targets at each close (M2); 0 until the averages exist."""
    targets = np.zeros(fast.size)
    target = 0.0
    for bar in range(fast.size):
        apart = fast[bar] - slow[bar]  # NaN is neither above nor below
        if apart > EQUAL * slow[bar]:
            target = long
        elif apart < -EQUAL * slow[bar]:
            target = -short
        targets[bar] = target
    return targets
