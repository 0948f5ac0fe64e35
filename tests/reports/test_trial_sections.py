"""The sections of trials on their page: numbers are those of the files, text stays text."""

import csv
import json
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from params_optimizer.errors import DamagedFileError
from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.reports.forms import figure, record
from params_optimizer.reports.html_generator import write_page
from params_optimizer.reports.labels import in_line
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.history import MAX_POINTS
from tests.reports.pages import Page, approx
from tests.reports.searches import (
    BORDERS,
    Every,
    bars_of,
    everything,
    holdout_of,
    outcome_of,
    random_sets,
    regimes_of,
    robustness_of,
    write_files,
)

LIMIT = 8_000_000
EVIL = ("<script>alert(1)</script>", "a$b$c", "%{y}</script>", "side & <i>")


def page_of(outcome: SearchOutcome, folder: Path) -> Page:
    path, *pictures = write_page(ReportedRun(outcome, folder))
    assert path == folder / f"{outcome.market}_report.html"
    assert path.stat().st_size < LIMIT
    assert all(one.read_bytes().startswith(b"\x89PNG") for one in pictures)
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def outcome() -> SearchOutcome:
    return outcome_of(random_sets(200), "total_r,max_drawdown,winrate")


@pytest.fixture(scope="module")
def few() -> SearchOutcome:
    return outcome_of(random_sets(20))


@pytest.fixture(scope="module")
def folder(outcome, tmp_path_factory) -> Path:
    return everything(outcome, tmp_path_factory.mktemp("searches") / "WALK_random")


@pytest.fixture(scope="module")
def page(outcome, folder) -> Page:
    return page_of(outcome, folder)


@pytest.fixture(scope="module")
def trials(folder) -> pd.DataFrame:
    return pd.read_parquet(folder / "WALK_full_results.parquet")


@pytest.fixture(scope="module")
def ranked(trials) -> pd.DataFrame:
    """Complete trials, each parameter set once, best first."""
    complete = trials[(trials.state == "complete") & trials.source.isna()]
    return complete.sort_values("total_r", ascending=False, kind="stable")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def words_of(page: Page, section: str) -> str:
    return " ".join(page.words[section].split())


def test_the_winner_is_that_of_the_files(page, folder):
    best = json.loads((folder / "WALK_best_params.json").read_text())
    words = page.words["best"]
    assert f"Trial{best['trial']}\n" in words
    for name in ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown"):
        assert f"{in_line(name)}{figure(name, best['metrics'][name])}\n" in words
    assert record(best["metrics"]) in words
    for name, value in best["params"].items():
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        assert f"{name}{shown}" in words.replace("\n", "")


def test_the_top_ten_and_the_front_are_those_of_the_files(page, folder):
    for section, name in (("top", "top_100"), ("front", "pareto")):
        head, *lines = page.tables[section][0]
        rows = {row["trial"]: row for row in rows_of(folder / f"WALK_{name}.csv")}
        distinct = [row for row in rows.values() if not row["source"]]
        assert len(lines) == min(len(distinct), 10 if section == "top" else 20)
        for line in lines:
            row = rows[line[head.index("Trial")]]
            assert line[head.index("Total R")] == figure("total_r", float(row["total_r"]))


def test_the_history_is_that_of_the_file(page, folder):
    history, rows = page.data["figure-history"], rows_of(folder / "WALK_history.csv")
    assert [goal[0] for goal in history["goals"]] == ["total_r", "max_drawdown", "winrate"]
    assert [one[0] for one in history["trials"]] == [int(row["trial"]) for row in rows]
    assert [history["states"][one[1]] for one in history["trials"]] == [
        row["state"] for row in rows
    ]
    for one, row in zip(history["trials"], rows, strict=True):
        assert one[3] == (approx(float(row["total_r"])) if row["total_r"] else None)
    steps = dict(history["best"][0])
    told = {int(row["best_trial"]): float(row["best_so_far"]) for row in rows if row["best_trial"]}
    assert steps == {number: approx(value) for number, value in told.items()}


