"""Searches as a user starts them: files, resuming, mistakes."""

import csv
import importlib
import json
import os
import sys

import pyarrow.parquet as pq
import pytest

from params_optimizer.run_optimizer import main
from params_optimizer.storage.run_directory import RunDirectory

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")


SMALL_GRID = {
    "ib_wait_minutes": [0], "trade_window_minutes": [60], "rr_target": [1.0],
    "stop_mode": ["eq"], "tsl_target": [0.0], "tsl_sl": [0.5], "min_sl_pct": [0.001],
    "rev_rb_enabled": [False], "rev_rb_pct": [0.5], "ib_buffer_pct": [0.1],
    "max_distance_pct": [1.0],
}  # fmt: skip


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def only(output, pattern="GER40_*"):
    [found] = output.glob(pattern)
    return found


def unfinished(folder):
    """A finished search as it was before its end was noted."""
    directory = RunDirectory(folder)
    manifest = {name: one for name, one in directory.manifest().items() if name != "files"}
    directory.write_manifest({**manifest, "status": None})
    return directory


def test_a_search_of_the_initial_balance_leaves_its_files(run):
    code, out, err = run("--method", "genetic", "--trials", "30", "--metric", "total_r")
    assert code == 0, err
    folder = only(run.output, "GER40_genetic_*")
    names = {path.name for path in folder.iterdir()}
    assert names >= {
        "GER40_full_results.parquet", "GER40_top_100.csv", "GER40_best_params.json",
        "GER40_importances.csv", "GER40_history.csv", "trials.jsonl", "run.json",
        "results_final.parquet",
    }  # fmt: skip
    assert (folder / "GER40_summary.txt").read_text() + "\n" == out
    table = pq.read_table(folder / "GER40_full_results.parquet").to_pylist()
    assert [row["trial"] for row in table] == list(range(30))
    best = json.loads((folder / "GER40_best_params.json").read_text())
    complete = [row["total_r"] for row in table if row["state"] == "complete"]
    assert best["metrics"]["total_r"] == max(complete)
    history = rows(folder / "GER40_history.csv")
    assert float(history[-1]["best_so_far"]) == max(complete)
    assert float(rows(folder / "GER40_top_100.csv")[0]["total_r"]) == max(complete)
    assert f"{best['metrics']['total_r']:,.2f}" in out
    shares = [float(row["importance"]) for row in rows(folder / "GER40_importances.csv")]
    assert sum(shares) == pytest.approx(1)
    assert json.loads((folder / "run.json").read_text())["status"] == "complete"


def test_an_unfinished_search_is_found_and_ends_the_same(run):
    command = ("--method", "random", "--trials", "24", "--seed", "5")
    assert run(*command)[0] == 0
    folder = only(run.output, "GER40_random_*")
    whole = (folder / "GER40_full_results.parquet").read_bytes()
    journal = (folder / "trials.jsonl").read_bytes()
    directory = RunDirectory(folder)
    directory.write_manifest({**directory.manifest(), "status": None})
    (folder / "trials.jsonl").write_bytes(b"".join(journal.splitlines(keepends=True)[:11]))
    (folder / "GER40_full_results.parquet").unlink()
    code, _, err = run(*command, "--workers", "1")
    assert (code, f"continuing {folder.name}" in err) == (0, True)
    assert (folder / "GER40_full_results.parquet").read_bytes() == whole
    assert (folder / "trials.jsonl").read_bytes() == journal
    other = run("--method", "random", "--trials", "24", "--seed", "6")
    assert other[0] == 0
    names = sorted(path.name for path in run.output.glob("GER40_random_*"))
    assert len(names) == 2
    code, _, err = run("--compare", *names)
    assert (code, f"{names[0]} is of the kind random" in err) == (1, True)


def test_several_goals_have_a_front(run):
    code, out, err = run(
        "--method", "nsga2", "--trials", "40", "--metric", "total_r,max_drawdown",
        "--strategy", "ma_crossover",
    )  # fmt: skip
    assert code == 0, err
    front = rows(only(run.output) / "GER40_pareto.csv")
    points = [(float(one["total_r"]), float(one["max_drawdown"])) for one in front]
    assert points == sorted(points, reverse=True)
    assert [one[1] for one in points] == sorted((one[1] for one in points), reverse=True)
    assert "beaten by no other" in out


