"""What the overfitting statistics say about noise that has the structure of the grid.

Every day's R is multiplied with one random sign, common to all combinations: how they hang
together stays as it is, and nobody has skill.
"""

from typing import NamedTuple

import numpy as np
import pytest

from params_optimizer.validation.overfitting import BLOCKS, overfitting
from params_optimizer.validation.sharpe import (
    deflated_sharpe_ratio,
    moments,
    probabilistic_sharpe_ratio,
)
from params_optimizer.validation.trials import effective_trials, sample_of_grid
from params_optimizer.validation.windows import trading_days
from tests.validation.studies import candidates_of, generated_study, real_study

pytestmark = pytest.mark.slow

SEEDS, SAMPLE = 200, 300
LEVELS = (0.01, 0.05, 0.10, 0.20)
SKILL = 0.3
"""Of its deviation a trade, which is a Sharpe ratio of nearly 5."""


class Said(NamedTuple):
    """What the statistics say about the best of the sample."""

    best: int
    plain: float
    deflated: float
    deflated_by_all: float
    overfitting: float


@pytest.fixture(scope="module", params=["generated bars", "gold"])
def daily_r(request, tmp_path_factory):
    """R of each day, shape (days, sample), of a uniform sample of the standard grid."""
    root = tmp_path_factory.mktemp("study")
    if request.param == "gold":
        study = real_study(request.getfixturevalue("shared"), root)
    else:
        study = generated_study(root)
    days = trading_days(study)
    r = np.zeros((days.size, SAMPLE))
    for column, number in enumerate(sample_of_grid(len(study.grid), SAMPLE, seed=1)):
        found = candidates_of(study).trades(study.grid[int(number)], days)
        r[np.searchsorted(days, found.date), column] = found.trades.r
    assert (np.count_nonzero(r, axis=0) > 100).all()
    return r


def judged(r, trials):
    trades = np.count_nonzero(r, axis=0)
    mean = r.sum(axis=0) / trades
    sharpe = mean / np.sqrt(((r**2).sum(axis=0) - trades * mean**2) / (trades - 1))
    best = int(sharpe.argmax())
    found = moments(r[r[:, best] != 0.0, best])
    assert found.sharpe == pytest.approx(sharpe[best])
    variance = float(sharpe.var(ddof=1))
    parts = [r[places] for places in np.array_split(np.arange(r.shape[0]), BLOCKS)]
    sums = [[(part != 0.0).sum(0), part.sum(0), (part**2).sum(0)] for part in parts]
    chunk = np.array(sums, np.float64).transpose(1, 0, 2)
    return Said(
        best,
        float(probabilistic_sharpe_ratio(found)),
        float(deflated_sharpe_ratio(found, trials, variance)),
        float(deflated_sharpe_ratio(found, r.shape[1], variance)),
        overfitting(lambda: [chunk]).probability,
    )


def noise(daily_r, seed):
    return daily_r * np.random.default_rng(seed).choice([-1.0, 1.0], (daily_r.shape[0], 1))


def test_noise_is_neither_called_skill_nor_less_than_overfitted(daily_r):
    trials = effective_trials(daily_r, SAMPLE, seed=1).trials
    said = [judged(noise(daily_r, seed), trials) for seed in range(SEEDS)]
    assert np.mean([one.overfitting for one in said]) == pytest.approx(0.5, abs=0.05)
    for level in LEVELS:
        for name in ("deflated", "deflated_by_all"):
            called = np.mean([getattr(one, name) > 1.0 - level for one in said])
            assert called <= level, f"{name} at {level}"
    fooled = np.mean([one.plain > 0.95 for one in said])
    assert fooled > 0.5, "without deflation the best of noise looks like skill"


def test_planted_skill_is_found(daily_r):
    trials = effective_trials(daily_r, SAMPLE, seed=1).trials
    said = []
    for seed in range(20):
        r, skilled = noise(daily_r, seed), 7 * seed
        traded = r[:, skilled] != 0.0
        r[traded, skilled] += SKILL * r[traded, skilled].std()
        said.append((skilled, judged(r, trials)))
    found = [one for skilled, one in said if one.best == skilled]
    assert len(found) >= 18
    assert np.mean([one.deflated > 0.95 for one in found]) >= 0.9
    assert np.mean([one.overfitting for _, one in said]) < 0.1