def test_each_goal_has_a_best_so_far_in_its_direction(page):
    _, drawdown, winrate = (
        [value for _, value in line] for line in page.data["figure-history"]["best"]
    )
    assert drawdown == sorted(drawdown, reverse=True)
    assert winrate == sorted(winrate)


def test_importances_are_those_of_the_file(page, folder):
    found = {
        (one["metric"], name): share
        for one in page.data["figure-shares"]["goals"]
        for name, share, _ in one["shares"]
    }
    rows = rows_of(folder / "WALK_importances.csv")
    assert len(rows) == 12
    assert found == {
        (row["metric"], row["parameter"]): float(row["importance"])
        for row in rows
        if float(row["importance"]) >= 0.001
    }
    assert "fANOVA" in page.words["effects"]


def test_the_front_of_two_goals_is_a_line_that_nothing_beats(page, ranked):
    line = np.array(page.data["figure-pareto"]["lines"]["0-1"])
    for total, drawdown in line:
        beaten = (ranked.total_r >= total * (1 + 1e-4)) & (ranked.max_drawdown <= drawdown * 0.9999)
        assert not beaten.any()
    assert (np.diff(line[:, 0]) < 0).all()
    assert (np.diff(line[:, 1]) < 0).all()


def test_distributions_count_every_complete_trial(page, ranked):
    found = page.data["figure-distribution"]["distributions"]
    assert set(found) == {"total_r", "max_drawdown", "winrate", "sharpe_ratio"}
    for name, one in found.items():
        assert sum(one["counts"]) == one["total"] == len(ranked)
        assert (one["least"], one["greatest"]) == (ranked[name].min(), ranked[name].max())
        assert one["mean"] == approx(ranked[name].mean())


def test_the_noise_threshold_is_that_of_robustness(page):
    noise = 0.125 * sqrt(252)
    assert page.data["figure-distribution"]["thresholds"] == {"sharpe_ratio": pytest.approx(noise)}
    assert f"It stands at {noise:.2f}" in words_of(page, "distribution")


def test_heat_maps_hold_every_trial_once(page, ranked):
    heat = page.data["figure-heat"]
    assert [one["name"] for one in heat["factors"]] == ["gap", "hold", "scale", "side"]
    assert all(len(one["labels"]) <= 12 for one in heat["factors"])
    assert len(heat["maps"]) == 6
    best, mean, number, count = (np.array(one, float) for one in heat["maps"]["1-3"]["total_r"])
    sides = ["long", "short", "none", "broken"]
    for (hold, side), cell in np.ndenumerate(count):
        inside = ranked[(ranked.hold == hold + 1) & (ranked.side == sides[side])]
        assert cell == len(inside)
        if len(inside):
            assert best[hold, side] == approx(inside.total_r.max())
            assert mean[hold, side] == approx(inside.total_r.mean())
            assert number[hold, side] == inside.trial.iloc[0]
        else:
            assert np.isnan(best[hold, side])
    for maps in heat["maps"].values():
        assert np.sum(maps["total_r"][3]) == len(ranked)
    least = np.array(heat["maps"]["1-3"]["max_drawdown"][0], float)
    assert np.nanmin(least) == approx(ranked.max_drawdown.min())


def test_parallel_lines_are_the_best(page, ranked):
    rows = page.data["figure-parallel"]["rows"]
    assert [row[0] for row in rows] == ranked.trial.tolist()[:500]


def test_equity_is_of_the_best_and_of_days_that_had_no_say(page, folder):
    series = {one["key"]: one for one in page.data["figure-equity"]["series"]}
    best = json.loads((folder / "WALK_best_params.json").read_text())
    assert set(series) == {"best", "oos", "holdout"}
    assert series["best"]["total"] == pytest.approx(best["metrics"]["total_r"])
    assert series["best"]["max_drawdown"] == pytest.approx(best["metrics"]["max_drawdown"])
    assert series["oos"]["cumulative"] == [3.5, 2.5]
    assert min(series["holdout"]["dates"]) >= "2024-05-01"


