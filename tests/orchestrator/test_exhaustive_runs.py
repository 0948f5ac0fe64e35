"""Exhaustive runs of every strategy: equal bytes whatever the workers, stops and start methods."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from params_optimizer.config import Parallelization, Settings
from params_optimizer.engine.metrics_calculator import METRICS, metrics_of_r
from params_optimizer.orchestrator.exhaustive import Parts, tasks_of
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.outcome import Outcome, coverage
from params_optimizer.orchestrator.plan import Dates, StrategyPlan
from params_optimizer.orchestrator.progress import Progress
from params_optimizer.orchestrator.run import execute
from params_optimizer.search.objective import Objective
from params_optimizer.search.space import ParameterSpace
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import RunDirectory
from params_optimizer.strategies import batch
from params_optimizer.strategies.batch import DaySample
from params_optimizer.strategies.ensemble.strategy import Ensemble
from params_optimizer.strategies.function import FunctionStrategy
from params_optimizer.strategies.guard import guarded
from params_optimizer.strategies.initial_balance.grid import grid_model
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.protocol import Strategy
from params_optimizer.strategies.registry import strategy_named
from tests.strategies.market import walk

BARS = walk(1200, tick=0.25)
SAMPLE = DaySample("UTC")


def cross(bars: Any, fast: int = 3, slow: int = 9) -> Any:
    close = bars.close
    return np.sign(close - np.roll(close, fast)) * (np.arange(bars.count) % slow > 1)


def integers(low: int, high: int) -> dict[str, Any]:
    return {"type": "int", "low": low, "high": high}


WEIGHT = {"type": "float", "low": 0.0, "high": 1.0, "step": 0.25}
SPACES: dict[str, dict[str, Any]] = {
    "ma_crossover": {
        "parameters": {"fast": integers(2, 40), "slow": integers(5, 70)},
        "constraints": ["fast < slow"],
    },
    "rsi": {"parameters": {"period": integers(2, 60), "lower": integers(10, 48)}},
    "bollinger": {
        "parameters": {
            "period": integers(2, 60),
            "deviations": {"type": "float", "low": 0.5, "high": 4, "step": 0.1},
        }
    },
    "ensemble": {"parameters": {f"weight_{name}": WEIGHT for name in ("rsi", "ma_crossover")}},
    "function": {"parameters": {"fast": integers(1, 9), "slow": integers(5, 20)}},
}


def strategy_of(name: str) -> Strategy:
    if name == "ensemble":
        return Ensemble()
    return FunctionStrategy(cross) if name == "function" else strategy_named(name)


def plan_of(name: str, keep: str = "all", strategy: Strategy | None = None) -> StrategyPlan:
    settings = Settings(keep=keep)
    return StrategyPlan(
        symbol="WALK",
        settings=settings,
        bars=BARS,
        dates=Dates(),
        fingerprint={"symbol": "WALK", "name": name, "engine": "test"},
        strategy_name=name,
        strategy=strategy or strategy_of(name),
        space=ParameterSpace.parse(SPACES[name]),
        sample=SAMPLE,
        objective=Objective.of(settings, "total_r"),
    )


def with_start(plan: StrategyPlan, method: str) -> StrategyPlan:
    parallel = Parallelization(start_method=method)
    return replace(plan, settings=plan.settings.model_copy(update={"parallelization": parallel}))


def directory_of(plan: StrategyPlan, output: Path) -> RunDirectory:
    now = datetime(2024, 1, 2, tzinfo=UTC)
    return run_directory.create(output, "WALK", now, new_manifest(plan))


def nothing(outcome: Outcome, folder: Path) -> None:
    del outcome, folder


def run(plan: StrategyPlan, output: Path, workers: int = 1) -> Path:
    """The results of a run, begun as a command begins it."""
    plan.prepare()
    directory = directory_of(plan, output)
    execute(plan, directory, workers, lambda _: None, nothing)
    assert sorted(path.suffix for path in directory.path.iterdir() if path.is_dir()) == []
    return directory.path / "WALK_full_results.parquet"


@pytest.mark.parametrize("name", SPACES)
def test_rows_are_those_of_the_sets_alone(name, tmp_path):
    plan = plan_of(name)
    table = pq.read_table(run(plan, tmp_path, 2)).to_pylist()
    allowed = plan.space.allowed(0, len(plan.space)).tolist()
    assert [row["combination"] for row in table] == allowed
    strategy = strategy_of(name)
    for row in table[:: max(len(table) // 40, 1)]:
        parameters = plan.space[row["combination"]]
        metrics = metrics_of_r(strategy.trades(BARS, parameters).r)
        assert {key: row[key] for key in parameters} == parameters
        assert {key: row[key] for key in METRICS} == metrics
        assert row["total_profit"] == metrics["total_r"] * plan.risk_money


@pytest.mark.parametrize("keep", ["all", "top:20"])
@pytest.mark.parametrize("name", SPACES)
def test_equal_bytes_with_any_number_of_workers(name, keep, tmp_path):
    plan = plan_of(name, keep)
    alone = run(plan, tmp_path / "alone")
    assert run(plan, tmp_path / "two", 2).read_bytes() == alone.read_bytes()
    rows = pq.read_table(alone).num_rows
    assert rows == (plan.space.count if keep == "all" else 20)


@pytest.mark.parametrize("name", ["ma_crossover", "function"])
def test_equal_bytes_under_spawn(name, tmp_path):
    plan = plan_of(name)
    fresh = run(with_start(plan, "spawn"), tmp_path / "spawn", 2)
    assert fresh.read_bytes() == run(plan, tmp_path / "fork", 2).read_bytes()


@pytest.mark.parametrize("keep", ["all", "top:20"])
@pytest.mark.parametrize("name", ["ma_crossover", "function"])
def test_a_stopped_run_goes_on_and_ends_with_equal_bytes(name, keep, tmp_path, monkeypatch):
    plan = plan_of(name, keep)
    expected = run(plan, tmp_path / "whole").read_bytes()
    directory, make = directory_of(plan, tmp_path / "stopped"), Parts.make

    def half(parts: Parts, workers: int, progress: Progress, stop: object) -> None:
        make(parts, workers, progress, stop)  # type: ignore[arg-type]
        for path in sorted(parts.folder.iterdir())[::2]:
            path.unlink()
        raise KeyboardInterrupt

    for _ in range(3 if keep != "all" else 1):  # in each of the passes
        monkeypatch.setattr(Parts, "make", half)
        with pytest.raises(KeyboardInterrupt):
            execute(plan, directory, 2, lambda _: None, nothing)
        monkeypatch.setattr(Parts, "make", make)
    execute(plan, directory, 2, lambda _: None, nothing)
    assert (directory.path / "WALK_full_results.parquet").read_bytes() == expected


class Troubled:
    """Writes down each set that it is asked for; hangs, dies or fails for some of them."""

    name = "troubled"

    def __init__(self, log: Path) -> None:
        self.log = log

    def space(self) -> dict[str, Any]:
        return SPACES[self.name]

    def trades(self, bars: Any, parameters: Any) -> Any:
        fast = parameters["fast"]
        with self.log.open("a") as log:
            log.write(f"{fast}\n")
        if fast == 3:
            os._exit(9)
        if fast == 4:
            raise ValueError("no four")
        if fast == 5:
            time.sleep(60)
        return strategy_named("ma_crossover").trades(bars, {"fast": fast + 1, "slow": 30})


@pytest.fixture
def troubled(tmp_path, monkeypatch):
    """`troubled(first, last, keep)`: a plan for some sets of that strategy."""
    strategy = guarded("troubled", Troubled(tmp_path / "asked"))

    def make(first: int, last: int, keep: str) -> StrategyPlan:
        monkeypatch.setitem(SPACES, "troubled", {"parameters": {"fast": integers(first, last)}})
        plan = plan_of("troubled", keep, strategy)
        search = plan.settings.search.model_copy(update={"timeout": 1.0})
        return replace(plan, settings=plan.settings.model_copy(update={"search": search}))

    return make


def test_sets_that_fail_hang_or_end_their_worker_become_rows(troubled, tmp_path):
    table = pq.read_table(run(troubled(0, 11, "all"), tmp_path / "run", 2)).to_pylist()
    states = {row["fast"]: (row["state"], row["reason"]) for row in table}
    assert states.pop(3) == ("failed", "its worker process died, 4 times")
    state, reason = states.pop(4)
    assert (state, "no four" in reason) == ("failed", True)
    assert states.pop(5) == ("timeout", "took longer than 1 seconds")
    assert set(states.values()) == {("complete", "")}
    assert [row["fast"] for row in table if np.isnan(row["total_r"])] == [3, 4, 5]


def test_both_passes_over_the_best_rows_ask_a_strategy_once(troubled, tmp_path):
    table = pq.read_table(run(troubled(6, 29, "top:4"), tmp_path / "run")).to_pylist()
    assert [row["state"] for row in table] == ["complete"] * 4
    asked = [int(line) for line in (tmp_path / "asked").read_text().split()]
    assert sorted(asked) == list(range(6, 30))


def test_a_set_that_fails_is_not_among_the_best(troubled, tmp_path):
    table = pq.read_table(run(troubled(4, 4, "top:4"), tmp_path / "run")).to_pylist()
    assert table == []


def test_slices_that_relations_leave_nothing_of(monkeypatch, tmp_path):
    monkeypatch.setattr(batch, "MIN_ROWS", 20)
    space = {
        "parameters": {
            "period": integers(2, 40),
            "deviations": {"type": "float", "low": 0.5, "high": 2.5, "step": 0.1},
        },
        "constraints": ["period >= 35"],
    }
    monkeypatch.setitem(SPACES, "bollinger", space)
    plan = plan_of("bollinger")
    assert plan.numbers(plan.slices[0]).size == 0
    table = pq.read_table(run(plan, tmp_path, 2)).to_pylist()
    assert [row["combination"] for row in table] == plan.space.allowed(0, len(plan.space)).tolist()
    assert pq.read_table(run(plan_of("bollinger", "top:3"), tmp_path / "top")).num_rows == 3


def test_slices_are_as_many_whatever_the_bars(monkeypatch):
    assert len(plan_of("ma_crossover").slices) == 3
    monkeypatch.setattr(batch, "MIN_ROWS", 10)
    assert len(plan_of("ma_crossover").slices) == 65


def test_slices_are_worked_in_a_fixed_order_that_is_mixed():
    settings = Settings()
    model = grid_model(settings.grids.expanded, settings.symbol("GER40").ib_windows)
    slices = PanelSlices(ParameterSpace(model))
    tasks = tasks_of(slices, set(range(len(slices))), 4, 1)
    numbers = [number for task in tasks for number in task.numbers]
    assert sorted(numbers) == list(range(len(slices)))
    assert numbers == [
        number for task in tasks_of(slices, set(numbers), 4, 1) for number in task.numbers
    ]
    early = [slices[number] for number in numbers[: len(numbers) // 3]]
    for key in (lambda slice_: slice_.ib, lambda slice_: slice_.wait):
        assert {key(slice_) for slice_ in early} == {key(slice_) for slice_ in slices}


def test_what_some_combinations_cover_is_told():
    space = ParameterSpace.parse(
        {
            "parameters": {
                "slow": {"type": "categorical", "choices": ["a", "b", "c"]},
                "fast": {"type": "int", "low": 1, "high": 4},
            }
        }
    )
    assert coverage(space, np.arange(4)) == (
        "Among them are 1 of 3 values of slow, and all values of the others."
    )
    assert coverage(space, np.array([0, 4])) == (
        "Among them are 2 of 3 values of slow; 1 of 4 values of fast."
    )
    assert (
        coverage(space, np.array([0, 5, 10, 3])) == "Every value of each parameter is among them."
    )
    assert coverage(space, np.zeros(0, np.int64)).startswith("Among them are 0 of 3")
