"""Slices of the compiled strategies besides the Initial Balance: rates on one core.

What a slice gives is compared with the same sets asked alone before anything is timed.
"""

from collections.abc import Mapping
from time import process_time

import numpy as np

from benchmarks.measures import RATE, Measure
from benchmarks.strategies import hourly_bars
from params_optimizer.errors import OptimizerError
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.batch import Batch, DaySample, Slice
from params_optimizer.strategies.ensemble.strategy import Ensemble
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.set_by_set import SetBySet, evaluator_of

_SETS = 2048
_COMPARED = 40
_SAMPLE = DaySample("UTC")

_PERIOD = {"type": "int", "low": 2, "high": 33}
_WEIGHT = {"type": "float", "low": 0.0, "high": 1.0, "step": 0.1}
SPACES: Mapping[str, Mapping[str, object]] = {
    "ma_crossover": {"fast": _PERIOD, "slow": {"type": "int", "low": 40, "high": 103}},
    "rsi": {"period": _PERIOD, "lower": {"type": "float", "low": 10.0, "high": 41.5, "step": 0.5}},
    "bollinger": {
        "period": _PERIOD,
        "deviations": {"type": "float", "low": 0.5, "high": 3.65, "step": 0.05},
    },
    "ensemble": {
        "weight_ma_crossover": _WEIGHT,
        "weight_rsi": _WEIGHT,
        "weight_bollinger": _WEIGHT,
    },
}


def measure(runs: int) -> list[Measure]:
    """Parameter sets a second, with metrics.

    Raises:
        OptimizerError: a slice differs from its sets alone.
    """
    return [_rate(name, runs) for name in SPACES]


def _rate(name: str, runs: int) -> Measure:
    bars, space = hourly_bars(), ParameterSpace.parse({"parameters": SPACES[name]})
    strategy = Ensemble() if name == "ensemble" else strategy_named(name)
    evaluator = evaluator_of(strategy, bars, space, _SAMPLE)
    numbers = np.arange(min(_SETS, len(space)))
    slice_ = Slice(0, 0, numbers.size)
    compared = np.linspace(0, numbers.size - 1, _COMPARED).astype(np.int64)
    alone = SetBySet(strategy, bars, space, _SAMPLE).metrics(slice_, compared)
    if not isinstance(strategy, Batch) or not np.array_equal(
        evaluator.metrics(slice_, numbers)[:, compared], alone
    ):
        raise OptimizerError(f"{name}: slices differ from their parameter sets evaluated alone")
    values = []
    for _ in range(runs):
        began = process_time()
        evaluator.metrics(slice_, numbers)
        values.append(numbers.size / (process_time() - began))
    return Measure(f"slices.{name}", RATE, tuple(values))
