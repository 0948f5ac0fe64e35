"""The CSV, JSON and pickle files of a finished run against its results."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.outcome import rank
from params_optimizer.reports.tables import TOP_PER_VARIATION, write_tables
from params_optimizer.storage import pickles
from params_optimizer.strategies.initial_balance.params import VARIATIONS, Params

KEYS = list(Params.__dataclass_fields__)
LUCK = ["trials", "deflated_sharpe", "plateau_score"]
FILES = {
    "GER40_top_100.csv",
    "GER40_best_params.json",
    "GER40_variations_summary.csv",
    *(f"GER40_variation_{name}_top500.csv" for name in VARIATIONS),
    "GER40_best_by_variation.json",
    "GER40_variation_agg.pkl",
}


@pytest.fixture(scope="module")
def unranked(finished, tmp_path_factory) -> Path:
    """The files of a run in which no combination has enough trades."""
    study = finished.outcome.study
    strict = replace(study, settings=study.settings.model_copy(update={"min_trades": 10_000}))
    folder = tmp_path_factory.mktemp("unranked")
    write_tables(rank(strict, finished.folder / "GER40_full_results.parquet"), folder)
    return folder


def read(path: Path) -> pd.DataFrame:
    """A CSV with every digit of its floats, which not every pandas keeps."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [{name: parsed(cell) for name, cell in row.items()} for row in reader]
        return pd.DataFrame(rows, columns=reader.fieldnames)


def parsed(cell: str) -> object:
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return {"True": True, "False": False}.get(cell, cell)


def content(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))


def same(found: pd.DataFrame, rows: list[dict[str, object]], columns: list[str]) -> None:
    assert list(found.columns) == columns
    pd.testing.assert_frame_equal(
        found, pd.DataFrame(rows, columns=columns), check_dtype=False, rtol=0, atol=0
    )


