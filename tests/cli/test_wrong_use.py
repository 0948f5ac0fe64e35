"""What a user can do wrong on the command line: a message, exit code 1 or 2, nothing lost."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from params_optimizer.data.bars import GENERATED as MARK
from params_optimizer.data.bars import METADATA_KEY
from params_optimizer.data.marker import mark_generated
from params_optimizer.run_optimizer import main
from params_optimizer.storage.run_directory import RunDirectory

GENERATED = Path(__file__).parents[1] / "golden" / "generated"
GRID = {
    "ib_wait_minutes": [0],
    "trade_window_minutes": [60, 120],
    "rr_target": [1.0],
    "stop_mode": ["eq"],
    "tsl_target": [0.0],
    "tsl_sl": [0.5],
    "min_sl_pct": [0.001],
    "rev_rb_enabled": [False],
    "rev_rb_pct": [0.5],
    "ib_buffer_pct": [0.05],
    "max_distance_pct": [1.0],
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with prepared bars of two symbols and a small grid, as the current one."""
    for symbol in ("GER40", "XAUUSD"):
        target = tmp_path / "data" / "optimized" / f"{symbol}_m1.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(GENERATED / f"{symbol}_m1.parquet", target)
    (tmp_path / "grid.json").write_text(json.dumps(GRID))
    monkeypatch.chdir(tmp_path)
    return tmp_path


ABOUT_A_RUN = {
    *("--trades", "--validate", "--robustness", "--holdout-from", "--walk-forward"),
    *("--by-regime", "--generate-html", "--check"),
}


def run(*arguments, symbol="GER40"):
    """Start a run, or ask about the one that is there, which has its own settings."""
    asks = ABOUT_A_RUN & {argument.partition("=")[0] for argument in arguments}
    own = [] if asks and "--run" not in arguments else ["--no-news-filter", "--workers", "1"]
    return main(["--symbol", symbol, *own, *arguments])


@pytest.fixture
def finished(project):
    """The name of a complete run of GER40."""
    assert run("--grid", "grid.json") == 0
    return next((project / "output").glob("GER40_*")).name