def test_trades_have_candles_around_them(page, outcome):
    found = page.data["figure-day"]
    trades = outcome.trades(outcome.ranking[0].parameters)
    assert len(found["charts"]) == len(found["trades"]) == min(100, trades.r.size)
    names = [name for name, _, _ in found["columns"]]
    assert dict(zip(names, found["trades"][0], strict=True))["r"] == trades.r[-1]
    for trade, chart in zip(found["trades"], found["charts"], strict=True):
        row = dict(zip(names, trade, strict=True))
        opened, high, low, closed = chart["ohlc"]
        assert len(opened) == len(chart["time"]) <= 200
        assert opened[chart["entry"]] == approx(row["entry_price"])
        assert closed[chart["exit"]] == approx(row["exit_price"])
        assert all(one <= other for one, other in zip(low, high, strict=True))


def test_long_trades_are_gathered_to_fewer_candles(tmp_path):
    space = {"parameters": {"hold": {"type": "int", "low": 1, "high": 3000}}}
    found = outcome_of([{"hold": 2500}], space=space)
    charts = page_of(found, write_files(found, tmp_path)).data["figure-day"]["charts"]
    assert all(len(chart["time"]) <= 200 for chart in charts)
    assert any("each candle gathers" in chart["words"] for chart in charts)
    assert all(chart["entry"] <= chart["exit"] < len(chart["time"]) for chart in charts)


def test_failures_are_counted_by_kind(page, trials):
    failed = (trials.state == "failed") & trials.source.isna()
    assert f"{failed.sum():,} failed" in page.words["failures"]
    assert "StrategyError: <b>side</b> broken" in page.words["failures"]


def test_the_verdict_is_that_of_robustness(page):
    words = words_of(page, "verdict")
    assert words.startswith("Likely luck")
    assert "Holdout: from 2024-05-01 on" in words
    assert "switching parameters with the kind of market made 4.75 R" in words


def test_other_days_say_trials_where_grids_say_combinations(page):
    words = " ".join(page.section(key) for key in ("holdout", "walk_forward", "robustness"))
    assert "each was searched by itself with 50 trials and took the best by Total R" in words
    assert "beat 62 % of the trials on average" in words
    assert "combination" not in words
    assert "A note <b>of the file</b>." in words
    assert "37.5 % (standard error 1.0 %), over 40 parameter sets and 16 blocks" in words
    assert "Parameter sets that survive their costs" in words
    assert words.count("drawn from the space") == 2
    assert "Independent tries" in words
    switched = page.section("regimes")
    assert "made -3.25 R out of sample, switching by regime 4.75 R" in switched
    assert "validation" not in page.words, "everything was done"


def test_too_few_trades_are_called_so_wherever_they_are_judged(page):
    assert "in 2 trades, too few to judge" in page.section("verdict")
    assert "made 2 trades there, too few to judge" in page.section("holdout")
    assert "The windows together have 2 trades: too few to judge." in page.section("walk_forward")


def test_an_efficiency_without_a_base_is_not_shown(page):
    assert "Efficiency" not in page.words["walk_forward"]
    assert "earned nothing in sample" in page.section("walk_forward")


def test_border_policies_stand_beside_each_other(page):
    tables = [
        table
        for key in ("holdout", "regimes")
        for table in page.tables[key]
        if table[0][1] == "Across the border they are"
    ]
    held, regimes, switching = tables
    assert len(held) == 1 + len(BORDERS)
    assert [line[1] for line in held[1:]] == [
        "closed there (used)",
        "carried to their end",
        "left out",
    ]
    assert [line[2] for line in held[1:]] == ["2.25", "3.25", "4.25"]
    assert [line[0] for line in regimes[1:]] == [*["high"] * 3, *["all days"] * 3]
    assert len(switching) == 7


