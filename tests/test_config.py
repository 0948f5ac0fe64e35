"""Settings: what loads, what wins, and what is refused with which words."""

import json
import re
from pathlib import Path

import pytest

from params_optimizer.config import (
    CheckpointSettings,
    GridValues,
    Settings,
    check_symbol_name,
    load_settings,
    parse_model,
)
from params_optimizer.errors import SettingsError

CHECKOUT = Path(__file__).parents[1]

PRESENT_USER = """{"parallelization": {"num_workers": 90, "combinations_per_chunk": 10},
 "checkpoint": {"interval": 100, "file": "checkpoint.json"},
 "ranking_weights": {"total_r": 0.40, "sharpe_ratio": 0.35, "winrate": 0.25},
 "news_filter": {"enabled": true, "before_minutes": 2, "after_minutes": 2}}
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a configuration file; the current folder holds no other."""
    monkeypatch.chdir(tmp_path)

    def _write(content: str | bytes | dict, name: str = "mine.json") -> Path:
        if isinstance(content, dict):
            content = json.dumps(content)
        path = Path(name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


def refused(*arguments) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(*arguments)
    return str(caught.value)


def nested(dotted: str, value: object) -> dict:
    """`nested("a.b", 1)` is `{"a": {"b": 1}}`."""
    for key in reversed(dotted.split(".")):
        value = {key: value}
    assert isinstance(value, dict)
    return value


def test_the_configuration_of_a_present_user_loads_unchanged(write):
    settings = load_settings(write(PRESENT_USER))
    assert settings.parallelization.num_workers == 90
    others = settings.model_dump(exclude={"parallelization"})
    assert others == Settings().model_dump(exclude={"parallelization"})


def test_the_shipped_file_holds_every_default():
    content = json.loads((CHECKOUT / "optimizer_config.json").read_text(encoding="utf-8"))
    assert content == Settings().model_dump(mode="json")


def test_command_line_over_file_over_defaults(write):
    file = write({"news_filter": {"before_minutes": 5, "after_minutes": 6}, "min_trades": 3})
    settings = load_settings(file, {"news_filter.before_minutes": 9, "paths.data_dir": "elsewhere"})
    assert settings.news_filter.before_minutes == 9
    assert settings.news_filter.after_minutes == 6
    assert settings.news_filter.enabled
    assert settings.paths.data_dir == "elsewhere"
    assert settings.min_trades == 3


def test_the_file_of_the_current_folder_is_read_unless_another_is_named(write):
    assert load_settings().min_trades == 10, "without a file the defaults hold"
    write({"min_trades": 7}, "optimizer_config.json")
    assert load_settings().min_trades == 7
    assert load_settings(write({"paths": {"data_dir": "x"}})).min_trades == 10


def test_a_file_of_windows_notepad_is_read(write):
    assert load_settings(write(b'\xef\xbb\xbf{"min_trades": 7}\r\n')).min_trades == 7


def test_one_value_of_a_shipped_symbol_can_be_changed(write):
    settings = load_settings(write({"symbols": {"GER40": {"spread": 2}}}))
    expected = Settings().symbol("GER40").model_copy(update={"spread": 2.0})
    assert settings.symbol("GER40") == expected
    assert settings.symbol("XAUUSD") == Settings().symbol("XAUUSD")


def test_settings_cannot_be_changed_behind_the_back_of_a_run():
    with pytest.raises(ValueError, match="frozen"):
        Settings().min_trades = 5


WRONG_VALUES = [
    # key, value, part of the message after the key
    ("ranking_weigths", {}, "unknown key 'ranking_weigths'; did you mean 'ranking_weights'?"),
    ("ranking_weights.total_R", 1, "'ranking_weights.total_R'; did you mean 'total_r'?"),
    ("symbols.GER40.spred", 1, "'symbols.GER40.spred'; did you mean 'spread'?"),
    ("grids.standard.rr_targets", [1], "'grids.standard.rr_targets'; did you mean 'rr_target'?"),
    ("min_trades", "10", 'min_trades: "10" should be a valid integer'),
    ("min_trades", 10.5, "min_trades: 10.5 should be"),
    ("min_trades", True, "min_trades: true should be"),
    ("min_trades", None, "min_trades: null should be"),
    ("min_trades", -1, "min_trades: -1 should be greater than or equal to 0"),
    ("news_filter", 5, "news_filter: 5 should be an object"),
    ("news_filter.enabled", "false", 'news_filter.enabled: "false" should be a valid boolean'),
    ("news_filter.before_minutes", -1, "news_filter.before_minutes: -1 should be"),
    ("news_filter.after_minutes", 1440, "news_filter.after_minutes: 1440 should be less than"),
    ("ranking_weights.total_r", 0.5, "add up to 1.1; they must add up to 1"),
    ("ranking_weights.total_r", -0.1, "ranking_weights.total_r: -0.1 should be"),
    ("ranking_weights.winrate", float("nan"), "ranking_weights.winrate: NaN should be"),
    ("backtest.initial_balance", float("inf"), "backtest.initial_balance: Infinity should be"),
    ("backtest.risk_pct", 0, "backtest.risk_pct: 0 should be greater than 0"),
    ("parallelization.num_workers", 0, "parallelization.num_workers: 0 should be"),
    ("parallelization.start_method", "frok", "should be 'fork', 'forkserver' or 'spawn'"),
    ("checkpoint.file", "../up.json", 'checkpoint.file: "../up.json" must be a plain file name'),
    ("checkpoint.file", "Run.json", "is the name of another file of a run; choose one such as"),
    ("paths.data_dir", "", 'paths.data_dir: ""'),
    ("grids.standard.rr_target", [], "grids.standard.rr_target: [] is empty; list at least"),
    ("grids.standard.rr_target", 1, "grids.standard.rr_target: 1 should be a valid array"),
    ("grids.standard.rr_target", ["1"], 'grids.standard.rr_target.0: "1" should be'),
    ("grids.standard.rr_target", [1, 2, 1.0], "lists 1.0 twice"),
    ("grids.standard.rr_target", [0], "grids.standard.rr_target.0: 0 should be greater than 0"),
    ("grids.standard.rr_target", [float("nan")], "grids.standard.rr_target.0: NaN should be"),
    ("grids.standard.trade_window_minutes", [60, -5], "trade_window_minutes.1: -5 should be"),
    ("grids.standard.trade_window_minutes", [60.5], "trade_window_minutes.0: 60.5 should be"),
    ("grids.standard.ib_wait_minutes", [-1], "grids.standard.ib_wait_minutes.0: -1 should be"),
    ("grids.standard.tsl_target", [0.001], "must be 0 (fixed target) or >= 0.01"),
    ("grids.standard.stop_mode", ["EQ"], "\"EQ\" should be 'ib_start' or 'eq'"),
    ("grids.standard.rev_rb_enabled", [1], "rev_rb_enabled.0: 1 should be a valid boolean"),
    (
        "symbols.GER40.ib_windows",
        [["09:00", "08:00", "UTC"]],
        "ends at 08:00, which is before 09:00 and so on the next day",
    ),
    ("symbols.GER40.ib_windows", [["09:00", "09:00", "UTC"]], "begins and ends at 09:00"),
    ("symbols.GER40.ib_windows", [["9:00", "10:00", "UTC"]], '"9:00" is not a clock time'),
    ("symbols.GER40.ib_windows", [["09:00", "24:00", "UTC"]], '"24:00" is not a clock time'),
    ("symbols.GER40.ib_windows", [["09:00", "10:00", "Mars/X"]], '"Mars/X" is not a time zone'),
    (
        "symbols.GER40.ib_windows",
        [["09:00", "10:00"]],
        '["09:00", "10:00"] contains too few values',
    ),
    ("symbols.GER40.ib_windows", [["09:00", "10:00", "UTC", 1]], "contains too many values"),
    ("symbols.GER40.ib_windows", [["09:00", "10:00", "UTC"]] * 2, "twice"),
    ("symbols.GER40.ib_windows", [], "symbols.GER40.ib_windows: [] is empty"),
    ("symbols.GER40.timezone", "../../etc/passwd", "is not a time zone"),
    ("symbols.GER40.timezone", "Europe", '"Europe" is not a time zone'),
    ("symbols.GER40.spread", -1, "symbols.GER40.spread: -1 should be"),
    ("symbols.GER40.volume_min", 100, "volume_min 100.0 is above volume_max 50.0"),
    ("symbols.GER40.news_currencies", ["EURO"], '"EURO" is not a currency; write three letters'),
    ("symbols.GER40.trading_hours.start", "23:30", "start 23:30 is not before end 23:00"),
    ("symbols.GER40.trading_hours.weekdays", ["mon", "mon"], "lists 'mon' twice"),
    ("symbols.GER40.trading_hours.weekdays", ["monday"], '"monday" should be'),
    ("symbols.US30", {"timezone": "UTC", "spread": 1}, "symbols.US30: lacks tick_size, ib_windows"),
    ("symbols.US30", 5, "symbols.US30: 5 should be an object"),
    ("symbols", None, "symbols: null should be an object"),
]


@pytest.mark.parametrize(("key", "value", "said"), WRONG_VALUES)
def test_a_wrong_key_or_value_is_named_with_the_way_out(write, key, value, said):
    message = refused(write(nested(key, value)))
    assert message.startswith("mine.json: ")
    assert said in message
    assert len(message.splitlines()) == 1, "one line for one mistake"


def test_every_mistake_of_a_file_is_told_at_once(write):
    message = refused(write({"min_trades": -1, "grid_mod": 1, "paths": {"data_dir": 5}}))
    assert [line.split(":")[1].split(" ")[1] for line in sorted(message.splitlines())] == [
        "min_trades",
        "paths.data_dir",
        "unknown",
    ]


WRONG_FILES = [
    (b"", "line 1, column 1"),
    (b'{\n "min_trades": 10,\n}', "line 3, column 1"),
    (b"[1]", "contains [1]; it must contain a JSON object"),
    (b"min_trades: 10", "line 1, column 1"),
    (b'{"min_trades": 1, "min_trades": 2}', "has the key 'min_trades' twice"),
    (b'{"news_filter": {"enabled": true, "enabled": false}}', "has the key 'enabled' twice"),
    ('{"min_trades": 10}'.encode("utf-16"), "is not UTF-8 text (byte 0)"),
    (b'{"a":' * 100_000, "is nested too deeply"),
]


@pytest.mark.parametrize(("content", "said"), WRONG_FILES)
def test_a_file_that_is_no_configuration_is_refused(write, content, said):
    message = refused(write(content))
    assert message.startswith("mine.json: ")
    assert said in message


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert "there is no such file" in refused(tmp_path / "none.json")
    assert "cannot be read" in refused(tmp_path)


def test_a_wrong_option_is_not_blamed_on_the_file(write):
    message = refused(write({}), {"news_filter.before_minutes": -1})
    assert message.startswith("command line: news_filter.before_minutes: -1 should be")


def test_an_option_reaches_a_symbol_whose_name_holds_dots(write):
    berkshire = Settings().symbol("GER40").model_dump(mode="json")
    file = write({"symbols": {"BRK.B": berkshire, "BRK": berkshire}})
    settings = load_settings(file, {"symbols.BRK.B.spread": 0.25})
    assert settings.symbol("BRK.B").spread == 0.25
    assert settings.symbol("BRK").spread == 1.5


def test_the_answer_to_an_unknown_symbol_can_be_pasted(write):
    with pytest.raises(SettingsError) as caught:
        Settings().symbol("US30")
    head, _, block = str(caught.value).partition("\n")
    assert "unknown symbol 'US30'. Known symbols: GER40, XAUUSD." in head
    pasted = load_settings(write(block))
    assert pasted.symbol("US30") == Settings().symbol("GER40")
    assert list(pasted.symbols) == ["GER40", "XAUUSD", "US30"]


def test_a_mistyped_symbol_is_answered_with_the_nearest_one():
    with pytest.raises(SettingsError, match=r"unknown symbol 'GER30'; did you mean 'GER40'\?"):
        Settings().symbol("GER30")


@pytest.mark.parametrize("name", ["GER40", "BRK.B", "a", "6E-2026+1_x", "9" * 32])
def test_symbol_names_that_can_name_files(name):
    assert check_symbol_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../GER40", "A/B", "A\\B", "A B", "A:B", "-A", "Ä", "A\n", "A\0", "9" * 33],
)
def test_symbol_names_that_could_leave_the_folder_are_refused(write, name):
    said = "write 1 to 32 of A-Z a-z 0-9 . _ + -, beginning with a letter or digit"
    with pytest.raises(SettingsError, match="write 1 to 32"):
        check_symbol_name(name)
    with pytest.raises(SettingsError, match="write 1 to 32"):
        Settings().symbol(name)
    assert refused(write({"symbols": {name: {}}})) == f"mine.json: symbols: symbol {name!r}: {said}"


