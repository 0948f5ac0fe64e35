"""Robustness of exhaustive runs of any strategy, compiled or asked set by set: from its table."""

import os
from collections import Counter
from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from params_optimizer.analytics.effects import overlapping_effects
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.resume import create
from params_optimizer.orchestrator.run import execute, identity_of
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.guard import guarded
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation import examined_table
from params_optimizer.validation.examined_table import ExaminedTable
from params_optimizer.validation.examined_trials import ExaminedTrials
from params_optimizer.validation.robustness import robustness
from params_optimizer.validation.sampling import sampled_numbers
from params_optimizer.validation.trials import effective_trials
from tests.strategies.market import walk
from tests.validation.searches import outcome_of as search_outcome_of
from tests.validation.searches import problem

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")
SPACE = {
    "parameters": {
        "fast": {"type": "int", "low": 2, "high": 9},
        "slow": {"type": "int", "low": 4, "high": 30, "step": 2},
    },
    "constraints": ["fast < slow"],
}


def ignore(*step: object) -> None:
    del step


def outcome_of(plan, folder):
    plan = replace(plan, fingerprint={"symbol": plan.symbol, "bars": plan.bars.fingerprint})
    directory, _ = create(identity_of(plan), folder, lambda: new_manifest(plan), resume=False)
    return execute(plan, directory, 2, ignore, ignore)


def examined(outcome, mode="sample"):
    return robustness(ExaminedTable.of(outcome, mode, 2, ignore), 4, ignore)


@pytest.fixture(scope="module", params=["compiled", "set by set"])
def run(request, tmp_path_factory):
    strategy = strategy_named("ma_crossover", Account(commission=0.0002))
    if request.param == "set by set":
        strategy = guarded("mine:crossing", strategy)
    plan = problem(strategy=strategy, space=SPACE)
    assert plan.set_by_set is (request.param == "set by set")
    outcome = outcome_of(plan, tmp_path_factory.mktemp("run"))
    return outcome, examined(outcome)


def table_of(outcome):
    """The metrics of every set, by brute force."""
    plan = outcome.plan
    numbers = plan.space.allowed(0, len(plan.space)).tolist()
    return {
        number: metrics_of_r(plan.strategy.trades(plan.bars, plan.space[number]).r)
        for number in numbers
    }


def test_luck_is_told_from_every_row(run):
    outcome, result = run
    figures = [row for row in table_of(outcome).values() if row["total_trades"] >= 3]
    ratios = np.array([row["sharpe_ratio"] for row in figures]) / sqrt(252)
    tried = result.tried[ALL]
    assert (tried.trials, tried.eligible) == (outcome.plan.space.count, ratios.size)
    assert tried.variance == pytest.approx(ratios.var(ddof=1))
    assert tried.best_sharpe == pytest.approx(ratios.max())
    plan = outcome.plan
    numbers = np.array([n for n, row in table_of(outcome).items() if row["total_trades"] >= 3])
    prefixes = {ALL: ""}
    daily_r = examined_table.daily_r_of(plan, numbers, prefixes, 1)[ALL]
    expected = effective_trials(np.nan_to_num(daily_r), numbers.size, 0)
    assert tried.effective.combinations == expected.combinations
    assert tried.effective.trials == pytest.approx(expected.trials, rel=0.05)
    assert tried.effective.trials <= tried.trials


def test_survivors_costs_and_neighbours_are_those_of_all_sets(run):
    outcome, result = run
    table, space = table_of(outcome), outcome.plan.space
    enough = [row["total_r"] for row in table.values() if row["total_trades"] >= 3]
    same, dearer = result.survivors
    assert same == (1.0, len(enough), sum(r > 0 for r in enough), max(enough), False)
    twice = strategy_named("ma_crossover", Account(commission=0.0004))
    costly = [metrics_of_r(twice.trades(outcome.plan.bars, space[n]).r) for n in table]
    total = [row["total_r"] for row in costly if row["total_trades"] >= 3]
    assert dearer[:4] == (2.0, len(total), sum(r > 0 for r in total), max(total))
    assert dearer.drawn is outcome.plan.set_by_set
    ranked = outcome.ranking.combination[:4].tolist()
    assert [subject.number for subject in result.subjects] == ranked
    for subject in result.subjects:
        number, own = subject.number, subject.parameters
        assert subject.stress["costs_x2"] == costly[list(table).index(number)]
        near = [{**own, "fast": own["fast"] + step} for step in (-1, 1)]
        near += [{**own, "slow": own["slow"] + step} for step in (-2, 2)]
        totals = [table[space.number(one)]["total_r"] for one in near if space.contains(one)]
        assert subject.plateau.whole.neighbours == len(totals)
        assert subject.plateau.whole.mean == pytest.approx(np.mean(totals))


