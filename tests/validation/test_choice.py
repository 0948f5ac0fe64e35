"""The best of a grid, found without evaluating all of it twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.config import RankingWeights
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES
from params_optimizer.strategies.initial_balance.panel.slices import Slice
from params_optimizer.validation import choice
from params_optimizer.validation.evaluation import Piece
from params_optimizer.validation.objective import CHOICES, Objective
from tests.validation.studies import ranked, silent

NAMES = ("total_r", "total_trades", "sharpe_ratio", "winrate", "profit_factor", "calmar_ratio")
ROWS = 4


@st.composite
def samples(draw) -> list[list[np.ndarray]]:
    """For each sample the metrics of each slice; few different figures, so that many tie."""
    figure = st.sampled_from([-3.0, -0.1, 0.1, 0.2, 0.3, 4.0, 4.000000000000001])
    slices, count = draw(st.integers(1, 6)), draw(st.integers(1, 2))
    found = []
    for _ in range(count):
        grid = []
        for _ in range(slices):
            metrics = np.zeros((len(MEASURES), ROWS))
            for name in NAMES:
                drawn = st.integers(8, 12) if name == "total_trades" else figure
                metrics[MEASURES.index(name)] = [draw(drawn) for _ in range(ROWS)]
            grid.append(metrics)
        found.append(grid)
    return found


@pytest.mark.parametrize("metric", CHOICES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_best_is_that_of_the_whole_ranking(metric, data):
    grids = data.draw(samples())
    weights = data.draw(
        st.sampled_from(
            [
                RankingWeights(),
                RankingWeights(total_r=1.0, sharpe_ratio=0.0, winrate=0.0),
                RankingWeights(total_r=0.0, sharpe_ratio=0.5, winrate=0.5),
            ]
        )
    )

    def evaluate(study, task, pieces, workers, say):
        return [
            (place, number, task.look(place, part(number), [grids[place][number]]))
            for place, numbers in pieces
            for number in numbers
        ]

    def whole_grid(study, groups):
        return [Piece(place, tuple(range(len(grids[place])))) for place in range(groups)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "evaluate", evaluate)
        patch.setattr(choice, "whole_grid", whole_grid)
        got = choice.best_on(None, grids, Objective(metric, 10, weights), 1, silent)
    for grid, found in zip(grids, got, strict=True):
        whole = dict(zip(MEASURES, np.concatenate(grid, axis=1), strict=True))
        order = ranked(whole, metric, 10, weights)
        expected = (*order[0], len(order)) if order else None
        assert (found and (found.combination, found.value, found.eligible)) == expected


def part(number: int) -> Slice:
    return Slice(number, 0, 0, 0, (0, 1), number * ROWS, ROWS)
