"""How likely a Sharpe ratio is skill: probabilistic and deflated Sharpe ratio.

Every Sharpe ratio here is per trade and unannualised: mean over sample deviation of the R
values. T is the number of trades.

Sources: Bailey and Lopez de Prado, *The Sharpe Ratio Efficient Frontier* (Journal of Risk
15(2), 2012) and *The Deflated Sharpe Ratio* (Journal of Portfolio Management 40(5), 2014).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import LEAST_DEVIATION

Floats = NDArray[np.float64]
Figures = Floats | float

LEAST_TRADES = 3
"""Below this many trades the third and fourth moments say nothing: probabilities are NaN."""


class Moments(NamedTuple):
    """What the probabilities need of lists of trades; arrays of one shape.

    `skewness` and `kurtosis` are those of the sample itself (moments divided by T, not
    corrected for bias); a normal distribution has kurtosis 3. A list of fewer than two
    trades, or one whose deviation counts as zero (R10), has a Sharpe ratio of 0 and NaN for
    both: what is made of them is NaN, not a probability.
    """

    trades: Floats
    sharpe: Floats
    skewness: Floats
    kurtosis: Floats


def moments(r: Floats) -> Moments:
    """Moments of R values, shape (trades,) or (trades, lists), along the first axis."""
    count, shape = r.shape[0], r.shape[1:]
    if count < 2:
        return _without_spread(count, shape)
    mean = r.mean(axis=0)
    away = r - mean
    second = np.mean(away**2, axis=0)
    deviation = np.sqrt(second * count / (count - 1))
    flat = deviation < LEAST_DEVIATION
    safe = np.where(flat, 1.0, second)
    result = Moments(
        np.full(shape, float(count)),
        mean / np.where(flat, 1.0, deviation),
        np.mean(away**3, axis=0) / safe**1.5,
        np.mean(away**4, axis=0) / safe**2,
    )
    nothing = _without_spread(count, shape)
    return Moments(*(np.where(flat, *pair) for pair in zip(nothing, result, strict=True)))


def probabilistic_sharpe_ratio(statistics: Moments, benchmark: Figures = 0.0) -> Floats:
    """Probability, 0 to 1, that the true Sharpe ratio exceeds `benchmark`.

    PSR(b) = Phi((SR - b) * sqrt(T - 1) / sqrt(1 - skew * SR + (kurt - 1) / 4 * SR^2)),
    Bailey and Lopez de Prado (2012), equation 9; `benchmark` is per trade and broadcasts.
    NaN below three trades and without spread.
    """
    from scipy.special import ndtr  # type: ignore[import-untyped]  # slow to import

    spread = _sharpe_variance(statistics)
    with np.errstate(invalid="ignore"):
        distance = (
            (statistics.sharpe - benchmark) * np.sqrt(statistics.trades - 1.0) / np.sqrt(spread)
        )
    return np.asarray(ndtr(distance), np.float64)


def expected_maximum_sharpe(trials: Figures, variance: Figures) -> Floats:
    """Sharpe ratio that the best of independent trials without skill is expected to show.

    sqrt(V) * ((1 - g) * Phi^-1(1 - 1 / N) + g * Phi^-1(1 - 1 / (N * e))), g the
    Euler-Mascheroni constant: Bailey and Lopez de Prado (2014), equation 1 with mean 0. `trials`
    N >= 1 may be fractional (an effective number); `variance` V is that of the trials'
    Sharpe ratios, in the unit of the answer squared. One trial, or no variance: 0. The
    formula is asymptotic: 8 % low at N = 2, within 3 % from N = 3 on.
    """
    from scipy.special import ndtri

    number = np.maximum(np.asarray(trials, np.float64), 1.0)
    single = number == 1.0
    number = np.where(single, 2.0, number)
    # Phi^-1(1 - x) = -Phi^-1(x) keeps its digits where N is large.
    gamma = np.euler_gamma
    highest = -(1.0 - gamma) * ndtri(1.0 / number) - gamma * ndtri(1.0 / (number * np.e))
    expected = np.sqrt(np.asarray(variance, np.float64)) * np.where(single, 0.0, highest)
    return np.asarray(
        np.maximum(expected, 0.0), np.float64
    )  # the formula turns negative between 1 and 2 trials


def deflated_sharpe_ratio(statistics: Moments, trials: Figures, variance: Figures) -> Floats:
    """Probability that the best of `trials` has a true Sharpe ratio above 0.

    The probabilistic Sharpe ratio against the expected maximum of N trials without skill,
    Bailey and Lopez de Prado (2014), equation 2. `statistics` describes the chosen trades,
    `variance` is that of the Sharpe ratios per trade over all trials. At least 0.95 means
    significant at 5 % after all that was tried. NaN as `probabilistic_sharpe_ratio`.
    """
    return probabilistic_sharpe_ratio(statistics, expected_maximum_sharpe(trials, variance))


def _without_spread(count: int, shape: tuple[int, ...]) -> Moments:
    undefined = np.full(shape, np.nan)
    return Moments(np.full(shape, float(count)), np.zeros(shape), undefined, undefined)


def _sharpe_variance(statistics: Moments) -> Floats:
    """(T - 1) times the variance of an estimated Sharpe ratio; NaN where undefined.

    With the moments of a sample it cannot be negative, and is 0 only for two-valued R
    values at one Sharpe ratio, where the approximation breaks down.
    """
    spread = (
        1.0
        - statistics.skewness * statistics.sharpe
        + (statistics.kurtosis - 1.0) / 4.0 * statistics.sharpe**2
    )
    return np.where((statistics.trades >= LEAST_TRADES) & (spread > 0.0), spread, np.nan)
