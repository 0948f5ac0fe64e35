"""What a search optimises, and the trials that nothing beats."""

import numpy as np
import pytest

from params_optimizer.errors import SettingsError
from params_optimizer.search.objective import Goal, SearchObjective, goals_of
from params_optimizer.search.pareto import crowding, dominated, fronts, pareto_front
from params_optimizer.search.trial import Trial, ranked, scalars

BOUNDS = {"total_r": (-10.0, 30.0), "sharpe_ratio": (-1.0, 3.0), "winrate": (20.0, 60.0)}
METRICS = {
    "total_r": 10.0,
    "sharpe_ratio": 2.0,
    "winrate": 50.0,
    "max_drawdown": 4.0,
    "total_trades": 30.0,
}


def test_values_and_losses():
    objective = SearchObjective(goals_of("score,max_drawdown", None), 40, BOUNDS)
    assert objective.values(METRICS) == (pytest.approx(0.4 * 0.5 + 0.35 * 0.75 + 0.25 * 0.75), 4.0)
    assert objective.losses((0.6, 4.0)) == (-0.6, 4.0)
    assert objective.shortage(METRICS) == 10


def test_directions():
    assert goals_of(None, None) == (Goal("total_r", "maximize"),)
    assert goals_of("max_drawdown", None) == (Goal("max_drawdown", "minimize"),)
    assert goals_of("total_r, winrate", "minimize,maximize")[0].direction == "minimize"


@pytest.mark.parametrize(
    ("metric", "direction", "message"),
    [
        ("sharp_ratio", None, "did you mean 'sharpe_ratio'"),
        ("total_r", "maximise", "did you mean 'maximize'"),
        ("total_r,winrate", "maximize", "names 1 directions for 2 metrics"),
        ("total_r,total_r", None, "stands there twice"),
        ("score", None, "score_bounds"),
    ],
)
def test_wrong_goals_are_refused(metric, direction, message):
    with pytest.raises(SettingsError, match=message):
        SearchObjective(goals_of(metric, direction))


def trial(number, state="complete", *losses, violation=0.0):
    return Trial(number, {"x": number}, state, losses, violation)


def test_what_is_better():
    trials = [
        trial(0, "failed"),
        trial(1, "infeasible", -9.0, violation=3.0),
        trial(2, "complete", 5.0),
        trial(3, "complete", 1.0),
        trial(4, "infeasible", 0.0, violation=1.0),
        trial(5, "complete", 1.0),
        trial(6, "pruned", -5.0),
    ]
    assert [one.number for one in ranked(trials)] == [3, 5, 2, 4, 1, 6, 0]
    order = np.argsort(scalars(trials), kind="stable")
    assert [trials[at].number for at in order] == [3, 5, 2, 4, 1, 6, 0]


def test_fronts():
    points = [(1, 5), (2, 2), (5, 1), (3, 3), (6, 6), (2, 2)]
    trials = [trial(at, "complete", *map(float, one)) for at, one in enumerate(points)]
    trials += [trial(6, "infeasible", 0.0, 0.0, violation=1.0), trial(7, "failed")]
    assert fronts(trials).tolist() == [0, 0, 0, 1, 2, 0, 3, 4]
    assert [one.number for one in pareto_front(trials)] == [0, 1, 2]
    assert pareto_front([trial(0, "failed")]) == []
    losses = np.array([one.losses for one in trials[:3]])
    assert not dominated(losses).any()
    assert crowding(losses)[[0, 2]].tolist() == [np.inf, np.inf]
    assert crowding(losses)[1] == pytest.approx(2.0)
