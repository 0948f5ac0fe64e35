"""Where the time of a run goes, with one worker's work done in this process."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.market import CHECKOUT, Market
from benchmarks.measures import SECONDS, Measure, transposed
from params_optimizer.orchestrator import run
from params_optimizer.orchestrator.columns import EvaluatedSlice
from params_optimizer.orchestrator.estimate import estimate
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.resume import create
from params_optimizer.orchestrator.stages import AllRows
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.files import write_files
from params_optimizer.storage import parquet
from params_optimizer.storage.parts import write_part
from params_optimizer.storage.run_directory import RunDirectory
from params_optimizer.strategies.initial_balance.panel import engine
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices

KERNELS = {
    "panel_signals_nb": "signals",
    "panel_exits_nb": "exits",
    "window_table_nb": "exits",
    "walk_metrics_nb": "walk_and_metrics",
}
"""Kernels that `panel.engine` calls, and the phase that each belongs to."""

_RESUMING = "resuming"
"""Looking at parts that are there already: a run from start to end has none."""

_START = """
import sys
from pathlib import Path
from benchmarks.market import Market
study = Market(sys.argv[1], Path(sys.argv[2]), "").study(sys.argv[3])
study.prepare()
"""


class _Stopwatch:
    """Seconds by phase; a phase inside another one counts for itself only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        began = perf_counter()
        self._inner.append(0.0)
        try:
            yield
        finally:
            spent = perf_counter() - began
            own = spent - self._inner.pop()
            self._inner[-1] += spent
            self.seconds[name] = self.seconds.get(name, 0.0) + own

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: object, **named: object) -> object:
            with self.phase(name):
                return function(*arguments, **named)

        return call


def measure(market: Market, grid: str, runs: int) -> list[Measure]:
    """Seconds of each phase of a run over `grid`, in the order in which they happen."""
    study = market.study(grid)
    study.prepare()
    rounds = []
    for _ in range(runs):
        start = {"start": _start(market, grid)}
        rounds.append(start | seconds_by_phase(study))
    return transposed(rounds, "phases", SECONDS)


def seconds_by_phase(study: Study) -> dict[str, float]:
    """Seconds of everything after the start, by phase."""
    watch = _Stopwatch()
    with watch.phase("estimate"):
        estimate(study)
    with TemporaryDirectory() as folder:
        identity = run.identity_of(study)
        directory, _ = create(identity, Path(folder), lambda: new_manifest(study), resume=False)
        directory.parts.mkdir()
        _work(study, directory, watch)
        _finish(study, directory, watch)
    watch.seconds.pop(_RESUMING)
    return watch.seconds


def _work(study: Study, directory: RunDirectory, watch: _Stopwatch) -> None:
    """What workers do: every slice to a part on disk."""
    with _timed(watch, engine, KERNELS):
        panel, stage, spec = study.engine(), AllRows(), study.table
        for tile in PanelSlices(study.grid).groups():
            for piece in tile:
                numbers = np.arange(piece.first, piece.first + piece.rows)
                with watch.phase("days"):
                    metrics = panel.metrics(piece)
                with watch.phase("columns"):
                    content = stage.part(spec, EvaluatedSlice(piece, numbers, metrics))
                with watch.phase("writing"):
                    write_part(directory.parts, piece.number, content)


def _finish(study: Study, directory: RunDirectory, watch: _Stopwatch) -> None:
    """What the master does when all parts are there: it goes on with such a run."""
    reports = watch.timed("reports", write_files)
    with (
        _timed(watch, run, {"rank": "ranking", "find_parts": _RESUMING}),
        _timed(watch, parquet, {"join": "joining"}),
        watch.phase("checking"),
    ):
        run.execute(study, directory, 1, lambda _: None, reports)


@contextmanager
def _timed(watch: _Stopwatch, module: ModuleType, names: Mapping[str, str]) -> Iterator[None]:
    """Count the functions of a module that are named here for their phases."""
    with ExitStack() as patches:
        for name, phase in names.items():
            timed = watch.timed(phase, getattr(module, name))
            patches.enter_context(patch.object(module, name, timed))
        yield


def _start(market: Market, grid: str) -> float:
    """Seconds from a new process to bars mapped and kernels loaded."""
    arguments = [market.symbol, str(market.data_dir.resolve()), grid]
    began = perf_counter()
    subprocess.run([sys.executable, "-c", _START, *arguments], cwd=CHECKOUT, check=True)
    return perf_counter() - began
