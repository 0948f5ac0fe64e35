"""R10 from one pass over many lists of trades.

Single figures are counted by hand in tests/strategies/test_rules_metrics.py.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.engine.metrics_calculator import (
    COUNTS,
    METRICS,
    TradeTable,
    finish_nb,
    lanes_nb,
    metrics_of_r,
    moments_nb,
    path_nb,
    refine_nb,
)
from params_optimizer.strategies.initial_balance.reference import metrics
from tests.strategies.panels import differences

R_VALUES = st.sampled_from([-1.0, -1.0, 1.0, 1.5, 0.0, -0.0, 0.5, -0.5, -1.7, 1e-12, 3.3, 0.1])
LISTS = st.lists(R_VALUES | st.floats(-50, 50, allow_subnormal=False), max_size=30)


def metrics_of_lanes(lists: np.ndarray, trades: np.ndarray | None = None) -> np.ndarray:
    """Metrics of shape (15, lanes) of R values of shape (trades, lanes)."""
    trades = np.arange(len(lists)) if trades is None else trades
    table = TradeTable(lists, np.sign(lists).astype(np.int16))
    work, out = lanes_nb(lists.shape[1]), np.empty((len(METRICS), lists.shape[1]))
    path_nb(table, trades, work)
    moments_nb(table, trades, work)
    finish_nb(work, trades.size, out)
    refine_nb(table, trades, work, out)
    return out


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
        got = metrics_of_lanes(lists)
        for lane in range(lanes):
            row = dict(zip(METRICS, got[:, lane].tolist(), strict=True))
            assert not differences(row, metrics(lists[:, lane].tolist())), (trades, lane)


def test_trades_are_rows_of_the_table():
    """A lane's list is what `trades` picks of it, in that order."""
    lists = np.array([[1.0, -2.0], [-3.0, 4.0], [5.0, 6.0]])
    picked = metrics_of_lanes(lists, np.array([2, 0]))
    np.testing.assert_array_equal(picked, metrics_of_lanes(lists[[2, 0]]))


@pytest.mark.parametrize("values", [[1.0], [-1.0, 0.5, 0.0], [1.0, 1.0, -0.7, 2.5, -1.0, -1.0]])
def test_lists_longer_than_a_lane_can_count(values):
    r_values = np.resize(values, np.iinfo(np.int16).max + 1000)
    r_values[5000:45_000] = r_values[0]
    assert not differences(metrics_of_r(r_values), metrics(r_values.tolist()))
