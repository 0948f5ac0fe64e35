"""Searches as a user starts them: files, resuming, mistakes."""

import csv
import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from params_optimizer.run_optimizer import main
from params_optimizer.storage.run_directory import RunDirectory

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")
BARS = Path(__file__).parents[1] / "golden" / "generated" / "GER40_m1.parquet"


@pytest.fixture
def run(tmp_path, capsys):
    folder = tmp_path / "data" / "optimized"
    folder.mkdir(parents=True)
    shutil.copy(BARS, folder / BARS.name)
    fixed = ["--data-dir", str(tmp_path / "data"), "--output-dir", str(tmp_path / "output")]

    def command(*arguments):
        code = main(["--symbol", "GER40", "--no-news-filter", *fixed, *arguments])
        return code, *capsys.readouterr()

    command.output = tmp_path / "output"
    command.root = tmp_path
    return command


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def only(output, pattern="GER40_*"):
    [found] = output.glob(pattern)
    return found


def test_a_search_of_the_initial_balance_leaves_its_files(run):
    code, out, err = run("--method", "genetic", "--trials", "30", "--metric", "total_r")
    assert code == 0, err
    folder = only(run.output, "GER40_genetic_*")
    names = {path.name for path in folder.iterdir()}
    assert names >= {
        "GER40_trials.parquet", "GER40_search_ranking.csv", "GER40_search_best.json",
        "GER40_importances.csv", "GER40_history.csv", "trials.jsonl", "run.json",
    }  # fmt: skip
    table = pq.read_table(folder / "GER40_trials.parquet").to_pylist()
    assert [row["trial"] for row in table] == list(range(30))
    best = json.loads((folder / "GER40_search_best.json").read_text())
    complete = [row["total_r"] for row in table if row["state"] == "complete"]
    assert best["metrics"]["total_r"] == max(complete)
    history = rows(folder / "GER40_history.csv")
    assert float(history[-1]["best_so_far"]) == max(complete)
    assert float(rows(folder / "GER40_search_ranking.csv")[0]["total_r"]) == max(complete)
    assert f"Best: trial {best['trial']}" in out
    shares = [float(row["importance"]) for row in rows(folder / "GER40_importances.csv")]
    assert sum(shares) == pytest.approx(1)
    assert json.loads((folder / "run.json").read_text())["status"] == "complete"


def test_an_unfinished_search_is_found_and_ends_the_same(run):
    command = ("--method", "random", "--trials", "24", "--seed", "5")
    assert run(*command)[0] == 0
    folder = only(run.output, "GER40_random_*")
    whole = (folder / "GER40_trials.parquet").read_bytes()
    journal = (folder / "trials.jsonl").read_bytes()
    directory = RunDirectory(folder)
    directory.write_manifest({**directory.manifest(), "status": None})
    (folder / "trials.jsonl").write_bytes(b"".join(journal.splitlines(keepends=True)[:11]))
    (folder / "GER40_trials.parquet").unlink()
    code, _, err = run(*command, "--workers", "1")
    assert (code, f"continuing {folder.name}" in err) == (0, True)
    assert (folder / "GER40_trials.parquet").read_bytes() == whole
    assert (folder / "trials.jsonl").read_bytes() == journal
    other = run("--method", "random", "--trials", "24", "--seed", "6")
    assert other[0] == 0
    names = sorted(path.name for path in run.output.glob("GER40_random_*"))
    assert len(names) == 2
    code, _, err = run("--compare", *names)
    assert (code, f"{names[0]} is of the kind search" in err) == (1, True)


def test_several_goals_have_a_front(run):
    code, out, err = run(
        "--method", "nsga2", "--trials", "40", "--metric", "total_r,max_drawdown",
        "--strategy", "ma_crossover",
    )  # fmt: skip
    assert code == 0, err
    front = rows(only(run.output) / "GER40_pareto_front.csv")
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
    table = pq.read_table(only(run.output) / "GER40_trials.parquet").to_pylist()
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
        (["--method", "bayesain"], 2, "invalid choice"),
        (["--method", "random", "--metric", "sharp_ratio"], 1, "did you mean 'sharpe_ratio'"),
        (["--method", "random", "--metric", "score"], 1, "score_bounds"),
        (["--method", "random", "--trials", "0"], 2, "--trials"),
        (["--trials", "10"], 2, "which --method"),
        (["--method", "random", "--walk-forward", "--by-regime", "trend"], 2, "one of them"),
        (["--method", "random", "--strategy", "rsi", "--spread", "3"], 1, "--commission"),
        (["--method", "random", "--strategy", "rsi", "--keep", "all"], 1, "--keep"),
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
    values = {
        "ib_wait_minutes": [0], "trade_window_minutes": [60], "rr_target": [1.0],
        "stop_mode": ["eq"], "tsl_target": [0.0], "tsl_sl": [0.5], "min_sl_pct": [0.001],
        "rev_rb_enabled": [False], "rev_rb_pct": [0.5], "ib_buffer_pct": [0.1],
        "max_distance_pct": [1.0],
    }  # fmt: skip
    grid.write_text(json.dumps(values))
    assert run("--method", "grid", "--grid", str(grid))[0] == 0
    assert only(run.output, "GER40_3combos_*")


def test_a_search_without_a_complete_trial_tells_the_cause(run):
    path = run.root / "space.json"
    fast = {"type": "categorical", "choices": [5, 10]}
    path.write_text(json.dumps({"parameters": {"fast": fast}, "constraints": ["total_r >= 1e6"]}))
    own = ("--strategy", "ma_crossover", "--space", str(path))
    code, out, err = run(*own, "--method", "grid", "--metric", "sharpe_ratio")
    assert (code, "2 trials break the constraint 'total_r >= 1e6'" in out) == (1, True), err
    folder = only(run.output)
    for name in ("search_ranking", "importances"):
        assert "nothing" not in (folder / f"GER40_{name}.csv").read_text()
    header = (folder / "GER40_search_ranking.csv").read_text().split(",")
    assert header[:2] == ["rank", "trial"]
