"""Page, workbook and text of an exhaustive run of any strategy, read from its table."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from params_optimizer.orchestrator.run import outcome_of
from params_optimizer.reports.excel_generator import write_workbook
from params_optimizer.reports.forms import figure, record
from params_optimizer.reports.html_generator import write_page
from params_optimizer.reports.run import ReportedRun
from params_optimizer.search.objective import goals_of
from tests.orchestrator.test_grids import crossover, hill, run
from tests.reports.pages import Page, approx


def reported(plan, root: Path) -> ReportedRun:
    directory = run(plan, root, workers=1)
    return ReportedRun(outcome_of(directory, plan), directory.path)


def page_of(grid: ReportedRun) -> Page:
    return Page(write_page(grid)[0].read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def grid(tmp_path_factory, compiled_kernels) -> ReportedRun:
    return reported(crossover(), tmp_path_factory.mktemp("grid"))


@pytest.fixture(scope="module")
def page(grid) -> Page:
    return page_of(grid)


def test_text_page_and_file_have_the_same_winner(grid, page):
    best = json.loads(grid.path("best_params.json").read_text())
    text = grid.path("summary.txt").read_text()
    assert grid.best["combination"] == best["combination"]
    for words in (text, page.words["best"].replace("\n", " ")):
        assert record(best["metrics"]) in words
        assert figure("total_r", best["metrics"]["total_r"]) in words
    assert "ma_crossover" in page.words["header"]
    assert "commission" in text


def test_distributions_and_maps_count_every_ranked_combination(grid, page):
    results = pd.read_parquet(grid.path("full_results.parquet"))
    ranked = results[results.total_trades >= 1]
    assert set(page.data["figure-distribution"]["distributions"]) == {
        "total_r",
        "sharpe_ratio",
        "score",
    }
    heat = page.data["figure-heat"]
    (maps,) = heat["maps"].values()
    assert np.nanmax(np.array(maps["total_r"][0], float)) == approx(ranked.total_r.max())


def test_shares_of_a_space_with_constraints_lie_between_the_means_of_values(grid, page):
    results = pd.read_parquet(grid.path("full_results.parquet"))
    ranked = results[results.total_trades >= 1]
    (goal,) = page.data["figure-shares"]["goals"]
    whole = ((ranked.total_r - ranked.total_r.mean()) ** 2).sum()
    for name, share, _ in goal["shares"]:
        means = ranked.groupby(name).total_r.transform("mean")
        assert share == approx(((means - ranked.total_r.mean()) ** 2).sum() / whole)
    assert "need not add up to 100 %" in page.section("effects")
    assert "1,624 parameter sets before constraints" in page.section("origin")


def test_the_last_trades_have_candles(grid, page):
    assert len(page.data["figure-day"]["charts"]) == min(100, len(grid.best_trades))


def test_combinations_that_failed_are_counted_by_kind(tmp_path):
    grid = reported(hill(), tmp_path)
    failed = list(grid.failures())
    assert failed
    words = page_of(grid).section("failures")
    assert f"{len(failed):,}" in words
    write_workbook(grid, tmp_path / "grid.xlsx")
    sheet = pd.read_excel(tmp_path / "grid.xlsx", "Failures", header=3)
    assert len(sheet) >= 1


def test_several_goals_have_a_front_that_nothing_beats(tmp_path):
    plan = crossover()
    goals = goals_of("total_r,max_drawdown", None)
    grid = reported(replace(plan, objective=replace(plan.objective, goals=goals)), tmp_path)
    results = pd.read_parquet(grid.path("full_results.parquet"))
    front = page_of(grid).data["figure-pareto"]["front"]
    assert front[0][1] == approx(results.total_r.max())
    for _, total, drawdown in front:
        better = (results.total_r > total + 1e-3) & (results.max_drawdown < drawdown - 1e-3)
        assert not better.any()
