"""R10 from one pass over many lists of trades, and states that merge.

Single figures are counted by hand in tests/strategies/test_rules_metrics.py.
"""

from functools import reduce

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from params_optimizer.engine.metrics_calculator import (
    COUNTS,
    METRICS,
    RUNS,
    STATES,
    TradeTable,
    borders_nb,
    lanes_nb,
    merge,
    metrics_of_r,
    metrics_of_state,
    moments_nb,
    path_nb,
    state_nb,
)
from params_optimizer.strategies.initial_balance.reference import metrics
from tests.strategies.panels import differences

R_VALUES = st.sampled_from([-1.0, -1.0, 1.0, 1.5, 0.0, -0.0, 0.5, -0.5, -1.7, 1e-12, 3.3, 0.1])
LISTS = st.lists(R_VALUES | st.floats(-50, 50, allow_subnormal=False), max_size=30)


def states_of(lists: np.ndarray) -> np.ndarray:
    """States of shape (STATES, lanes) of R values of shape (trades, lanes)."""
    trades, lanes = lists.shape
    table = TradeTable(lists, np.sign(lists).astype(np.int16))
    work, state = lanes_nb(lanes), np.empty((STATES, lanes))
    for each in (path_nb, moments_nb, borders_nb):
        each(table, np.arange(trades), work)
    state_nb(work, trades, state)
    return state


def state_of(r_values: list[float]) -> np.ndarray:
    return states_of(np.array(r_values, np.float64).reshape(-1, 1))


def assert_same_state(got: np.ndarray, expected: np.ndarray) -> None:
    """Number of trades, counts and streaks equal, sums and extremes to 1e-9."""
    np.testing.assert_array_equal(got[0], expected[0])
    np.testing.assert_array_equal(got[-RUNS:], expected[-RUNS:])
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


@settings(deadline=None)  # the first call compiles
@given(LISTS)
def test_one_list(r_values):
    got = metrics_of_r(np.array(r_values, np.float64))
    assert not differences(got, metrics(r_values))
    assert [name for name, value in got.items() if isinstance(value, int)] == [
        name for name in METRICS if name in COUNTS
    ]


@pytest.mark.parametrize("count", [2, 3, 100, 5000])
@pytest.mark.parametrize("center", [1.0, -1.0, -0.1, 2.3])
@pytest.mark.parametrize("who", ["one differs", "every second differs", "all differ"])
def test_nearly_equal_values(count, center, who):
    """Deviations that sums of squares cannot hold, on either side of the 1e-6 that are zero."""
    rng = np.random.default_rng(count)
    for deviation in (1e-9, 1e-7, 9e-7, 3e-6, 1e-5, 1e-4, 1.2e-4, 3e-4, 1e-3, 1e-2):
        r_values = np.full(count, center)
        match who:
            case "one differs":
                r_values[count // 2] += deviation * np.sqrt(count)
            case "every second differs":
                r_values[::2] += 2 * deviation
            case "all differ":
                r_values += deviation * rng.standard_normal(count)
        assert not differences(metrics_of_r(r_values), metrics(r_values.tolist())), deviation


@pytest.mark.parametrize("lanes", [1, 2, 63, 64, 65, 308])
def test_lanes_side_by_side_are_lists_of_their_own(lanes):
    rng = np.random.default_rng(lanes)
    for trades in (0, 1, 2, 5, 40):
        lists = rng.choice([-1.0, -0.4, 0.0, 0.7, 1.0, 2.0], (trades, lanes))
        got = metrics_of_state(states_of(lists))
        for lane in range(lanes):
            row = dict(zip(METRICS, got[:, lane].tolist(), strict=True))
            assert not differences(row, metrics(lists[:, lane].tolist())), (trades, lane)


def test_trades_are_rows_of_the_table():
    """A lane's list is what `trades` picks of it, in that order."""
    lists = np.array([[1.0, -2.0], [-3.0, 4.0], [5.0, 6.0]])
    table = TradeTable(lists, np.sign(lists).astype(np.int16))
    work, state = lanes_nb(2), np.empty((STATES, 2))
    for each in (path_nb, moments_nb, borders_nb):
        each(table, np.array([2, 0]), work)
    state_nb(work, 2, state)
    np.testing.assert_array_equal(state, states_of(lists[[2, 0]]))


@settings(deadline=None)  # the first call compiles
@given(LISTS)
@example([1.0, 1.0, 1.0])
@example([-1.0, 0.0, -1.0])
@example([0.0, 0.0])
def test_merged_at_any_border(r_values):
    whole = state_of(r_values)
    for border in range(len(r_values) + 1):
        merged = merge(state_of(r_values[:border]), state_of(r_values[border:]))
        assert_same_state(merged, whole)


@settings(deadline=None)  # the first call compiles
@given(st.lists(LISTS, min_size=1, max_size=6))
def test_merged_stretches_whatever_the_grouping(stretches):
    """Some of them empty; from the left and from the right."""
    whole = [r for stretch in stretches for r in stretch]
    states = [state_of(stretch) for stretch in stretches]
    from_right = reduce(lambda later, earlier: merge(earlier, later), reversed(states))
    for merged in (reduce(merge, states), from_right):
        assert_same_state(merged, state_of(whole))
        row = dict(zip(METRICS, metrics_of_state(merged)[:, 0].tolist(), strict=True))
        expected = metrics_of_state(state_of(whole))[:, 0].tolist()
        assert not differences(row, dict(zip(METRICS, expected, strict=True)))


def test_merging_works_on_all_lanes_at_once():
    rng = np.random.default_rng(0)
    lists = rng.choice([-1.0, 0.0, 1.0, 2.0], (12, 50))
    merged = merge(states_of(lists[:7]), states_of(lists[7:]))
    assert_same_state(merged, states_of(lists))


def test_states_of_different_numbers_of_trades():
    """As rows of a grid have them; each lane is finished with its own number."""
    lists = [[], [1.0, -1.0], [2.0], [-1.0, -0.5, 0.0, 1.0], []]
    got = metrics_of_state(np.concatenate([state_of(one) for one in lists], axis=1))
    for lane, r_values in enumerate(lists):
        row = dict(zip(METRICS, got[:, lane].tolist(), strict=True))
        assert not differences(row, metrics(r_values)), r_values


@pytest.mark.parametrize("values", [[1.0], [-1.0, 0.5, 0.0], [1.0, 1.0, -0.7, 2.5, -1.0, -1.0]])
def test_lists_longer_than_a_lane_can_count(values):
    r_values = np.resize(values, np.iinfo(np.int16).max + 1000)
    r_values[5000:45_000] = r_values[0]
    assert not differences(metrics_of_r(r_values), metrics(r_values.tolist()))
