"""Searches as they run: workers, isolation, failures, time-outs, journal, resuming."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest

from params_optimizer.config.search import MethodSettings
from params_optimizer.data.bars import M1, Bars
from params_optimizer.errors import DamagedFileError, SpaceError, StorageError
from params_optimizer.orchestrator.executor import Workers
from params_optimizer.orchestrator.trials import run_search
from params_optimizer.search.methods import make_method
from params_optimizer.search.objective import Objective, goals_of
from params_optimizer.search.space import ParameterSpace
from params_optimizer.storage.journal import Journal
from params_optimizer.strategies.batch import DaySample
from params_optimizer.strategies.guard import guarded
from params_optimizer.strategies.protocol import Trades
from tests.plans import asking, strategy_plan

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")
DAYS, PER_DAY = 40, 10
SPACE = {
    "parameters": {
        "a": {"type": "int", "low": 0, "high": 40},
        "b": {"type": "float", "low": 0, "high": 1},
        "mode": {"type": "categorical", "choices": ["x", "y"]},
    }
}


def bars():
    time_ = (np.arange(DAYS)[:, None] * 1440 + 600 + np.arange(PER_DAY)).ravel().astype(np.int64)
    price = 100 + np.sin(time_ / 50.0)
    return Bars.from_arrays("TEST", M1(time_, price, price + 1, price - 1, price, price * 0 + 1))


class Hill:
    """A trade a day; best at a=23, b=0.6. Certain values misbehave."""

    name = "hill"

    def __init__(self):
        self.calls = 0

    def space(self):
        return SPACE

    def trades(self, bars, parameters):
        self.calls += 1
        if self.calls > 1:
            raise RuntimeError("something of an earlier trial is left")
        a, b = parameters.pop("a"), parameters.pop("b")
        if a == 3:
            raise ValueError("three is not for me")
        if a == 5:
            time.sleep(60)
        if a == 7:
            os._exit(1)
        if a == 9:
            raise SystemExit(2)
        entry = bars.m1.time[::PER_DAY]
        wave = np.sin(np.arange(entry.size) * (1 + a))
        r = wave - ((a - 23) / 10) ** 2 - (b - 0.6) ** 2
        if a == 11:
            r[3] = np.nan
        ones = np.ones(entry.size)
        return Trades(entry, entry + 1, ones.astype(np.int64), ones, ones, r)


class Daily(Hill):
    def daily_trades(self, bars, parameters, dates):
        trades = Hill().trades(bars, dict(parameters))
        kept = np.isin(trades.entry_time // 1440, dates)
        return Trades._make(column[kept] for column in trades)


def problem(strategy=None, metric="total_r", space=SPACE, **more):
    strategy = strategy or guarded("hill", Hill())
    parsed = ParameterSpace.parse(space)
    objective = Objective(goals_of(metric, None), 1, conditions=parsed.performance)
    return strategy_plan(strategy, bars(), parsed, objective=objective, **more)


def sane(space=SPACE):
    return {**space, "constraints": ["a != 3 and a != 5 and a != 7 and a != 9 and a != 11"]}


def search(task, name="random", trials=40, journal=None, seed=1, workers=1, **more):
    method = make_method(name, task.space, MethodSettings(), seed)
    return run_search(task, method, trials, workers=Workers(workers, **more), journal=journal)


@pytest.mark.parametrize("name", ["random", "genetic", "bayesian"])
def test_the_workers_change_nothing(name):
    task = problem(space=sane())
    one, other = (search(task, name, workers=workers) for workers in (1, 3))
    assert one.trials == other.trials
    assert [trial.number for trial in one.trials] == list(range(40))
    assert {trial.state for trial in one.trials} == {"complete"}


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_that_inherit_nothing_give_the_same(method):
    task = problem(space=sane())
    other = search(task, workers=2, start_method=method)
    assert other.trials == search(task).trials


def test_failures_are_told_with_their_parameters_and_stop_nothing():
    only = {"parameters": {**SPACE["parameters"], "a": {"type": "int", "low": 2, "high": 12}}}
    only["parameters"]["b"] = {"type": "categorical", "choices": [0.6]}
    found = search(problem(space=only), trials=22, workers=2, timeout=0.5)
    states = {trial.parameters["a"]: (trial.state, trial.reason) for trial in found.trials}
    assert len(found.trials) == 22
    assert states.pop(3)[0] == "failed"
    assert states.pop(5) == ("timeout", "took longer than 0.5 seconds")
    assert states.pop(7) == ("failed", "its worker process died, 4 times")
    assert "SystemExit" in states.pop(9)[1]
    assert states.pop(11)[0] == "failed"
    assert set(states.values()) == {("complete", "")}
    reasons = [one.reason for one in found.trials if one.parameters["a"] == 3]
    assert all("three is not for me" in reason for reason in reasons)
    assert found.ranking[0].parameters["a"] == 12


def test_it_goes_on_where_it_was_and_finds_the_same(tmp_path):
    task = problem(space=sane())
    whole = search(task, "genetic", 60, Journal(tmp_path / "whole.jsonl"))
    content = (tmp_path / "whole.jsonl").read_bytes()
    lines = content.splitlines(keepends=True)
    assert len(lines) == 60
    for kept, torn in [(0, b""), (16, b""), (19, b""), (37, lines[37][:20]), (60, b"")]:
        path = tmp_path / "cut.jsonl"
        path.write_bytes(b"".join(lines[:kept]) + torn)
        again = search(task, "genetic", 60, Journal(path))
        assert again.trials == whole.trials
        assert path.read_bytes() == content


def test_what_does_not_fit_is_set_aside_and_done_again(tmp_path, caplog):
    task, path = problem(space=sane()), tmp_path / "trials.jsonl"
    whole = search(task, trials=24, journal=Journal(path))
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    changed = lines[10].replace(b'"total_r": ', b'"total_r": 9', 1)
    assert changed != lines[10]
    cases = {
        "lost": (lines[1:], 0),
        "changed": ([*lines[:10], changed, *lines[11:]], 8),
        "no record": ([*lines[:20], b"{}\n", *lines[21:]], 16),
        "noise": ([*lines[:3], b"\xff\x00\n", *lines[4:]], 0),
        "exchanged": ([*lines[:8], lines[9], lines[8], *lines[10:]], 8),
    }
    for number, (damaged, kept) in enumerate(cases.values(), 1):
        path.write_bytes(b"".join(damaged))
        method = make_method("random", task.space, MethodSettings(), 1)
        again = run_search(task, method, 24, journal=Journal(path))
        assert again.trials == whole.trials
        assert path.read_bytes() == content
        assert f"set_aside/trials.jsonl.{number}, and done again" in caplog.messages[-1]
        aside = tmp_path / "set_aside" / f"trials.jsonl.{number}"
        assert aside.read_bytes() == b"".join(damaged[kept:])


def test_a_journal_of_something_else_proves_nothing(tmp_path, caplog):
    task, path = problem(space=sane()), tmp_path / "trials.jsonl"
    search(task, trials=16, journal=Journal(path, "one"))
    content = path.read_bytes()
    assert Journal(path, "other").read() == []
    assert (tmp_path / "set_aside" / "trials.jsonl.1").read_bytes() == content
    assert "line 1 is not what was written" in caplog.messages[0]
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match="--no-resume"):
        search(task, trials=16, journal=Journal(path, "one"), seed=2)


def test_no_single_bit_can_be_changed_unnoticed(tmp_path):
    path = tmp_path / "trials.jsonl"
    search(problem(space=sane()), trials=8, journal=Journal(path))
    content, rng = path.read_bytes(), np.random.default_rng(1)
    [sound] = Journal(path).look()
    for place in rng.integers(0, 8 * len(content), 400).tolist():
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        if changed.count(b"\n") < content.count(b"\n") and not bytes(changed).endswith(b"\n"):
            assert Journal(path).look() == [], "torn at its end"
            continue
        with pytest.raises(DamagedFileError, match="not what was written"):
            Journal(path).look()
    path.write_bytes(content)
    assert Journal(path).look() == [sound]


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links cannot be told here")
def test_nothing_is_written_through_a_link(tmp_path):
    outside, path = tmp_path / "outside", tmp_path / "trials.jsonl"
    path.symlink_to(outside)
    with pytest.raises(DamagedFileError, match="is a link"):
        search(problem(space=sane()), trials=8, journal=Journal(path))
    with pytest.raises(StorageError):
        Journal(path).append([{"number": 0}])
    assert not outside.exists()


def test_what_is_appended_is_flushed_before_it_counts(tmp_path, monkeypatch):
    flushed, sync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (flushed.append(number), sync(number)))
    journal = Journal(tmp_path / "trials.jsonl")
    journal.append([{"number": 0}])
    first = len(flushed)
    assert first >= 2, "the file, and the folder that got it"
    journal.append([{"number": 1}])
    assert len(flushed) > first


class Stubborn:
    """Asks for the same again and again."""

    def __init__(self):
        self.told = []

    def ask(self, count):
        return [{"a": at % 3 + 20, "b": 0.5, "mode": "x"} for at in range(count)]

    def tell(self, trials):
        self.told += trials


def test_duplicates_are_answered_from_memory():
    found = run_search(problem(), Stubborn(), 16, 8)
    assert [one.source for one in found.trials] == [None] * 3 + [0, 1, 2, 0, 1] + [
        0,
        1,
        2,
        0,
        1,
        2,
        0,
        1,
    ]
    assert [one.number for one in found.trials] == list(range(16))
    assert found.trials[3] == replace(found.trials[0], number=3, source=0)


def test_constraints_on_performance_and_trades():
    space = {**sane(), "constraints": [*sane()["constraints"], "max_drawdown <= 12"]}
    found = search(problem(space=space), "genetic", 60)
    for one in found.trials:
        over = one.metrics["max_drawdown"] - 12
        assert one.state == ("infeasible" if over > 0 else "complete")
        assert one.violation == max(0, over)
    assert found.ranking[0].metrics["max_drawdown"] <= 12


def test_some_days_only():
    days = np.arange(10, 20)
    for strategy in (guarded("hill", Hill()), Daily()):
        found = search(problem(strategy, space=sane(), sample=DaySample("UTC", days)), trials=8)
        assert {one.metrics["total_trades"] for one in found.trials} == {10}


def test_hopeless_trials_are_ended_early_whatever_the_workers():
    task = problem(Daily(), space=sane(), method=asking("bayesian", 64))
    one, other = (search(task, "bayesian", 64, workers=workers) for workers in (1, 2))
    assert one.trials == other.trials
    pruned = [trial for trial in one.trials if trial.state == "pruned"]
    assert pruned
    assert {trial.metrics["total_trades"] for trial in pruned} <= {10, 20, 30}
    complete = [trial for trial in one.trials if trial.state == "complete"]
    assert {len(trial.steps) for trial in complete} == {3}
    whole = search(problem(Daily(), space=sane()), "bayesian", 1).trials[0]
    assert complete[0].metrics["total_trades"] == DAYS
    assert whole.metrics["total_trades"] == DAYS


def test_a_small_space_ends_the_search():
    small = {"parameters": {**SPACE["parameters"], "b": {"type": "categorical", "choices": [0.5]}}}
    small["parameters"]["a"] = {"type": "int", "low": 20, "high": 24}
    found = search(problem(space=small), trials=100)
    assert (len(found.trials), found.exhausted) == (10, True)


def test_a_wrong_constraint_is_refused_before_any_work():
    with pytest.raises(SpaceError, match="did you mean 'max_drawdown'"):
        problem(space={**SPACE, "constraints": ["max_drawdon <= 12"]})
