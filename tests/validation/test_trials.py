"""Effective number of independent trials: cases in which it is known, and what it is for."""

import numpy as np
import pytest

from params_optimizer.validation.sharpe import expected_maximum_sharpe
from params_optimizer.validation.trials import effective_trials, random_parts, sample_of_grid

DAYS, SAMPLE, GRID = 250, 800, 100_000


def noise(columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(DAYS, columns))


def test_independent_combinations_are_as_many_trials():
    found = effective_trials(noise(SAMPLE), GRID, seed=3)
    assert found.sampled == pytest.approx(SAMPLE, rel=0.25)
    assert found.growth > 0.9
    assert GRID / 3 < found.trials <= GRID
    assert found.combinations == SAMPLE


def test_groups_of_equal_combinations_are_one_trial_each():
    copies = np.random.default_rng(2).integers(0, 30, SAMPLE)
    found = effective_trials(noise(30)[:, copies], GRID, seed=3)
    assert found.trials == pytest.approx(30, rel=0.4)
    assert found.growth < 0.1


def test_one_market_behind_all_does_not_make_them_one_trial():
    """Around the market they still differ, and the variance across trials sees only that."""
    found = effective_trials(noise(SAMPLE) + 2.0 * noise(1, seed=9), GRID, seed=3)
    assert found.sampled > SAMPLE / 2


@pytest.mark.parametrize("factor", [1.0, -3.0])
def test_size_and_days_without_trades_do_not_matter(factor):
    r = noise(200)
    padded = np.concatenate([r * factor, np.zeros((40, 200))])
    assert effective_trials(padded, 200, seed=1).trials == pytest.approx(
        effective_trials(r, 200, seed=1).trials, rel=0.15
    )


def test_the_unit_of_each_combination_does_not_matter():
    """A Sharpe ratio has none; large R must not pass for many deviations."""
    r, unit = noise(200), np.exp(np.random.default_rng(8).normal(0.0, 2.0, 200))
    assert effective_trials(r * unit, 200, 1).trials == pytest.approx(
        effective_trials(r, 200, 1).trials
    )


def test_fewer_trades_spread_wider():
    """Sharpe ratios of 10 trades among those of 250 stand out, as they do in a real grid."""
    r = noise(30)[:, np.arange(SAMPLE) % 30]
    few = r.copy()
    few[10:, np.arange(SAMPLE) % 30 < 2] = 0.0
    assert effective_trials(few, GRID, 1).trials > 2 * effective_trials(r, GRID, 1).trials


def test_the_best_on_noise_is_predicted_for_the_whole_grid():
    """A grid of two smooth axes: the hurdle from a sample meets the best of everything."""
    chance = np.random.default_rng(4)
    distance = np.abs(np.subtract.outer(np.arange(50), np.arange(50)))
    smooth = np.linalg.cholesky(np.exp(-((distance / 6.0) ** 2)) + 1e-6 * np.eye(50))
    daily_r = (smooth @ chance.normal(size=(DAYS, 50, 50)) @ smooth.T).reshape(DAYS, 2500)
    chosen = sample_of_grid(2500, 400, seed=5)
    found = effective_trials(daily_r[:, chosen], 2500, seed=6)
    mean = chance.choice([-1.0, 1.0], (400, DAYS)) @ daily_r / DAYS
    sharpe = mean / np.sqrt((daily_r**2).mean(axis=0) - mean**2)
    hurdle = expected_maximum_sharpe(found.trials, sharpe.var(axis=1, ddof=1))
    assert found.trials < 2500 / 4
    # The careful side: a little above the best that noise shows.
    assert 0.98 < hurdle.mean() / sharpe.max(axis=1).mean() < 1.1


@pytest.mark.parametrize(
    "daily_r", [np.zeros((50, 9)), np.ones((50, 1)), np.repeat(noise(1), 40, axis=1)]
)
def test_combinations_that_never_differ_are_one_trial(daily_r):
    assert effective_trials(daily_r, 1000, seed=1).trials == 1.0


def test_the_seed_decides_and_matters_little():
    r = noise(400)
    first, again, other = (effective_trials(r, GRID, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    hurdles = [float(expected_maximum_sharpe(one.trials, 1.0)) for one in (first, other)]
    assert hurdles[0] == pytest.approx(hurdles[1], rel=0.05)


def test_a_sample_is_part_of_its_grid():
    with pytest.raises(ValueError, match="sample of 9 from 8"):
        effective_trials(noise(9), 8, seed=1)


def test_sample_of_grid_is_uniform_ascending_and_seeded():
    sample = sample_of_grid(1_000_000, 5000, seed=1)
    assert (np.diff(sample) > 0).all()
    assert sample.tolist() == sample_of_grid(1_000_000, 5000, seed=1).tolist()
    assert sample.tolist() != sample_of_grid(1_000_000, 5000, seed=2).tolist()
    assert np.histogram(sample, 10, (0, 1_000_000))[0] == pytest.approx(500, abs=110)
    assert sample_of_grid(7, 5000, seed=1).tolist() == list(range(7))


def test_random_parts_hold_every_place_once():
    parts = random_parts(103, 10, seed=1)
    assert sorted(np.concatenate(parts).tolist()) == list(range(103))
    assert {part.size for part in parts} == {10, 11}
