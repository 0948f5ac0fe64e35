"""Every slice of a grid to a part on disk, by worker processes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from params_optimizer.errors import RunError
from params_optimizer.orchestrator import executor, machine, worker
from params_optimizer.orchestrator.columns import EvaluatedSlice, TableSpec
from params_optimizer.orchestrator.executor import Executor, Lost
from params_optimizer.orchestrator.progress import Best, Done, Progress
from params_optimizer.orchestrator.signals import Interrupted, StopRequest
from params_optimizer.orchestrator.stages import Stage
from params_optimizer.orchestrator.study import Study
from params_optimizer.storage.parts import present_parts, write_part
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices

if TYPE_CHECKING:
    from numpy.typing import NDArray

Numbers = tuple[int, ...]
"""A task: slices by number, which share work where they can."""
_TASKS_PER_WORKER = 4
_SPARE_CPUS, _SPARE_FROM = 6, 16
# Measured: an idle worker, and the arrays of one slice while it is walked and written.
_WORKER_BYTES = 150 << 20
_BYTES_PER_ROW = 2600
_BEST_SHOWN = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one stage of a run, in a folder; called in each worker to make a writer."""

    study: Study
    stage: Stage
    folder: Path

    def __call__(self) -> Callable[[Numbers], list[Done]]:
        """Make what writes parts in this process."""
        return PartWriter(self).write

    def make(
        self, slices: PanelSlices, workers: int, progress: Progress, stop: StopRequest
    ) -> None:
        """Work until every slice has its part.

        Raises:
            Interrupted: `stop` was asked for.
            RunError: a slice killed its worker three times.
            OptimizerError: a worker met an error that the user can fix.
        """
        present = present_parts(self.folder).keys() & set(range(len(slices)))
        progress.at(sum(slices[number].rows for number in present))
        missing = set(range(len(slices))) - present
        if not missing:
            return
        workers = min(workers, len(missing))
        settings = self.study.settings.parallelization
        pool = Executor[Numbers, list[Done]](
            self, workers, settings.start_method, idle=progress.tick
        )
        tasks = list(_tasks(slices, missing, workers, settings.combinations_per_chunk))
        with stop.patient(), pool.at_work(stop):
            for _, done in pool.answers(tasks, stop):
                if isinstance(done, Lost):
                    raise self._deadly(slices, done.item)
                progress.done(done)
            if stop.signal:
                now = progress.snapshot()
                raise Interrupted(
                    f"stopped at {now.completed:,} of {now.total:,} combinations; the same "
                    f"command goes on from there",
                    stop.exit_code,
                )

    def _deadly(self, slices: PanelSlices, number: int) -> RunError:
        slice_ = slices[number]
        return RunError(
            f"slice {number} (combinations {slice_.first} to {slice_.first + slice_.rows - 1}, "
            f"{self.study.grid[slice_.first]}) ended its worker {executor.TRIES} times; "
            f"out of memory? All finished parts are kept: the same command, perhaps with fewer "
            f"--workers, goes on from here"
        )


class PartWriter:
    """Evaluates slices and writes their parts, in one process."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._study = parts, parts.study
        self._slices = PanelSlices(self._study.grid)
        self._engine, self._spec = self._study.engine(), self._study.table
        # The same pages for every slice: fresh ones would be mapped and cleared each time.
        self._memory: NDArray[np.float64] = np.empty(0)

    def write(self, numbers: Numbers) -> list[Done]:
        """Evaluate slices and write their parts; ends early when no more is to be begun."""
        done = []
        # Those that a worker wrote before it died are not made again.
        present = present_parts(self._parts.folder)
        for number in numbers:
            if worker.stopping():
                break
            worker.begin(number)
            if number in present:
                size = present[number].stat().st_size
                done.append(Done(number, self._slices[number].rows, size, None))
            else:
                done.append(self.write_slice(number))
        return done

    def write_slice(self, number: int) -> Done:
        """Evaluate a slice and write its part."""
        slice_ = self._slices[number]
        size = len(self._spec.measures) * slice_.rows
        if self._memory.size < size:
            self._memory = np.empty(size)
        numbers = np.arange(slice_.first, slice_.first + slice_.rows)
        evaluated = EvaluatedSlice(slice_, numbers, self._engine.metrics(slice_, self._memory))
        content = self._parts.stage.part(self._spec, evaluated)
        write_part(self._parts.folder, number, content)
        best = _best(self._spec, evaluated)
        return Done(number, slice_.rows, len(content), best)


def _best(spec: TableSpec, evaluated: EvaluatedSlice) -> Best | None:
    columns = dict(zip(spec.measures, evaluated.metrics, strict=True))
    eligible = columns["total_trades"] >= spec.eligibility.objective.min_trades
    if not eligible.any():
        return None
    row = int(np.where(eligible, columns["total_r"], -np.inf).argmax())
    figures = {name: float(columns[name][row]) for name in _BEST_SHOWN}
    return Best(int(evaluated.numbers[row]), figures)


def _tasks(
    slices: PanelSlices, missing: set[int], workers: int, min_rows: int
) -> Iterator[Numbers]:
    """Slices that share a panel together, but enough tasks for every worker."""
    size = max(1, len(missing) // (_TASKS_PER_WORKER * workers))
    size = max(size, -(-min_rows // slices[0].rows))
    for tile in slices.groups():
        numbers = [slice_.number for slice_ in tile if slice_.number in missing]
        for begin in range(0, len(numbers), size):
            yield tuple(numbers[begin : begin + size])


def worker_count(study: Study, requested: int | None) -> int:
    """Workers to start: `requested`, or by cores; never more than slices or memory carries."""
    cores = machine.cores()
    preferred = cores - _SPARE_CPUS if cores >= _SPARE_FROM else cores
    slices = PanelSlices(study.grid)
    rows = max(slices[0].rows, slices[len(slices) - 1].rows)
    carried = machine.free_memory() // (_WORKER_BYTES + rows * _BYTES_PER_ROW)
    limits: dict[str, int] = {"slices of this grid": len(slices), "free memory": carried}
    return machine.limited(requested, preferred, limits)
