"""Runs that an older version finished can still be checked and reported."""

import shutil
from pathlib import Path

import pytest

from tests.records.sample import command

FORMAT_1 = Path(__file__).parent / "format_1"
GRID_RUN = "GER40_64combos_20261201_054212"


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
