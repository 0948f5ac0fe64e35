"""Trials that take too much memory or time fail, say so, and keep their error output."""

import sys
import time

import numpy as np
import pytest

from params_optimizer.orchestrator.machine import limits_memory
from params_optimizer.workflows.manager import OptimizationManager
from params_optimizer.workflows.methods import GridSearchMethod
from params_optimizer.workflows.metrics import TotalReturnMetric
from tests.workflows.market import Hill, hill


def greedy(target, market):
    if target.x == 7:
        print("counting", target.y, file=sys.stderr)
        np.empty(40 << 20)  # 320 MB
    return hill(target, market)


def slow(target, market):
    if (target.x, target.y) == (7, 3):
        print("waiting for", target.x, file=sys.stderr, flush=True)
        time.sleep(600)
    return hill(target, market)


def search(backtest, **limits):
    manager = OptimizationManager(workers=2, **limits)
    manager.register_target("t", Hill()).register_method("grid", GridSearchMethod())
    manager.register_metric("total_return", TotalReturnMetric())
    return manager.run_optimization(backtest=backtest)["target_results"]["t"]


@pytest.mark.skipif(not limits_memory(), reason="this system has no limit of memory")
def test_a_trial_beyond_its_memory_fails_and_the_others_go_on():
    result = search(greedy, memory_mb=200)
    assert result["best_params"] == {"x": 6, "y": 3}
    assert result["failed"] == 11
    for failure in result["failures"]:
        assert "takes more memory than memory_mb 200" in failure["reason"]
        assert failure["reason"].endswith(f"error output: counting {failure['parameters']['y']}")


@pytest.mark.skipif(not limits_memory(), reason="this system has no limit of memory")
def test_a_limit_that_is_wide_enough_changes_nothing():
    assert search(greedy, memory_mb=2000) == search(greedy)


def test_a_trial_beyond_its_time_fails_and_the_others_go_on():
    result = search(slow, timeout=2.0)
    reasons = {tuple(item["parameters"].values()): item["reason"] for item in result["failures"]}
    assert reasons[7, 3] == "took longer than 2 seconds; its error output: waiting for 7"
    assert result["best_score"] == 0.99
