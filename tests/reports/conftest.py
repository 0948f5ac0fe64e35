"""A small finished run that the tests of the reports read."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from params_optimizer.config import NewsFilter, Settings
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.run import execute
from params_optimizer.orchestrator.study import make_study
from params_optimizer.reports.files import write_files
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import RunDirectory
from tests.grids import grid_of
from tests.reports.browsers import Browser, chromium_browser
from tests.validation.studies import TINY

GOLDEN_BARS = Path(__file__).parents[1] / "golden" / "generated" / "GER40_m1.parquet"
COMBINATIONS = 288


@dataclass(frozen=True)
class Run:
    """A finished run: what was found, where its files lie, the folder of its bars."""

    outcome: Outcome
    directory: RunDirectory
    data_dir: Path

    @property
    def folder(self) -> Path:
        return self.directory.path


@pytest.fixture(scope="session")
def finished(compiled_kernels: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """288 combinations on generated bars of GER40, without news; read it, change nothing."""
    return _run("all", compiled_kernels, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def selected(compiled_kernels: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same with `--keep top:5`; read it, change nothing."""
    return _run("top:5", compiled_kernels, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Headless Chromium; the tests that need it are skipped where there is none."""
    with chromium_browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


def _run(keep: str, compiled_kernels: Path, root: Path) -> Run:
    (root / "data" / "optimized").mkdir(parents=True)
    shutil.copy(GOLDEN_BARS, root / "data" / "optimized" / GOLDEN_BARS.name)
    (root / "cache").mkdir()
    with suppress(OSError):  # no links here: the kernels are compiled once more
        (root / "cache" / compiled_kernels.name).symlink_to(
            compiled_kernels, target_is_directory=True
        )
    settings = Settings(news_filter=NewsFilter(enabled=False), min_trades=10, keep=keep)
    grid = grid_of(TINY, settings.symbol("GER40").ib_windows)
    assert len(grid) == COMBINATIONS
    with pytest.MonkeyPatch.context() as patch:
        # Made before the cache of the first test that asks for it.
        patch.setenv("PARAMS_OPTIMIZER_CACHE", str(root / "cache"))
        study = make_study(settings, "GER40", root / "data", grid=grid)
        now = datetime(2024, 1, 2, tzinfo=UTC)
        directory = run_directory.create(root, "GER40_288combos", now, new_manifest(study))
        outcome = execute(study, directory, 1, lambda _: None, write_files, _silent)
    return Run(outcome, directory, root / "data")


def _silent(text: str) -> None:
    del text
