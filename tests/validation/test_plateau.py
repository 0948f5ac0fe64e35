"""Neighbours in the grid, and the plateau they make."""

import json

import numpy as np
import pytest

from params_optimizer.config import GridValues, Settings
from params_optimizer.orchestrator.study import load_grid
from params_optimizer.search.space import ParameterSpace
from params_optimizer.validation.plateau import neighbours, plateau
from tests.grids import grid_of

SETTINGS = Settings()
GRID = load_grid(SETTINGS, SETTINGS.symbol("XAUUSD"), "expanded")
START = GRID[0] | {
    "ib_wait_minutes": 10, "trade_window_minutes": 90, "rr_target": 1.0, "tsl_target": 1.0,
    "tsl_sl": 0.75, "rev_rb_enabled": True, "ib_buffer_pct": 0.05, "max_distance_pct": 1.0,
}  # fmt: skip


def steps(grid: ParameterSpace, params) -> dict[str, list]:
    """For each key the values of the neighbours, after a check that nothing else differs."""
    found = {}
    for key, numbers in neighbours(grid, grid.number(params)).items():
        for number in numbers:
            assert grid[number] | {key: params[key]} == params
        found[key] = [grid[number][key] for number in numbers]
    return found


def test_neighbours_are_one_step_away_in_one_ordered_key():
    assert steps(GRID, START) == {
        "ib_start": [], "ib_end": [], "ib_timezone": [],
        "ib_wait_minutes": [0, 15],
        "trade_window_minutes": [60, 120],
        "rr_target": [0.75, 1.25],
        "stop_mode": [],
        "tsl_target": [0.75, 1.25],
        "tsl_sl": [0.5, 1.0],
        "min_sl_pct": [],
        "rev_rb_enabled": [], "rev_rb_pct": [],
        "ib_buffer_pct": [0.0, 0.10],
        "max_distance_pct": [0.75, 1.25],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "key", "expected"),
    [
        ({"ib_wait_minutes": 0}, "ib_wait_minutes", [10]),
        ({"ib_wait_minutes": 20}, "ib_wait_minutes", [15]),
        ({"tsl_target": 0.0, "tsl_sl": 0.5}, "tsl_target", []),  # trailing is off
        ({"tsl_target": 0.0, "tsl_sl": 0.5}, "tsl_sl", []),
        ({"tsl_target": 0.5, "tsl_sl": 0.5}, "tsl_target", [0.75]),  # off is no step
        ({"tsl_target": 0.75, "tsl_sl": 0.75}, "tsl_target", [1.0]),  # R11.2: sl <= target
        ({"tsl_target": 0.75, "tsl_sl": 0.75}, "tsl_sl", [0.5]),
    ],
)
def test_edges_of_the_grid(change, key, expected):
    assert steps(GRID, START | change)[key] == expected


def own_grid(**values) -> ParameterSpace:
    base = SETTINGS.grids.standard.model_dump(exclude={"ib_windows"})
    single = {key: some[:1] for key, some in base.items()}
    grid = GridValues.model_validate_json(json.dumps({**single, **values}))
    return grid_of(grid, SETTINGS.symbol("XAUUSD").ib_windows[:1])


def test_steps_go_by_value_not_by_place():
    grid = own_grid(rr_target=[2.0, 0.5, 1.5, 1.0])
    assert steps(grid, grid[0] | {"rr_target": 1.5})["rr_target"] == [1.0, 2.0]
    assert steps(grid, grid[0])["rr_target"] == [1.5]


def test_extensions_have_steps_and_their_switch_has_none():
    grid = own_grid(rev_rb_enabled=[True, False], rev_rb_pct=[0.5, 1.0, 1.5])
    on = grid[0] | {"rev_rb_enabled": True, "rev_rb_pct": 1.0}
    assert steps(grid, on)["rev_rb_pct"] == [0.5, 1.5]
    off = grid[0] | {"rev_rb_enabled": False, "rev_rb_pct": 0.5}
    assert not any(neighbours(grid, grid.number(off)).values())


def lookup_of(grid: ParameterSpace, value):
    """A metric by parameters, which counts how often it is asked."""
    calls = []

    def lookup(numbers):
        calls.append(numbers)
        return np.array([value(grid[int(number)]) for number in numbers])

    return lookup, calls


def test_mean_and_worst_over_the_neighbours_and_by_key():
    lookup, calls = lookup_of(
        GRID, lambda p: 10.0 - 4 * abs(p["rr_target"] - 1) - (p["tsl_sl"] != 0.75)
    )
    found = plateau(GRID, GRID.number(START), lookup)
    assert len(calls) == 1, "one look-up for all"
    assert found.whole.value == 10.0
    assert found.whole.neighbours == 14
    assert found.whole.mean == pytest.approx((14 * 10 - 2 * 1 - 2 * 1) / 14)
    assert found.whole.worst == 9.0
    assert found.whole.score == pytest.approx(found.whole.mean / 10)
    assert found.whole.worst_score == 0.9
    rr, window = found.by_key["rr_target"], found.by_key["trade_window_minutes"]
    assert (rr.neighbours, rr.mean, rr.worst, rr.score) == (2, 9.0, 9.0, 0.9)
    assert (window.neighbours, window.mean, window.score) == (2, 10.0, 1.0)
    assert list(found.by_key) == list(START)


def test_not_applicable():
    lookup, _ = lookup_of(GRID, lambda _: 5.0)
    stop = plateau(GRID, GRID.number(START), lookup).by_key["stop_mode"]
    assert (stop.neighbours, stop.mean, stop.worst, stop.score, stop.worst_score) == (
        0,
        *[None] * 4,
    )
    grid = own_grid()
    lookup, _ = lookup_of(grid, lambda _: 5.0)
    assert plateau(grid, 0, lookup).whole.score is None


@pytest.mark.parametrize("value", [-3.0, 0.0])
def test_a_share_of_a_loss_says_nothing(value):
    lookup, _ = lookup_of(GRID, lambda _: value)
    whole = plateau(GRID, GRID.number(START), lookup).whole
    assert (whole.mean, whole.worst) == (value, value)
    assert whole.score is None
    assert whole.worst_score is None


def test_a_combination_that_is_not_there():
    with pytest.raises(IndexError, match="1478400"):
        plateau(GRID, len(GRID), lambda numbers: numbers * 1.0)
