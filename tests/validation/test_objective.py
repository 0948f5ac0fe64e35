"""What is maximised, over whom, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.config import RankingWeights, Settings
from params_optimizer.errors import SettingsError
from params_optimizer.search.ranking import Bounds
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES
from params_optimizer.validation.objective import CHOICES, Objective

WEIGHTS = RankingWeights()


def metrics_of(**columns: list[float]) -> np.ndarray:
    """Metrics as the engine gives them; what is not named is 7."""
    metrics = np.full((len(MEASURES), len(next(iter(columns.values())))), 7.0)
    for name, values in columns.items():
        metrics[MEASURES.index(name)] = values
    return metrics


def values(objective: Objective, metrics: np.ndarray) -> list[float]:
    columns = objective.columns(metrics, objective.eligible(metrics))
    return objective.values(columns, objective.bounds(columns)).tolist()


@pytest.mark.parametrize("metric", [name for name in CHOICES if name != "score"])
def test_a_metric_is_its_column_where_trades_are_enough(metric):
    objective = Objective(metric, 5, WEIGHTS)
    metrics = metrics_of(**{metric: [3.0, 9.0, -1.0]}, total_trades=[5.0, 4.0, 80.0])
    assert values(objective, metrics) == [3.0, -1.0]
    columns = objective.columns(metrics, objective.eligible(metrics))
    assert objective.bounds(columns) == ([-1.0], [3.0], 2)


def test_the_score_is_that_of_the_ranking():
    metrics = metrics_of(
        total_r=[10.0, 0.0, 5.0, 900.0],
        sharpe_ratio=[-1.0, 3.0, 1.0, 9.0],
        winrate=[50.0, 50.0, 50.0, 99.0],
        total_trades=[10.0, 10.0, 11.0, 9.0],  # the last one is not ranked
    )
    weights = RankingWeights(total_r=0.5, sharpe_ratio=0.3, winrate=0.2)
    got = values(Objective("score", 10, weights), metrics)
    assert got == pytest.approx([0.5 + 0.1, 0.3 + 0.1, 0.25 + 0.15 + 0.1])


def test_of_nobody_there_are_no_bounds():
    objective = Objective("score", 10, WEIGHTS)
    metrics = metrics_of(total_trades=[9.0, 0.0])
    limits = objective.bounds(objective.columns(metrics, objective.eligible(metrics)))
    assert limits.eligible == 0
    assert (limits.least > limits.greatest).all()


# Least, worse, better and greatest of a metric over the grid; tiny steps make sums round.
LADDER = st.tuples(*[st.floats(-1e6, 1e6) | st.integers(0, 9).map(lambda n: 0.1 + n * 1e-17)] * 4)


@settings(deadline=None)
@given(
    ladders=st.tuples(*[LADDER.map(sorted)] * 3),
    shares=st.tuples(st.integers(0, 10), st.integers(0, 10), st.integers(1, 10)),
)
def test_better_figures_never_lower_the_score_not_even_by_rounding(ladders, shares):
    """What `choice` leaves out of its second pass rests on this."""
    total = sum(shares)
    weights = RankingWeights(
        total_r=shares[0] / total, sharpe_ratio=shares[1] / total, winrate=shares[2] / total
    )
    least, worse, better, greatest = np.array(ladders).T
    objective, limits = Objective("score", 1, weights), Bounds(least, greatest, 4)
    assert objective.value(worse, limits) <= objective.value(better, limits)


def test_defaults_come_from_the_settings():
    strict = Settings(min_trades=25)
    assert Objective.of(strict) == Objective("score", 25, strict.ranking_weights)
    assert Objective.of(strict, "total_r", 3) == Objective("total_r", 3, strict.ranking_weights)
    assert Objective.of(Settings(min_trades=0)).min_trades == 1


@pytest.mark.parametrize("metric", ["winrate", "", "Score", "sharpe"])
def test_an_unknown_metric_is_answered_with_the_known_ones(metric):
    with pytest.raises(SettingsError, match="--metric") as told:
        Objective(metric, 10, WEIGHTS)
    assert all(name in str(told.value) for name in CHOICES)


@pytest.mark.parametrize("count", [0, -3])
def test_combinations_without_trades_cannot_win(count):
    with pytest.raises(SettingsError, match=f"--min-trades {count}: "):
        Objective("total_r", count, WEIGHTS)
