"""The workbook of a search as a user's programs see it: openpyxl, pandas, LibreOffice."""

import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from params_optimizer.data.bars import M1, Bars
from params_optimizer.engine.metrics_calculator import METRICS, metrics_of_r
from params_optimizer.orchestrator.evaluator import Evaluation, Evaluator
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.orchestrator.trials import Problem, Search
from params_optimizer.reports.excel.search import columns
from params_optimizer.reports.excel.search import tables as search_tables
from params_optimizer.reports.excel.search_book import write_search_workbook
from params_optimizer.reports.search import write_search
from params_optimizer.search.objective import Objective, goals_of
from params_optimizer.search.pareto import pareto_front
from params_optimizer.search.space import ParameterSpace
from params_optimizer.search.trial import Trial
from params_optimizer.storage.sealed import sealed
from params_optimizer.strategies.account import STANDARD_ACCOUNT
from params_optimizer.strategies.protocol import Trades

DAYS, PER_DAY = 90, 10
NAME = "TEST_analysis.xlsx"
TABLES = ["Top100", "Trials"]
SPACE = {
    "a": {"type": "int", "low": 0, "high": 40},
    "b": {"type": "float", "low": 0, "high": 1, "step": 0.25},
    "mode": {"type": "categorical", "choices": ["x", "=1+1", "@cmd"]},
    "fast": {"type": "categorical", "choices": [False, True]},
}


def bars(*, generated: bool = False) -> Bars:
    time = (np.arange(DAYS)[:, None] * 1440 + 600 + np.arange(PER_DAY)).ravel()
    price = 1.1 + np.sin(time / 50.0) / 100
    made = M1(time, price, price + 1, price - 1, price, price * 0 + 1)
    return Bars.from_arrays("TEST", made, generated=generated)


class Hill:
    """Two trades a day, the better the nearer `a` is to 23; none where `a` is 0."""

    name = "hill"
    account = STANDARD_ACCOUNT

    def space(self):
        return {"parameters": SPACE}

    def trades(self, bars, parameters):
        a, b = parameters.get("a", 20), parameters.get("b", 0.5)
        entry = np.sort(np.concatenate([bars.m1.time[::PER_DAY], bars.m1.time[3::PER_DAY]]))
        entry = entry[: 0 if a == 0 else 40 + 2 * a]
        way = np.where(np.arange(entry.size) % 3, 1, -1)
        r = np.sin(np.arange(entry.size) * (1 + a)) + 0.2 - ((a - 23) / 30) ** 2 - (b - 0.5) ** 2
        ones = np.ones(entry.size)
        return Trades(entry, entry + 2, way, ones * 1.08345, ones * 1.09, r)


def outcome_of(
    trials: int = 40,
    metric: str = "total_r",
    space: dict | None = None,
    *,
    failing: int = 0,
    least: int = 50,
    generated: bool = False,
) -> SearchOutcome:
    """Random trials; every `failing`-th one fails."""
    space = ParameterSpace.parse({"parameters": space or SPACE})
    objective = Objective(
        goals_of(metric, None),
        least,
        {"total_r": (-50, 60), "sharpe_ratio": (-3, 3), "winrate": (20, 60)},
    )
    problem = Problem(space, Evaluation(Hill(), bars(generated=generated), "UTC"), objective)
    rng = np.random.default_rng(1)
    made = [_trial(problem, number, space.sample(rng), failing) for number in range(trials)]
    return SearchOutcome(problem, Search(made), "hill", "random", trials, 1)


def _trial(problem: Problem, number: int, parameters, failing: int) -> Trial:
    if failing and number % failing == 0:
        reason = f"=ValueError: {number} is not for me, line 7: @cmd"
        return Trial(number, parameters, "failed" if number % 2 else "timeout", reason=reason)
    metrics = metrics_of_r(Evaluator(problem.evaluation).trades(parameters).r)
    objective = problem.objective
    shortage = objective.shortage(metrics)
    losses = objective.losses(metrics)
    state = "infeasible" if shortage else "complete"
    return Trial(number, parameters, state, losses, shortage, metrics)


