"""What a run will take, measured on a sample of its space before it starts."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from params_optimizer.errors import RunError
from params_optimizer.orchestrator.columns import EvaluatedSlice
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.stages import AllRows
from params_optimizer.storage import files
from params_optimizer.storage.run_directory import PARTS
from params_optimizer.strategies.batch import Slice

_START_SECONDS = 2.0
_BYTES_PER_KEPT_ROW = 1000
_BYTES_PER_SURVEY = 40_000
_SPARE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rows and bytes of the results, bytes on disk while they are made, seconds of work.

    `seconds` is the time of one core, without start and end; None: not known.
    """

    rows: int
    result_bytes: int
    peak_bytes: int
    seconds: float | None

    def wall_seconds(self, workers: int) -> float | None:
        """Expected time of a run; None: not known."""
        if self.seconds is None:
            return None
        return self.seconds / workers + _START_SECONDS


def estimate(plan: Plan) -> Estimate:
    """Evaluate two slices of the space and reckon from them.

    Of a strategy that is asked set by set nothing is evaluated outside of workers.
    """
    slices, count = plan.slices, plan.space.count
    if plan.set_by_set:
        size = count * _BYTES_PER_KEPT_ROW
        return _limited(plan, Estimate(count, size, 2 * size, None))
    spec, evaluator = plan.table, plan.evaluator()
    group = next(iter(slices.groups()))

    def evaluated(slice_: Slice) -> EvaluatedSlice:
        numbers = plan.numbers(slice_)
        return EvaluatedSlice(slice_, numbers, evaluator.metrics(slice_, numbers))

    # Loads compiled code and libraries: not part of the measure.
    AllRows().part(spec, evaluated(group[0]))
    evaluator = plan.evaluator()
    began = perf_counter()
    evaluated(group[0])
    prepared = perf_counter()
    last = evaluated(group[-1])
    walked = perf_counter()
    size = len(AllRows().part(spec, last))
    written = perf_counter()
    walk = walked - prepared
    seconds = max(prepared - began - walk, 0.0) * len(slices) / len(group)
    seconds += (written - prepared) * len(slices)
    total = size / max(last.numbers.size, 1) * count
    # The joined file is whole before the first part is deleted.
    return _limited(plan, Estimate(count, round(total), round(2 * total), seconds))


def _limited(plan: Plan, every: Estimate) -> Estimate:
    """What a run takes that keeps the best rows only; the same where it keeps all."""
    if plan.most is None:
        return every
    rows = min(len(plan.table.eligibility.scopes) * plan.most, every.rows)
    table_bytes = rows * _BYTES_PER_KEPT_ROW
    peak = table_bytes * 8 + len(plan.slices) * 2 * _BYTES_PER_SURVEY
    seconds = None if every.seconds is None else 2 * every.seconds
    return Estimate(rows, table_bytes, peak, seconds)


def check_disk(plan: Plan, expected: Estimate, folder: Path) -> None:
    """Refuse a run that the disk cannot hold.

    `folder` is that of a run to continue, whose parts and results count as done, or the
    folder in which a new one would be made.

    Raises:
        RunError: names what is needed, what is free and the ways out.
        StorageError: the folder has vanished.
    """
    with files.explained(folder, "read"):
        done = [*folder.glob(f"{PARTS}/*.parquet"), *folder.glob("*_full_results.parquet")]
        written = sum(path.stat().st_size for path in done if path.is_file())
        needed = expected.peak_bytes + _SPARE_BYTES - written
        free = shutil.disk_usage(folder).free
    if needed <= free:
        return
    advice = "free some space, or choose another --output-dir"
    if plan.most is None:
        advice += ", or keep only the best rows with --keep top:5000"
    raise RunError(
        f"{folder}: this run needs about {needed / 1e6:,.0f} MB for {expected.rows:,} "
        f"rows, and {free / 1e6:,.0f} MB are free; {advice}"
    )
