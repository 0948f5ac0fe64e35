"""A small study on generated bars, as the command makes it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from params_optimizer.config import GridValues, NewsFilter, Settings
from params_optimizer.orchestrator.study import Study, make_study
from tests.crash.harness import GOLDEN, SYMBOL, TINY_GRID
from tests.grids import grid_of

MakeStudy = Callable[..., Study]


@pytest.fixture
def study_with(tmp_path: Path) -> MakeStudy:
    """Makes the study of a few combinations; keyword arguments as of `make_study`."""
    folder = tmp_path / "data"
    (folder / "optimized").mkdir(parents=True)
    shutil.copy(GOLDEN / f"{SYMBOL}_m1.parquet", folder / "optimized")
    settings = Settings(news_filter=NewsFilter(enabled=False))
    values = GridValues.model_validate_json(json.dumps(TINY_GRID))
    grid = grid_of(values, settings.symbol(SYMBOL).ib_windows)

    def make(**given: object) -> Study:
        options = {"settings": settings, "symbol": SYMBOL, "data_dir": folder, "grid": grid}
        return make_study(**{**options, **given})

    return make


@pytest.fixture
def study(study_with: MakeStudy) -> Study:
    return study_with()
