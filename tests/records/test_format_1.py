"""Runs that an older version finished can still be checked and reported."""

import json
import shutil
from pathlib import Path

import pytest

from tests.records.sample import command

FORMAT_1 = Path(__file__).parent / "format_1"
GRID_RUN = "GER40_64combos_20261201_054212"
SEARCH = ("--strategy", "ma_crossover", "--time-frame", "H1", "--space", "output/space.json")
SEARCH += ("--commission", "0.001", "--spread", "0")  # what they paid by default
SEARCHES = {
    "GER40_bayesian_20261201_054214": ("--method", "bayesian", "--trials", "12", *SEARCH),
    "GER40_grid_20261201_054221": ("--method", "grid", *SEARCH),
}
"""Searches with the options that they were made with."""


@pytest.fixture
def place(sample: Path, tmp_path: Path) -> Path:
    """A folder with the data and the old runs, as their owner has them."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sample").symlink_to(sample, target_is_directory=True)
    shutil.copytree(FORMAT_1, tmp_path / "output")
    run = tmp_path / "output" / GRID_RUN
    shutil.copy(run / "GER40_full_results.parquet", run / "results_final.parquet")
    return tmp_path


def _ask(place: Path, *arguments: str) -> str:
    return command("--symbol", "GER40", "--data-dir", "data/sample", *arguments, folder=place)


def test_a_finished_grid_is_checked(place: Path) -> None:
    assert "can be trusted" in _ask(place, "--check", GRID_RUN)


def test_a_finished_grid_is_reported(place: Path) -> None:
    arguments = ("--trades", "best", "--validate", "3", "--generate-html", "--generate-excel")
    shown = _ask(place, "--run-dir", GRID_RUN, *arguments)
    assert "all equal" in shown
    run = place / "output" / GRID_RUN
    assert (run / "GER40_report.html").stat().st_size > 100_000
    assert (run / "GER40_analysis.xlsx").exists()
    assert list(run.glob("GER40_trades_*.csv"))


@pytest.mark.parametrize("name", SEARCHES)
def test_a_finished_search_is_checked_and_reported(place: Path, name: str) -> None:
    options = SEARCHES[name]
    assert "can be trusted" in _ask(place, "--check", name, *options)
    asked = ("--trades", "best", "--generate-html", "--generate-excel")
    _ask(place, "--run-dir", name, *options, *asked)
    run = place / "output" / name
    best = json.loads((run / "GER40_search_best.json").read_text())
    assert (run / f"GER40_trades_{best['trial']}.csv").exists()
    for report in ("GER40_report.html", "GER40_analysis.xlsx"):
        assert (run / report).exists()
    assert not (run / "GER40_best_params.json").exists(), "a finished run stays as it is"


def test_finished_runs_are_listed_with_their_best(place: Path) -> None:
    lines = command("--list", folder=place).splitlines()
    for name in SEARCHES:
        best = json.loads((place / "output" / name / "GER40_search_best.json").read_text())
        [line] = [line for line in lines if name in line]
        assert f"{best['metrics']['total_r']:.2f}" in line
