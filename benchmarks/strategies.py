"""Strategies besides the Initial Balance: rates of the compiled ones, and of an ensemble's votes.

On generated hourly bars, with metrics, on one core; what the results are is settled first.
"""

from collections.abc import Callable, Mapping
from functools import partial
from time import process_time

import numpy as np

from benchmarks.measures import RATE, SECONDS, Measure, ratio
from params_optimizer.data.bars import M1, Bars
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import OptimizerError
from params_optimizer.strategies import indicators
from params_optimizer.strategies.ensemble.strategy import Ensemble
from params_optimizer.strategies.function import FunctionStrategy
from params_optimizer.strategies.protocol import Parameters, Strategy, Trades
from params_optimizer.strategies.registry import strategy_named

HOURS = 17_000
_SETS = 1500
_ANEW = 30


def measure(runs: int) -> list[Measure]:
    """Parameter sets a second, votes a second, and what a plain function costs beside its work."""
    bars, rng = hourly_bars(), np.random.default_rng(1)
    found = []
    for name, sets in _sets(rng).items():
        strategy = strategy_named(name)
        _evaluate(strategy, bars, sets)  # compiles, and fills the indicators
        work = partial(_evaluate, strategy, bars, sets)
        values = [_SETS / _seconds(work) for _ in range(runs)]
        found.append(Measure(f"strategies.{name}", RATE, tuple(values)))
    return [*found, *_replay(bars, rng, runs), _function(bars, runs)]


def hourly_bars(count: int = HOURS) -> Bars:
    """A random walk; the market is closed two days of each week."""
    rng = np.random.default_rng(0)
    hour = np.arange(count)
    close = 1000 * np.exp(np.cumsum(rng.normal(0, 0.002, count)))
    opened = np.concatenate([[1000.0], close[:-1]])
    high = np.maximum(opened, close) * (1 + rng.uniform(0, 0.001, count))
    low = np.minimum(opened, close) * (1 - rng.uniform(0, 0.001, count))
    time = 25_000_000 + (hour + hour // 120 * 48) * 60
    return Bars.from_arrays("WALK", M1(time, opened, high, low, close, np.ones(count)))


def _sets(rng: np.random.Generator) -> Mapping[str, list[Parameters]]:
    """Parameter sets by chance, of each compiled strategy."""
    periods = rng.integers(2, 60, _SETS).tolist()
    floats = rng.uniform(0, 1, _SETS).tolist()
    pairs = list(zip(periods, floats, strict=True))
    return {
        "ma_crossover": [{"fast": period, "slow": 61 + int(140 * x)} for period, x in pairs],
        "rsi": [{"period": n, "lower": 10 + 35 * x, "upper": 90 - 35 * x} for n, x in pairs],
        "bollinger": [{"period": 3 + n, "deviations": 0.5 + 3 * x} for n, x in pairs],
    }


def _evaluate(strategy: Strategy, bars: Bars, sets: list[Parameters]) -> None:
    for parameters in sets:
        metrics_of_r(strategy.trades(bars, parameters).r)


def _replay(bars: Bars, rng: np.random.Generator, runs: int) -> list[Measure]:
    """Weights by replay, and with the rules evaluated anew for each."""
    weights = rng.integers(0, 11, (_SETS, 3)) / 10
    names = ("weight_ma_crossover", "weight_rsi", "weight_bollinger")
    sets: list[Parameters] = [dict(zip(names, row.tolist(), strict=True)) for row in weights]
    ensemble = Ensemble()
    for parameters in sets[:_ANEW]:
        if not _same(ensemble.trades(bars, parameters), _anew(bars, parameters)):
            raise OptimizerError(f"replay and rules evaluated anew differ for {parameters}")
    replay, anew = [], []
    for _ in range(runs):
        replay.append(_SETS / _seconds(lambda: [ensemble.trades(bars, one) for one in sets]))
        anew.append(_ANEW / _seconds(lambda: [_anew(bars, one) for one in sets[:_ANEW]]))
    by_replay = Measure("strategies.replayed", RATE, tuple(replay))
    by_rules = Measure("strategies.rules_anew", RATE, tuple(anew))
    return [by_replay, by_rules, ratio("strategies.replay_over_anew", by_replay, by_rules)]


def _anew(bars: Bars, parameters: Parameters) -> Trades:
    indicators.forget()
    return Ensemble().trades(bars, parameters)


def _same(one: Trades, other: Trades) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _function(bars: Bars, runs: int) -> Measure:
    """Seconds from a function's positions to metrics: what calling it costs beside its work."""
    targets = np.sign(np.sin(np.arange(bars.count) / 20))

    def waves(bars: Bars, length: int = 20) -> object:  # noqa: ARG001  its work is done before
        return targets

    strategy = FunctionStrategy(waves)
    sets: list[Parameters] = [{"length": 20}] * 200
    _evaluate(strategy, bars, sets)
    values = [_seconds(lambda: _evaluate(strategy, bars, sets)) / len(sets) for _ in range(runs)]
    return Measure("strategies.function_overhead", SECONDS, tuple(values))


def _seconds(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began