def test_the_plateau_is_that_of_robustness(page):
    assert "The 6 neighbours one step away make 7.25 R on average" in words_of(page, "plateau")


def test_trials_that_differ_in_one_parameter_are_drawn_around_the_winner(tmp_path):
    sets = [
        {"gap": gap, "hold": 2, "scale": 1.0, "side": side}
        for gap in (10, 20, 40)
        for side in ("long", "short")
    ]
    found = outcome_of(sets)
    panels = page_of(found, write_files(found, tmp_path)).data["figure-around"]["panels"]
    best = found.ranking[0]
    by_name = {one["name"]: one for one in panels}
    assert set(by_name) == {"gap", "side"}
    assert by_name["gap"]["labels"] == ["10", "20", "40"]
    assert by_name["gap"]["labels"][by_name["gap"]["winner"]] == f"{best.parameters['gap']}"
    assert by_name["gap"]["values"][by_name["gap"]["winner"]] == approx(best.metrics["total_r"])


def test_what_was_not_done_is_named(few, tmp_path):
    page = page_of(few, write_files(few, tmp_path))
    words = page.section("validation")
    for option in ("--holdout-from DATE", "--walk-forward", "--by-regime", "--robustness"):
        assert option in words
    assert "best of" in words_of(page, "verdict")
    assert "--robustness" in words_of(page, "verdict")


def test_names_and_reasons_stay_text(tmp_path):
    strategy = Every(EVIL)
    found = outcome_of(random_sets(120, EVIL), strategy=strategy)
    page = page_of(found, everything(found, tmp_path))
    # The theme, the data, plotly, the figures, and what starts them.
    assert page.tags.count("script") == 5
    assert not {"i", "alert"} & set(page.tags)
    assert "<script>alert(1)" in page.words["best"]
    assert [one["name"] for one in page.data["figure-heat"]["factors"]] == list(EVIL)
    assert "alert(1)</script>" not in page.text.replace("&lt;", "")


def test_nothing_is_fetched(page):
    assert not {"link", "img", "iframe", "object"} & set(page.tags)
    assert "default-src 'none'" in page.text


def test_generated_data_has_its_banner(tmp_path):
    found = outcome_of(random_sets(20), bars=bars_of(500, generated=True))
    page = page_of(found, write_files(found, tmp_path))
    assert "GENERATED SAMPLE DATA" in page.words["header"]


def test_the_origin_tells_what_was_searched(page):
    assert "every, 200 trials by random" in page.section("header")
    words = page.section("origin")
    assert "H1" in words
    assert "commission 0.1 % of each fill" in words
    assert "highest total R and lowest max. drawdown" in words
    assert "Borderclose: a trade still open" in words
    assert "seed 42" in words


BROKEN = {"gap": 10, "hold": 2, "scale": 1.0, "side": "broken"}
LONG = {**BROKEN, "side": "long"}


@pytest.mark.parametrize("sets", [[], [BROKEN], [BROKEN, {**BROKEN, "gap": 20}]])
def test_a_search_without_a_complete_trial(sets, tmp_path):
    found = outcome_of(sets)
    page = page_of(found, write_files(found, tmp_path))
    assert "No trial is ranked" in page.words["verdict"]
    assert page.figures == set()
    assert ("failures" in page.words) == bool(sets)


def test_a_search_in_which_every_trial_has_too_few_trades(tmp_path):
    found = outcome_of(random_sets(30, failing=False), min_trades=1_000_000)
    page = page_of(found, write_files(found, tmp_path))
    assert "fewer than 1,000,000 trades" in page.section("verdict")
    assert page.figures == {"figure-history"}


def test_a_search_of_one_trial(tmp_path):
    found = outcome_of([LONG])
    page = page_of(found, write_files(found, tmp_path))
    assert "at least 10 complete trials" in words_of(page, "effects")
    assert "figure-heat" in page.figures
    assert "figure-parallel" not in page.figures