def written(outcome: SearchOutcome, folder: Path, top_n: int = 5000) -> Path:
    write_search_workbook(outcome, folder / NAME, top_n)
    return folder / NAME


@pytest.fixture(scope="module")
def outcome() -> SearchOutcome:
    return outcome_of(failing=9)


@pytest.fixture(scope="module")
def path(outcome, tmp_path_factory) -> Path:
    return written(outcome, tmp_path_factory.mktemp("search"))


def cells(path: Path, sheet: str = "Summary") -> list[list[object]]:
    """The rows of a sheet without empty cells."""
    book = openpyxl.load_workbook(path, read_only=True)
    rows = [[*row] for row in book[sheet].iter_rows(values_only=True)]
    book.close()
    return [[value for value in row if value is not None] for row in rows]


def table(path: Path, sheet: str, **more) -> pd.DataFrame:
    return pd.read_excel(path, sheet_name=sheet, header=2, skiprows=[3], **more)


def sheets(path: Path) -> list[str]:
    with pd.ExcelFile(path) as book:
        return [str(name) for name in book.sheet_names]


def shown(path: Path, sheet: str = "Summary") -> str:
    return str(cells(path, sheet))


def charts(path: Path) -> int:
    with zipfile.ZipFile(path) as parts:
        return len([name for name in parts.namelist() if "charts/chart" in name])


def test_the_sheets_and_their_order(path, tmp_path):
    last = ["Validation", "Trades", "Equity", "Columns"]
    assert sheets(path) == ["Summary", "Top100", "Trials", "History", "Failures", *last]
    several = written(outcome_of(metric="total_r,max_drawdown"), tmp_path)
    assert sheets(several) == ["Summary", "Top100", "Trials", "Pareto", "History", *last]


@pytest.mark.parametrize("metric", ["total_r", "max_drawdown,winrate", "score"])
def test_tables_read_back_in_pandas_as_the_files_are(tmp_path, metric):
    outcome = outcome_of(metric=metric, failing=9)
    write_search("TEST", outcome.problem, outcome.search, tmp_path)
    path = written(outcome, tmp_path)
    wanted = pd.read_csv(tmp_path / "TEST_search_ranking.csv")
    compared = [name for name in wanted.columns if name not in ("violation", "source", "reason")]
    for sheet in TABLES:
        found = table(path, sheet).iloc[: len(wanted)]
        names = [name for name in compared if name != "state" or sheet == "Trials"]
        pd.testing.assert_frame_equal(
            found[names], wanted[names], check_dtype=False, rtol=1e-15, atol=0
        )
    history = pd.read_csv(tmp_path / "TEST_history.csv")
    found = table(path, "History", usecols=range(5))
    pd.testing.assert_frame_equal(found, history, check_dtype=False, rtol=1e-15, atol=0)


def test_trials_hold_every_different_trial_complete_ones_first(outcome, path):
    found = table(path, "Trials")
    states = found["state"].tolist()
    complete = states.count("complete")
    assert 0 < complete < len(states) == len(outcome.distinct)
    assert states[:complete] == ["complete"] * complete
    assert set(states[complete:]) == {"infeasible", "failed", "timeout"}
    assert found["rank"].tolist()[:complete] == list(range(1, complete + 1))
    assert found["rank"][complete:].isna().all()
    short = found[found["state"] == "infeasible"]
    assert (short["violation"] == 50 - short["total_trades"]).all()
    assert found["reason"].tolist()[-1].startswith("=ValueError")


def test_answers_from_memory_are_not_shown_twice(outcome, tmp_path):
    best = outcome.best
    again = replace(best, number=len(outcome.trials), source=best.number)
    more = replace(outcome, search=Search([*outcome.trials, again]), planned=41)
    path = written(more, tmp_path)
    assert table(path, "Trials")["trial"].tolist().count(again.number) == 0
    assert "1 of them answered from memory" in shown(path)
    assert len(table(path, "History", usecols=range(5))) == 41


