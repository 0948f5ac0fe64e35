"""Searches on windows: only in-sample days decide, and what came of it on the days after."""

import os

import numpy as np
import pytest

from params_optimizer.config.search import Search
from params_optimizer.errors import DataError, RunError
from params_optimizer.orchestrator.trials import Plan
from params_optimizer.search.methods import make_method
from params_optimizer.validation.search_walk import search_on, walk_forward_search
from params_optimizer.validation.windows import Schedule
from tests.orchestrator.test_trials import DAYS, Daily, problem, sane, silent

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")


def make(own):
    return make_method("genetic", own.space, Search(), 1)


def walked(task, *, trials=24, schedule=None):
    schedule = schedule or Schedule(12, 6)
    return walk_forward_search(task, schedule, make, Plan(trials, workers=2), silent)


def test_windows_follow_each_other_and_each_winner_trades_the_days_after():
    walk = walked(problem(Daily(), space=sane()))
    assert len(walk.steps) == (DAYS - 18) // 6 + 1
    for step in walk.steps:
        assert step.window.in_sample[-1] < step.window.out_sample[0]
        assert step.best.metrics["total_trades"] == 12
        assert step.out_sample["total_trades"] == 6
    assert walk.stitched["total_trades"] == 6 * len(walk.steps)
    total = sum(step.out_sample["total_r"] for step in walk.steps)
    assert walk.stitched["total_r"] == pytest.approx(total)


def test_later_days_change_no_earlier_choice():
    task = problem(Daily(), space=sane())
    whole = walked(task)
    short = walked(problem(Daily(), space=sane(), days=np.arange(24)))
    same = zip(whole.steps, short.steps, strict=False)
    assert all(one.best == other.best for one, other in same)


def test_days_with_a_label_are_searched_alone():
    samples = {"calm": np.arange(0, DAYS, 2), "wild": np.arange(1, DAYS, 2)}
    found = search_on(problem(Daily(), space=sane()), samples, make, Plan(10), silent)
    assert {name: len(one.trials) for name, one in found.items()} == {"calm": 10, "wild": 10}
    counts = {one.metrics["total_trades"] for each in found.values() for one in each.trials}
    assert counts == {DAYS // 2}


def test_too_few_days_and_no_winner_are_told():
    with pytest.raises(DataError, match="too few for one window"):
        walked(problem(Daily(), space=sane()), schedule=Schedule(50, 6))
    hopeless = {**sane(), "constraints": [*sane()["constraints"], "total_r > 1000"]}
    with pytest.raises(RunError, match="no window has a winner"):
        walked(problem(Daily(), space=hopeless), trials=8)