def test_a_space_of_one_parameter(tmp_path):
    space = {"parameters": {"gap": {"type": "int", "low": 5, "high": 40}}}
    found = outcome_of([{"gap": gap} for gap in range(5, 41)], space=space)
    page = page_of(found, write_files(found, tmp_path))
    assert "there is no map" in words_of(page, "heat")
    assert {"figure-history", "figure-shares", "figure-around"} <= page.figures


def test_a_space_of_choices_alone(tmp_path):
    many = [f"s{at}" for at in range(30)]
    space: Any = {
        "parameters": {
            "side": {"type": "categorical", "choices": ["long", "short", *many]},
            "hold": {"type": "categorical", "choices": [1, 2, 4]},
        }
    }
    sets = [{"side": side, "hold": hold} for side in ("long", "short", *many) for hold in (1, 2, 4)]
    found = outcome_of(sets, space=space)
    page = page_of(found, write_files(found, tmp_path))
    labels = page.data["figure-heat"]["factors"][0]["labels"]
    assert len(labels) == 12
    assert labels[-1] == "others"
    (maps,) = page.data["figure-heat"]["maps"].values()
    assert np.sum(maps["total_r"][3]) == len(sets)


def test_a_single_goal_has_no_front(tmp_path):
    found = outcome_of(random_sets(40), "sharpe_ratio")
    page = page_of(found, write_files(found, tmp_path))
    assert "front" not in page.words
    assert "figure-pareto" not in page.data
    assert "by Sharpe" in page.words["top"]


def test_many_trials_are_thinned_out_but_not_the_best(tmp_path):
    sets = [
        {"gap": 5 + at % 56, "hold": 1 + at % 6, "scale": 0.5 + at / 8000, "side": "long"}
        for at in range(2 * MAX_POINTS + 10)
    ]
    found = outcome_of(sets, bars=bars_of(60))
    (tmp_path / "files").mkdir()
    page = page_of(found, tmp_path / "files")
    history = page.data["figure-history"]
    assert len(history["trials"]) < MAX_POINTS + 100
    drawn = {one[0] for one in history["trials"]}
    assert {number for number, _ in history["best"][0]} <= drawn
    assert found.ranking[0].number in drawn
    assert "one in 3 is drawn" in words_of(page, "history")


@pytest.mark.parametrize("name", ["holdout", "walk_forward", "regimes", "robustness"])
@pytest.mark.parametrize("content", [{"strategy": "every"}, {"strategy": "every", "top": 3}])
def test_files_of_another_form_are_named(few, tmp_path, name, content):
    folder = write_files(few, tmp_path, **{name: content})
    with pytest.raises(DamagedFileError, match=rf"WALK_{name}\.json"):
        write_page(ReportedRun(few, folder))


def test_values_that_are_not_known_are_left_out(few, tmp_path):
    """Several figures of the files may be missing."""
    held, by_regime, robust = holdout_of(few), regimes_of(few), robustness_of(few)
    held |= {"borders": None, "rank_correlation": None, "top": []}
    by_regime |= {"comparison": None, "windows": [], "coming": None}
    robust["trials"]["all"] |= {"expected_best_effective": None, "effective_trials": None}
    robust["pbo"] |= {"probability": None}
    for one in robust["combinations"]:
        one |= {"plateau_mean": None, "plateau_worst": None, "plateau_score": None}
        one |= {"plateau_note": "no neighbour is allowed", "deflated_sharpe_effective": None}
    folder = write_files(few, tmp_path, holdout=held, regimes=by_regime, robustness=robust)
    page = page_of(few, folder)
    assert page.data["figure-distribution"]["thresholds"] == {}
    assert "No plateau score: no neighbour is allowed." in words_of(page, "plateau")
    assert "nothing was chosen" in words_of(page, "verdict")
