"""The contract of every search method; a new one adds its name to `METHODS`."""

import numpy as np
import pytest

from params_optimizer.config import Settings
from params_optimizer.config.search import MethodSettings
from params_optimizer.errors import SettingsError, SpaceError
from params_optimizer.search.methods import METHODS, make_method
from params_optimizer.search.space import ParameterSpace
from params_optimizer.search.trial import Trial

SPACES = {
    "int": {"parameters": {"x": {"type": "int", "low": -50, "high": 50}}},
    "steps": {
        "parameters": {
            "x": {"type": "int", "low": 0, "high": 90, "step": 10},
            "y": {"type": "float", "low": 0, "high": 1, "step": 0.1},
        }
    },
    "mixed": {
        "parameters": {
            "x": {"type": "float", "low": -1, "high": 1},
            "size": {"type": "int", "low": 1, "high": 5000, "log": True},
            "edge": {"type": "float", "low": 1e-4, "high": 1, "log": True},
            "mode": {"type": "categorical", "choices": ["a", "b", "c"]},
            "on": {"type": "categorical", "choices": [True, False]},
        },
        "constraints": ["x < edge", "size > 2 or on"],
    },
    "choices": {
        "parameters": {
            "x": {"type": "categorical", "choices": [0.5, 1, 2, 4]},
            "mode": {"type": "categorical", "choices": ["a", "b", "c", "d"]},
        },
        "constraints": ["x <= 2 or mode != 'a'"],
    },
}
FINITE = [name for name, one in SPACES.items() if name != "mixed"]
BUDGETS = {"grid": 40, "bayesian": 40}


def loss(parameters):
    """Smooth, best somewhere inside, different for every choice."""
    total = 0.0
    for name, value in parameters.items():
        if isinstance(value, bool | str):
            total += 0.3 * (value in ("b", True))
        else:
            target = {"x": 0.37, "y": 0.7, "size": 40, "edge": 0.5}[name]
            scale = {"size": 100.0, "edge": 0.5, "y": 1.0}.get(name, 1.0)
            total += ((value - target) / scale) ** 2
    return total


def searched(name, space, count, *, seed=1, batch=8, answer=loss):
    method = make_method(name, space, MethodSettings(), seed)
    trials = []
    while len(trials) < count:
        asked = method.ask(min(batch, count - len(trials)))
        if not asked:
            break
        told = [
            Trial(len(trials) + at, one, "complete", (answer(one), -answer(one)))
            for at, one in enumerate(asked)
        ]
        method.tell(told)
        trials += told
    return trials


def made(space):
    return ParameterSpace.parse(SPACES[space])


CASES = [(name, space) for name in METHODS for space in SPACES if name != "grid" or space in FINITE]


@pytest.mark.parametrize(("name", "space"), CASES)
def test_trials_are_in_the_space_and_none_twice(name, space):
    one = made(space)
    trials = searched(name, one, BUDGETS.get(name, 120))
    assert trials
    for trial in trials:
        one.check(trial.parameters)
    keys = [one.key(trial.parameters) for trial in trials]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("name", "space"), CASES)
def test_the_same_seed_gives_the_same_trials(name, space):
    first, again = (searched(name, made(space), BUDGETS.get(name, 60)) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("name", [name for name in METHODS if name != "grid"])
def test_another_seed_gives_others(name):
    one, other = (searched(name, made("mixed"), 20, seed=seed) for seed in (1, 2))
    assert one != other


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("space", ["choices", "steps"])
def test_small_spaces_are_tried_completely_and_then_it_ends(name, space):
    one = made(space)
    trials = searched(name, one, 1000, batch=5)
    keys = {one.key(trial.parameters) for trial in trials}
    assert keys == {one.key(each) for each in one.sets()}
    assert len(trials) == len(keys)


def lowest(name, count, seed):
    return min(one.losses[0] for one in searched(name, made("mixed"), count, seed=seed))


@pytest.mark.parametrize("name", ["bayesian", "genetic", "particle-swarm"])
def test_what_was_learned_is_used(name):
    count = 48 if name == "bayesian" else 200
    found, chance = (
        np.median([lowest(one, count, seed) for seed in range(5)]) for one in (name, "random")
    )
    assert found < 0.5 * chance


@pytest.mark.parametrize("name", [name for name in METHODS if name != "grid"])
def test_failed_and_infeasible_trials_do_not_stop_it(name):
    space = made("mixed")
    method = make_method(name, space, MethodSettings(), 3)
    number = 0
    for _ in range(8):
        told = []
        for one in method.ask(8):
            bad = {"a": "failed", "b": "infeasible"}.get(one["mode"])
            pair = (loss(one), -loss(one))
            told.append(
                Trial(
                    number, one, bad or "complete", () if bad == "failed" else pair, 2.0 * bool(bad)
                )
            )
            number += 1
        method.tell(told)
    assert number == 64
    last = [one["mode"] for one in method.ask(8)]
    assert len(last) == 8


@pytest.mark.parametrize("name", [name for name in METHODS if name != "grid"])
def test_nothing_but_failures_is_survived(name):
    method = make_method(name, made("mixed"), MethodSettings(), 3)
    for batch in range(6):
        asked = method.ask(8)
        assert len(asked) == 8
        method.tell([Trial(8 * batch + at, one, "timeout") for at, one in enumerate(asked)])


@pytest.mark.parametrize("name", [name for name in METHODS if name != "grid"])
def test_a_figure_that_is_the_same_everywhere_is_survived(name):
    assert len(searched(name, made("mixed"), 40, answer=lambda _: 1.0)) == 40


def test_the_front_is_found_from_both_ends():
    space = made("steps")
    front = {0, 10, 20, 30}

    def answer(parameters):
        return parameters["x"]

    trials = searched("nsga2", space, 60, answer=answer)
    assert {one.parameters["x"] for one in trials} >= front


def test_unknown_methods_and_impossible_spaces():
    with pytest.raises(SettingsError, match="did you mean 'bayesian'"):
        make_method("baysian", made("int"), MethodSettings(), 0)
    with pytest.raises(SpaceError, match="no end of values"):
        make_method("grid", made("mixed"), MethodSettings(), 0)
    assert Settings().search == MethodSettings()
