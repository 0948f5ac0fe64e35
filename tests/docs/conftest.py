"""Small finished runs, for documents that tell what a run leaves behind."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from params_optimizer.data.sample import write_sample
from params_optimizer.data.sample.export import SampleSpan
from tests.docs.documents import CHECKOUT

TWO_MONTHS = SampleSpan(date(2024, 2, 19), date(2024, 4, 19), rows=20_000, overlap=500)
GRID = {
    "ib_wait_minutes": [0],
    "trade_window_minutes": [120],
    "rr_target": [0.5, 1.0],
    "stop_mode": ["eq", "ib_start"],
    "tsl_target": [0.0, 0.5],
    "tsl_sl": [0.5],
    "min_sl_pct": [0.001],
    "rev_rb_enabled": [True],
    "rev_rb_pct": [0.1],
    "ib_buffer_pct": [0.05],
    "max_distance_pct": [1.0],
}

Optimizer = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def optimizer(compiled_kernels: Path, tmp_path_factory: pytest.TempPathFactory) -> Optimizer:
    """Runs `python -m params_optimizer.run_optimizer` in a folder."""
    cache = tmp_path_factory.mktemp("cache")
    with suppress(OSError):  # Windows without the right to make links: compiled once more
        (cache / compiled_kernels.name).symlink_to(compiled_kernels, target_is_directory=True)
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "PARAMS_OPTIMIZER_CACHE": str(cache)}

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "params_optimizer.run_optimizer", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def project(optimizer: Optimizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `data/`, a run with all reports in `output/`, one of the best in `kept/`."""
    folder = tmp_path_factory.mktemp("project")
    write_sample(folder / "data", ["GER40"], span=TWO_MONTHS)
    (folder / "grid.json").write_text(json.dumps(GRID))
    optimizer(folder, "--symbol", "GER40", "--prepare-data")
    own = ("--symbol", "GER40", "--grid", "grid.json", "--workers", "1")
    optimizer(folder, *own, "--run", "--trades", "best", "--generate-excel", "--generate-html")
    walk = ("--walk-forward", "--in-sample-days", "15", "--out-sample-days", "10")
    regimes = ("--by-regime", "trend", "--min-regime-trades", "1")
    chosen = ("--holdout-from", "2024-03-25", *walk, *regimes, "--validation", "halves")
    optimizer(folder, "--symbol", "GER40", *chosen, "--min-trades", "1", "--robustness")
    optimizer(folder, *own, "--keep", "top:3", "--output-dir", "kept")
    return folder


@pytest.fixture(scope="session")
def run_folder(project: Path) -> Path:
    """The run of all rows."""
    return next((project / "output" / "sample").glob("GER40_*"))


@pytest.fixture(scope="session")
def kept_folder(project: Path) -> Path:
    """The run that kept the best rows only."""
    return next((project / "kept").glob("GER40_*"))
