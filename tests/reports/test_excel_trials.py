"""The workbook of an adaptive run: its numbers are those of the files, text stays text."""

import csv
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.orchestrator.planned_method import PlannedMethod
from params_optimizer.reports.excel_generator import write_workbook
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.run_table import LONGEST_TEXT
from tests.reports.searches import (
    Every,
    bars_of,
    everything,
    outcome_of,
    random_sets,
    write_files,
)

NAME = "WALK_analysis.xlsx"
GOALS = "total_r,max_drawdown"
ONE = {"gap": 10, "hold": 2, "scale": 1.0, "side": "long"}


@pytest.fixture(scope="module")
def outcome() -> SearchOutcome:
    return outcome_of(random_sets(120), GOALS)


@pytest.fixture(scope="module")
def folder(outcome, tmp_path_factory) -> Path:
    return everything(outcome, tmp_path_factory.mktemp("searches") / "WALK_random")


@pytest.fixture(scope="module")
def path(outcome, folder) -> Path:
    return written(outcome, folder)


def written(outcome: SearchOutcome, folder: Path, limit: int = 5000) -> Path:
    write_workbook(ReportedRun(outcome, folder, limit), folder / NAME)
    return folder / NAME


def table(path: Path, sheet: str) -> pd.DataFrame:
    return pd.read_excel(path, sheet_name=sheet, header=2, skiprows=[3])


def cells(path: Path, sheet: str = "Summary") -> list[list[object]]:
    book = openpyxl.load_workbook(path, read_only=True)
    rows = [
        [value for value in row if value is not None]
        for row in book[sheet].iter_rows(values_only=True)
    ]
    book.close()
    return rows


def test_the_sheets_and_their_order(path, tmp_path):
    names = openpyxl.load_workbook(path).sheetnames
    shown = ["Summary", "Top100", "Trials", "History", "Pareto", "Equity", "Validation"]
    assert names == [*shown, "Trades", "Failures", "Columns"]
    plain = outcome_of([ONE])
    names = openpyxl.load_workbook(written(plain, write_files(plain, tmp_path))).sheetnames
    assert "Pareto" not in names
    assert "Failures" not in names


@pytest.mark.parametrize(("sheet", "name"), [("Top100", "top_100"), ("Pareto", "pareto")])
def test_tables_are_those_of_the_files(path, folder, sheet, name):
    found, wanted = table(path, sheet), pd.read_csv(folder / f"WALK_{name}.csv")
    wanted = wanted[wanted.source.isna()].head(100).reset_index(drop=True)
    if sheet == "Pareto":
        found, wanted = (one.sort_values("trial", ignore_index=True) for one in (found, wanted))
    for column in ("trial", "total_r", "max_drawdown", "winrate", "gap", "scale", "side"):
        pd.testing.assert_series_equal(found[column], wanted[column], check_dtype=False)


def test_the_history_and_the_trades_end_at_the_best(outcome, path, folder):
    history = table(path, "History")
    wanted = pd.read_csv(folder / "WALK_history.csv")
    assert history["best_trial"].dropna().tolist() == wanted["best_trial"].dropna().tolist()
    trades = table(path, "Trades")
    best = outcome.ranking[0]
    assert len(trades) == best.metrics["total_trades"]
    assert trades["cumulative_r"].iloc[-1] == pytest.approx(best.metrics["total_r"])
    assert -table(path, "Equity")["below_peak"].min() == pytest.approx(best.metrics["max_drawdown"])


def test_every_parameter_set_stands_once_complete_ones_first(outcome, path):
    trials = table(path, "Trials")
    assert sorted(trials["trial"]) == sorted(trial.number for trial in outcome.distinct)
    complete = (trials["state"] == "complete").tolist()
    assert complete == sorted(complete, reverse=True)
    assert trials["rank"].dropna().tolist() == list(range(1, sum(complete) + 1))


