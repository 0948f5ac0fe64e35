"""R11: what a grid holds, in which order, and which files are none."""

import json
from dataclasses import asdict
from hashlib import sha256
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.config import GridValues, Settings
from params_optimizer.config.space import parse_space
from params_optimizer.errors import GridError, SpaceError
from params_optimizer.orchestrator.study import load_grid
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.initial_balance.grid import GridAxes, model_of_manifest
from params_optimizer.strategies.initial_balance.params import Params
from tests.grids import grid_of, space_of

SETTINGS = Settings()
SIZES = {"standard": 34_560, "expanded": 1_478_400}
STANDARD = json.loads(SETTINGS.grids.standard.model_dump_json(exclude={"ib_windows"}))
KEYS = list(Params.__dataclass_fields__)


def shipped(mode: str, symbol: str = "XAUUSD") -> ParameterSpace:
    return load_grid(SETTINGS, SETTINGS.symbol(symbol), mode)


def plain_loops(values: dict, ib_windows) -> list[dict]:
    """R11.1 to R11.3 word by word."""
    loops = product(ib_windows, *(values[key] for key in KEYS[3:]))
    return [
        dict(zip(KEYS, (*ib, *rest), strict=True))
        for ib, *rest in loops
        if _means_something(dict(zip(KEYS[3:], rest, strict=True)), values)
    ]


def _means_something(one: dict, values: dict) -> bool:
    if one["tsl_target"] == 0:
        trailing = one["tsl_sl"] == values["tsl_sl"][0]
    else:
        trailing = one["tsl_sl"] <= one["tsl_target"]
    return trailing and (one["rev_rb_enabled"] or one["rev_rb_pct"] == values["rev_rb_pct"][0])


def some(values, most=3):
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


VALUES = st.fixed_dictionaries(
    {
        "ib_windows": some([("09:00", "09:30", "UTC"), ("08:00", "09:00", "Asia/Tokyo")], 2),
        "ib_wait_minutes": some([0, 5, 15]),
        "trade_window_minutes": some([60, 1, 1440]),
        "rr_target": some([0.5, 1.0, 2.0], 2),
        "stop_mode": some(["eq", "ib_start"], 2),
        "tsl_target": some([0.0, 0.5, 1.0, 0.01]),
        "tsl_sl": some([0.01, 0.5, 0.75, 1.0, 3.0]),
        "min_sl_pct": some([0.001, 0.002], 2),
        "rev_rb_enabled": some([True, False], 2),
        "rev_rb_pct": some([0.0, 0.5, 1.0]),
        "ib_buffer_pct": some([0.0, 0.1], 2),
        "max_distance_pct": some([0.5, 1.0], 2),
    }
).filter(lambda one: 0.0 in one["tsl_target"] or min(one["tsl_sl"]) <= max(one["tsl_target"]))


def grid_of_lists(values: dict) -> ParameterSpace:
    lists = {key: tuple(value) for key, value in values.items()}
    return grid_of(GridValues(**lists), ())


@pytest.mark.parametrize("symbol", ["GER40", "XAUUSD"])
@pytest.mark.parametrize("mode", SIZES)
def test_shipped_grids(symbol, mode):
    grid = shipped(mode, symbol)
    assert len(grid) == SIZES[mode]
    starts = [grid[number]["ib_start"] for number in range(0, len(grid), len(grid) // 3)]
    assert starts == [start for start, _, _ in SETTINGS.symbol(symbol).ib_windows]


def test_order_of_the_standard_grid():
    ib_windows = SETTINGS.symbol("XAUUSD").ib_windows
    assert list(shipped("standard").sets()) == plain_loops(STANDARD, ib_windows)


@settings(deadline=None)
@given(VALUES)
def test_order_of_any_grid(values):
    grid = grid_of_lists(values)
    expected = plain_loops(values, values["ib_windows"])
    assert list(grid.sets()) == expected
    assert len(grid) == len(expected)
    assert [grid.number(params) for params in expected] == list(range(len(grid)))


@settings(deadline=None)
@given(st.integers(0, SIZES["expanded"] - 1))
def test_number_and_parameters_of_the_expanded_grid(number):
    grid = shipped("expanded")
    parameters = grid[number]
    assert grid.number(parameters) == number
    assert asdict(Params(**parameters)) == parameters
    assert list(parameters) == KEYS


def test_places_count_like_a_number_of_mixed_radix():
    grid = shipped("standard")
    assert grid.places(0) == [0] * 10
    assert grid.places(len(grid) - 1) == [2, 1, 2, 3, 1, 5, 0, 1, 4, 3]
    assert grid.places(4) == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]  # four distances, then the buffer


@pytest.mark.parametrize("number", [-1, 34_560])
def test_a_number_that_is_none(number):
    with pytest.raises(IndexError, match=f"combination {number}: this grid has 0 to 34559"):
        shipped("standard")[number]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rr_target": 7.0}, "rr_target: 7.0 is not in the grid; it has 0.5; 1.0; 1.5; 2.0"),
        ({"tsl_target": 0.5, "tsl_sl": 1.0}, "tsl_target, tsl_sl: 0.5, 1.0 is not in the grid"),
        ({"tsl_target": 0.0, "tsl_sl": 1.0}, "tsl_target, tsl_sl: 0.0, 1.0 is not in the grid"),
        ({"ib_end": "09:31"}, "ib_start, ib_end, ib_timezone: 09:00, 09:31, Asia/Tokyo is not"),
        ({"stop_mode": "none"}, "stop_mode: none is not in the grid; it has ib_start; eq"),
    ],
)
def test_parameters_that_the_grid_does_not_hold(change, message):
    grid = shipped("standard")
    with pytest.raises(SpaceError) as error:
        grid.number(grid[0] | change)
    assert message in str(error.value)


