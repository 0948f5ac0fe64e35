"""What a run will take, measured on a sample of its grid before it starts."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import RunError
from params_optimizer.orchestrator.columns import EvaluatedSlice
from params_optimizer.orchestrator.stages import AllRows
from params_optimizer.orchestrator.study import Study
from params_optimizer.storage import files
from params_optimizer.storage.run_directory import PARTS
from params_optimizer.strategies.batch import Slice
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices

_START_SECONDS = 2.0
_BYTES_PER_KEPT_ROW = 1000
_BYTES_PER_SURVEY = 40_000
_SPARE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rows and bytes of the results, bytes on disk while they are made, seconds of work.

    `seconds` is the time of one core, without start and end.
    """

    rows: int
    result_bytes: int
    peak_bytes: int
    seconds: float

    def wall_seconds(self, workers: int) -> float:
        """Expected time of a run."""
        return self.seconds / workers + _START_SECONDS


def estimate(study: Study) -> Estimate:
    """Evaluate two slices of the grid and reckon from them."""
    slices, engine = PanelSlices(study.grid), study.engine()
    tile = next(slices.groups())
    # Loads compiled code and libraries: not part of the measure.
    spec = study.table
    AllRows().part(spec, _evaluated(tile[0], engine.metrics(tile[0])))
    engine = study.engine()
    began = perf_counter()
    engine.metrics(tile[0])
    prepared = perf_counter()
    metrics = engine.metrics(tile[-1])
    walked = perf_counter()
    size = len(AllRows().part(spec, _evaluated(tile[-1], metrics)))
    written = perf_counter()
    walk = walked - prepared
    tiles = len(slices) / len(tile)
    seconds = max(prepared - began - walk, 0.0) * tiles
    seconds += (written - prepared) * len(slices)
    per_row = size / tile[-1].rows
    if study.most is None:
        rows = len(study.grid)
        # The joined file is whole before the first part is deleted.
        return Estimate(rows, round(rows * per_row), round(2 * rows * per_row), seconds)
    rows = min(5 * study.most, len(study.grid))
    kept = rows * _BYTES_PER_KEPT_ROW
    peak = kept * 8 + len(slices) * 2 * _BYTES_PER_SURVEY
    return Estimate(rows, kept, peak, 2 * seconds)


def _evaluated(slice_: Slice, metrics: NDArray[np.float64]) -> EvaluatedSlice:
    return EvaluatedSlice(slice_, np.arange(slice_.first, slice_.first + slice_.rows), metrics)


def check_disk(study: Study, expected: Estimate, folder: Path) -> None:
    """Refuse a run that the disk cannot hold.

    `folder` is that of a run to continue, whose parts and results count as done, or the
    folder in which a new one would be made.

    Raises:
        RunError: names what is needed, what is free and the ways out.
        StorageError: the folder has vanished.
    """
    with files.explained(folder, "read"):
        done = [*folder.glob(f"{PARTS}/*.parquet"), *folder.glob("*_full_results.parquet")]
        there = sum(one.stat().st_size for one in done if one.is_file())
        needed = expected.peak_bytes + _SPARE_BYTES - there
        free = shutil.disk_usage(folder).free
    if needed <= free:
        return
    advice = "free some space, or choose another --output-dir"
    if study.most is None:
        advice += ", or keep only the best rows with --keep top:5000"
    raise RunError(
        f"{folder}: this run needs about {needed / 1e6:,.0f} MB for {expected.rows:,} "
        f"rows, and {free / 1e6:,.0f} MB are free; {advice}"
    )
