"""Probabilistic and deflated Sharpe ratio against the papers, ffn, skfolio and simulation."""

import math

import numpy as np
import pandas as pd
import pytest

from params_optimizer.validation.sharpe import (
    Moments,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    moments,
    probabilistic_sharpe_ratio,
)


def lists_of_r() -> dict[str, np.ndarray]:
    """R values as strategies have them: many small losses, few large wins, and the reverse."""
    chance = np.random.default_rng(5)
    return {
        "normal": chance.normal(0.08, 1.0, 400),
        "trend": np.where(chance.random(250) < 0.35, 2.0, -1.0) + chance.normal(0, 0.02, 250),
        "picking pennies": np.where(chance.random(300) < 0.9, 0.2, -1.9),
        "losing": chance.exponential(1.0, 60) - 1.2,
        "three trades": np.array([1.0, -1.0, 0.5]),
    }


CASES = lists_of_r()


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_skfolio(name):
    from skfolio import measures

    r, trials = CASES[name], np.random.default_rng(6).normal(-0.02, 0.05, 700)
    found, variance = moments(r), trials.var(ddof=1)
    expected = measures.expected_max_sharpe_ratio(700, trials.std(ddof=1))
    for benchmark in (0.0, 0.1, -0.3):
        assert probabilistic_sharpe_ratio(found, benchmark) == pytest.approx(
            measures.probabilistic_sharpe_ratio(r, benchmark), abs=1e-9
        )
    assert expected_maximum_sharpe(700, variance) == pytest.approx(expected, abs=1e-9)
    assert deflated_sharpe_ratio(found, 700, variance) == pytest.approx(
        measures.deflated_sharpe_ratio(r, trials), abs=1e-9
    )


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_ffn(name):
    import ffn

    r, trials = pd.Series(CASES[name]), np.random.default_rng(7).normal(0.0, 0.04, 300)
    assert expected_maximum_sharpe(300, 0.04**2) == pytest.approx(
        ffn.core.calc_expected_max_sharpe(300, 0.04), abs=1e-9
    )
    # ffn corrects skewness and kurtosis for bias, we do not: the formula is compared with its
    # moments, where three trades have a kurtosis at all.
    if r.size < 4:
        return
    found = Moments(
        np.float64(r.size), moments(r.to_numpy()).sharpe, np.float64(r.skew()), r.kurt() + 3.0
    )
    expected = ffn.core.calc_deflated_sharpe_ratio(r, trials, nperiods=1, annualized_trials=False)
    got = deflated_sharpe_ratio(found, 300, trials.var(ddof=1))
    assert got == pytest.approx(expected, abs=1e-9)


def test_the_example_of_the_paper():
    """Bailey and Lopez de Prado (2014): 100 trials, 5 years of days, Sharpe 2.5 a year."""
    found = Moments(*(np.float64(v) for v in (1250, 2.5 / math.sqrt(250), -3.0, 10.0)))
    variance = 0.5 / 250
    assert expected_maximum_sharpe(100, variance) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe_ratio(found, 100, variance) == pytest.approx(0.9004, abs=5e-5)


def exact_maximum(trials: int) -> float:
    """Mean of the greatest of normal numbers: the integral of 1 - F^N - (1 - F)^N from 0 on."""
    from scipy.special import ndtr

    x = np.linspace(0.0, 12.0, 200_001)
    return float(np.trapezoid(1.0 - ndtr(x) ** trials - ndtr(-x) ** trials, x))


@pytest.mark.parametrize("trials", [3, 4, 5, 10, 100, 10_000, 1_478_400])
def test_expected_maximum_is_that_of_noise(trials):
    assert expected_maximum_sharpe(trials, 1.0) == pytest.approx(exact_maximum(trials), rel=0.03)
    assert expected_maximum_sharpe(trials, 0.25) == pytest.approx(
        0.5 * float(expected_maximum_sharpe(trials, 1.0))
    )


def test_expected_maximum_of_one_trial_is_none():
    assert expected_maximum_sharpe(np.array([1.0, 1.1, 0.2]), 1.0).tolist() == [0.0, 0.0, 0.0]
    assert expected_maximum_sharpe(1000, 0.0) == 0.0


def test_moments_of_several_lists_are_those_of_each():
    r = np.random.default_rng(1).normal(size=(50, 4)) ** 3
    r[:, 2] = 0.7  # no spread
    together = moments(r)
    for column in range(4):
        alone = moments(r[:, column])
        for got, expected in zip(together, alone, strict=True):
            assert got[column] == pytest.approx(float(expected), nan_ok=True)


@pytest.mark.parametrize(
    ("r", "sharpe"),
    [
        ([], 0.0),
        ([2.0], 0.0),
        ([1.0, 1.0, 1.0], 0.0),
        ([-1.0, -1.0 + 1e-9], 0.0),
        ([1.0, 0.5], 2.1213),
    ],
)
def test_too_little_to_judge_is_nan_and_never_a_probability(r, sharpe):
    found = moments(np.array(r))
    assert found.sharpe == pytest.approx(sharpe, abs=1e-4)
    assert np.isnan(probabilistic_sharpe_ratio(found))
    assert np.isnan(deflated_sharpe_ratio(found, 100, 0.01))


def test_best_of_many_on_noise_is_significant_only_after_no_deflation():
    chance, naive, deflated = np.random.default_rng(12), 0, 0
    for _ in range(60):
        found = moments(chance.normal(size=(200, 300)))
        best = int(found.sharpe.argmax())
        one = Moments(*(figure[best] for figure in found))
        naive += probabilistic_sharpe_ratio(one) > 0.95
        deflated += deflated_sharpe_ratio(one, 300, found.sharpe.var(ddof=1)) > 0.95
    assert naive == 60
    assert deflated <= 3
