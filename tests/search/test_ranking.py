"""R12 against a naive ranking with pandas."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.analytics.variation_aggregator import Leaders, limits_of
from params_optimizer.config import RankingWeights
from params_optimizer.search.eligibility import Eligibility
from params_optimizer.search.objective import Objective, goals_of
from params_optimizer.search.ranking import RANKED, first_places, score
from params_optimizer.strategies.scopes import EVERY_TRADE

WEIGHTS = RankingWeights()
MIN_TRADES = 10


def naive(table: pd.DataFrame, weights: RankingWeights = WEIGHTS) -> pd.DataFrame:
    """The whole ranking, best first, with its scores."""
    ranked = table[table["total_trades"] >= MIN_TRADES].copy()
    ranked["score"] = 0.0
    for name in RANKED:
        least, greatest = ranked[name].min(), ranked[name].max()
        scaled = 0.5 if least == greatest else (ranked[name] - least) / (greatest - least)
        ranked["score"] += getattr(weights, name) * scaled
    return ranked.sort_values(["score", "combination"], ascending=[False, True])


def pieces(table: pd.DataFrame, *cuts: int) -> list[dict[str, np.ndarray]]:
    """The columns of the table, cut before the given rows."""
    columns = {name: table[name].to_numpy() for name in table}
    borders = [0, *sorted(cuts), len(table)]
    return [
        {name: values[low:high] for name, values in columns.items()}
        for low, high in pairwise(borders)
    ]


def objective_of(weights=WEIGHTS, metric="score", direction=None):
    return Objective(goals_of(metric, direction), MIN_TRADES, None, weights)


def ranking_of(cut, weights=WEIGHTS, most=1_000, **goal):
    objective = objective_of(weights, **goal)
    eligibility = Eligibility(objective, (EVERY_TRADE,), frozenset())
    leaders = Leaders(eligibility, limits_of(cut, objective), most)
    for columns in cut:
        leaders.add(columns)
    return leaders.ranking


def grid(rows: list[tuple[int, float, float, float]]) -> pd.DataFrame:
    """Rows of total_trades, total_r, sharpe_ratio and winrate, numbered from 0."""
    table = pd.DataFrame(rows, columns=["total_trades", *RANKED], dtype=np.float64)
    return table.astype({"total_trades": np.int32}).assign(combination=np.arange(len(rows)))


# Few different values, so that ties and equal metrics are common.
ROWS = st.lists(
    st.tuples(
        st.integers(8, 12),
        st.sampled_from([-7.25, 0.0, 3.5, 12.0]) | st.floats(-50, 50, width=32),
        st.sampled_from([-1.0, 0.0, 2.0]) | st.floats(-5, 5, width=32),
        st.sampled_from([0.0, 40.0, 100.0]),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(
    rows=ROWS,
    most=st.integers(1, 70),
    cuts=st.lists(st.integers(0, 60), max_size=6),
    weights=st.sampled_from([(0.4, 0.35, 0.25), (1.0, 0.0, 0.0), (0.0, 0.5, 0.5)]),
)
def test_the_best_are_those_of_a_naive_ranking_however_they_are_cut(rows, most, cuts, weights):
    table = grid(rows)
    chosen = RankingWeights(**dict(zip(RANKED, weights, strict=True)))
    expected = naive(table, chosen)
    found = ranking_of(pieces(table, *(min(cut, len(rows)) for cut in cuts)), chosen, most)
    assert found.combination.tolist() == expected["combination"].head(most).tolist()
    assert found.score.tolist() == expected["score"].head(most).tolist()
    assert found.eligible == len(expected)


def test_a_score_by_hand():
    table = grid([(10, 0, 0, 0), (20, 10, 1, 50), (10, 5, 4, 100)])
    found = ranking_of(pieces(table))
    # 0.40 * 5 / 10 + 0.35 * 4 / 4 + 0.25 * 100 / 100, and 0.40 * 1 + 0.35 / 4 + 0.25 * 0.5
    assert found.combination.tolist() == [2, 1, 0]
    assert found.score.tolist() == pytest.approx([0.8, 0.6125, 0.0])


def test_a_metric_that_is_equal_everywhere_counts_half():
    found = ranking_of(pieces(grid([(10, 3, 1, 50), (10, 7, 1, 50)])))
    assert found.score.tolist() == pytest.approx([0.4 + 0.175 + 0.125, 0.175 + 0.125])


def test_equal_scores_keep_the_order_of_the_combinations():
    table = grid([(10, 1, 1, 50)] * 40)
    found = ranking_of(pieces(table, 7, 20), most=5)
    assert found.combination.tolist() == [0, 1, 2, 3, 4]
    assert found.score.tolist() == [0.5] * 5


def test_combinations_with_few_trades_neither_rank_nor_stretch_the_scale():
    table = grid([(9, 1_000, 50, 100), (10, 1, 0, 40), (11, 3, 2, 60)])
    found = ranking_of(pieces(table))
    assert (found.combination.tolist(), found.score.tolist()) == ([2, 1], [1.0, 0.0])
    assert found.eligible == 2


@pytest.mark.parametrize("rows", [[], [(9, 1.0, 1.0, 1.0)]])
def test_nothing_eligible_gives_an_empty_ranking(rows):
    found = ranking_of(pieces(grid(rows)))
    assert (found.combination.size, found.score.size, found.eligible) == (0, 0, 0)


def test_scores_lie_between_0_and_1():
    table = grid([(10, r, s, w) for r in (-9.0, 4.0) for s in (0.1, 0.3) for w in (1 / 3, 70.0)])
    values = score(pieces(table)[0], limits_of(pieces(table), objective_of()), WEIGHTS)
    assert (values.min(), values.max()) == (0.0, 1.0)


@settings(deadline=None)
@given(
    values=st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]) | st.floats(-9, 9), max_size=80),
    most=st.integers(1, 12),
)
def test_the_first_places_are_a_stable_sort_cut_off(values, most):
    numbers = np.random.default_rng(5).permutation(len(values))
    expected = sorted(zip(-np.array(values), numbers.tolist(), strict=True))[:most]
    places = first_places(numbers, np.array(values, np.float64), most)
    assert numbers[places].tolist() == [number for _, number in expected]
    assert np.array(values)[places].tolist() == [-value for value, _ in expected]


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(8, 12),
            st.sampled_from([-3.0, 0.0, 1.0, 2.0]),
            st.sampled_from([0.0, 0.5, 3.0, np.nan]),
        ),
        max_size=30,
    ),
    most=st.integers(1, 8),
    cuts=st.lists(st.integers(0, 30), max_size=4),
    direction=st.sampled_from(["maximize", "minimize"]),
)
def test_any_objective_ranks_and_no_loss_beats_any_number(rows, most, cuts, direction):
    """Without losses profit_factor is 0 in files: infinite where there is a profit."""
    full = [(trades, total, 1.0, 50.0) for trades, total, _ in rows]
    table = grid(full).assign(profit_factor=[factor for *_, factor in rows])
    merits = [
        (np.inf if factor == 0 and total > 0 else factor, total, number)
        for number, (trades, total, factor) in enumerate(rows)
        if trades >= MIN_TRADES and not np.isnan(factor)
    ]
    sign = 1 if direction == "maximize" else -1
    merits.sort(key=lambda row: (-sign * row[0], -row[1] if np.isinf(row[0]) else 0, row[2]))
    cut = pieces(table, *(min(place, len(rows)) for place in cuts))
    found = ranking_of(cut, most=most, metric="profit_factor", direction=direction)
    assert found.combination.tolist() == [number for *_, number in merits[:most]]
    figures = [rows[number][2] for number in found.combination.tolist()]
    assert (found.score.tolist(), found.eligible) == (figures, len(merits))