def test_as_many_trials_as_asked_for(outcome, tmp_path, monkeypatch):
    path = written(outcome, tmp_path, 7)
    assert len(table(path, "Trials")) == 7
    assert cells(path, "Trials")[0] == [
        "TEST: the best 7 of 40 trials, by Total R; complete ones first"
    ]
    monkeypatch.setattr(search_tables, "SHEET_ROWS", 10)
    assert len(table(written(outcome, tmp_path), "Trials")) == 6


@pytest.mark.parametrize("sheet", [*TABLES, "Failures", "Trades"])
def test_headers_stay_in_sight_filter_and_print(path, sheet):
    page = openpyxl.load_workbook(path)[sheet]
    assert page.row_dimensions[3].hidden
    heads = [cell.value for cell in page[4]]
    assert all(cell.font.bold for cell in page[4])
    last = openpyxl.utils.get_column_letter(len(heads))
    assert page.freeze_panes in ("B5", "C5", "D5")
    assert page.auto_filter.ref == f"A4:{last}{page.max_row}"
    assert page.print_title_rows == "$1:$4"
    assert page.page_setup.orientation == "landscape"


def test_number_formats_medals_and_colours(path):
    page = openpyxl.load_workbook(path)["Top100"]
    names = [cell.value for cell in page[3]]
    formats = {name: cell.number_format for name, cell in zip(names, page[5], strict=True)}
    assert formats["trial"] == "0"
    assert formats["total_r"] == formats["sharpe_ratio"] == "#,##0.00"
    assert formats["winrate"] == "0.0"
    assert formats["a"] == formats["b"] == "General"
    assert "TRUE" in formats["fast"]
    fills = [{cell.fill.fgColor.rgb for cell in page[row]} for row in range(5, 8)]
    assert [len(fill) for fill in fills] == [1, 1, 1]
    assert len(set.union(*fills)) == 3
    scaled = {str(area.sqref) for area in page.conditional_formatting}
    letter = openpyxl.utils.get_column_letter(names.index("total_r") + 1)
    assert f"{letter}8:{letter}{page.max_row}" in scaled


def test_the_summary_says_what_was_searched_and_found(outcome, path):
    rows, best = cells(path), outcome.best
    assert rows[0] == ["TEST: hill, 40 trials by random"]
    told = {row[0]: row[1] for row in rows if len(row) == 2}
    assert told["Trials"].startswith("40: ")
    assert told["Objective"] == "Total R as great as possible; at least 50 trades"
    assert "90 days with bars, 1970-01-01 to 1970-03-31, in UTC" in told["Days"]
    assert "900 of time frame M1" in told["Bars"]
    assert "commission 0.1 % of each fill" in told["Costs"]
    assert ["Folder", path.parent.name] in rows
    tiles = next(at for at, row in enumerate(rows) if row[:1] == ["Best trial"])
    figures = dict(zip(rows[tiles], rows[tiles + 1], strict=True))
    figures |= dict(zip(rows[tiles + 2], rows[tiles + 3], strict=True))
    assert figures["Best trial"] == best.number
    assert sorted(map(float, figures.values())) == pytest.approx(
        sorted([best.number, *best.metrics.values()])
    )
    parameters = {row[0]: row[1:4] for row in rows if row[0:1] and row[0] in SPACE}
    assert parameters["a"] == [best.parameters["a"], 41, "0 to 40"]
    assert parameters["b"] == [best.parameters["b"], 5, "0 to 1, step 0.25"]
    assert parameters["mode"] == [best.parameters["mode"], 3, "x, =1+1, @cmd"]
    assert any("--robustness tells how much" in str(row) for row in rows)
    assert {row[0] for row in rows if row} >= set(sheets(path)) - {"Summary"}
    assert "GENERATED" not in str(rows)
    assert charts(path) == 5  # two here, one on History, two on Equity


def test_the_share_that_a_parameter_decides_is_that_of_the_file(tmp_path):
    outcome = outcome_of(metric="total_r,max_drawdown")
    write_search("TEST", outcome.problem, outcome.search, tmp_path)
    path = written(outcome, tmp_path)
    wanted = pd.read_csv(tmp_path / "TEST_importances.csv").set_index(["metric", "parameter"])
    found = {row[-3]: row[-2:] for row in cells(path, "History") if len(row) > 2}
    for name in SPACE:
        shares = [wanted.loc[(goal, name), "importance"] for goal in ("total_r", "max_drawdown")]
        assert found[name] == pytest.approx(shares)


