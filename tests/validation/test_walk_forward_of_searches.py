"""Walk-forward searches: only in-sample days decide, and what came of it on the days after."""

import os

import numpy as np
import pytest

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import DataError
from params_optimizer.strategies.batch import DaySample
from params_optimizer.validation.walk_forward import walk_forward
from params_optimizer.validation.windows import Schedule
from tests.orchestrator.test_trials import DAYS, Daily, sane
from tests.orchestrator.test_trials import problem as daily_problem
from tests.validation.searches import by_hand, candidates_of, problem

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")


def walked(task, folder, schedule=None, **more):
    return walk_forward(candidates_of(task, folder, **more), schedule or Schedule(12, 6))


def test_windows_follow_each_other_and_each_winner_trades_the_days_after(tmp_path):
    walk = walked(daily_problem(Daily(), space=sane()), tmp_path, method="genetic", workers=2)
    assert len(walk.steps) == (DAYS - 18) // 6 + 1
    for step in walk.steps:
        assert step.window.in_sample[-1] < step.window.out_sample[0]
        assert step.in_sample["total_trades"] == 12
        assert step.out_sample["total_trades"] == 6
    assert walk.stitched["total_trades"] == 6 * len(walk.steps)
    assert walk.summary.oos_days == 6 * len(walk.steps)
    assert walk.left_over.size == DAYS - 12 - 6 * len(walk.steps)


def test_later_days_change_no_earlier_choice(tmp_path):
    whole = walked(daily_problem(Daily(), space=sane()), tmp_path / "whole")
    some = daily_problem(Daily(), space=sane(), sample=DaySample("UTC", np.arange(24)))
    short = walked(some, tmp_path / "short")
    same = zip(whole.steps, short.steps, strict=False)
    assert all(one.choice == other.choice for one, other in same)


@pytest.mark.parametrize("border", ["close", "carry", "drop"])
def test_every_figure_is_that_of_a_search_by_hand(tmp_path, border):
    task = problem(border=border)
    candidates = candidates_of(task, tmp_path)
    walk = walk_forward(candidates, Schedule(30, 12, step_days=9))
    stitched, in_days, out_days, in_r, out_r = [], 0, 0, 0.0, 0.0
    sets = [one.parameters for one in candidates.outcome.distinct]  # random: the same
    for place, step in enumerate(walk.steps):
        inside = {
            number: metrics_of_r(by_hand(task, one, step.window.in_sample, border))
            for number, one in enumerate(sets)
        }
        enough = [number for number, one in inside.items() if one["total_trades"] >= 3]
        best = max(enough, key=lambda number: (inside[number]["total_r"], -number))
        assert step.choice.parameters == sets[best]
        assert step.choice.eligible == len(enough)
        assert step.choice.value == pytest.approx(inside[best]["total_r"])
        after = by_hand(task, sets[best], step.window.out_sample, border)
        assert step.out_sample == metrics_of_r(after)
        until = [one.window.out_sample[0] for one in walk.steps[place + 1 : place + 2]]
        traded = [day for day in step.window.out_sample if not until or day < until[0]]
        assert step.traded.tolist() == traded
        stitched.append(by_hand(task, sets[best], step.traded, border))
        in_days, out_days = in_days + 30, out_days + 12
        in_r, out_r = in_r + inside[best]["total_r"], out_r + after.sum()
    together = np.concatenate(stitched)
    assert walk.trades.trades.r.tolist() == together.tolist()
    assert walk.stitched == metrics_of_r(together)
    assert walk.summary.total_oos_r == pytest.approx(together.sum())
    assert walk.summary.total_oos_profit == pytest.approx(100 * together.sum())
    results = [step.out_sample["total_r"] for step in walk.steps]
    assert walk.summary.std_oos_profit == pytest.approx(100 * np.std(results, ddof=1))
    assert walk.summary.efficiency == pytest.approx((out_r / out_days) / (in_r / in_days))
    assert walk.borders[border].r.tolist() == together.tolist()
    assert [one.key for one in walk.stability] == ["fast", "slow", "direction"]
    column = [step.choice.parameters["slow"] for step in walk.steps]
    assert walk.stability[1].share == column.count(walk.stability[1].mode) / len(column)


def test_too_few_days_and_no_winner_are_told(tmp_path):
    with pytest.raises(DataError, match="too few for one window"):
        walked(daily_problem(Daily(), space=sane()), tmp_path, Schedule(50, 6))
    hopeless = {**sane(), "constraints": [*sane()["constraints"], "total_r > 1000"]}
    nothing = walked(daily_problem(Daily(), space=hopeless), tmp_path / "other", trials=8)
    assert nothing.summary.windows_with_winner == nothing.stitched["total_trades"] == 0
