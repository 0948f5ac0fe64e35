"""`--info` with and without data."""

import json

import pytest

from params_optimizer.config import NewsFilter, Settings
from params_optimizer.errors import GridError
from params_optimizer.orchestrator.estimate import Estimate
from params_optimizer.orchestrator.plan import Dates
from params_optimizer.reports.info import expectation, info

NO_LIMIT = Dates()
GRID = {
    "ib_wait_minutes": [0],
    "trade_window_minutes": [60, 90],
    "rr_target": [1.0, 2.0],
    "stop_mode": ["eq"],
    "tsl_target": [0.0],
    "tsl_sl": [0.5],
    "min_sl_pct": [0.001],
    "rev_rb_enabled": [False],
    "rev_rb_pct": [0.5],
    "ib_buffer_pct": [0.1],
    "max_distance_pct": [1.0],
}


@pytest.fixture
def settings(tmp_path) -> Settings:
    """A grid of 12 combinations, from a file; no news."""
    grid = tmp_path / "small.json"
    grid.write_text(json.dumps(GRID))
    return Settings(news_filter=NewsFilter(enabled=False), grid_mode=str(grid))


def told(settings, data_dir, dates=NO_LIMIT, spread=None) -> dict[str, str]:
    """The lines by their label."""
    text = info(settings, "GER40", data_dir, dates, spread)
    return {line[:15].strip(): line[15:] for line in text.splitlines()}


def test_data_grid_and_what_a_run_would_take(finished, settings):
    lines = told(settings, finished.data_dir)
    assert lines["grid"].endswith("small.json: 12 combinations")
    assert lines["trading days"] == "60 (2025-02-24 to 2025-05-16)"
    assert lines["spread"] == "1.5 points"
    assert lines["a run"].startswith("12 rows, about ")
    assert "workers, measured on a sample" in lines["a run"]


def test_dates_and_spread_of_ones_own(finished, settings):
    first, last = finished.outcome.study.span
    lines = told(settings, finished.data_dir, Dates(first, first), spread=0.5)
    assert lines["trading days"] == "1 (2025-02-24 to 2025-02-24)"
    assert lines["spread"] == "0.5 points"
    assert last > first


def test_without_data_it_says_how_to_get_some(settings, tmp_path):
    lines = told(settings, tmp_path / "nothing")
    assert lines["grid"].endswith("12 combinations")
    assert "a run" not in lines
    assert "--prepare-data" in " ".join(lines.values())


def test_the_two_grids_that_have_a_name(tmp_path):
    off = Settings(news_filter=NewsFilter(enabled=False))
    assert told(off, tmp_path)["grid"] == "standard: 34,560 combinations"
    expanded = off.model_copy(update={"grid_mode": "expanded"})
    assert told(expanded, tmp_path)["grid"] == "expanded: 1,478,400 combinations"


def test_a_wrong_grid_is_named(settings, finished):
    wrong = settings.model_copy(update={"grid_mode": "no_such_grid"})
    with pytest.raises(GridError, match="no_such_grid"):
        told(wrong, finished.data_dir)


@pytest.mark.parametrize(
    ("workers", "words"),
    [(1, "2:00 (minutes:seconds) with 1 worker, "), (2, "1:01 (minutes:seconds) with 2 workers, ")],
)
def test_an_expectation_in_words(workers, words):
    expected = Estimate(rows=1_478_400, result_bytes=175_000_000, peak_bytes=0, seconds=118.0)
    text = f"1,478,400 rows, about 175 MB and {words}measured on a sample"
    assert expectation(expected, workers) == text