def test_effects_of_a_space_with_relations_are_stated_shares_of_each_alone(run):
    outcome, result = run
    effects, table = result.effects["total_r"], table_of(outcome)
    values = np.array([row["total_r"] for row in table.values()])
    places = outcome.plan.space.columns(np.array(list(table)))
    for name, share in effects.main.items():
        levels = [values[places[name] == level] for level in np.unique(places[name])]
        between = sum(level.size * (level.mean() - values.mean()) ** 2 for level in levels)
        assert share == pytest.approx(between / values.size / values.var())
    assert (effects.overlapping, effects.pairs) == (True, {})


def test_full_overfitting_looks_at_every_set(run, monkeypatch):
    outcome, result = run
    monkeypatch.setattr(examined_table, "SAMPLE", 30)
    monkeypatch.setattr(examined_table, "MOST_SETS", 30)
    sample, full = examined(outcome), examined(outcome, "full")
    assert (sample.pbo.mode, sample.pbo.combinations) == ("sample", 30)
    assert full.pbo.combinations == outcome.plan.space.count
    assert full.pbo.probability == pytest.approx(result.pbo.probability)


class Counting:
    """A crossover that writes down what it is asked, and fails for one set."""

    name = "counting"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rule = strategy_named("ma_crossover", Account(commission=0.0002))

    def space(self):
        return SPACE

    def trades(self, bars, parameters):
        with (self.folder / "asked").open("a") as file:
            file.write(f"{parameters['fast']} {parameters['slow']}\n")
        if (parameters["fast"], parameters["slow"]) == (5, 12):
            raise ValueError("no")
        return self.rule.trades(bars, parameters)


def test_sets_that_are_asked_one_by_one_are_asked_once_for_each_answer(tmp_path):
    """For the days of their trades, which no row has; for nothing that the table tells."""
    plan = problem(strategy=guarded("counting", Counting(tmp_path)), space=SPACE)
    outcome = outcome_of(plan, tmp_path)
    (tmp_path / "asked").unlink()
    result = examined(outcome)
    asked = Counter((tmp_path / "asked").read_text().splitlines())
    sample = [plan.space[number] for number in sampled_numbers(plan, 1000, 0).tolist()]
    expected = Counter(f"{one['fast']} {one['slow']}" for one in sample)
    del expected["5 12"]  # its row says that it failed
    assert asked == expected
    assert result.survivors[1] is None, "it tells no worse market"


def test_a_single_trade_has_no_sharpe_ratio_that_luck_could_choose(tmp_path):
    """Of tables and of trials alike."""
    task = problem(walk(90), space=SPACE, min_trades=1)
    outcome = outcome_of(task, tmp_path)
    counts = np.array([row["total_trades"] for row in table_of(outcome).values()])
    assert 0 < (counts >= 2).sum() < (counts >= 1).sum()
    search = search_outcome_of(task, "random", 200)
    assert len(search.distinct) == counts.size
    trials = ExaminedTrials.of(search, 1, ignore)
    for result in (examined(outcome), robustness(trials, 4, ignore)):
        assert result.tried[ALL].eligible == (counts >= 2).sum()


def test_effects_leave_out_sets_that_failed():
    space = problem(space=SPACE).space
    numbers = space.allowed(0, len(space))
    values = np.random.default_rng(3).normal(size=numbers.size)
    values[7] = np.nan
    part = overlapping_effects(space, [(numbers, values)])
    kept = np.delete(numbers, 7), np.delete(values, 7)
    assert part.main == overlapping_effects(space, [kept]).main
    assert part.mean == pytest.approx(np.nanmean(values))