def test_as_many_trials_as_asked_for(outcome, tmp_path):
    write_files(outcome, tmp_path)
    assert len(table(written(outcome, tmp_path, 7), "Trials")) == 7


def test_the_summary_tells_what_was_searched_and_found(outcome, path):
    rows = cells(path)
    assert ["Method", "random, seed 42"] in rows
    assert ["Method", "random, seed 42"] in rows
    assert ["Likely luck"] in rows, "the verdict of the robustness file"
    best = outcome.ranking[0]
    assert any(row[:1] == [best.number] and best.metrics["total_r"] in row for row in rows) or any(
        row[:1] == [best.number] for row in rows
    )


def test_validation_shows_the_figures_of_the_files(path):
    shown = [value for row in cells(path, "Validation") for value in row]
    for value in (12.5, 6.5, -7.5, 0.125, 7.25, "37.5 %"):
        assert value in shown or any(f"{value}" in str(text) for text in shown), value
    for title in ("Holdout", "Walk-forward", "Luck, costs and overfitting", "By regime"):
        assert title in shown


def test_numbers_are_numbers_and_prices_have_the_digits_of_the_bars(path):
    page = openpyxl.load_workbook(path)["Trades"]
    names = [cell.value for cell in page[3]]
    cell = page.cell(5, names.index("entry_price") + 1)
    assert isinstance(cell.value, float)
    assert cell.number_format.startswith("#,##0.")
    assert page.freeze_panes == "B5"


def test_a_search_that_was_stopped_and_generated_bars_are_labelled(tmp_path):
    found = outcome_of(random_sets(20), bars=bars_of(500, generated=True))
    asks = PlannedMethod("random", 100, 42)
    stopped = SearchOutcome(replace(found.plan, asks=asks), found.search)
    path = written(stopped, write_files(stopped, tmp_path))
    assert any("Unfinished search: 20 of 100 trials" in str(row) for row in cells(path)[:6])
    for sheet in openpyxl.load_workbook(path).sheetnames:
        top = str(cells(path, sheet)[:5])
        assert "GENERATED SAMPLE DATA" in top, sheet
        assert "UNFINISHED" in top or "Unfinished" in top, sheet


def test_parameters_may_have_the_names_of_columns(tmp_path):
    names = ("trial", "state", "rank", "reason")
    found = outcome_of(random_sets(30, names, failing=False), strategy=Every(names))
    folder = write_files(found, tmp_path)
    with (folder / "WALK_top_100.csv").open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    shown = table(written(found, folder), "Top100").iloc[0]
    for name in names:
        assert str(shown[f"parameter_{name}"]) == first[f"parameter_{name}"]


def test_text_from_outside_is_text(tmp_path):
    names = ("=1+1", "@SUM(A1)", "-2", "<b>&")
    found = outcome_of(random_sets(40, names), strategy=Every(names))
    path = written(found, everything(found, tmp_path))
    with zipfile.ZipFile(path) as parts:
        sheets = [part for part in parts.namelist() if "worksheets/sheet" in part]
        assert not any(b"<f>" in parts.read(part) for part in sheets), "no formula anywhere"


def test_a_very_long_failure_is_cut(outcome, tmp_path):
    found = outcome_of([ONE, {**ONE, "side": "broken"}])
    trial = found.search.trials[1]
    long: Any = type(trial)(1, trial.parameters, "failed", reason="x" * 40_000)
    found.search.trials[1] = long
    path = written(found, tmp_path)
    assert len(table(path, "Failures")["reason"].iloc[0]) == LONGEST_TEXT


@pytest.mark.parametrize("sets", [[], [{**ONE, "side": "broken"}]])
def test_without_a_complete_trial_it_says_why(tmp_path, sets):
    found = outcome_of(sets)
    rows = cells(written(found, write_files(found, tmp_path)))
    assert ["No trial is ranked"] in rows
    assert any(" are complete." in str(row) for row in rows)
