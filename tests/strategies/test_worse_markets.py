"""Stress scenarios against the reference engine at the same costs."""

import numpy as np
import pytest

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.strategies.initial_balance.reference import backtest
from params_optimizer.strategies.initial_balance.strategy import PESSIMISTIC, SLIPPAGE, TOGETHER
from params_optimizer.strategies.scopes import ALL, strategy_in
from params_optimizer.strategies.set_by_set import SetEvaluator
from tests.validation.studies import study_in

SPREADS = {"spread_x1_5": 1.5, "spread_x2": 2.0, "spread_x3": 3.0}
AS_TESTED = "as_tested"
NUMBERS = (0, 23, 101, 250)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def reference(study, number, factor=1.0, slippage=0.0, variation=None):
    found = []
    for one in backtest(study.bars, study.params(number), factor * study.spread, study.news):
        if variation in (None, one.variation):
            risk = abs(one.entry_price - one.stop)
            found.append(one.r - (2 * slippage / risk if one.exit_reason != "invalid" else 0.0))
    return metrics_of_r(np.array(found))


def figures(study, number, scope=ALL):
    strategy = strategy_in(scope, study.strategy)
    cases = {AS_TESTED: strategy, **strategy.worse()}
    assert [*cases] == [AS_TESTED, *SPREADS, SLIPPAGE, PESSIMISTIC, TOGETHER]
    parameters = study.grid[number]
    lists = {
        name: SetEvaluator(case, study.bars, study.sample).answer(parameters).r
        for name, case in cases.items()
    }
    return {name: metrics_of_r(r) for name, r in lists.items()}


@pytest.mark.parametrize("number", NUMBERS)
def test_costs_are_those_of_the_reference_engine(study, number):
    found = figures(study, number)
    assert found[AS_TESTED] == reference(study, number)
    for name, factor in SPREADS.items():
        assert found[name] == reference(study, number, factor)
    slipped = reference(study, number, slippage=study.market.tick_size)
    assert found[SLIPPAGE] == pytest.approx(slipped)


@pytest.mark.parametrize("name", ["OCAE", "TCWE", "Reverse"])
def test_a_variation_is_stressed_on_its_trades(study, name):
    found = figures(study, 23, name)
    assert found[AS_TESTED] == reference(study, 23, variation=name)
    assert found["spread_x3"] == reference(study, 23, 3.0, variation=name)
    counts = {one["total_trades"] for one in found.values()}
    assert len(counts) == 1


@pytest.mark.parametrize("number", NUMBERS)
def test_all_at_once_is_worse_than_each(study, number):
    total = {name: one["total_r"] for name, one in figures(study, number).items()}
    assert total[PESSIMISTIC] <= total[AS_TESTED]
    assert total[SLIPPAGE] < total[AS_TESTED]
    assert total[TOGETHER] < min(total["spread_x2"], total[PESSIMISTIC])
