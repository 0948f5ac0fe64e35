"""How far luck alone moves the figures of a list of trades: stationary block bootstrap.

Politis and Romano, *The Stationary Bootstrap* (JASA 89, 1994): a resample is made of blocks
of neighbouring trades, whose lengths are geometric, taken from the list closed to a circle;
so streaks and quiet times survive. The mean length of a block is chosen from the trades by
Politis and White (Econometric Reviews 23, 2004) with the correction by Patton, Politis and
White (Econometric Reviews 28, 2009).
"""

from collections.abc import Iterable, Iterator
from math import ceil, log10, sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import LEAST_DEVIATION, TRADES_PER_YEAR

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

RESAMPLES: Final = 10_000


class Resamples(NamedTuple):
    """Figures of R10 of each resample, shape (resamples,)."""

    total_r: Floats
    sharpe_ratio: Floats
    max_drawdown: Floats


class Interval(NamedTuple):
    """Percentiles of a figure over the resamples, and the figure of the trades themselves."""

    value: float
    low: float
    high: float


class Bootstrap(NamedTuple):
    """Intervals of the figures of R10, and the share of resamples with total R <= 0.

    The interval of the drawdown answers "how deep could it have been, had the same kind of
    trades come otherwise": its middle may lie off the drawdown that happened.
    """

    total_r: Interval
    sharpe_ratio: Interval
    max_drawdown: Interval
    loss_probability: float
    block_length: float
    resamples: int


def bootstrap(
    r: Floats,
    seed: int,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    block_length: float | None = None,
) -> Bootstrap | None:
    """Percentile intervals of R values in time order, shape (trades,).

    `block_length` is the mean length of a block in trades, at least 1; None chooses it. The
    same seed gives the same answer. None below two trades: nothing to resample.
    """
    if r.size < 2:
        return None
    length = optimal_block_length(r) if block_length is None else block_length
    drawn = resample(r, seed, resamples, length)
    itself = _figures(r, np.arange(r.size)[:, None])
    tail = (1.0 - confidence) / 2.0
    total, ratio, drawdown = (
        Interval(float(value[0]), *np.quantile(figure, [tail, 1.0 - tail]).tolist())
        for value, figure in zip(itself, drawn, strict=True)
    )
    losing = float(np.mean(drawn.total_r <= 0.0))
    return Bootstrap(total, ratio, drawdown, losing, length, resamples)


def resample(r: Floats, seed: int, resamples: int, block_length: float) -> Resamples:
    """Figures of `resamples` resamples of the R values, with blocks of this mean length.

    Raises:
        ValueError: a block length below 1.
    """
    if block_length < 1.0:
        raise ValueError(f"block_length {block_length}: a block has at least 1 trade")
    return _figures(r, _places(r.size, seed, resamples, block_length))


def _places(trades: int, seed: int, resamples: int, block_length: float) -> Iterator[Places]:
    """Which trade each resample takes next, trade by trade, all resamples side by side."""
    chance = np.random.default_rng(seed)
    new_block = 1.0 / block_length
    place = np.floor(chance.random(resamples) * trades)
    yield place.astype(np.int64)
    for _ in range(trades - 1):
        # One draw decides both: below the threshold it is uniform, and so chooses the start.
        draw = chance.random(resamples)
        place = np.where(draw < new_block, np.floor(draw / new_block * trades), place + 1.0)
        place[place >= trades] = 0.0  # the circle closes
        yield place.astype(np.int64)


def _figures(r: Floats, places: Iterable[Places]) -> Resamples:
    """The figures of R10 of lists of trades that are taken place by place.

    One step a trade, all resamples at once: nothing of shape (resamples, trades) exists.
    """
    center = r.mean()  # sums of squares around it do not cancel
    total = highest = deepest = away = squares = np.zeros(1)
    for step, place in enumerate(places):
        values = r[place]
        total = total + values
        highest = np.maximum(highest, total) if step else total
        deepest = np.maximum(deepest, highest - total)
        away = away + (values - center)
        squares = squares + (values - center) ** 2
    mean = total / r.size
    variance = (squares - away**2 / r.size) / (r.size - 1)
    deviation = np.sqrt(np.maximum(variance, 0.0))
    spread = deviation >= LEAST_DEVIATION
    ratio = np.where(spread, mean / np.where(spread, deviation, 1.0), 0.0)
    return Resamples(total, ratio * sqrt(TRADES_PER_YEAR), deepest)


def optimal_block_length(r: Floats) -> float:
    """Mean block length, at least 1, for the stationary bootstrap of R values in time order.

    Politis and White (2004) with the correction of 2009: b = (G^2 / s^2)^(1/3) * n^(1/3),
    G and s the sums of lag * autocovariance and of autocovariance (s squared: the long-run
    variance) under a flat-top window of twice the lag from which on K autocorrelations in a
    row lie inside +-2 * sqrt(log10(n) / n), K = max(5, log10 n); as in Patton's code that is
    the first lag of those K. At most 3 * sqrt(n) and a third of the list. Below ten trades,
    or without spread, 1: nothing to estimate from.
    """
    count = r.size
    away = r - r.mean()
    if count < 10 or float(np.max(np.abs(away))) < LEAST_DEVIATION:
        return 1.0
    run = max(5, int(log10(count)))
    max_lag = min(ceil(sqrt(count)) + run, count - 2)
    covariance = np.array([away[lag:] @ away[: count - lag] for lag in range(max_lag + 1)]) / count
    window = _window(away, covariance, run)
    lags = np.arange(1, window + 1)
    weight = 2.0 * np.minimum(1.0, 2.0 * (1.0 - lags / window))  # both signs of the lag
    slope = float(weight * lags @ covariance[1 : window + 1])
    long_run = float(covariance[0] + weight @ covariance[1 : window + 1])
    longest = ceil(min(3.0 * sqrt(count), count / 3.0))
    if long_run == 0.0:
        return float(longest)
    best = float(np.cbrt((slope / long_run) ** 2 * count))
    return min(max(best, 1.0), float(longest))


def _window(away: Floats, covariance: Floats, run: int) -> int:
    """Lags that the flat-top window looks at: twice where autocorrelation has died out."""
    count, max_lag = away.size, covariance.size - 1
    limit = 2.0 * sqrt(log10(count) / count)
    small = np.zeros(max_lag + 1, np.bool_)
    for lag in range(1, max_lag + 1):
        scale = (away[lag + 1 :] @ away[lag + 1 :]) * (away[: -lag - 1] @ away[: -lag - 1])
        small[lag] = abs(covariance[lag]) * count < limit * sqrt(float(scale))
    for lag in range(1, max_lag - run + 1):
        if small[lag : lag + run].all():
            return min(2 * lag, max_lag)
    return max_lag
