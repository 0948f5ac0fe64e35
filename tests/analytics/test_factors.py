"""Names and labels of factors: values, or ranges of them."""

import numpy as np
import pytest

from params_optimizer.analytics.factors import MAX_VALUES, OTHERS, binned, grid_factors
from params_optimizer.config import GridValues, Settings
from params_optimizer.config.space import CategoricalParameter, FloatParameter, IntParameter
from params_optimizer.search.axis import Axis
from params_optimizer.search.space import ParameterSpace
from tests.grids import grid_of


def labels(**changes):
    values = Settings().grids.standard.model_copy(update=changes)
    windows = Settings().symbol("GER40").ib_windows
    grid = grid_of(GridValues(**values.model_dump()), windows)
    found = list(grid_factors(grid).factors)
    assert [len(one.labels) for one in found] == [axis.count for axis in grid.axes]
    return {one.name: list(one.labels) for one in found}


def test_pairs_are_one_factor_with_words_for_off():
    found = labels()
    assert found["ib_window"] == ["08:00–08:30", "08:00–09:00", "09:00–09:30"]
    assert found["trailing"][:2] == ["off", "0.5 / 0.5"]
    assert found["rev_rb"] == ["0.5", "off"]
    assert found["rr_target"] == ["0.5", "1", "1.5", "2"]
    assert found["stop_mode"] == ["ib_start", "eq"]


def test_the_zone_is_named_where_there_are_several():
    berlin, tokyo = ("08:00", "09:00", "Europe/Berlin"), ("08:00", "09:00", "Asia/Tokyo")
    assert labels(ib_windows=(berlin, tokyo))["ib_window"] == [
        "08:00–09:00 Europe/Berlin",
        "08:00–09:00 Asia/Tokyo",
    ]


def test_ranges_of_a_grid_number_its_combinations_anew():
    content = {
        "fast": {"type": "int", "low": 1, "high": 30},
        "pair": {"type": "joined", "names": ["a", "b"], "choices": [[0, 1], [0, 2], [3, 0.5]]},
        "ratio": {"type": "float", "low": 0.0, "high": 1.0, "step": 0.05},
    }
    space = ParameterSpace.parse({"parameters": content})
    factors = grid_factors(space)
    assert [len(factor.labels) for factor in factors.factors] == [10, 3, 11]
    assert factors.factors[1].labels == ("0 / 1", "0 / 2", "3 / 0.5")
    numbers = np.arange(0, len(space), 7)
    places = [space.places(number) for number in numbers.tolist()]
    expected = [(fast // 3 * 3 + pair) * 11 + ratio // 2 for fast, pair, ratio in places]
    assert factors.codes(numbers, range(3)).tolist() == expected


AXES = {
    "few": (IntParameter(low=2, high=8, step=2), [2, 4, 8], [0, 1, 3], 4),
    "many": (IntParameter(low=1, high=30), [1, 3, 4, 30], [0, 0, 1, 9], 10),
    "endless": (FloatParameter(low=0.0, high=1.0), [0.0, 0.05, 0.55, 1.0], [0, 0, 5, 9], 10),
    "steps": (FloatParameter(low=10.0, high=45.0, step=2.5), [10.0, 12.5, 45.0], [0, 0, 7], 8),
    "magnitudes": (
        FloatParameter(low=0.01, high=100.0, log=True),
        [0.01, 1.1, 99.0],
        [0, 5, 9],
        10,
    ),
    "small magnitudes": (IntParameter(low=1, high=20, log=True), [1, 2, 3, 20], [0, 1, 2, 6], 7),
    "choices": (CategoricalParameter(choices=("a", "b")), ["b", "a"], [1, 0], 2),
    "one": (IntParameter(low=7, high=7), [7], [0], 1),
}


@pytest.mark.parametrize("name", AXES)
def test_values_lie_in_the_range_that_names_them(name):
    model, values, places, count = AXES[name]
    factor, found = binned(Axis.of_model(name, model), values)
    assert factor.name == name
    assert len(factor.labels) == len(set(factor.labels)) == count <= MAX_VALUES
    assert found.tolist() == places


def test_labels_are_values_or_both_ends():
    assert binned(Axis.of_model("x", AXES["few"][0]), [])[0].labels == ("2", "4", "6", "8")
    assert binned(Axis.of_model("x", AXES["many"][0]), [])[0].labels[:2] == ("1–3", "4–6")
    assert binned(Axis.of_model("x", AXES["steps"][0]), [])[0].labels[-1] == "45"


def test_of_many_choices_the_most_frequent_are_named():
    model = CategoricalParameter(choices=tuple(f"c{at}" for at in range(40)))
    factor, places = binned(Axis.of_model("x", model), ["c7"] * 3 + [f"c{at}" for at in range(40)])
    assert len(factor.labels) == MAX_VALUES
    assert factor.labels[-1] == OTHERS
    assert factor.labels[places[0]] == "c7"
    assert (places == MAX_VALUES - 1).sum() == 40 - (MAX_VALUES - 1)
