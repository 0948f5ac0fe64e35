"""Search spaces: which parameter sets there are, random ones, neighbours, and mistakes."""

import json
import math
import tracemalloc
from collections import Counter

import numpy as np
import pytest

from params_optimizer.errors import SpaceError
from params_optimizer.search.space import ParameterSpace

MIXED = {
    "parameters": {
        "fast": {"type": "int", "low": 2, "high": 50, "step": 3},
        "size": {"type": "int", "low": 1, "high": 1000, "log": True},
        "edge": {"type": "float", "low": 0.1, "high": 10, "log": True},
        "band": {"type": "float", "low": -1, "high": 1},
        "stop": {"type": "float", "low": 0.1, "high": 0.7, "step": 0.2},
        "mode": {"type": "categorical", "choices": ["long", "short", "both"]},
        "rr": {"type": "categorical", "choices": [0.5, 1, 2.5]},
        "news": {"type": "categorical", "choices": [True, False]},
    }
}
SMALL = {
    "parameters": {
        "fast": {"type": "int", "low": 1, "high": 4},
        "slow": {"type": "int", "low": 2, "high": 8, "step": 2},
        "mode": {"type": "categorical", "choices": ["a", "b"]},
    },
    "constraints": ["fast < slow"],
}


def space(content, **more):
    return ParameterSpace.parse(content, **more)


def test_a_space_with_an_end_is_counted_through():
    one = space(SMALL)
    sets = [one[number] for number in range(len(one))]
    assert (len(one), one.size) == (32, 32)
    assert sets[:3] == [
        {"fast": 1, "slow": 2, "mode": "a"},
        {"fast": 1, "slow": 2, "mode": "b"},
        {"fast": 1, "slow": 4, "mode": "a"},
    ]
    assert [one.number(each) for each in sets] == list(range(32))
    assert list(one.sets()) == [each for each in sets if each["fast"] < each["slow"]]
    with pytest.raises(IndexError):
        one[32]


def test_a_space_without_end_says_so():
    assert space(MIXED).size is None
    with pytest.raises(SpaceError, match=r"edge.*step"):
        len(space(MIXED))


def test_a_grid_with_more_values_than_can_be_read_is_refused():
    period = {"type": "int", "low": 2, "high": 2**53}
    with pytest.raises(SpaceError, match=r"period has 9,007,199,254,740,991 values.*larger step"):
        space({"parameters": {"period": period}}).check_listable()


def test_random_sets_are_in_the_space_and_reach_all_of_it():
    one, rng = space(MIXED), np.random.default_rng(1)
    drawn = [one.sample(rng) for _ in range(2000)]
    assert all(one.contains(each) for each in drawn)
    assert {each["fast"] for each in drawn} == set(range(2, 51, 3))
    assert {each["stop"] for each in drawn} == {0.1, 0.3, 0.5, 0.7}
    for name, middle in (("size", math.sqrt(1000)), ("edge", 1.0)):
        assert 900 < sum(each[name] < middle for each in drawn) < 1100
    assert min(Counter(each["mode"] for each in drawn).values()) > 550
    assert {type(each["news"]) for each in drawn} == {bool}


def test_the_unit_cube_and_back():
    one, rng = space(MIXED), np.random.default_rng(2)
    for _ in range(300):
        each = one.sample(rng)
        again = one.decode(one.encode(each))
        assert again == pytest.approx(each)
        assert one.contains(again)
    for corner in (0.0, 1.0):
        assert one.contains(one.decode([corner] * 8))


def test_numbers_that_ascend_are_ordered():
    orders = {
        "ascending": ([1, 2, 5.5], True),
        "descending": ([3, 2, 1], False),
        "texts": (["a", "b"], False),
        "truths": ([False, True], False),
        "mixed": ([1, "a"], False),
    }
    content = {name: {"type": "categorical", "choices": one} for name, (one, _) in orders.items()}
    found = {axis.name: axis.ordered for axis in space({"parameters": content}).axes}
    assert found == {name: ordered for name, (_, ordered) in orders.items()}


def test_neighbours_differ_by_one_step_and_are_allowed():
    one = space(SMALL)
    found = one.neighbours({"fast": 3, "slow": 4, "mode": "a"})
    assert found == [
        {"fast": 2, "slow": 4, "mode": "a"},
        {"fast": 3, "slow": 6, "mode": "a"},
        {"fast": 3, "slow": 4, "mode": "b"},
    ]
    mixed = space(MIXED)
    centre = mixed.decode([0.5] * 8)
    around = mixed.neighbours(centre)
    assert len(around) == 2 * 6 + 2 + 1
    assert all(mixed.contains(each) for each in around)