def test_trades_and_equity_are_those_of_the_best_trial(outcome, path):
    best = outcome.best
    trades = outcome.trades(best.parameters)
    found = table(path, "Trades")
    assert found["r"].tolist() == pytest.approx(trades.r.tolist(), rel=1e-15)
    assert found["entry_price"].tolist() == trades.entry_price.tolist()
    moments = trades.entry_time.astype("datetime64[m]")
    assert (found["entry_time"].to_numpy().astype("datetime64[m]") == moments).all()
    assert (found["date"].to_numpy().astype("datetime64[D]") == moments.astype("M8[D]")).all()
    assert set(found["direction"]) == {"long", "short"}
    equity = table(path, "Equity", usecols=range(4))
    assert equity["cumulative_r"].iloc[-1] == pytest.approx(best.metrics["total_r"])
    assert -equity["below_peak"].min() == pytest.approx(best.metrics["max_drawdown"])
    page = openpyxl.load_workbook(path)["Trades"]
    assert page["D5"].number_format == "0.0000##", "prices of a currency need their digits"


def test_a_trade_belongs_to_the_local_day_of_its_entry(outcome, tmp_path):
    evaluation = replace(outcome.problem.evaluation, zone="Pacific/Kiritimati")  # UTC+14
    moved = replace(outcome, problem=replace(outcome.problem, evaluation=evaluation))
    dates = table(written(moved, tmp_path), "Trades")["date"]
    zone = pd.to_datetime(table(tmp_path / NAME, "Trades")["entry_time"]).dt.tz_localize("UTC")
    assert (dates.dt.date == zone.dt.tz_convert("Pacific/Kiritimati").dt.date).all()
    assert (dates.dt.date != zone.dt.date).any()


@pytest.mark.parametrize("metric", ["total_r,max_drawdown", "total_r,max_drawdown,winrate"])
def test_the_front_of_several_goals(tmp_path, metric):
    outcome = outcome_of(metric=metric)
    write_search("TEST", outcome.problem, outcome.search, tmp_path)
    path, goals = written(outcome, tmp_path), metric.split(",")
    wanted = pd.read_csv(tmp_path / "TEST_pareto_front.csv")
    found = table(path, "Pareto").iloc[: len(wanted)]
    assert len(wanted) == len(pareto_front(outcome.trials))
    assert list(found.columns[1 : 1 + len(goals)]) == goals
    compared = ["trial", *SPACE, *METRICS]
    pd.testing.assert_frame_equal(
        found[compared], wanted[compared], check_dtype=False, rtol=1e-15, atol=0
    )
    assert charts(path) == 4 + len(goals)


def test_failures_by_kind_with_examples(outcome, path):
    found = table(path, "Failures")
    assert found["trials"].tolist()[0] == 5
    assert set(found["state"]) == {"failed", "timeout"}
    assert found["reason"].str.startswith("=ValueError").all()
    assert "trials that failed: 5; kinds of failure: 1;" in shown(path, "Failures")
    wanted = {one.number: one.parameters["a"] for one in outcome.trials}
    assert found["a"].tolist() == [wanted[number] for number in found["trial"]]


def test_every_column_is_explained(path):
    told = {row[-1] for row in cells(path, "Columns")[2:]}
    for sheet in ("Top100", "Trials", "Trades"):
        assert set(table(path, sheet).columns) <= told


def test_generated_data_is_labelled_on_every_sheet(tmp_path):
    outcome = outcome_of(20, "total_r,max_drawdown", failing=9, generated=True)
    path = written(outcome, tmp_path)
    for sheet in sheets(path)[:-1]:
        assert "GENERATED SAMPLE DATA" in str(cells(path, sheet)[:4]), sheet


def test_without_a_complete_trial_it_says_why(tmp_path):
    path = written(outcome_of(least=10_000), tmp_path)
    assert "No trial is complete: nothing can be called the best." in shown(path)
    assert "have fewer than 10,000 trades" in shown(path)
    assert len(table(path, "Top100")) == len(table(path, "Trades")) == 0
    assert len(table(path, "Trials")) == 40
    assert "no trades to show" in str(cells(path, "Equity")[0])
    assert charts(path) == 0