# -- files ---------------------------------------------------------------------------------


@pytest.fixture
def load_file(tmp_path):
    def load(content: object, symbol: str = "XAUUSD") -> ParameterSpace:
        file = tmp_path / "my_grid.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return load_grid(SETTINGS, SETTINGS.symbol(symbol), str(file))

    return load


def test_a_file_takes_the_windows_of_the_symbol_unless_it_lists_some(load_file):
    for symbol in ("GER40", "XAUUSD"):
        grid = load_file(STANDARD, symbol)
        assert GridAxes.of(grid) == GridAxes.of(shipped("standard", symbol))
        assert grid.fingerprint == shipped("standard", symbol).fingerprint
    grid = load_file(STANDARD | {"ib_windows": [["07:00", "07:45", "UTC"]], "rr_target": [1]})
    assert len(grid) == 34_560 / 3 / 4
    own = {"ib_start": "07:00", "ib_end": "07:45", "ib_timezone": "UTC", "rr_target": 1.0}
    assert grid[0] == shipped("standard")[0] | own


def test_the_mode_of_the_settings_is_the_default():
    settings = Settings(grid_mode="expanded")
    assert len(load_grid(settings, settings.symbol("GER40"))) == SIZES["expanded"]


WRONG = [
    # what the file holds instead of the standard grid, what the message says
    ({"rr_targets": [1]}, "unknown key 'rr_targets'; did you mean 'rr_target'?"),
    ({"rr_target": []}, "rr_target: [] is empty"),
    ({"ib_windows": []}, "ib_windows: [] is empty"),
    ({"rr_target": 1.0}, "rr_target: 1.0 should be a valid array"),
    ({"rr_target": [1.0, "2"]}, 'rr_target.1: "2" should be a valid number'),
    ({"rr_target": [True]}, "rr_target.0: true should be a valid number"),
    ({"rr_target": [0]}, "rr_target.0: 0 should be greater than 0"),
    ({"ib_wait_minutes": [0, 7.5]}, "ib_wait_minutes.1: 7.5 should be a valid integer"),
    ({"ib_wait_minutes": [-1]}, "ib_wait_minutes.0: -1 should be greater than or equal to 0"),
    ({"trade_window_minutes": [60, -60]}, "trade_window_minutes.1: -60 should be greater than 0"),
    ({"trade_window_minutes": [0]}, "trade_window_minutes.0: 0 should be greater than 0"),
    ({"trade_window_minutes": [1441]}, "trade_window_minutes.0: 1441 should be less than"),
    ({"stop_mode": ["EQ"]}, "stop_mode.0: \"EQ\" should be 'ib_start' or 'eq'"),
    ({"rev_rb_enabled": [1]}, "rev_rb_enabled.0: 1 should be a valid boolean"),
    ({"ib_buffer_pct": [-0.1]}, "ib_buffer_pct.0: -0.1 should be greater than or equal to 0"),
    ({"min_sl_pct": [0]}, "min_sl_pct.0: 0 should be greater than 0"),
    ({"max_distance_pct": [float("nan")]}, "max_distance_pct.0: NaN should be a finite number"),
    ({"tsl_target": [0.005]}, "tsl_target.0: 0.005 must be 0 (fixed target) or >= 0.01"),
    ({"rr_target": [1, 2, 1.0]}, "rr_target: [1, 2, 1.0] lists 1.0 twice"),
    ({"ib_windows": [["09:00", "09:30", "UTC"]] * 2}, "lists ('09:00', '09:30', 'UTC') twice"),
    (
        {"ib_windows": [["09:30", "09:00", "UTC"]]},
        'ib_windows.0: ["09:30", "09:00", "UTC"] ends at 09:00, which is before 09:30 and so on',
    ),
    ({"ib_windows": [["09:30", "09:30", "UTC"]]}, "begins and ends at 09:30"),
    ({"ib_windows": [["09:00", "09:30", "Mars"]]}, 'ib_windows.0.2: "Mars" is not a time zone'),
    ({"ib_windows": [["9:00", "09:30", "UTC"]]}, 'ib_windows.0.0: "9:00" is not a clock time'),
    ({"ib_windows": [["09:00", "09:30"]]}, "ib_windows.0"),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[message for _, message in WRONG])