def test_values_are_moved_to_the_nearest():
    given = {"fast": 7, "size": 5000, "edge": 11, "band": 0.2, "stop": 0.44, "mode": "long"}
    found = space(MIXED).snap({**given, "rr": 1, "news": False})
    assert (found["fast"], found["size"], found["edge"], found["stop"]) == (8, 1000, 10, 0.5)


def test_random_sets_keep_constraints_and_canonical_forms():
    def plain(parameters):
        return {**parameters, "slow": 8} if parameters["mode"] == "b" else parameters

    content = {**SMALL, "constraints": ["fast < slow", "fast != 3"]}
    one, rng = space(content, canonical=plain), np.random.default_rng(3)
    drawn = [one.sample(rng) for _ in range(300)]
    assert {(each["slow"], each["mode"]) for each in drawn if each["mode"] == "b"} == {(8, "b")}
    assert all(each["fast"] < each["slow"] and each["fast"] != 3 for each in drawn)
    keys = {one.key(each) for each in drawn}
    assert keys == {one.key(each) for each in one.sets()}
    assert len(keys) == len(list(one.sets()))


def test_what_is_not_in_the_space():
    one = space(SMALL)
    good = {"fast": 1, "slow": 4, "mode": "a"}
    one.check(good)
    for wrong, message in [
        ({**good, "mod": 1}, "did you mean 'mode'"),
        ({"fast": 1, "slow": 4}, "'mode' is missing"),
        ({**good, "slow": 3}, "3 is not in the space"),
        ({**good, "fast": 1.0}, "1.0 is not"),
        ({**good, "fast": True}, "True is not"),
        ({**good, "fast": 4}, "fast < slow"),
    ]:
        with pytest.raises(SpaceError, match=message):
            one.check(wrong)
        assert not one.contains(wrong)


def axis(**given):
    return {"parameters": {"fast": given}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "JSON object"),
        ({}, "parameters: must list at least one"),
        ({"parameters": {}}, "at least one"),
        ({"paramters": {}}, "did you mean 'parameters'"),
        ({**SMALL, "constraints": "a < b"}, "must be a list of strings"),
        ({"parameters": {"fast": 3}}, "parameters.fast: type"),
        (axis(type="integer", low=1, high=2), "'integer' is none of int, float, categorical"),
        (axis(type="in", low=1, high=2), "did you mean 'int'"),
        (axis(type="int", low=1), "parameters.fast: lacks high"),
        (axis(type="int", low=1, hihg=2, high=2), "unknown key 'hihg'; did you mean 'high'"),
        (axis(type="int", low=5, high=2), "low 5 is above high 2"),
        (axis(type="int", low=0, high=2, log=True), "must be > 0 where log"),
        (axis(type="int", low=1, high=9, step=2, log=True), "does not go together with log"),
        (axis(type="int", low=1, high=2, step=0), "step"),
        (axis(type="int", low=1.5, high=2), "low"),
        (axis(type="float", low=0, high=1, step=1e-300), "too small"),
        (axis(type="categorical", choices=[]), "choices"),
        (axis(type="categorical", choices=["a", "a"]), "twice"),
        (axis(type="categorical", choices=[1, True]), "twice"),
        (axis(type="joined", names=["a", "b"], choices=[[1]]), "must have 2 values"),
        (axis(type="joined", names=["a", "b"], choices=[[1, 2], [1, 2]]), "twice"),
        (axis(type="joined", names=["a", "a"], choices=[[1, 2]]), "twice"),
        (axis(type="joined", names=["winrate"], choices=[[1]]), "'winrate' is the name of a met"),
        (
            {
                "parameters": {
                    "a": {"type": "int", "low": 1, "high": 2},
                    "b": {"type": "joined", "names": ["a", "c"], "choices": [[1, 2]]},
                }
            },
            "parameters.b: 'a' is also a parameter",
        ),
        ({"parameters": {"winrate": {"type": "int", "low": 1, "high": 2}}}, "name of a metric"),
        ({**SMALL, "constraints": ["fats < slow"]}, "did you mean 'fast'"),
        ({**SMALL, "constraints": ["fast > slow + 9"]}, "'fast > slow [+] 9' can be met by no"),
        ({**SMALL, "constraints": ["fast < slow", "slow < fast"]}, "contradict each other"),
        ({**SMALL, "constraints": ["mode < 3"]}, "mode < 3"),
        ({**MIXED, "constraints": ["band > edge + 1"]}, "can be met by no"),
    ],
)
def test_wrong_spaces_are_refused_with_the_field(content, message):
    with pytest.raises(SpaceError, match=message):
        ParameterSpace.parse(content)