def test_a_space_of_ones_own_and_its_constraints(run):
    space = {
        "parameters": {
            "fast": {"type": "int", "low": 5, "high": 60},
            "slow": {"type": "int", "low": 20, "high": 200, "step": 20},
        },
        "constraints": ["fast < slow", "total_trades >= 1"],
    }
    path = run.root / "space.json"
    path.write_text(json.dumps(space))
    own = ("--strategy", "ma_crossover", "--space", str(path), "--method")
    assert run(*own, "random", "--trials", "10")[0] == 0
    table = pq.read_table(only(run.output) / "GER40_full_results.parquet").to_pylist()
    assert all(row["fast"] < row["slow"] for row in table)
    path.write_text(json.dumps({**space, "constraints": ["fats < slow"]}))
    code, _, err = run(*own, "random")
    assert (code, "did you mean 'fast'" in err, "space.json" in err) == (1, True, True)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fats": {"type": "int", "low": 5, "high": 9}}, "did you mean 'fast'"),
        ({"fast": {"type": "float", "low": 2.5, "high": 9.5}}, "fast"),
        ({"direction": {"type": "categorical", "choices": ["both", "up"]}}, "'up'"),
    ],
)
def test_a_space_that_the_strategy_cannot_trade_is_refused(run, parameters, message):
    path = run.root / "space.json"
    path.write_text(json.dumps({"parameters": parameters}))
    code, _, err = run("--strategy", "ma_crossover", "--space", str(path), "--method", "random")
    assert (code, "space.json" in err, message in err) == (1, True, True), err
    assert not list(run.output.glob("GER40_*"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--method", "bayesain"], 2, "did you mean 'bayesian'"),
        (["--method", "random", "--metric", "sharp_ratio"], 1, "did you mean 'sharpe_ratio'"),
        (["--method", "random", "--metric", "score"], 1, "score_bounds"),
        (["--method", "random", "--trials", "0"], 2, "--trials"),
        (["--trials", "10"], 2, "which --method"),
        (["--method", "random", "--trials", "4", "--by-regime", "trned"], 2, "trned"),
        (["--method", "random", "--validate", "3"], 2, "--validate 3: compares combinations"),
        (["--method", "random", "--trials", "4", "--trades", "4"], 1, "trials 0 to 3"),
        (["--method", "random", "--strategy", "rsi", "--keep", "all"], 2, "--keep"),
        (["--method", "random", "--timeout", "0"], 2, "--timeout"),
        (["--method", "random", "--strategy", "rsi", "--space", "none.json"], 1, "none.json"),
        (["--method", "random", "--run-dir", "nothing"], 1, "is no directory"),
    ],
)
def test_mistakes_are_told(run, capsys, arguments, code, message):
    try:
        found, _, err = run(*arguments)
    except SystemExit as stop:
        found, err = stop.code, capsys.readouterr().err
    assert (found, message in err) == (code, True)


def test_the_grid_of_the_initial_balance_is_the_exhaustive_run(run):
    grid = run.root / "grid.json"
    grid.write_text(json.dumps(SMALL_GRID))
    assert run("--method", "grid", "--grid", str(grid))[0] == 0
    folder = only(run.output, "GER40_3combos_*")
    assert run("--method", "grid", "--grid", str(grid), "--trades", "0")[0] == 0
    assert only(run.output) == folder, "a run that is there is not made anew"


CAUSES = {
    "random": "2 trials break the constraint 'total_r >= 1e6'",
    "grid": "no combination with 10 trades meets 'total_r >= 1e6'",
}


