"""What is best: conditions that sets must meet, and one answer to every question."""

import json
import os

import pandas as pd
import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")
GRID = {
    "ib_windows": [["08:00", "09:00", "Europe/Berlin"]],
    "ib_wait_minutes": [0, 5], "trade_window_minutes": [60, 120], "rr_target": [0.5, 1.0, 2.0],
    "stop_mode": ["eq", "ib_start"], "tsl_target": [0.0, 1.0], "tsl_sl": [0.5],
    "min_sl_pct": [0.001],
    "rev_rb_enabled": [False], "rev_rb_pct": [0.5], "ib_buffer_pct": [0.0, 0.1],
    "max_distance_pct": [1.0],
}  # fmt: skip
CONDITIONS = ("max_drawdown <= 6 and stop_mode == 'eq'", "rr_target * total_trades >= 20")
MEETS = "max_drawdown <= 6 and stop_mode == 'eq' and rr_target * total_trades >= 20"
WHERE = [argument for text in CONDITIONS for argument in ("--where", text)]


@pytest.fixture
def grid(run):
    path = run.root / "grid.json"
    path.write_text(json.dumps(GRID))
    return ["--grid", str(path)]


def folder_of(run):
    return max(run.output.glob("GER40_*"), key=lambda path: path.stat().st_mtime_ns)


def test_a_run_ranks_only_what_meets_the_conditions(run, grid):
    code, out, _ = run(*grid, *WHERE)
    assert code == 0
    folder = folder_of(run)
    table = pd.read_parquet(folder / "GER40_full_results.parquet")
    ranked = table.query("total_trades >= 10")
    meeting = ranked.query(MEETS)
    assert 0 < len(meeting) < len(ranked) <= len(table) == 96
    best = pd.read_csv(folder / "GER40_top_100.csv")
    assert sorted(best["combination"]) == sorted(meeting["combination"])
    params = json.loads((folder / "GER40_best_params.json").read_text())
    assert (params["eligible"], params["combination"]) == (len(meeting), best["combination"][0])
    for name in ("OCAE", "Reverse"):
        variation = pd.read_csv(folder / f"GER40_variation_{name}_top500.csv")
        assert len(variation.query(MEETS)) == len(variation) > 0
    spans = meeting[["total_r", "sharpe_ratio", "winrate"]].agg(["min", "max"])
    normal = (meeting[spans.columns] - spans.loc["min"]) / (spans.loc["max"] - spans.loc["min"])
    assert best["score"][0] == pytest.approx((normal * [0.4, 0.35, 0.25]).sum(axis=1).max())
    left_out = f"{len(ranked) - len(meeting):,} of them do not meet the conditions"
    assert left_out in out
    code, out, _ = run(*grid, *WHERE, "--keep", "top:500")
    assert code == 0
    assert left_out in out
    kept = json.loads((folder_of(run) / "GER40_best_params.json").read_text())
    assert {**kept, "plateau_score": 0, "plateau_note": ""} == {
        **params,
        "plateau_score": 0,
        "plateau_note": "",
    }


def test_a_choice_on_other_days_meets_the_conditions_there(run, grid):
    code, *_ = run(*grid, *WHERE, "--run", "--holdout-from", "2025-04-10")
    assert code == 0
    content = json.loads((folder_of(run) / "GER40_holdout.json").read_text())
    for row in content["top"]:
        figures = row["in_sample"]
        assert figures["max_drawdown"] <= 6
        assert row["params"]["stop_mode"] == "eq"
        assert row["params"]["rr_target"] * figures["total_trades"] >= 20


@pytest.mark.parametrize("method", ["grid", "random"])
def test_the_best_of_any_strategy_meets_the_conditions(run, method):
    trials = ["--trials", "40"] if method == "random" else []
    space = run.root / "space.json"
    axes = {
        "fast": {"type": "int", "low": 2, "high": 20, "step": 3},
        "slow": {"type": "int", "low": 10, "high": 60, "step": 10},
        "direction": {"type": "categorical", "choices": ["both"]},
    }
    space.write_text(json.dumps({"parameters": axes, "constraints": ["fast < slow"]}))
    condition = "total_trades <= 60 and fast > 5"
    code, out, _ = run(
        *("--strategy", "ma_crossover", "--time-frame", "M15", "--method", method, *trials),
        *("--space", str(space), "--where", condition),
    )
    assert code == 0, out
    folder = folder_of(run)
    best = pd.read_csv(folder / "GER40_top_100.csv")
    table = pd.read_parquet(folder / "GER40_full_results.parquet")
    if "source" in table:
        table = table[table["source"].isna()]
    assert len(best) == len(table.query(f"total_trades >= 10 and {condition}")) > 0
    assert len(best.query(condition)) == len(best)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("max_dd <= 3", "unknown name 'max_dd'; did you mean 'max_drawdown'?"),
        ("max_drawdown <= 3 and __import__('os')", "is not possible"),
        ("max_drawdown < ", "cannot be read"),
        ("winrate > 60 and winrate < 50", "no winrate is within both"),
    ],
)
def test_a_wrong_condition_is_refused_before_anything_is_made(run, grid, condition, message):
    code, _, err = run(*grid, "--where", condition)
    assert code == 1
    assert "--where" in err
    assert message in err
    assert not list(run.output.glob("GER40_*"))


def test_every_answer_about_a_grid_takes_the_best_of_its_table(run):
    space = run.root / "space.json"
    axes = {
        "fast": {"type": "int", "low": 2, "high": 20, "step": 3},
        "slow": {"type": "int", "low": 10, "high": 60, "step": 10},
        "direction": {"type": "categorical", "choices": ["both", "long", "short"]},
    }
    space.write_text(json.dumps({"parameters": axes, "constraints": ["fast < slow"]}))
    own = ("--strategy", "ma_crossover", "--time-frame", "M15", "--method", "grid")
    own += ("--space", str(space))
    questions = ("--trades", "best", "--robustness", "--robustness-top", "3")
    code, _, err = run(*own, *questions)
    assert code == 0, err
    folder = folder_of(run)
    best = pd.read_csv(folder / "GER40_top_100.csv")["combination"].tolist()
    table = pd.read_parquet(folder / "GER40_full_results.parquet").query("total_trades >= 10")
    assert best[0] != table["total_r"].idxmax()  # the score decides, not total R
    assert (folder / f"GER40_trades_{best[0]}.csv").exists()
    robust = json.loads((folder / "GER40_robustness.json").read_text())
    assert [row["trial"] for row in robust["combinations"]] == best[:3]