@pytest.mark.parametrize("trials", [0, 1, 5])
@pytest.mark.parametrize("metric", ["total_r", "total_r,winrate,max_drawdown"])
@pytest.mark.parametrize("failing", [0, 1])
def test_hardly_any_trials_or_failed_ones_only(tmp_path, trials, metric, failing):
    path = written(outcome_of(trials, metric, failing=failing, least=1), tmp_path)
    assert len(table(path, "Trials")) == trials
    assert ("Failures" in sheets(path)) == bool(failing and trials)
    assert f"{trials} trials by random" in shown(path)


def test_a_search_that_was_stopped_is_labelled(outcome, tmp_path):
    path = written(replace(outcome, planned=100), tmp_path)
    assert "Unfinished search: 40 of 100 trials are done" in shown(path)
    search = replace(outcome.search, exhausted=True)
    path = written(replace(outcome, planned=100, search=search), tmp_path)
    assert "Unfinished" not in shown(path)
    assert "of 100 planned, but the space holds no more" in shown(path)


ODD = ("rank", "trial", "score", "state", "reason", "date", "ocae_total_r", "=1+1", "@cmd", "r")


def test_parameters_may_have_the_names_of_columns(tmp_path):
    space = {name: {"type": "int", "low": 5, "high": 90} for name in ODD}
    outcome = outcome_of(30, space=space)
    write_search("TEST", outcome.problem, outcome.search, tmp_path)
    path = written(outcome, tmp_path)
    wanted = pd.read_csv(tmp_path / "TEST_search_ranking.csv")
    found = table(path, "Top100")
    named = [columns.parameter_names(outcome)[name] for name in ODD]
    compared = ["rank", "trial", *named, *METRICS]
    pd.testing.assert_frame_equal(
        found[compared], wanted[compared], check_dtype=False, rtol=1e-15, atol=0
    )
    heads = [cell.value for cell in openpyxl.load_workbook(path)["Top100"][4]]
    assert set(ODD) <= set(heads), "a parameter is called what --backtest takes"


def test_text_from_outside_is_text(tmp_path):
    folder = tmp_path / "=2+3"
    folder.mkdir()
    for kind, content in VALIDATIONS.items():
        (folder / f"TEST_{kind}.json").write_text(sealed(content))
    space = {"=1+1": SPACE["mode"], "@SUM(A1)": SPACE["a"], "-2+<b>&amp;'\"": SPACE["b"]}
    path = written(outcome_of(30, space=space, failing=4), folder)
    with zipfile.ZipFile(path) as parts:
        pages = [part for part in parts.namelist() if "worksheets/sheet" in part]
        assert len(pages) == len(sheets(path))
        assert not any(b"<f>" in parts.read(part) for part in pages), "no formula anywhere"
    assert {"=1+1", "@SUM(A1)", "-2+<b>&amp;'\""} <= set(table(path, "Top100").columns)
    assert set(table(path, "Top100")["=1+1"]) == {"x", "=1+1", "@cmd"}


def test_a_very_long_failure_is_cut(outcome, tmp_path):
    long = Trial(40, outcome.trials[0].parameters, "failed", reason="x" * 50_000)
    path = written(replace(outcome, search=Search([*outcome.trials, long])), tmp_path)
    assert table(path, "Failures")["reason"].str.len().max() == columns.LONGEST_TEXT


def r10(total: float) -> dict[str, float]:
    return {**dict.fromkeys(METRICS, 0.5), "total_r": total, "total_trades": 40}


def borders(total: float) -> dict[str, dict[str, float]]:
    return {"close": r10(total), "carry": r10(total + 0.125), "drop": r10(total - 0.125)}


def days(count: int) -> dict[str, object]:
    return {"first": "2024-01-01", "last": "2024-03-01", "days": count}


