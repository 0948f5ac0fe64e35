"""How many independent trials a grid amounts to.

Neighbours in a grid trade nearly alike: 1.5 million combinations are far fewer trials. What
the deflated Sharpe ratio needs is the number N of *independent* trials whose best on noise
is as good as that of the grid, both measured in the deviation across trials:

1. A uniform sample of combinations is taken with its R of every day.
2. Noise that keeps the grid's structure: every day's R times one random sign, common to all
   combinations. So all correlations between combinations stay, and no skill.
3. The best of the sample, in deviations across the sample and averaged over many draws of
   signs, is turned into N by the formula of the expected maximum (`expected_maximum_sharpe`).
4. From the sample to the grid: N grows as a power of the number of combinations, whose
   exponent is measured between a quarter of the sample and the whole; 1 for independent
   combinations, near 0 where the sample has seen all there is.

Why not the textbook ways: the average correlation (Bailey and Lopez de Prado, 2014,
appendix) does not see groups of equal combinations; the eigenvalues' participation ratio
counts one market factor as few trials, although the trials still differ around it, which is
what the variance across trials measures.

Bias and limits: signs make noise symmetric and break dependence between days, so skewed R
counts as normal. N grows ever slower with the sample, so the extrapolation errs upwards,
which is the careful side: for the expanded grid on two years of gold samples of 375, 750,
1,500 and 3,000 combinations gave N of 100,000, 90,000, 59,000 and 39,000. The expected
maximum goes with the logarithm of N and moved from 4.4 to 4.2 deviations. Below about
five independent trials N comes out one or two too large. N is never above the number of
combinations, even where some with very few trades stand out. Combinations unlike any of the
sample are seen only through the exponent.
"""

from collections.abc import Iterator
from math import log
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.validation.sharpe import expected_maximum_sharpe

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

DRAWS: Final = 500
"""Random signs; each counts twice, since all signs reversed are as likely."""

_PARTS: Final = 4
_DRAWS_AT_ONCE: Final = 50


class EffectiveTrials(NamedTuple):
    """The effective number of independent trials, and what it was estimated from."""

    trials: float
    """Of the whole grid."""
    sampled: float
    """Of the sample alone."""
    growth: float
    """Exponent, 0 to 1, with which the number grows from the sample to the grid."""
    combinations: int
    """Size of the sample, without combinations that never trade."""


def sample_of_grid(combinations: int, size: int, seed: int) -> Numbers:
    """Numbers of a uniform sample without repetition, ascending; all, if `size` allows."""
    chance = np.random.default_rng(seed)
    return np.sort(chance.choice(combinations, min(size, combinations), replace=False))


def random_parts(size: int, parts: int, seed: int) -> list[Numbers]:
    """The places 0 to `size` - 1, dealt out at random to `parts` hands of nearly one size."""
    return np.array_split(np.random.default_rng(seed).permutation(size), parts)


def effective_trials(daily_r: Floats, combinations: int, seed: int) -> EffectiveTrials:
    """Effective number of independent trials of a grid of this many combinations.

    `daily_r`, shape (days, sample), is the R of each day of a uniform sample of the grid (or
    of all of it), 0 where a combination does not trade (a trade with R = 0 counts as none).
    Pass only combinations that may be chosen, those with enough trades, and count only
    those in `combinations`.

    Raises:
        ValueError: the sample is larger than the grid.
    """
    if daily_r.shape[1] > combinations:
        raise ValueError(f"a sample of {daily_r.shape[1]} from {combinations} combinations")
    returns = _scaled(daily_r)
    size = returns.shape[1]
    if size < 2:
        return EffectiveTrials(1.0, 1.0, 0.0, size)
    parts = random_parts(size, _PARTS, seed) if size >= 2 * _PARTS else []
    whole, part = _best_on_noise(returns, parts, seed)
    sampled = min(_trials_of(whole), float(size))
    growth = 0.0
    if parts:
        growth = log(sampled / min(_trials_of(part), size / _PARTS)) / log(_PARTS)
        growth = min(max(growth, 0.0), 1.0)
    trials = sampled * (combinations / daily_r.shape[1]) ** growth
    return EffectiveTrials(trials, sampled, growth, size)


def _scaled(daily_r: Floats) -> Floats:
    """Columns over (trades * root mean square), so that a sum is a Sharpe ratio per trade.

    The root mean square instead of the deviation: random signs leave it as it is, and few
    trades of one sign do not make an endless ratio. For small ratios they are the same.
    """
    trades = np.count_nonzero(daily_r, axis=0)
    squares = np.sum(daily_r**2, axis=0)
    trading = trades > 0
    scaled: Floats = daily_r[:, trading] / np.sqrt(trades[trading] * squares[trading])
    return scaled


def _best_on_noise(returns: Floats, parts: list[Numbers], seed: int) -> tuple[float, float]:
    """The best in deviations across trials: of the whole sample, and of its parts on average."""
    whole, part = [], []
    for ratios in _noise(returns, seed):
        whole.append(_best(ratios))
        part += [_best(ratios[:, numbers]) for numbers in parts]
    return float(np.mean(np.concatenate(whole))), float(np.mean(np.concatenate(part or whole)))


def _noise(returns: Floats, seed: int) -> Iterator[Floats]:
    """Sharpe ratios of all columns under random signs of the days, some draws at a time."""
    chance = np.random.default_rng(seed)
    for _ in range(DRAWS // _DRAWS_AT_ONCE):
        signs = chance.choice([-1.0, 1.0], (_DRAWS_AT_ONCE, returns.shape[0]))
        yield signs @ returns


def _best(ratios: Floats) -> Floats:
    """Half the range over the deviation: the mean of the best under these signs and reversed."""
    deviation = ratios.std(axis=1, ddof=1)
    half = (ratios.max(axis=1) - ratios.min(axis=1)) / 2.0
    # Equal combinations differ by rounding only: one trial, whose best is the mean.
    alike = deviation <= 1e-9 * np.abs(ratios).max(axis=1)
    return np.where(alike, 0.0, half / np.where(alike, 1.0, deviation))


def _trials_of(best: float) -> float:
    """Number of independent trials with this expected maximum, in deviations; at least 1."""
    low, high = 0.0, 60.0  # natural logarithms
    for _ in range(60):
        middle = (low + high) / 2.0
        if float(expected_maximum_sharpe(np.exp(middle), 1.0)) < best:
            low = middle
        else:
            high = middle
    return float(np.exp(high)) if best > 0.0 else 1.0