def test_wrong_values(load_file, change, message):
    with pytest.raises(GridError) as error:
        load_file(STANDARD | change)
    assert "my_grid.json: " in str(error.value)
    assert message in str(error.value)


def test_no_pair_of_trailing_values(load_file):
    with pytest.raises(GridError) as error:
        load_file(STANDARD | {"tsl_target": [0.5, 0.75], "tsl_sl": [1, 2]})
    assert "tsl_sl of [1.0, 2.0] is above every tsl_target of [0.5, 0.75]" in str(error.value)
    grid = load_file(STANDARD | {"tsl_target": [0.5, 0], "tsl_sl": [2, 1]})
    assert GridAxes.of(grid).trailings == ((0.0, 2.0),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "my_grid.json: line 1, column 2"),
        ("", "my_grid.json: line 1, column 1"),
        ("[1]", "my_grid.json: should be an object"),
        ('{"rr_target": [1], "rr_target": [2]}', "my_grid.json: has the key 'rr_target' twice"),
    ],
)
def test_files_that_are_no_grid(load_file, content, message):
    with pytest.raises(GridError, match=message):
        load_file(content)


def test_missing_keys_are_named(load_file):
    content = {key: value for key, value in STANDARD.items() if key not in {"rr_target", "tsl_sl"}}
    with pytest.raises(GridError, match=r"my_grid.json: lacks rr_target, tsl_sl$"):
        load_file(content)


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("nowhere.json", r"nowhere\.json: there is no such file"),
        ("standart", r"--grid 'standart': is neither standard, expanded, own nor a \.json file"),
    ],
)
def test_no_such_grid(tmp_path, monkeypatch, mode, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GridError, match=message):
        shipped(mode)


# -- axes and fingerprint --------------------------------------------------------------------


@pytest.mark.parametrize("mode", SIZES)
def test_grids_survive_json_in_the_form_of_manifests(mode):
    grid = shipped(mode)
    for again in (
        parse_space(json.loads(grid.model.model_dump_json()), "run.json"),
        model_of_manifest(json.loads(json.dumps(GridAxes.of(grid)._asdict()))),
    ):
        assert again == grid.model
        assert ParameterSpace(again).fingerprint == grid.fingerprint


@pytest.mark.parametrize("content", [{}, {"ib_windows": 1}, {"ib_windows": [[1]]}])
def test_axes_from_something_else(content):
    with pytest.raises(GridError, match="the grid of this run cannot be read"):
        model_of_manifest(content)


def test_fingerprint_tells_every_value_and_their_order():
    axes = GridAxes.of(shipped("expanded"))
    changed = [axes]
    for name, values in axes._asdict().items():
        if len(values) > 1:
            changed.append(axes._replace(**{name: values[:-1]}))
            changed.append(axes._replace(**{name: values[::-1]}))
    changed += [
        axes._replace(ib_windows=(("09:00", "09:31", "UTC"), *axes.ib_windows[1:])),
        axes._replace(trailings=((0.0, 0.75), *axes.trailings[1:])),
        axes._replace(min_sls=(0.0015000000000000002,)),  # the next double
    ]
    assert len({space_of(each).fingerprint for each in changed}) == len(changed)
    assert shipped("expanded").fingerprint == space_of(axes).fingerprint


def test_fingerprint_is_that_of_runs_of_format_1():
    digits = [[axis.names, axis.rows()] for axis in shipped("standard").axes]
    expected = sha256(json.dumps(digits).encode()).hexdigest()
    assert shipped("standard").fingerprint == expected


def test_a_grid_beyond_64_bits_is_refused(load_file):
    many = {"ib_buffer_pct": [0.001 * step for step in range(20_000)]}
    many |= {
        key: [0.5 + 0.001 * step for step in range(20_000)]
        for key in ("rr_target", "min_sl_pct", "max_distance_pct")
    }
    with pytest.raises(SpaceError, match=r"my_grid.json: has [\d,]+ combinations; a grid can"):
        load_file(STANDARD | many)
