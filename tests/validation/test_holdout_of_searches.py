"""Holdouts of searches: chosen before a date, looked at from it on."""

import os
from datetime import date

import numpy as np
import pytest
from scipy.stats import spearmanr

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import to_date
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import DataError, SettingsError
from params_optimizer.validation.holdout import holdout
from tests.validation.searches import by_hand, candidates_of, problem

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    task = problem()
    candidates = candidates_of(task, tmp_path_factory.mktemp("held"), trials=60, workers=2)
    first = to_date(int(candidates.outcome.days[50]))
    return task, candidates, holdout(candidates, first)


def test_both_sides_are_those_of_the_words(held):
    task, candidates, found = held
    days = candidates.outcome.days
    sets = {one.number: one.parameters for one in candidates.outcome.distinct}
    values = {}
    for number, one in sets.items():
        before = metrics_of_r(by_hand(task, one, days[:50], "close"))
        if before["total_trades"] >= 3:
            after = metrics_of_r(by_hand(task, one, days[50:], "close"))
            values[number] = before["total_r"], after["total_r"], after
    order = sorted(values, key=lambda number: (-values[number][0], number))
    assert found.eligible == len(values)
    assert len(found.rows) == 10
    assert [row.number for row in found.rows] == order[:10]
    outside = np.array([one[1] for one in values.values()])
    for row in found.rows:
        assert row.in_value == pytest.approx(values[row.number][0])
        assert row.out_sample == values[row.number][2]
        assert row.out_place == 1 + (outside > row.out_value).sum()
        worse, equal = (outside < row.out_value).sum(), (outside == row.out_value).sum() - 1
        assert row.beaten == pytest.approx((worse + equal / 2) / (outside.size - 1))
    pairs = list(values.values())
    expected = spearmanr([one[0] for one in pairs], [one[1] for one in pairs]).statistic
    assert found.correlation == pytest.approx(expected)


def test_later_days_choose_nothing(held, tmp_path):
    _, candidates, found = held
    bars = candidates.outcome.bars
    later = bars.m1.time // 1440 >= candidates.outcome.days[50]
    turned = [np.where(later, column[::-1], column) for column in bars.m1[1:5]]
    changed = Bars.from_arrays(bars.symbol, M1(bars.m1.time, *turned, bars.m1.tick_volume))
    other = holdout(candidates_of(problem(changed), tmp_path, trials=60), found.first)
    assert [row[:3] for row in other.rows] == [row[:3] for row in found.rows]
    assert [row.out_value for row in other.rows] != [row.out_value for row in found.rows]


def test_dates_that_leave_a_side_empty_are_refused(tmp_path):
    candidates = candidates_of(problem(), tmp_path)
    with pytest.raises(SettingsError, match="choose a date that"):
        holdout(candidates, date(2010, 1, 1))
    strict = candidates_of(problem(min_trades=10_000), tmp_path / "strict")
    with pytest.raises(DataError, match="no parameter set of 24 competes"):
        holdout(strict, to_date(int(candidates.outcome.days[50])))