def test_a_corner_of_the_ranges_is_enough():
    content = {
        "parameters": {name: {"type": "float", "low": 0, "high": 1} for name in ("a", "b")},
        "constraints": ["a + b >= 2"],
    }
    one = ParameterSpace.parse(content)
    with pytest.raises(SpaceError, match="less than one in"):
        one.sample(np.random.default_rng(0))


def test_a_file(tmp_path):
    path = tmp_path / "space.json"
    path.write_text(json.dumps(SMALL))
    assert len(ParameterSpace.read(path)) == 32
    path.write_text('{"parameters": {"a": 1, "a": 2}}')
    with pytest.raises(SpaceError, match=r"space.json: has the key 'a' twice"):
        ParameterSpace.read(path)
    with pytest.raises(SpaceError, match="no such file"):
        ParameterSpace.read(tmp_path / "none.json")


JOINED = {
    "parameters": {
        "window": {
            "type": "joined",
            "names": ["start", "zone"],
            "choices": [["08:00", "UTC"], ["09:00", "UTC"], ["08:00", "Asia/Tokyo"]],
        },
        "slow": {"type": "int", "low": 10, "high": 10_000_000, "step": 5},
        "ratio": {"type": "float", "low": 0.1, "high": 0.7, "step": 0.2},
        "stop": {
            "type": "joined",
            "names": ["on", "size"],
            "choices": [[False, 1], [True, 2], [True, 0.5]],
        },
    },
    "constraints": ["zone == 'UTC' or on", "slow % 3 != 0"],
}


def test_joined_parameters_change_together():
    joined, rng = space(JOINED), np.random.default_rng(0)
    assert joined.names == ("start", "zone", "slow", "ratio", "on", "size")
    windows = {tuple(row) for row in JOINED["parameters"]["window"]["choices"]}
    for _ in range(100):
        parameters = joined.sample(rng)
        joined.check(parameters)
        assert (parameters["start"], parameters["zone"]) in windows
        assert joined.decode(joined.encode(parameters)) == parameters
        assert all(joined.contains(near) for near in joined.neighbours(parameters))
    with pytest.raises(SpaceError, match="'window'"):
        joined.check({**joined[0], "start": "09:00", "zone": "Asia/Tokyo"})


@pytest.mark.parametrize("first", [0, 17, 6_000_000])
def test_columns_hold_what_each_number_stands_for(first):
    joined = space(JOINED)
    numbers = np.arange(first, first + 500)
    columns = {name: column.tolist() for name, column in joined.columns(numbers).items()}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    assert rows == [joined[number] for number in numbers.tolist()]
    assert [joined.number(row) for row in rows] == numbers.tolist()
    allowed = [number for number in numbers.tolist() if joined.allows(joined[number])]
    assert joined.allowed(first, first + 500).tolist() == allowed


def test_allowed_combinations_are_counted_without_looking_at_all():
    joined = space(JOINED)
    slow = sum(value % 3 != 0 for value in range(10, 10_000_001, 5))
    assert joined.count == slow * 4 * (2 * 3 + 1 * 2)
    assert len(joined) == 3 * 1_999_999 * 4 * 3
    small = space(SMALL)
    assert small.count == len(list(small.sets()))


def test_a_large_space_takes_no_more_memory_than_a_small_one():
    wide = {"type": "int", "low": 0, "high": 10**9}
    large = space({"parameters": {"a": wide, "b": wide}, "constraints": ["a < b"]})
    tracemalloc.start()
    last = len(large) - 1
    assert large[last] == {"a": 10**9, "b": 10**9}
    assert large.allowed(last - 5, last + 1).size == 0
    assert large.allowed(5, 10).tolist() == [5, 6, 7, 8, 9]
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_canonical_form_outside_of_the_space_gives_way_to_one_inside():
    def canonical(parameters):
        return {**parameters, "size": 9} if not parameters["on"] else dict(parameters)

    content = {
        "parameters": {
            "on": {"type": "categorical", "choices": [True, False]},
            "size": {"type": "int", "low": 1, "high": 3},
        }
    }
    narrow = space(content, canonical=canonical)
    assert [narrow.key(each) for each in narrow.sets()] == [
        (True, 1),
        (True, 2),
        (True, 3),
        (False, 1),
    ]
    assert narrow.count == 4
