"""GridAxes of a search space as single values or ranges."""

import pytest

from params_optimizer.analytics.axis_bins import MOST, OTHERS, binned
from params_optimizer.config.space import CategoricalParameter, FloatParameter, IntParameter
from params_optimizer.search.axis import Axis

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
    assert len(factor.labels) == len(set(factor.labels)) == count <= MOST
    assert found.tolist() == places


def test_labels_are_values_or_both_ends():
    assert binned(Axis.of_model("x", AXES["few"][0]), [])[0].labels == ("2", "4", "6", "8")
    assert binned(Axis.of_model("x", AXES["many"][0]), [])[0].labels[:2] == ("1–3", "4–6")
    assert binned(Axis.of_model("x", AXES["steps"][0]), [])[0].labels[-1] == "45"


def test_of_many_choices_the_most_frequent_are_named():
    model = CategoricalParameter(choices=tuple(f"c{at}" for at in range(40)))
    factor, places = binned(Axis.of_model("x", model), ["c7"] * 3 + [f"c{at}" for at in range(40)])
    assert len(factor.labels) == MOST
    assert factor.labels[-1] == OTHERS
    assert factor.labels[places[0]] == "c7"
    assert (places == MOST - 1).sum() == 40 - (MOST - 1)
