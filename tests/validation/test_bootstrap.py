"""Stationary block bootstrap: block length, figures, coverage."""

import numpy as np
import pytest

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.validation.bootstrap import (
    Resamples,
    bootstrap,
    optimal_block_length,
    resample,
)


def correlated(size: int, factor: float, seed: int) -> np.ndarray:
    """R values of which each one remembers the last."""
    chance = np.random.default_rng(seed)
    r, last = np.empty(size), 0.0
    for at, shock in enumerate(chance.normal(size=size)):
        last = factor * last + shock
        r[at] = last
    return r


def test_figures_of_the_trades_themselves_are_those_of_r10():
    r = correlated(300, 0.2, 1) + 0.1
    found, expected = bootstrap(r, seed=1, resamples=50), metrics_of_r(r)
    for name in Resamples._fields:
        assert getattr(found, name).value == pytest.approx(expected[name], rel=1e-9)


def test_one_endless_block_is_the_list_turned_around():
    """Every resample is then a rotation; the figures are R10 of it."""
    r = correlated(12, 0.3, 2)
    found = resample(r, seed=3, resamples=400, block_length=1e12)
    turned = [metrics_of_r(np.roll(r, shift)) for shift in range(12)]
    for name in Resamples._fields:
        got = np.unique(getattr(found, name).round(9))
        expected = np.unique(np.round([figures[name] for figures in turned], 9))
        assert np.unique(got) == pytest.approx(expected), name


@pytest.mark.parametrize("length", [1.0, 5.0])
def test_resamples_are_those_of_skfolio_in_distribution(length):
    from skfolio.utils.bootstrap import stationary_bootstrap

    r = correlated(60, 0.6, 4)
    drawn = stationary_bootstrap(r[:, None], 3000, block_size=length, seed=1)[:, :, 0]
    theirs = [metrics_of_r(one) for one in drawn]
    ours = resample(r, seed=1, resamples=20_000, block_length=length)
    for name in Resamples._fields:
        mine, other = getattr(ours, name), np.array([figures[name] for figures in theirs])
        assert mine.mean() == pytest.approx(other.mean(), abs=0.08 * other.std()), name
        assert mine.std() == pytest.approx(other.std(), rel=0.05), name


@pytest.mark.parametrize("factor", [-0.7, 0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("size", [12, 80, 500, 3000])
def test_block_length_agrees_with_skfolio(factor, size):
    from skfolio.utils.bootstrap import optimal_block_size

    r = correlated(size, factor, 5)
    assert optimal_block_length(r) == pytest.approx(max(optimal_block_size(r), 1.0), rel=1e-9)


def test_block_length_grows_with_memory():
    lengths = [optimal_block_length(correlated(2000, factor, 6)) for factor in (0.0, 0.5, 0.9)]
    assert lengths == sorted(lengths)
    assert lengths[0] < 5
    assert lengths[2] > 15


@pytest.mark.parametrize("r", [np.ones(50), np.zeros(20), np.array([1.0, -1.0, 0.5])])
def test_block_length_without_anything_to_estimate_from(r):
    assert optimal_block_length(r) == 1.0


def test_intervals_cover_the_truth_as_often_as_they_say():
    """The sum of 150 trades with mean 0.1; a moving truth would show as lower coverage."""
    total = sharpe = 0
    for seed in range(200):
        r = np.random.default_rng(seed).normal(0.1, 1.0, 150)
        found = bootstrap(r, seed, confidence=0.9, resamples=400)
        total += found.total_r.low <= 15.0 <= found.total_r.high
        sharpe += found.sharpe_ratio.low <= 0.1 * np.sqrt(252) <= found.sharpe_ratio.high
    assert total / 200 == pytest.approx(0.9, abs=0.05)
    assert sharpe / 200 == pytest.approx(0.9, abs=0.05)


def test_blocks_see_streaks_that_single_trades_do_not():
    covered = {None: 0, 1.0: 0}
    for seed in range(80):
        r = correlated(250, 0.5, seed)
        for length in covered:
            found = bootstrap(r, seed, resamples=300, block_length=length)
            covered[length] += found.total_r.low <= 0.0 <= found.total_r.high
    assert covered[1.0] < 0.78 * 80, "single trades take a streak for certainty"
    assert covered[None] > 0.82 * 80, "blocks come close to 95 %, from below as is known of them"


def test_loss_probability_is_the_share_of_losing_resamples():
    from scipy.special import ndtr

    r = np.random.default_rng(9).normal(0.05, 1.0, 400)
    found = bootstrap(r, seed=2, block_length=1.0)
    z = r.mean() / r.std() * np.sqrt(400)
    assert found.loss_probability == pytest.approx(ndtr(-z), abs=0.015)
    assert bootstrap(np.zeros(30), seed=1).loss_probability == 1.0, "nothing won is not a win"


def test_the_seed_decides():
    r = correlated(100, 0.2, 10)
    assert bootstrap(r, 1, resamples=200) == bootstrap(r, 1, resamples=200)
    assert bootstrap(r, 1, resamples=200) != bootstrap(r, 2, resamples=200)


@pytest.mark.parametrize("r", [[], [1.5]])
def test_nothing_to_resample(r):
    assert bootstrap(np.array(r), seed=1) is None


def test_a_block_has_at_least_one_trade():
    with pytest.raises(ValueError, match=r"block_length 0\.5"):
        bootstrap(np.array([1.0, -1.0]), seed=1, block_length=0.5)
