"""Fronts of two goals, and the trials that were the best so far."""

import numpy as np

from params_optimizer.analytics.trial_course import front_of_two, improvements
from params_optimizer.search.pareto import dominated
from params_optimizer.search.trial import Trial


def test_the_front_of_two_goals_is_what_nothing_dominates():
    losses = np.random.default_rng(2).integers(0, 9, (60, 2)).astype(np.float64)
    found = losses[front_of_two(losses)]
    wanted = np.unique(losses[~dominated(losses)], axis=0)
    np.testing.assert_array_equal(found, wanted)
    assert front_of_two(np.zeros((0, 2))).size == 0


def test_only_complete_trials_improve():
    states = ("infeasible", "complete", "complete", "complete", "failed", "complete")
    losses = ((0.0,), (5.0,), (5.0,), (4.0,), (), (4.5,))
    trials = [
        Trial(at, {}, state, loss)
        for at, (state, loss) in enumerate(zip(states, losses, strict=True))
    ]
    assert improvements(trials) == [1, 3]
