"""Exhaustive runs of any strategy: rows, failures, equal bytes, going on, checks."""

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from params_optimizer.config import Settings
from params_optimizer.data.news import NO_NEWS
from params_optimizer.errors import RunError
from params_optimizer.orchestrator import exhaustive
from params_optimizer.orchestrator.check import check
from params_optimizer.orchestrator.estimate import estimate
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.plan import Dates, StrategyPlan, risk_money_of
from params_optimizer.orchestrator.resume import choose
from params_optimizer.orchestrator.run import execute, identity_of, outcome_of
from params_optimizer.orchestrator.study import load_grid
from params_optimizer.reports.facts import facts_of
from params_optimizer.reports.files import write_files
from params_optimizer.search.objective import Objective
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.batch import DaySample
from params_optimizer.strategies.guard import guarded
from params_optimizer.strategies.initial_balance.strategy import InitialBalance
from params_optimizer.strategies.registry import strategy_named
from tests.orchestrator.test_trials import Hill, bars
from tests.strategies.market import walk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")
CROSSOVER = {
    "parameters": {
        "fast": {"type": "int", "low": 2, "high": 30},
        "slow": {"type": "int", "low": 5, "high": 60},
    },
    "constraints": ["fast < slow"],
}
HILL = {
    "parameters": {
        "a": {"type": "int", "low": 0, "high": 23},
        "b": {"type": "float", "low": 0, "high": 1, "step": 0.5},
        "mode": {"type": "categorical", "choices": ["x"]},
    }
}


def plan_of(strategy, space, market, **settings):
    content = {"search": {"timeout": 1.0}, "min_trades": 1, **settings}
    options = Settings.model_validate_json(json.dumps(content))
    return StrategyPlan(
        symbol=market.symbol,
        settings=options,
        bars=market,
        dates=Dates(),
        fingerprint={"symbol": market.symbol, "bars": market.fingerprint, "engine": "1"},
        strategy_name=strategy.name,
        strategy=strategy,
        space=ParameterSpace.parse(space),
        sample=DaySample("UTC"),
        objective=Objective.of(options),
    )


def crossover(**settings):
    return plan_of(strategy_named("ma_crossover", Account()), CROSSOVER, walk(3000), **settings)


def hill():
    return plan_of(guarded("hill", Hill()), HILL, bars())


def directory_of(plan, output):
    identity = identity_of(plan)
    return choose(identity, output, None, lambda: new_manifest(plan), resume=True).directory


def run(plan, output, workers=2):
    directory = directory_of(plan, output)
    execute(plan, directory, workers, lambda _: None, write_files)
    return directory


def rows_of(directory, plan):
    return pq.read_table(directory.path / f"{plan.symbol}_full_results.parquet")


def results_of(directory):
    names = ("run.json", "run.lock")
    return {
        path.name: path.read_bytes() for path in directory.path.iterdir() if path.name not in names
    }


def test_every_allowed_set_has_its_row(tmp_path):
    plan = crossover()
    directory = run(plan, tmp_path)
    table = rows_of(directory, plan).to_pydict()
    expected = [(fast, slow) for fast in range(2, 31) for slow in range(5, 61) if fast < slow]
    assert list(zip(table["fast"], table["slow"], strict=True)) == expected
    assert [plan.space[number]["slow"] for number in table["combination"]] == table["slow"]
    assert "state" not in table
    assert directory.path.name.startswith(f"WALK_{len(expected)}combos_")
    assert not (directory.path / "checkpoint.json").exists()
    manifest = directory.manifest()
    assert (manifest["method"], manifest["strategy"]) == ("grid", "ma_crossover")
    assert manifest["status"] == "complete"


