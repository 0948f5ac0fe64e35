"""Curves, months and weekdays of a list of trades."""

from datetime import date

import numpy as np
import pytest

from params_optimizer.analytics.equity import by_month, by_weekday, by_year, curve
from params_optimizer.engine.metrics_calculator import metrics_of_r

DATES = [date(2024, 12, 30), date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 1)]
R = np.array([-1.0, 2.0, 0.0, -1.0])


@pytest.mark.parametrize("r", [R, np.array([-1.0, -1.0, 3.0]), np.array([2.0]), np.zeros(0)])
def test_the_deepest_point_is_the_drawdown_of_the_metrics(r):
    found = curve(r)
    assert found.drawdown.max(initial=0.0) == metrics_of_r(r)["max_drawdown"]
    assert found.cumulative.tolist() == np.cumsum(r).tolist()


def test_months_years_and_weekdays():
    months = by_month(DATES, R)
    assert {year: list(found) for year, found in months.items()} == {2024: [12], 2025: [1, 12]}
    assert months[2024][12] == (2, 1.0, 50.0, 0.5, 1, 1)
    assert months[2025][1] == (1, 0.0, 0.0, 0.0, 0, 0), "a trade of 0 R is neither won nor lost"
    assert by_year(DATES, R) == {
        2024: (2, 1.0, 50.0, 0.5, 1, 1),
        2025: (2, -1.0, 0.0, -0.5, 0, 1),
    }
    assert {day: found.total_r for day, found in by_weekday(DATES, R).items()} == {
        0: -2.0,
        1: 2.0,
        2: 0.0,
    }


def test_no_trades():
    none = np.zeros(0)
    assert by_month([], none) == by_year([], none) == by_weekday([], none) == {}