def test_every_file_is_there(finished, tmp_path):
    write_tables(finished.outcome, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert {path.name for path in finished.folder.iterdir()} > FILES


def test_the_same_outcome_gives_the_same_bytes_whatever_the_folder(finished, tmp_path):
    write_tables(finished.outcome, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (finished.folder / name).read_bytes(), name


def test_top_100_are_the_best_rows_with_all_their_digits(finished):
    outcome = finished.outcome
    rows = outcome.rows(outcome.ranking.combination[:100].tolist())
    scores = outcome.ranking.score.tolist()
    wanted = [{"rank": at + 1, "score": scores[at], **row} for at, row in enumerate(rows)]
    columns = ["rank", "score", "combination", *KEYS]
    found = read(finished.folder / "GER40_top_100.csv")
    assert list(found.columns[-3:]) == LUCK
    same(found[found.columns[:-3]], wanted, ["rank", "score", *outcome.results.columns])
    assert (len(found), list(found.columns[: len(columns)])) == (100, columns)
    assert found["score"].is_monotonic_decreasing


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_variation_lists_its_best_rows(finished, name):
    outcome = finished.outcome
    table = next(one for one in outcome.variations if one.variation == name)
    rows = outcome.rows(table.combination[:TOP_PER_VARIATION].tolist())
    wanted = [{"rank": place, **row} for place, row in enumerate(rows, start=1)]
    found = read(finished.folder / f"GER40_variation_{name}_top500.csv")
    same(found, wanted, ["rank", *outcome.results.columns])
    assert found[f"{name.lower()}_total_r"].is_monotonic_decreasing
    assert (found[f"{name.lower()}_total_trades"] >= 10).all()


def test_total_profit_is_total_r_times_the_money_at_risk(finished):
    """R14: 1 % of 100,000."""
    for row in finished.outcome.rows(list(range(0, 288, 7))):
        assert row["total_profit"] == row["total_r"] * 1_000


def test_best_params_is_the_winner_with_the_number_of_trials(finished):
    outcome, best = finished.outcome, content(finished.folder / "GER40_best_params.json")
    row = outcome.rows(outcome.ranking.combination[:1].tolist())[0]
    assert (best["symbol"], best["trials"], best["eligible"]) == ("GER40", 288, 288)
    assert (best["min_trades"], best["generated_data"]) == (10, False)
    assert (best["combination"], best["score"]) == (row["combination"], outcome.ranking.score[0])
    assert Params(**best["params"]) == outcome.study.params(row["combination"])
    assert {"combination": row["combination"], **best["params"], **best["metrics"]} == row


def test_best_by_variation_has_the_figures_of_the_variation(finished):
    outcome, best = finished.outcome, content(finished.folder / "GER40_best_by_variation.json")
    assert list(best) == list(VARIATIONS)
    assert best["REV_RB"] is None, "nothing rebounds often enough on these days"
    for table in outcome.variations[:3]:
        found, row = best[table.variation], outcome.rows(table.combination[:1].tolist())[0]
        assert (found["combination"], found["trials"]) == (row["combination"], table.eligible)
        assert found["params"] == {key: row[key] for key in KEYS}
        prefix = table.variation.lower()
        assert found["metrics"] == {name: row[f"{prefix}_{name}"] for name in METRICS}
        assert found["metrics"]["total_r"] == table.total_r[0]


def test_the_variations_side_by_side(finished):
    found = read(finished.folder / "GER40_variations_summary.csv")
    assert found["variation"].tolist() == list(VARIATIONS)
    for line, table in zip(found.to_dict("records"), finished.outcome.variations, strict=True):
        assert int(line["eligible"]) == table.eligible
        assert int(line["profitable"]) == table.profitable
        assert float(line["mean_total_r"]) == table.mean_total_r
        best = [cell for name, cell in line.items() if name.startswith("best_")]
        if table.eligible:
            assert float(line["best_total_r"]) == table.total_r[0]
            assert float(line["best_combination"]) == table.combination[0]
        else:
            assert best == [""] * 7


def test_the_pickle_holds_plain_data(finished):
    found = pickles.load(finished.folder / "GER40_variation_agg.pkl")
    for table in finished.outcome.variations:
        assert found[table.variation] == {
            "eligible": table.eligible,
            "profitable": table.profitable,
            "mean_total_r": table.mean_total_r,
            "combination": table.combination.tolist(),
            "total_r": table.total_r.tolist(),
        }


def test_without_a_ranked_combination_the_files_are_whole_and_empty(unranked):
    assert {path.name for path in unranked.iterdir()} == FILES
    best = content(unranked / "GER40_best_params.json")
    assert (best["eligible"], best["trials"], best["params"]) == (0, 288, None)
    assert content(unranked / "GER40_best_by_variation.json") == dict.fromkeys(VARIATIONS)
    for path in unranked.glob("*_top*.csv"):
        assert len(read(path)) == 0
        assert "combination" in read(path).columns
    assert read(unranked / "GER40_variations_summary.csv")["eligible"].tolist() == [0] * 4


def test_only_a_run_that_dropped_rows_has_a_distribution(finished, selected):
    assert not (finished.folder / "GER40_distribution.csv").exists()
    found = read(selected.folder / "GER40_distribution.csv").set_index("metric")
    for metric in ("total_r", "winrate", "ocae_total_trades", "rev_rb_total_r"):
        (piece,) = _column(finished.outcome, metric)
        assert found.loc[metric, "least"] == piece.min()
        assert found.loc[metric, "greatest"] == piece.max()
        assert found.loc[metric, "mean"] == pytest.approx(piece.mean())
        assert found.loc[metric, "standard_deviation"] == pytest.approx(piece.std())
        bin_width = (piece.max() - piece.min()) / 256
        median = np.quantile(piece, 0.5, method="inverted_cdf")
        assert found.loc[metric, "p50"] == pytest.approx(median, abs=bin_width)


def _column(outcome, metric: str) -> list[np.ndarray]:
    return [np.concatenate([piece[metric] for piece in outcome.results.pieces([metric])])]


def test_the_best_of_a_run_that_dropped_rows_are_those_of_all(finished, selected):
    best, kept = (read(run.folder / "GER40_top_100.csv") for run in (finished, selected))
    assert kept.pop("plateau_score").tolist() == ["", "", "", "", ""], "neighbours are gone"
    del best["plateau_score"]
    pd.testing.assert_frame_equal(kept, best.head(5))
    for name in VARIATIONS:
        file = f"GER40_variation_{name}_top500.csv"
        pd.testing.assert_frame_equal(
            read(selected.folder / file), read(finished.folder / file).head(5), check_dtype=False
        )
    summary = "GER40_variations_summary.csv"
    assert (selected.folder / summary).read_bytes() == (finished.folder / summary).read_bytes()
    for name in ("best_params", "best_by_variation"):
        one, other = (content(run.folder / f"GER40_{name}.json") for run in (finished, selected))
        assert without_plateau(one) == without_plateau(other)
    assert other["OCAE"]["plateau_note"] == "some neighbours were not kept (--keep)"


def without_plateau(found):
    """The content of a file but for the plateaus, at any depth."""
    if not isinstance(found, dict):
        return found
    return {
        key: without_plateau(value)
        for key, value in found.items()
        if not key.startswith("plateau_")
    }
