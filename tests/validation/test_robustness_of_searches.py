"""Robustness of searches: noise is called luck, costs and neighbours are what they are."""

import os
from math import sqrt

import numpy as np
import pytest

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import RunError
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.examination import AS_TESTED
from params_optimizer.validation.examined_trials import ExaminedTrials
from params_optimizer.validation.robustness import robustness
from params_optimizer.validation.sampling import drawn, worth_of
from params_optimizer.validation.sharpe import expected_maximum_sharpe
from tests.strategies.market import walk
from tests.validation.searches import outcome_of, problem

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")


def examine(outcome, top_n, workers=1):
    return robustness(ExaminedTrials.of(outcome, workers, silent), top_n, silent)


def silent(*step):
    del step


@pytest.fixture(scope="module")
def examined():
    outcome = outcome_of(problem(), method="genetic", trials=60)
    return outcome, examine(outcome, 5, 2)


def test_costs_are_multiples_of_the_commission(examined):
    outcome, result = examined
    best = result.subjects[0]
    assert (best.number, best.parameters) == (
        outcome.best.number,
        outcome.best.parameters,
    )
    assert list(best.stress) == [AS_TESTED, "costs_x1_5", "costs_x2", "costs_x3"]
    for name, factor in ((AS_TESTED, 1.0), ("costs_x1_5", 1.5), ("costs_x2", 2), ("costs_x3", 3)):
        dearer = strategy_named("ma_crossover", Account(commission=0.0002 * factor))
        r = dearer.trades(outcome.bars, best.parameters).r
        assert best.stress[name] == metrics_of_r(r)


def test_neighbours_are_one_step_away_and_trade_the_same_way(examined):
    outcome, result = examined
    for subject in result.subjects:
        own = subject.parameters
        around = []
        for fast, slow in ((1, 0), (-1, 0), (0, 2), (0, -2)):
            other = {**own, "fast": own["fast"] + fast, "slow": own["slow"] + slow}
            if outcome.plan.space.contains(other):
                around.append(outcome.rule.trades(outcome.bars, other).r.sum())
        assert subject.plateau.whole.neighbours == len(around)
        assert subject.plateau.whole.mean == pytest.approx(np.mean(around))
        assert subject.plateau.whole.worst == pytest.approx(min(around))


def test_luck_is_measured_on_a_blind_sample_of_the_space(examined):
    outcome, result = examined
    sets = drawn(outcome.plan.space, 5 * len(outcome.distinct), 0)
    assert result.sample == len(sets) == len({tuple(one.values()) for one in sets})
    metrics = [metrics_of_r(outcome.rule.trades(outcome.bars, one).r) for one in sets]
    ratios = [one["sharpe_ratio"] / sqrt(252) for one in metrics if one["total_trades"] >= 3]
    tried = result.tried[ALL]
    assert tried.eligible == len(ratios)
    assert tried.variance == pytest.approx(np.var(ratios, ddof=1))
    assert tried.trials == len(outcome.distinct)
    assert tried.expected_best == pytest.approx(
        float(expected_maximum_sharpe(tried.trials, tried.variance))
    )
    assert 1 <= tried.effective.trials <= outcome.plan.space.size
    enough = [one["total_r"] for one in metrics if one["total_trades"] >= 3]
    assert result.survivors[0] == (1.0, len(enough), sum(r > 0 for r in enough), max(enough), True)


def test_blind_methods_are_their_own_sample():
    outcome = outcome_of(problem(), method="random", trials=40)
    result = examine(outcome, 3)
    assert result.sample == len(outcome.distinct)
    assert result.tried[ALL].effective.trials <= len(outcome.distinct)


def test_an_axis_without_steps_counts_as_twenty():
    space = {
        "parameters": {
            "fast": {"type": "int", "low": 2, "high": 5},
            "slow": {"type": "float", "low": 1.0, "high": 2.0},
        }
    }
    parsed = ParameterSpace.parse(space, source="test")
    assert (parsed.size, worth_of(parsed)) == (None, 80)


def test_one_who_pays_nothing_has_no_worse_costs():
    free = strategy_named("ma_crossover", Account(commission=0.0))
    outcome = outcome_of(problem(strategy=free), trials=12)
    result = examine(outcome, 2)
    assert list(result.subjects[0].stress) == [AS_TESTED]
    assert result.survivors[1] is None
    assert "pays no costs" in result.notes[0]


def test_without_a_complete_trial_nothing_is_examined():
    outcome = outcome_of(problem(min_trades=10_000), trials=6)
    with pytest.raises(RunError, match="no trial of this search is complete"):
        examine(outcome, 2)


def test_winners_on_noise_are_rarely_called_skill():
    called = 0
    free = strategy_named("ma_crossover", Account(commission=0.0))
    for seed in range(20):
        task = problem(walk(900, seed=seed), strategy=free, metric="sharpe_ratio")
        outcome = outcome_of(task, method="genetic", trials=40)
        result = examine(outcome, 1)
        known = result.subjects[0].deflated_sharpe_effective
        called += known is not None and known >= 0.95
    assert called <= 1, "at 5 %, one of twenty"