PARAMS = {"a": 7, "mode": "=1+1"}
HEAD = {
    "symbol": "TEST",
    "generated_data": False,
    "metric": "total_r",
    "min_trades": 10,
    "strategy": "hill",
    "method": "random",
    "border": "close",
}
VALIDATIONS = {
    "holdout": {
        **HEAD,
        "holdout_from": "2024-03-01",
        "in_sample_days": days(44),
        "out_sample_days": days(22),
        "trials": 40,
        "eligible": 33,
        "rank_correlation": None,
        "mean_beaten": 0.7125,
        "top": [
            {
                "rank": 1,
                "trial": 17,
                "params": PARAMS,
                "in_sample_value": 12.5,
                "out_sample_value": -3.25,
                "out_sample_place": 21,
                "beaten": 0.4375,
                "in_sample": r10(12.5),
                "out_sample": r10(-3.25),
            }
        ],
        "borders": borders(-3.25),
        "notes": ["=1+1 is no formula here"],
    },
    "walk_forward": {
        **HEAD,
        "in_sample_days": 30,
        "out_sample_days": 10,
        "step_days": 10,
        "anchored": False,
        "purge_days": 0,
        "trials_per_window": 20,
        "days_left_over": 6,
        "summary": {
            "windows": 2,
            "windows_with_winner": 1,
            "positive_window_rate": 0.5,
            "total_oos_r": -57.5,
            "total_oos_profit": -57_500.0,
            "std_oos_profit": 0.0,
            "average_oos_sharpe": -1.5,
            "efficiency": None,
            "oos_days": 20,
        },
        "stitched": r10(-57.5),
        "borders": None,
        "stability": [
            {
                "key": "mode",
                "mode": "=1+1",
                "share": 0.75,
                "distinct": 2,
                "least": None,
                "greatest": None,
                "deviation": None,
            }
        ],
        "windows": [
            {
                "window": 1,
                "in_sample_days": days(30),
                "out_sample_days": days(10),
                "eligible": 19,
                "trial": 5,
                "value": 8.5,
                "params": PARAMS,
                "in_sample": r10(8.5),
                "out_sample": r10(-57.5),
                "stitched_trades": 40,
            },
            {
                "window": 2,
                "in_sample_days": days(30),
                "out_sample_days": days(10),
                "eligible": 0,
                "trial": None,
                "value": None,
                "params": None,
                "in_sample": None,
                "out_sample": None,
                "stitched_trades": 0,
            },
        ],
        "notes": [],
    },
    "regimes": {
        **HEAD,
        "kind": "volatility",
        "min_regime_trades": 5,
        "trials": 20,
        "days": {"calm": 30, "no label": 3},
        "winners": [
            {
                "chosen_on": name,
                "eligible": 18,
                "trial": number,
                "value": 4.75,
                "params": PARAMS,
                "borders": borders(4.5) if number else None,
                "figures": {"calm": r10(4.75), "all days": r10(2.25)},
            }
            for number, name in enumerate(("calm", "all days"))
        ],
        "coming": "calm",
        "windows": [{"window": 1, "one_total_r": 1.75, "switched_total_r": 2.75}],
        "borders": {"one": borders(1.75), "switched": borders(2.75)},
        "comparison": {
            "days": 28,
            "different_days": 11,
            "unlabelled_days": 0,
            "unseen_days": 2,
            "one": r10(1.75),
            "switched": r10(2.75),
            "luck": 0.3125,
            "difference": {"value": 1.0, "low": -2.5, "high": 4.125},
        },
        "notes": [],
    },
    "robustness": {
        "symbol": "TEST",
        "generated_data": False,
        "strategy": "hill",
        "method": "random",
        "trials": 40,
        "top_n": 1,
        "sample": 200,
        "seed": 12345,
        "tried": {
            "trials": 40,
            "space": None,
            "eligible": 33,
            "effective_trials": 23.375,
            "sharpe_variance": 0.002,
            "best_sharpe": 0.08,
            "expected_best": 0.1171875,
            "expected_best_effective": None,
        },
        "sets": [
            {
                "rank": 1,
                "trial": 17,
                "params": PARAMS,
                "metrics": r10(9),
                "sharpe": 0.08,
                "deflated_sharpe": 0.1875,
                "deflated_sharpe_effective": None,
                "plateau_score": None,
                "plateau_note": "its own total R is not above 0",
                "stress": {"as_tested": r10(9.0), "costs_x3": r10(-6.5)},
            }
        ],
        "pbo": {"blocks": 16, "parameter_sets": 33, "probability": 0.625, "note": "of the trials"},
        "survivors": {"sampled": 200, "profitable": 31, "profitable_costs_x2": 8},
        "verdict": ["It is the best of 40.", "Conclusion: likely luck."],
        "notes": [],
    },
}