def snapshot(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


ARGUMENTS = {
    "no symbol": ([], "--symbol: is missing"),
    "a symbol with a separator": (["--symbol", "../GER40"], "must be 1 to 32 of"),
    "no workers": (["--symbol", "GER40", "--workers", "0"], "--workers 0: must be an integer >= 1"),
    "text for a date": (["--symbol", "GER40", "--from", "soon"], "--from soon: is not a date"),
    "dates in the wrong order": (
        ["--symbol", "GER40", "--from", "2025-02-01", "--to", "2025-01-01"],
        "is after",
    ),
    "a negative spread": (
        ["--symbol", "GER40", "--spread", "-1"],
        "--spread -1: must be a number >= 0",
    ),
    "a number that is none": (
        ["--symbol", "GER40", "--strategy", "rsi", "--backtest", "period=1e400"],
        "--backtest period=1e400: 1e400 is not a finite number",
    ),
    "an unknown option": (
        ["--symbol", "GER40", "--wrokers", "2"],
        "--wrokers 2; did you mean --workers?",
    ),
    "an unknown way to overfit": (["--symbol", "GER40", "--pbo", "half"], "--pbo"),
    "nothing to examine": (["--symbol", "GER40", "--robustness-top", "0"], "--robustness-top"),
    "overfitting of nothing": (
        ["--symbol", "GER40", "--pbo", "sample"],
        "--pbo sample: would be ignored by a run; it belongs to --robustness",
    ),
    "a top of nothing": (
        ["--symbol", "GER40", "--robustness-top", "3"],
        "belongs to --robustness",
    ),
    "windows of nothing": (
        ["--symbol", "GER40", "--holdout-from", "2025-03-01", "--in-sample-days", "100"],
        "ignored by --holdout-from; it belongs to --walk-forward or --by-regime",
    ),
    "anchored nowhere": (["--symbol", "GER40", "--anchored"], "--anchored: would be ignored"),
    "purged nowhere": (
        ["--symbol", "GER40", "--purge-days", "0"],
        "--purge-days 0: would be ignored",
    ),
    "a metric of a run": (
        ["--symbol", "GER40", "--metric", "foo"],
        "--metric foo: decides what is best",
    ),
    "a metric of an exhaustive run": (
        ["--symbol", "GER40", "--method", "grid", "--metric", "foo"],
        "--metric foo: decides what is best",
    ),
    "the least trades of a run": (
        ["--symbol", "GER40", "--min-trades", "5"],
        "--min-trades 5: decides",
    ),
    "a regime that is not asked": (
        ["--symbol", "GER40", "--walk-forward", "--min-regime-trades", "5"],
        "it belongs to --by-regime",
    ),
    "trials without a search": (["--symbol", "GER40", "--trials", "5"], "which --method?"),
    "an unknown kind": (
        ["--symbol", "GER40", "--by-regime", "volatilty"],
        "one of volatility, trend, mixture; did you mean 'volatility'",
    ),
    "an empty kind": (["--symbol", "GER40", "--by-regime", ""], "--by-regime '': must be one of"),
    "no trades in a regime": (
        ["--symbol", "GER40", "--by-regime", "trend", "--min-regime-trades", "0"],
        "must be an integer >= 1",
    ),
    "a window without days": (
        ["--symbol", "GER40", "--by-regime", "trend", "--step-days", "0"],
        "--step-days 0: must be an integer >= 1",
    ),
    "two wishes": (["--symbol", "GER40", "--no-resume", "--run-dir", "x"], "give one of them"),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_wrong_arguments_end_with_2(case, capsys):
    arguments, message = ARGUMENTS[case]
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 2, "not the whole usage"
    assert told.endswith("run_optimizer --help\n")


FIXABLE = {
    "an unknown symbol": (["--info"], "US30", "unknown symbol 'US30'"),
    "no prepared bars": (["--data-dir", "elsewhere"], "GER40", "--prepare-data"),
    "no raw bars": (["--data-dir", "elsewhere", "--prepare-data"], "GER40", "GER40 1m"),
    "no calendar": ([], "GER40", "--no-news-filter"),
    "days without bars": (["--from", "2031-01-01"], "GER40", "no day to trade"),
    "a grid that is not there": (["--grid", "none.json"], "GER40", "there is no such file"),
    "a grid that is no file": (["--grid", "huge"], "GER40", "neither standard, expanded, own nor"),
    "a mistyped grid": (["--grid", "standrd"], "GER40", "did you mean 'standard'?"),
    "an unknown way to keep rows": (["--keep", "best"], "GER40", "keep"),
    "a configuration that is not there": (["--config", "no.json"], "GER40", "no.json"),
    "a run that is not there": (["--run-dir", "nothing"], "GER40", "is no directory of output"),
    "a way out of the output": (["--run-dir", "../data"], "GER40", "../data"),
    "regimes without a run": (["--by-regime", "trend"], "GER40", "holds no complete run"),
    "reports without a run": (["--trades", "best"], "GER40", "holds no complete run"),
    "robustness without a run": (["--robustness"], "GER40", "holds no complete run"),
}


@pytest.mark.parametrize("case", FIXABLE)
def test_what_can_be_fixed_ends_with_1(case, project, capsys):
    arguments, symbol, message = FIXABLE[case]
    news = case != "no calendar"
    Path("optimizer_config.json").write_text(json.dumps({"news_filter": {"enabled": not news}}))
    before = snapshot(project)
    assert main(["--symbol", symbol, *arguments]) == 1
    told = capsys.readouterr().err
    assert message in told
    assert "Traceback" not in told
    assert snapshot(project) == before


def test_a_grid_without_a_combination_names_the_keys(project, capsys):
    (project / "grid.json").write_text(json.dumps(GRID | {"tsl_target": [0.5], "tsl_sl": [1.0]}))
    assert run("--grid", "grid.json") == 1
    told = capsys.readouterr().err
    assert "tsl_sl" in told
    assert "tsl_target" in told
    assert not (project / "output").exists()


def test_an_unknown_combination_is_refused(project, finished, capsys):
    before = snapshot(project / "output")
    assert run("--trades=6") == 1
    assert "combinations 0 to 5" in capsys.readouterr().err
    for number in ("-1", "first", "", "1e0"):
        with pytest.raises(SystemExit):
            run(f"--trades={number}")
        assert "must be an integer >= 0 or best" in capsys.readouterr().err
    assert snapshot(project / "output") == before


OF_THE_RUN = ["--no-news-filter", "--grid", "grid.json", "--keep", "all", "--spread", "1.5"]
OTHERS = {
    "--spread 8": "--spread 8: {run} was made with 1.5",
    "--grid standard": "--grid standard: {run} was made with another grid",
    "--from 2025-02-01": "--from 2025-02-01: {run} was made with none",
    "--keep top:3": "--keep top:3: {run} was made with all",
    "--news-before-minutes 9": "--news-before-minutes 9: {run} was made with none",
}


@pytest.mark.parametrize("asked", [["--trades", "0"], ["--generate-html"], ["--check"]], ids=str)
def test_options_of_the_run_select_it_and_others_are_refused(asked, project, finished, capsys):
    asked = [*asked, finished] if asked == ["--check"] else asked
    assert main(["--symbol", "GER40", *asked, *OF_THE_RUN]) == 0
    capsys.readouterr()
    for options, message in OTHERS.items():
        assert main(["--symbol", "GER40", *asked, *options.split()]) == 1
        assert message.format(run=finished) in capsys.readouterr().err


def test_the_newest_run_that_has_the_options_is_taken(project, finished, capsys):
    assert run("--grid", "grid.json", "--spread", "3") == 0
    (newer,) = {path.name for path in (project / "output").glob("GER40_*")} - {finished}
    capsys.readouterr()
    for options, name in (([], newer), (["--spread", "1.5"], finished), (["--spread", "3"], newer)):
        assert run("--trades", "0", *options) == 0
        assert f"{name}/GER40_trades_0.csv" in capsys.readouterr().err


def test_minutes_around_news_that_nothing_looks_at_are_refused(project, capsys):
    Path("optimizer_config.json").write_text('{"news_filter": {"enabled": false}}')
    assert main(["--symbol", "GER40", "--news-after-minutes", "3"]) == 1
    assert "--news-after-minutes 3: has no effect" in capsys.readouterr().err


REGIMES = {
    "too few days for a label": (["--by-regime", "mixture"], "74 days before its own"),
    "windows longer than the data": (["--by-regime", "trend"], "smaller --in-sample-days"),
    "an unknown metric": (["--by-regime", "trend", "--metric", "luck"], "--metric 'luck'"),
}


@pytest.mark.parametrize("case", REGIMES)
def test_regimes_that_cannot_be_looked_at(case, project, finished, capsys):
    arguments, message = REGIMES[case]
    before = snapshot(project / "output")
    assert run(*arguments) == 1
    assert message in capsys.readouterr().err
    assert snapshot(project / "output") == before


def test_a_run_of_another_symbol_is_not_taken_for_this_one(project, finished, capsys):
    assert run("--run-dir", finished, "--trades", "best", symbol="XAUUSD") == 1
    assert "is a run of GER40, not of XAUUSD" in capsys.readouterr().err
    assert run("--run-dir", finished, "--grid", "grid.json", symbol="XAUUSD") == 1
    assert "is a run of GER40, not of XAUUSD" in capsys.readouterr().err


def test_a_run_of_another_symbol_is_not_checked(project, finished, capsys):
    assert run("--check", finished, symbol="XAUUSD") == 1
    told = capsys.readouterr()
    assert "is a run of GER40, not of XAUUSD" in told.err
    assert "trusted" not in told.out
    assert run("--check", finished) == 0
    capsys.readouterr()
    assert run("--trades", "0") == 0
    assert main(["--check", finished]) == 0
    (line,) = (one for one in capsys.readouterr().out.splitlines() if "not covered" in one)
    assert line.startswith("reports and validation files made after the run are not covered: ")
    assert "GER40_trades_" in line
    assert "full_results" not in line
    assert main(["--check", "nothing"]) == 1
    assert "--check 'nothing': is no directory" in capsys.readouterr().err


def test_a_run_without_its_bars_is_neither_trusted_nor_accused(project, finished, capsys):
    (project / "data").rename(project / "elsewhere")
    assert main(["--check", finished]) == 1
    told = capsys.readouterr().out
    assert "checked: checksums of" in told
    assert "NOT CHECKED: data/optimized/GER40_m1.parquet: there are no prepared bars" in told
    assert told.endswith("its data: name their folder with --data-dir\n")
    assert main(["--check", finished, "--data-dir", "elsewhere"]) == 0
    (project / "output" / finished / "GER40_top_100.csv").write_text("x")
    assert main(["--check", finished]) == 1
    told = capsys.readouterr().out
    assert "PROBLEM: GER40_top_100.csv is not what was written" in told
    assert told.endswith("CANNOT be trusted: 1 problem\n")


def test_a_calendar_that_is_gone_can_be_done_without_before_a_run_only(project, capsys):
    news = project / "data" / "news" / "mine.csv"
    news.parent.mkdir()
    shutil.copyfile(GENERATED / "GER40_news.json", news.with_name("forex_factory_2024.json"))
    assert main(["--symbol", "GER40", "--workers", "1", "--grid", "grid.json"]) == 0
    finished = next((project / "output").glob("GER40_*")).name
    shutil.rmtree(news.parent)
    capsys.readouterr()
    for asked in (["--check", finished], ["--run-dir", finished, "--trades", "1"]):
        assert main(["--symbol", "GER40", *asked]) == 1
        told = "".join(capsys.readouterr())
        assert "restore the same calendar" in told
        assert "--no-news-filter" not in told
    assert main(["--symbol", "GER40", "--grid", "grid.json"]) == 1
    assert "--no-news-filter" in capsys.readouterr().err


def test_a_run_of_another_grid_is_not_continued(project, finished, capsys):
    before = snapshot(project / "output")
    assert run("--run-dir", finished, "--grid", "standard") == 1
    assert "was made with another grid" in capsys.readouterr().err
    assert snapshot(project / "output") == before


def test_a_complete_run_is_not_continued(project, finished, capsys):
    before = snapshot(project / "output")
    assert run("--run-dir", finished, "--grid", "grid.json") == 1
    assert "complete" in capsys.readouterr().err
    assert snapshot(project / "output") == before
    assert run("--grid", "grid.json") == 0
    assert len(list((project / "output").glob("GER40_*"))) == 2


def test_an_output_that_is_a_file_is_named(project, capsys):
    (project / "output").write_text("mine")
    assert run("--grid", "grid.json") == 1
    assert "output" in capsys.readouterr().err
    assert (project / "output").read_text() == "mine"


def test_what_the_disk_cannot_hold_is_refused_before_anything_is_made(project, capsys, monkeypatch):
    usage = shutil.disk_usage(project)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    assert run("--grid", "grid.json") == 1
    said = capsys.readouterr().err
    assert "1 MB are free" in said
    assert "--keep top:" in said
    assert not list((project / "output").glob("GER40_*"))
    monkeypatch.undo()
    monkeypatch.chdir(project)
    assert run("--grid", "grid.json") == 0
    assert len(list((project / "output").glob("GER40_*"))) == 1


def test_names_with_spaces_quotes_and_other_letters_work(project):
    (project / "data").rename(project / "mes données d'or")
    arguments = ["--data-dir", "mes données d'or", "--output-dir", "ergebnisse „alt“"]
    assert run("--grid", "grid.json", *arguments) == 0
    assert run("--trades", "best", *arguments) in (0, 1)  # 1: no combination has ten trades
    assert {path.name for path in project.iterdir()} == {
        "mes données d'or",
        "ergebnisse „alt“",
        "grid.json",
    }


def test_robustness_of_a_grid_of_one_combination_and_of_few_days(project, capsys):
    grid = GRID | {
        "trade_window_minutes": [120],
        "ib_windows": [["08:00", "09:00", "Europe/Berlin"]],
    }
    (project / "grid.json").write_text(json.dumps(grid))
    (project / "own.json").write_text('{"min_trades": 2}')
    own = ["--grid", "grid.json", "--config", "own.json"]
    assert run(*own, "--run", "--robustness", "--to", "2025-03-14") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "a grid of one combination leaves nothing to choose" in told
    assert "Conclusion:" in told
    (project / "grid.json").write_text(json.dumps(GRID))
    assert run(*own, "--run", "--robustness", "--pbo", "full", "--to", "2025-03-14") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "are too few for 16 blocks" in told
    (folder,) = (project / "output").glob("GER40_6combos*")
    assert json.loads((folder / "GER40_robustness.json").read_text())["pbo"]["probability"] is None


def test_robustness_needs_a_combination_with_enough_trades(project, capsys):
    (project / "own.json").write_text('{"min_trades": 1000}')
    assert run("--grid", "grid.json", "--config", "own.json") == 0
    before = snapshot(project / "output")
    assert run("--robustness") == 1
    told = capsys.readouterr().err
    assert "no combination of this run has at least 1000 trades" in told
    assert "Traceback" not in told
    assert snapshot(project / "output") == before


@pytest.mark.parametrize(
    "asked",
    [
        ["--robustness"],
        ["--walk-forward"],
        ["--holdout-from", "2025-03-20"],
        ["--by-regime", "trend"],
    ],
    ids=lambda asked: asked[0],
)
def test_what_an_unfinished_run_cannot_tell(asked, project, finished, capsys):
    directory = RunDirectory(project / "output" / finished)
    directory.write_manifest({**directory.manifest(), "status": None})
    assert run(*asked, "--run-dir", finished) == 1
    assert "interrupted, not complete" in capsys.readouterr().err


def test_a_walk_forward_without_any_winner_replaces_nothing(project, finished, capsys):
    windows = ("--walk-forward", "--in-sample-days", "10", "--out-sample-days", "5")
    assert run(*windows, "--min-trades", "1") == 0
    before = (project / "output" / finished / "GER40_walk_forward.json").read_bytes()
    capsys.readouterr()
    assert run(*windows, "--min-trades", "1000") == 1
    told = "".join(capsys.readouterr())
    assert "Nothing was traded in any window: " in told
    assert "lower --min-trades" in told
    assert "wrote" not in told
    assert (project / "output" / finished / "GER40_walk_forward.json").read_bytes() == before


def test_generated_runs_are_apart_from_those_of_a_market(project, finished, capsys):
    """Also one that an earlier version left beside them, of bars that were made anew since."""
    output = project / "output"
    shutil.copytree(output / finished, output / "GER40_2combos_20991231_000000")
    later = RunDirectory(output / "GER40_2combos_20991231_000000")
    manifest = later.manifest()
    bars = {**manifest["fingerprint"], "bars": "others"}
    later.write_manifest(
        {**manifest, "fingerprint": bars, "generated_data": True, "started": "2099-12-31"}
    )
    assert run("--trades", "best") == 0
    assert f"{finished}/GER40_trades_" in capsys.readouterr().err.replace("\\", "/")
    shutil.copytree(project / "data", project / "sample")
    mark_generated(project / "sample", "made by dice")
    bars_file = project / "sample" / "optimized" / "GER40_m1.parquet"
    table = pq.read_table(bars_file)
    marked = {**(table.schema.metadata or {}), METADATA_KEY: MARK}
    pq.write_table(table.replace_schema_metadata(marked), bars_file)
    on_sample = ("--data-dir", "sample")
    assert run("--grid", "grid.json", *on_sample) == 0
    (sample,) = (output / "sample").glob("GER40_*")
    assert run("--trades", "best", *on_sample) == 0
    assert f"sample/{sample.name}/GER40_trades_" in capsys.readouterr().err.replace("\\", "/")
    assert main(["--run-dir", sample.name, "--trades", "0", *on_sample]) == 0
    assert main(["--list"]) == 0
    names = capsys.readouterr().out
    assert finished in names
    assert sample.name in names