def test_a_grid_without_its_keys_names_them():
    with pytest.raises(SettingsError, match=r"my_grid.json: lacks ib_wait_minutes, trade_window"):
        parse_model(GridValues, {"rr_target": [1.0]}, "my_grid.json")


def test_of_hundreds_of_wrong_values_the_first_are_told():
    values = {**Settings().grids.standard.model_dump(), "rev_rb_enabled": list(range(2, 300))}
    with pytest.raises(SettingsError) as caught:
        parse_model(GridValues, values, "g.json")
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "g.json: and 278 more"


def test_the_shipped_markets_and_grids_are_those_of_the_rules():
    settings = Settings()
    assert (settings.symbol("GER40").spread, settings.symbol("XAUUSD").spread) == (1.5, 0.30)
    assert settings.symbol("GER40").news_currencies == ("EUR", "USD")
    assert settings.symbol("XAUUSD").news_currencies == ("USD",)
    assert [window[:2] for window in settings.symbol("GER40").ib_windows] == [
        ("08:00", "08:30"),
        ("08:00", "09:00"),
        ("09:00", "09:30"),
    ]
    assert {window[2] for window in settings.symbol("XAUUSD").ib_windows} == {"Asia/Tokyo"}
    expanded = settings.grids.expanded
    assert expanded.rr_target == tuple(0.5 + 0.25 * step for step in range(7))
    assert expanded.max_distance_pct == tuple(0.5 + 0.25 * step for step in range(5))
    assert expanded.trade_window_minutes == (40, *range(60, 241, 30))


def test_a_checkpoint_is_called_like_no_other_file_of_a_run():
    text = (CHECKOUT / "docs" / "results.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`((?:\{SYMBOL\}_)?[a-z_]+\.json)`", text))
    names -= {"checkpoint.json", "optimizer_config.json"}
    assert len(names) > 5
    for name in names:
        with pytest.raises(SettingsError, match="another file of a run"):
            parse_model(CheckpointSettings, {"file": name.format(SYMBOL="GER40")}, "settings")


def test_a_long_list_of_values_is_checked_in_no_time():
    values = {
        **Settings().grids.standard.model_dump(),
        "rr_target": [n / 8 for n in range(1, 200_001)],
    }
    assert len(parse_model(GridValues, values, "grid").rr_target) == 200_000
