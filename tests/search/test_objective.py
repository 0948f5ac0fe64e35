"""What is best: goals, merits, sets without losses or without a value, fronts of trials."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.config import RankingWeights, Settings
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import SettingsError
from params_optimizer.search.objective import Goal, Objective, comparable, goals_of
from params_optimizer.search.pareto import crowding, dominated, fronts, pareto_front
from params_optimizer.search.ranking import Bounds
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
    objective = Objective(goals_of("score,max_drawdown", None), 40, BOUNDS)
    assert objective.values(METRICS) == (pytest.approx(0.4 * 0.5 + 0.35 * 0.75 + 0.25 * 0.75), 4.0)
    assert objective.losses(METRICS) == (-objective.values(METRICS)[0], 4.0)
    assert objective.violation({}, METRICS) == 10


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
        ("total_r,total_r", None, "is listed twice"),
    ],
)
def test_wrong_goals_are_refused(metric, direction, message):
    with pytest.raises(SettingsError, match=message):
        Objective(goals_of(metric, direction))


def test_the_score_of_a_single_set_needs_bounds():
    Objective(goals_of("score", None), bounds=BOUNDS).check_standalone()
    with pytest.raises(SettingsError, match="score_bounds"):
        Objective(goals_of("score", None)).check_standalone()


@pytest.mark.parametrize("count", [0, -5])
def test_sets_without_trades_cannot_win(count):
    with pytest.raises(SettingsError, match=f"--min-trades {count}: must be an integer >= 1"):
        Objective(goals_of("total_r", None), count)


def test_defaults_come_from_the_settings():
    strict = Settings(min_trades=25)
    whole = Objective(goals_of("score", None), 25, None, strict.ranking_weights)
    assert Objective.of(strict) == whole
    assert Objective.of(strict, "max_drawdown", 3).goals == (Goal("max_drawdown", "minimize"),)
    assert Objective.of(Settings(min_trades=0)).min_trades == 1


LISTS = {
    "no loss": [1.0, 2.0],
    "no loss, less": [1.0, 1.5],
    "one win": [0.5],
    "249 to 1": [249.0, -1.0, 0.0],
    "losses": [-1.0, -2.0, 1.0],
    "nothing": [0.0, 0.0],
    "no trade": [],
}


def columns(lists):
    found = [metrics_of_r(np.array(r, np.float64)) for r in lists.values()]
    return {name: np.array([one[name] for one in found], np.float64) for name in found[0]}


@pytest.mark.parametrize("metric", ["profit_factor", "calmar_ratio", "sortino_ratio"])
def test_no_loss_beats_any_number_and_no_trade_has_no_value(metric):
    objective, table = Objective(goals_of(metric, None)), columns(LISTS)
    competes = objective.competes(table)
    assert competes.tolist() == [True] * 6 + [False]
    merits = objective.merits(table)
    assert np.isinf(merits).tolist() == [True] * 3 + [False] * 4
    assert objective.first(merits, table) == 0, "more R in total"
    trials = [
        Trial(at, {}, "complete", objective.losses(metrics), 0.0, metrics)
        for at, metrics in enumerate(metrics_of_r(np.array(r)) for r in list(LISTS.values())[:6])
    ]
    assert [one.number for one in ranked(trials)][:4] == [0, 1, 2, 3]
    order = np.argsort(scalars(trials), kind="stable")
    assert order[:4].tolist() == [0, 1, 2, 3]
    assert np.isfinite(scalars(trials)).all()
    assert objective.figure(np.inf, trials[0].metrics) == trials[0].metrics[metric], "as in files"


@pytest.mark.parametrize("metric", ["profit_factor", "calmar_ratio", "sortino_ratio"])
def test_the_fewest_losses_are_last_where_the_ratio_is_to_be_small(metric):
    objective, table = Objective(goals_of(metric, "minimize")), columns(LISTS)
    assert objective.merits(table)[:3].tolist() == [-np.inf] * 3


def test_constraints_compare_what_is_defined():
    best, worst = (metrics_of_r(np.array(r, np.float64)) for r in ([1.0, 2.0], [-1.0, 0.5]))
    assert comparable(best) == {
        **best,
        "profit_factor": np.inf,
        "calmar_ratio": np.inf,
        "sortino_ratio": np.inf,
    }
    assert comparable(worst) == worst


def test_sets_with_a_metric_that_is_no_number_do_not_compete():
    table = {"total_trades": np.array([5.0, 5.0]), "winrate": np.array([np.nan, 1.0])}
    assert Objective(goals_of("winrate", None)).competes(table).tolist() == [False, True]


# Least, worse, better and greatest of a metric over the grid; tiny steps make sums round.
LADDER = st.tuples(*[st.floats(-1e6, 1e6) | st.integers(0, 9).map(lambda n: 0.1 + n * 1e-17)] * 4)


@settings(deadline=None)
@given(
    ladders=st.tuples(*[LADDER.map(sorted)] * 3),
    shares=st.tuples(st.integers(0, 10), st.integers(0, 10), st.integers(1, 10)),
    direction=st.sampled_from(["maximize", "minimize"]),
)
def test_no_set_is_above_what_the_bounds_of_its_slice_allow(ladders, shares, direction):
    """What the second pass of `validation.choice` leaves out rests on this, to the last bit."""
    total = sum(shares)
    weights = RankingWeights(
        total_r=shares[0] / total, sharpe_ratio=shares[1] / total, winrate=shares[2] / total
    )
    least, worse, better, greatest = np.array(ladders).T
    objective = Objective(goals_of("score", direction), weights=weights)
    overall = Bounds(least, greatest, 4)
    for row in (worse, better):
        merit = objective.merits(
            {name: row[[at]] for at, name in enumerate(objective.names)}, overall
        )
        assert merit[0] <= objective.highest(Bounds(worse, better, 2), overall)


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