@pytest.mark.parametrize("method", CAUSES)
def test_a_run_without_a_set_to_rank_tells_the_cause(run, method):
    path = run.root / "space.json"
    fast = {"type": "categorical", "choices": [5, 10]}
    path.write_text(json.dumps({"parameters": {"fast": fast}, "constraints": ["total_r >= 1e6"]}))
    size = ("--trials", "2") if method == "random" else ()
    own = ("--strategy", "ma_crossover", "--space", str(path), "--method", method, *size)
    code, out, err = run(*own)
    assert (code, CAUSES[method] in out + err) == (1, True), out + err
    lines = (only(run.output) / "GER40_top_100.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["rank"]
    assert run(*own, "--trades", "best")[0] == 1


EVERYTHING = (
    *("--holdout-from", "2025-04-20", "--walk-forward", "--in-sample-days", "20"),
    *("--out-sample-days", "10", "--by-regime", "trend", "--min-regime-trades", "1"),
    *("--robustness", "--robustness-top", "3", "--trades", "best"),
)
STRATEGIES = {
    "initial_balance": (),
    "ma_crossover": ("--strategy", "ma_crossover", "--time-frame", "M15"),
    "ensemble": ("--strategy", "ensemble", "--time-frame", "M15", "--border", "carry"),
}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_everything_can_be_asked_of_any_search(run, strategy):
    own = (*STRATEGIES[strategy], "--method", "random", "--trials", "12", "--min-trades", "1")
    code, out, err = run(*own, *EVERYTHING)
    assert code == 0, err
    folder = only(run.output)
    held, walked, regimes, robust = (
        json.loads((folder / f"GER40_{name}.json").read_text())
        for name in ("holdout", "walk_forward", "regimes", "robustness")
    )
    for content in (held, walked, regimes):
        assert content["strategy"] == strategy
        assert content["border"] == ("carry" if strategy == "ensemble" else "close")
    trades = rows(folder / "GER40_oos_trades.csv")
    assert walked["stitched"]["total_trades"] == len(trades) > 0
    total = sum(float(row["r"]) for row in trades)
    assert float(trades[-1]["cumulative_r"]) == pytest.approx(total)
    assert walked["summary"]["total_oos_r"] == pytest.approx(total)
    assert f"{held['top'][0]['out_sample']['total_r']:.2f}" in out
    assert regimes["comparison"]["one"] == walked["stitched"]
    assert robust["verdict"][-1].startswith("Conclusion: ")
    best = json.loads((folder / "GER40_best_params.json").read_text())
    assert robust["combinations"][0]["metrics"] == best["metrics"]
    listed = rows(folder / f"GER40_trades_{best['trial']}.csv")
    assert len(listed) == best["metrics"]["total_trades"]
    if strategy == "ma_crossover":
        assert walked["borders"]["close"] == walked["stitched"]
        assert walked["borders"]["carry"] != walked["borders"]["drop"]
    if strategy == "initial_balance":
        assert walked["borders"] is None
        assert "pessimistic" in robust["combinations"][0]["stress"]


def test_a_finished_search_is_asked_again_not_done_again(run):
    own = ("--method", "random", "--trials", "12", "--strategy", "rsi", "--time-frame", "M5")
    assert run(*own)[0] == 0
    folder = only(run.output)
    before = (folder / "trials.jsonl").read_bytes()
    code, out, err = run(*own, "--trades", "best", "--workers", "1")
    assert (code, f"{folder.name} is this run, complete" in err) == (0, True)
    assert "total_trades" in out
    assert only(run.output) == folder
    code, _, err = run(*own, "--trades", "best", "--run-dir", folder.name)
    assert code == 0, err
    assert run(*own, "--trades", "best", "--run")[0] == 0
    assert len(list(run.output.glob("GER40_*"))) == 2, "--run searches anew"
    (folder / "trials.jsonl").write_bytes(before[:-20])
    code, _, err = run(*own, "--trades", "best", "--run-dir", folder.name)
    assert (code, "not what the search wrote" in err) == (1, True)


def test_a_walk_forward_that_was_stopped_goes_on(run):
    own = ("--method", "genetic", "--trials", "16", "--min-trades", "1", "--walk-forward")
    own = (*own, "--in-sample-days", "20", "--out-sample-days", "10")
    assert run(*own)[0] == 0
    folder = only(run.output)
    names = ("GER40_walk_forward.json", "GER40_walk_forward.csv", "GER40_oos_trades.csv")
    whole = {name: (folder / name).read_bytes() for name in names}
    journals = sorted((folder / "searches").iterdir())
    kept = {path: path.read_bytes() for path in journals}
    for name in names:
        (folder / name).unlink()
    journals[1].write_bytes(kept[journals[1]][:900])  # killed in the middle of the second window
    for path in journals[2:]:
        path.unlink()
    assert run(*own, "--workers", "1")[0] == 0
    assert {name: (folder / name).read_bytes() for name in names} == whole
    assert {path: path.read_bytes() for path in journals} == kept


RSI = {
    "parameters": {
        "period": {"type": "int", "low": 3, "high": 8},
        "lower": {"type": "int", "low": 25, "high": 35, "step": 5},
    }
}


@pytest.mark.parametrize("method", [("grid",), ("random", "--trials", "8")])
def test_profits_of_other_days_are_in_the_money_of_the_account(run, method):
    space = run.root / "space.json"
    space.write_text(json.dumps(RSI))
    code, _, err = run(
        "--method", *method, "--strategy", "rsi", "--time-frame", "M15", "--space", str(space),
        "--min-trades", "1", "--metric", "total_r", "--capital", "50000",
        "--walk-forward", "--in-sample-days", "20", "--out-sample-days", "10",
    )  # fmt: skip
    assert code == 0, err
    content = json.loads((only(run.output) / "GER40_walk_forward.json").read_text())
    figures = content["summary"]
    assert figures["total_oos_r"] != 0
    assert figures["total_oos_profit"] == figures["total_oos_r"] * 500


def test_a_search_can_be_checked(run):
    own = ("--method", "random", "--trials", "12", "--strategy", "rsi", "--time-frame", "M5")
    assert run(*own, "--trades", "best")[0] == 0
    folder = only(run.output)
    check = ("--check", folder.name)
    code, out, _ = run(*own, *check)
    assert (code, out.splitlines()[-1]) == (0, "this run is complete and can be trusted"), out
    assert "trials evaluated again from the bars" in out
    assert "not covered: GER40_trades_" in out
    code, out, _ = run.plain(*check)
    assert (code, "trials evaluated again from the bars" in out) == (0, True)
    code, out, _ = run(*own, "--seed", "9", *check)
    assert (code, "another run: it differs in --seed" in out) == (1, True)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    for path in (folder / "trials.jsonl", folder / "GER40_full_results.parquet"):
        path.write_bytes(before[path].replace(b"1", b"2", 1))
        code, out, _ = run(*own, *check)
        assert (code, f"{path.name} is not what was written" in out) == (1, True), out
        path.write_bytes(before[path])


def test_an_unfinished_search_is_checked_and_left_as_it_is(run):
    own = ("--method", "random", "--trials", "24", "--strategy", "rsi", "--time-frame", "M5")
    assert run(*own)[0] == 0
    folder = only(run.output)
    unfinished(folder)
    journal = folder / "trials.jsonl"
    torn = b"".join(journal.read_bytes().splitlines(keepends=True)[:11])[:-9]
    journal.write_bytes(torn)
    code, out, _ = run(*own, "--check", folder.name)
    assert (code, "8 trials of 24 in the journal" in out) == (0, True), out
    assert out.splitlines()[-1] == "this run is interrupted and can be trusted"
    assert journal.read_bytes() == torn
    lines = torn.splitlines(keepends=True)
    metric = b'"total_r": '
    changed = lines[2].replace(metric, metric + b"9", 1)
    journal.write_bytes(b"".join([*lines[:2], changed, *lines[3:]]))
    code, out, _ = run(*own, "--check", folder.name)
    assert (code, "line 3 is not what was written" in out) == (1, True), out


def test_a_run_goes_on_by_its_name_alone(run):
    own = ("--method", "random", "--trials", "24", "--strategy", "rsi", "--time-frame", "M5")
    assert run(*own, "--seed", "5")[0] == 0
    folder = only(run.output)
    whole = (folder / "trials.jsonl").read_bytes()
    unfinished(folder)
    (folder / "trials.jsonl").write_bytes(b"".join(whole.splitlines(keepends=True)[:11]))
    named = ("--run-dir", folder.name)
    code, _, err = run(*named, "--robustness")
    assert (code, f"--run-dir {folder.name} alone goes on with it" in err) == (1, True)
    code, _, err = run(*named, "--seed", "6")
    assert (code, f"--seed 6: {folder.name} was made with 5" in err) == (1, True)
    assert run(*named, "--trials", "24")[0] == 0
    assert (folder / "trials.jsonl").read_bytes() == whole
    code, _, err = run(*named)
    assert (code, "complete" in err) == (1, True)


def test_a_finished_search_is_asked_by_its_name_alone(run):
    own = ("--method", "random", "--trials", "8", "--strategy", "rsi", "--time-frame", "M5")
    assert run(*own, "--min-trades", "1")[0] == 0
    named = ("--run-dir", only(run.output).name)
    code, out, err = run(
        *named,
        "--generate-html",
        "--trades",
        "best",
        "--workers",
        "1",
        "--holdout-from",
        "2025-04-20",
        "--metric",
        "total_r",
    )
    assert (code, "total_trades" in out) == (0, True), err
    names = {path.name for path in only(run.output).iterdir()}
    assert names >= {"GER40_report.html", "GER40_holdout.json"}
    for options, message in {
        "--walk-forward --metric winrate": "--metric winrate: this search looked for total_r",
        "--validate 3": "compares combinations of the grid",
        "--trades best --strategy ma_crossover": "was made with rsi",
    }.items():
        code, _, err = run(*named, *options.split())
        assert (code, message in err) == (1, True), err


def test_the_newest_search_of_a_strategy_is_asked_without_its_options(run):
    own = ("--method", "random", "--trials", "4", "--strategy", "rsi", "--time-frame", "M5")
    assert run(*own)[0] == 0
    code, _, err = run("--strategy", "ma_crossover", "--trades", "0")
    assert (code, "no complete run of ma_crossover on GER40" in err) == (1, True), err
    code, out, err = run("--strategy", "rsi", "--trades", "0")
    assert (code, "total_trades" in out) == (0, True), err
    code, _, err = run("--trades", "0")
    assert (code, "holds no complete run of GER40" in err) == (1, True), "of the grid"


def test_a_grid_goes_on_by_its_name_alone(run):
    grid = run.root / "grid.json"
    grid.write_text(json.dumps(SMALL_GRID))
    assert run("--grid", str(grid), "--spread", "2", "--to", "2025-05-01")[0] == 0
    folder = only(run.output)
    names = ("GER40_top_100.csv", "GER40_full_results.parquet", "GER40_best_params.json")
    whole = {name: (folder / name).read_bytes() for name in names}
    directory = RunDirectory(folder)
    manifest = {**directory.manifest(), "status": None}
    for name in ("files", "results_sha256"):
        manifest.pop(name, None)
    directory.write_manifest(manifest)
    for path in folder.glob("GER40_*"):
        path.unlink()
    (folder / "results_final.parquet").unlink()
    grid.unlink()
    code, _, err = run.plain("--run-dir", folder.name)
    assert code == 0, err
    assert {name: (folder / name).read_bytes() for name in names} == whole


OWN = """
from helper_of_mine import SIDE

def f(bars, n=5):
    import numpy as np
    return SIDE * np.sign(np.diff(bars.close, prepend=bars.close[0]))
"""


def test_code_that_a_strategy_imports_makes_another_search(run, monkeypatch):
    monkeypatch.chdir(run.root)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (run.root / "mine_of_tests.py").write_text(OWN)
    helper = run.root / "helper_of_mine.py"
    own = ("--strategy", "mine_of_tests:f", "--method", "random", "--trials", "3")
    try:
        for side in ("1.0", "-1.0"):
            helper.write_text(f"SIDE = {side}\n")
            for name in ("mine_of_tests", "helper_of_mine"):
                sys.modules.pop(name, None)
            importlib.invalidate_caches()
            assert run(*own, "--trades", "best")[0] == 0
    finally:
        for name in ("mine_of_tests", "helper_of_mine"):
            sys.modules.pop(name, None)
    assert len(list(run.output.glob("GER40_random_*"))) == 2


READS_A_FILE = """
from pathlib import Path

import numpy as np

def g(bars, n=5):
    side = float(Path("side.txt").read_text())
    return side * np.sign(np.diff(bars.close, prepend=bars.close[0]))
"""


def test_a_strategy_that_answers_otherwise_now_is_not_gone_on_with(run, monkeypatch):
    monkeypatch.chdir(run.root)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (run.root / "reading_of_tests.py").write_text(READS_A_FILE)
    (run.root / "side.txt").write_text("1.0")
    own = ("--strategy", "reading_of_tests:g", "--method", "random", "--trials", "3")
    try:
        assert run(*own)[0] == 0
        (run.root / "side.txt").write_text("-1.0")
        code, _, err = run(*own, "--trades", "best")
    finally:
        sys.modules.pop("reading_of_tests", None)
    assert (code, "makes other trades now than when it was searched" in err) == (1, True)


def test_an_unfinished_search_can_be_looked_at(run):
    own = ("--method", "random", "--trials", "24", "--strategy", "rsi", "--time-frame", "M5")
    assert run(*own)[0] == 0
    folder = only(run.output)
    directory = unfinished(folder)
    journal = folder / "trials.jsonl"
    half = b"".join(journal.read_bytes().splitlines(keepends=True)[:16])
    journal.write_bytes(half)
    reports = ("--generate-html", "--generate-excel", "--trades", "best")
    with directory.locked():  # also while it goes on
        code, _, err = run(*own, "--run-dir", folder.name, *reports)
    assert code == 0, err
    page = (folder / "GER40_report.html").read_text()
    assert "Unfinished search: 16 of 24 trials are done" in page
    assert (folder / "GER40_analysis.xlsx").exists()
    assert journal.read_bytes() == half, "nothing was searched"


def test_what_cannot_be_done_keeps_nothing_else_back(run):
    path = run.root / "space.json"
    fast = {"type": "categorical", "choices": [5, 10]}
    path.write_text(json.dumps({"parameters": {"fast": fast}, "constraints": ["total_r >= 1e6"]}))
    own = ("--strategy", "ma_crossover", "--space", str(path), "--method", "grid")
    code, _, err = run(*own, *EVERYTHING, "--generate-html", "--generate-excel")
    assert (code, "no trial of this search is complete" in err) == (1, True)
    folder = only(run.output)
    assert (folder / "GER40_report.html").exists()
    assert (folder / "GER40_analysis.xlsx").exists()


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (("--holdout-from", "2031-01-01"), "is after the last"),
        (("--walk-forward", "--in-sample-days", "900"), "too few for one window"),
    ],
)
def test_impossible_wishes_are_refused_before_anything_is_searched(run, wish, message):
    code, _, err = run("--method", "random", "--trials", "4", "--strategy", "rsi", *wish)
    assert (code, message in err) == (1, True), err
    assert not list(run.output.glob("GER40_*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--method", "random", "--compare", "a", "b"), "would be ignored by --compare"),
        (("--method", "random", "--info"), "would be ignored by --info"),
        (
            ("--method", "random", "--strategy", "rsi", "--ensemble", "x.json"),
            "--ensemble x.json: lists the rules of --strategy ensemble",
        ),
        (
            ("--method", "random", "--strategy", "rsi", "--grid", "expanded"),
            "--grid expanded: lists values of --strategy initial_balance",
        ),
        (("--method", "random", "--top-n", "3"), "it belongs to --generate-excel"),
        (("--method", "random", "--force"), "how the file that --data names is read"),
        (("--strategy", "rsi", "--backtest", "period=9", "--walk-forward"), "are two commands"),
    ],
)
def test_options_that_would_be_ignored_are_refused(run, capsys, arguments, message):
    with pytest.raises(SystemExit) as leaving:
        run(*arguments)
    assert leaving.value.code == 2
    assert message in capsys.readouterr().err


def test_bars_to_import_need_a_market(capsys):
    with pytest.raises(SystemExit):
        main(["--prepare-data"])
    assert "--symbol: is missing" in capsys.readouterr().err


@pytest.mark.parametrize("method", ["random", "grid"])
def test_a_quiet_search_answers_with_its_folder_only(run, method):
    (run.root / "space.json").write_text(
        '{"parameters": {"period": {"type": "categorical", "choices": [7, 14]}}}'
    )
    space = ["--space", str(run.root / "space.json"), "--min-trades", "1"]
    size = [] if method == "grid" else ["--trials", "2"]
    code, out, err = run("--strategy", "rsi", "--method", method, *space, *size, "--quiet")
    assert (code, err) == (0, "")
    assert out == f"{only(run.output)}\n"
