"""Metrics of an equity curve, against plain formulas; what is not defined is NaN."""

import math
import statistics

import numpy as np
import pytest

from params_optimizer.errors import SettingsError
from params_optimizer.strategies.protocol import Trades
from params_optimizer.workflows import metrics

EQUITY = np.array([100.0, 110.0, 99.0, 99.0, 121.0, 115.0])
RETURNS = [0.1, -0.1, 0.0, 121 / 99 - 1, 115 / 121 - 1]


def trades(*results):
    nothing = np.zeros(len(results))
    return Trades(*[nothing] * 5, np.array(results))


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (metrics.TotalReturnMetric(), 0.15),
        (metrics.AnnualizedReturnMetric(), 1.15 ** (252 / 5) - 1),
        (metrics.VolatilityMetric(), statistics.stdev(RETURNS) * math.sqrt(252)),
        (metrics.MaxDrawdownMetric(), 0.1),
        (
            metrics.SharpeRatioMetric(annualization_factor=12, risk_free_rate=0.12),
            (statistics.mean(RETURNS) - 0.01) / statistics.stdev(RETURNS) * math.sqrt(12),
        ),
        (
            metrics.SortinoRatioMetric(),
            statistics.mean(RETURNS)
            / math.sqrt(sum(min(one, 0) ** 2 for one in RETURNS) / 5)
            * math.sqrt(252),
        ),
        (metrics.CalmarRatioMetric(), (1.15 ** (252 / 5) - 1) / 0.1),
        (metrics.ProfitFactorMetric(), 5.0 / 2.5),
        (metrics.WinRateMetric(), 2 / 4),
    ],
    ids=lambda one: type(one).__name__,
)
def test_figures(metric, value):
    found = metric.calculate(EQUITY, trades(2.0, -1.0, 3.0, -1.5, 0.0))
    assert found == pytest.approx(value, rel=1e-12)


FLAT = np.full(4, 100.0)
RUINED = np.array([100.0, 40.0, -20.0, -60.0, -30.0, -90.0])


@pytest.mark.parametrize(
    ("metric", "equity"),
    [
        (metrics.SharpeRatioMetric(), FLAT),
        (metrics.SharpeRatioMetric(), FLAT[:2]),
        (metrics.SortinoRatioMetric(), FLAT),
        (metrics.CalmarRatioMetric(), FLAT),
        (metrics.ProfitFactorMetric(), FLAT),
        (metrics.WinRateMetric(), FLAT),
        (metrics.SharpeRatioMetric(), RUINED),
        (metrics.SortinoRatioMetric(), RUINED),
        (metrics.VolatilityMetric(), RUINED),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_is_not_defined_is_no_result(metric, equity):
    assert np.isnan(metric.calculate(equity, trades()))


def test_a_ruined_account_never_recovers():
    assert metrics.AnnualizedReturnMetric().calculate(RUINED, trades()) == -1.0
    assert metrics.MaxDrawdownMetric().calculate(RUINED, trades()) == pytest.approx(1.9)


def test_accuracy_counts_known_days_only():
    metric = metrics.ClassificationAccuracyMetric()
    known = metric.accuracy(np.array([0, 1, 2, -1, 1]), np.array([0, 2, 2, 1, -1]))
    assert known == pytest.approx(2 / 3)
    assert np.isnan(metric.accuracy(np.array([-1]), np.array([0])))
    with pytest.raises(SettingsError, match="judges regime detectors only"):
        metric.calculate(EQUITY, trades())