def test_the_money_of_1_r_is_that_of_the_capital_which_is_traded():
    content = {"backtest": {"initial_balance": 80_000, "risk_pct": 2}}
    settings = Settings.model_validate({**content, "positions": {"initial_capital": 30_000}})
    account = Account(initial_capital=5_000, risk_pct=3)
    assert risk_money_of(strategy_named("rsi", account), settings) == 150
    assert risk_money_of(guarded("hill", Hill()), settings) == 600
    grid = load_grid(settings, settings.symbol("GER40"))
    assert risk_money_of(InitialBalance(grid, 1.0, NO_NEWS), settings) == 1_600


def test_the_table_and_the_facts_of_positions_are_in_the_money_of_their_account(tmp_path):
    account = Account(initial_capital=50_000, risk_pct=0.5)
    plan = plan_of(strategy_named("ma_crossover", account), CROSSOVER, walk(3000))
    directory = run(plan, tmp_path)
    table = rows_of(directory, plan).to_pydict()
    assert table["total_profit"] == [250 * total for total in table["total_r"]]
    facts = {fact.name: fact.value for fact in facts_of(plan)}
    assert facts["Money"] == "250 at risk per trade, no compounding"


def test_the_same_bytes_with_any_workers_and_after_a_stop(tmp_path, monkeypatch):
    whole = run(crossover(), tmp_path / "whole", workers=1)
    plan, evaluate = crossover(), exhaustive.PartWriter.write_slice

    def fail(writer, number, lost):
        if number == len(plan.slices) - 1:
            raise RunError("a full disk")
        return evaluate(writer, number, lost)

    with monkeypatch.context() as patch:
        patch.setattr(exhaustive.PartWriter, "write_slice", fail)
        with pytest.raises(RunError, match="a full disk"):
            run(plan, tmp_path / "stopped", workers=1)
    stopped = directory_of(plan, tmp_path / "stopped")
    state = json.loads((stopped.path / "checkpoint.json").read_text())
    assert (state["status"], state["total_combinations"]) == ("failed", plan.space.count)
    assert list(stopped.parts.iterdir()), "finished parts are kept"
    assert run(plan, tmp_path / "stopped").path == stopped.path
    assert results_of(stopped) == results_of(whole)


def test_sets_that_fail_hang_or_kill_are_rows_with_the_reason(tmp_path):
    plan = hill()
    assert plan.set_by_set
    assert estimate(plan).seconds is None, "nothing is evaluated in this process"
    directory = run(plan, tmp_path)
    rows = rows_of(directory, plan).to_pylist()
    assert [row["combination"] for row in rows] == list(range(72))
    states = {row["a"]: row["state"] for row in rows if row["state"] != "complete"}
    assert states == {3: "failed", 5: "timeout", 7: "failed", 9: "failed", 11: "failed"}
    reasons = {row["a"]: row["reason"] for row in rows}
    assert reasons[3].endswith("ValueError: three is not for me")
    assert reasons[5] == "took longer than 1 seconds"
    assert reasons[7] == "its worker process died, 4 times"
    assert reasons[11].endswith("is not a finite number")
    ranking = outcome_of(directory, plan).ranking
    assert not {rows[number]["a"] for number in ranking.combination.tolist()} & states.keys()


def test_the_best_rows_only(tmp_path):
    every, best = crossover(), crossover(keep="top:7")
    ranking = outcome_of(run(every, tmp_path / "all"), every).ranking
    kept = rows_of(run(best, tmp_path / "best"), best)
    assert sorted(ranking.combination[:7].tolist()) == kept["combination"].to_pylist()


def test_a_run_can_be_checked(tmp_path):
    plan = crossover()
    directory = run(plan, tmp_path)
    assert check(directory, lambda: plan, seed=1).trusted
    verdict = check(directory, lambda: None, seed=1)
    assert "not taken from the files of a run" in verdict.lacking
    final = directory.path / "WALK_full_results.parquet"
    content = bytearray(final.read_bytes())
    content[len(content) // 2] ^= 1
    Path(final).write_bytes(content)
    assert not check(directory, lambda: plan, seed=1).trusted