@pytest.fixture
def validated(outcome, tmp_path) -> Path:
    for kind, content in VALIDATIONS.items():
        (tmp_path / f"TEST_{kind}.json").write_text(sealed(content))
    return written(outcome, tmp_path)


def test_validation_shows_the_figures_of_the_files(validated):
    rows = cells(validated, "Validation")
    values = [value for row in rows for value in row]
    for number in (12.5, -3.25, 0.7125, 0.4375, -3.125, -57.5, 4.75, 4.625, 2.25, 1.75, 2.875):
        assert number in values, number
    for number in (4.125, 0.3125, 23.375, 0.1171875, 0.1875, -6.5, 0.625, 12345, 31):
        assert number in values, number
    for text in ("Holdout", "Walk-forward", "Regimes", "Robustness"):
        assert [text] in rows
    assert ["No plateau score of 1: its own total R is not above 0."] in rows
    assert "2024-01-01 to 2024-03-01, 44 trading days" in values
    assert "a=7, mode==1+1" in values
    assert "carried to their end" in values
    assert not any("combination" in str(value).lower() for value in values)


def test_the_verdict_is_that_of_the_robustness_file(validated):
    rows = cells(validated)
    place = rows.index(["Verdict"])
    assert rows[place + 1 : place + 3] == [["Conclusion: likely luck."], ["It is the best of 40."]]
    assert "--robustness" not in str(rows)


@pytest.mark.parametrize("content", [{"top": 3, "summary": [], "sets": [4]}, {}])
def test_validation_files_of_another_kind_do_no_harm(outcome, tmp_path, content):
    for kind in VALIDATIONS:
        (tmp_path / f"TEST_{kind}.json").write_text(sealed(content))
    assert ["Holdout"] in cells(written(outcome, tmp_path), "Validation")


@pytest.mark.parametrize("content", ["", "[1]", "{}", '{"metric": "score", "checksum": "0"}'])
def test_validation_files_that_were_not_written_so_are_named(outcome, tmp_path, content):
    for kind in VALIDATIONS:
        (tmp_path / f"TEST_{kind}.json").write_text(content)
    rows = cells(written(outcome, tmp_path), "Validation")
    assert len([row for row in rows if "make it anew" in str(row)]) == 4


def test_without_validation_it_says_how_to_get_it(path):
    options = {row[0] for row in cells(path, "Validation") if str(row[:1]).startswith("['--")}
    assert options == {
        *("--holdout-from DATE", "--walk-forward", "--by-regime volatility", "--robustness")
    }


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_it(tmp_path):
    for kind, content in VALIDATIONS.items():
        (tmp_path / f"TEST_{kind}.json").write_text(sealed(content))
    path = written(outcome_of(metric="total_r,max_drawdown", failing=9), tmp_path)
    names = [*TABLES, "Failures", "Trades"]
    # Its own format and back: whatever it did not understand would be lost.
    ods = _converted(path, "ods", tmp_path)
    again = _converted(ods, "xlsx", tmp_path / "back")
    assert sheets(again) == sheets(path)
    for sheet in names:
        found, wanted = table(again, sheet), table(path, sheet)
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-14)
    assert charts(again) == charts(path) == 6


def _converted(path: Path, kind: str, folder: Path) -> Path:
    profile = (folder.parent / "profile").as_uri()
    done = subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={profile}", "--headless"),
            *("--convert-to", kind, "--outdir", str(folder), str(path)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    made = folder / path.with_suffix(f".{kind}").name
    assert done.returncode == 0, done.stderr
    assert made.is_file(), done.stderr
    return made
