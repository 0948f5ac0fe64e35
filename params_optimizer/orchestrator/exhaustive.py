"""Every slice of a space to a part on disk, by worker processes."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from params_optimizer.errors import RunError
from params_optimizer.orchestrator import executor, machine, worker
from params_optimizer.orchestrator.columns import (
    FAILED,
    TIMEOUT,
    EvaluatedSlice,
    Failure,
    SliceColumns,
    TableSpec,
)
from params_optimizer.orchestrator.executor import DIED, Executor, Lost
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.progress import BestSoFar, Done, Progress
from params_optimizer.orchestrator.signals import Interrupted, StopRequest
from params_optimizer.orchestrator.stages import Stage
from params_optimizer.orchestrator.stored_slices import StoredSlices
from params_optimizer.storage.parts import present_parts, write_part
from params_optimizer.strategies.batch import Slice, Slices

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

_TASKS_PER_WORKER = 4
_SPARE_CPUS, _SPARE_FROM = 6, 16
# Measured: an idle worker, and the arrays of one slice while it is walked and written.
_WORKER_BYTES = 150 << 20
_BYTES_PER_ROW = 2600
_BEST_SHOWN = (
    *("total_r", "total_trades", "winrate", "winning_trades", "losing_trades", "sharpe_ratio"),
    "max_drawdown",
)


class SliceTask(NamedTuple):
    """Slices by number, which share work where they can, and sets in them that are lost."""

    numbers: tuple[int, ...]
    lost: Mapping[int, Failure] = {}


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one stage of a run, in a folder; called in each worker to make a writer.

    Slices are evaluated, or read from the parts in the folder `stored`.
    """

    plan: Plan
    stage: Stage
    folder: Path
    stored: Path | None = None

    def __call__(self) -> Callable[[SliceTask], list[Done]]:
        """Make what writes parts in this process."""
        return PartWriter(self).write

    @property
    def set_by_set(self) -> bool:
        """Whether a strategy is asked for one parameter set after the other."""
        return self.stored is None and self.plan.set_by_set

    def make(self, workers: int, progress: Progress, stop: StopRequest) -> None:
        """Work until every slice has its part.

        A set of a strategy that is asked set by set, and that hangs or ends its worker three
        times, becomes a row without metrics.

        Raises:
            Interrupted: `stop` was asked for.
            RunError: a slice ended its worker again and again.
            OptimizerError: a worker met an error that the user can fix.
        """
        plan, slices = self.plan, self.plan.slices
        present = present_parts(self.folder).keys() & set(range(len(slices)))
        progress.at(sum(plan.numbers(slices[number]).size for number in present))
        missing = set(range(len(slices))) - present
        if not missing:
            return
        settings = plan.settings.parallelization
        workers = min(workers, len(missing))
        pool = Executor[SliceTask, list[Done]](
            self,
            workers,
            settings.start_method,
            timeout=plan.timeout if self.set_by_set else None,
            amend=self._without,
            idle=progress.tick,
        )
        tasks = tasks_of(slices, missing, workers, settings.combinations_per_chunk)
        with stop.patient(), pool.at_work(stop):
            for place, done in pool.answers(tasks, stop):
                if isinstance(done, Lost):
                    number = tasks[place].numbers[0] if self.set_by_set else done.item
                    raise self._deadly(slices[number])
                progress.done(done)
            if stop.signal:
                snapshot = progress.snapshot()
                raise Interrupted(
                    f"stopped at {snapshot.completed:,} of {snapshot.total:,} combinations; the "
                    f"same command goes on from there",
                    stop.exit_code,
                )

    def _without(self, task: SliceTask, lost: Lost) -> SliceTask | None:
        """The task without a lost set; None where no single set can be blamed."""
        if not self.set_by_set or lost.item == worker.NO_ITEM:
            return None
        failure = Failure(FAILED, f"its worker process died, {executor.TRIES} times")
        if lost.reason != DIED:
            failure = Failure(TIMEOUT, f"took longer than {self.plan.timeout:g} seconds")
        # Not in the row: what is written, warnings for example, may depend on the worker.
        log.warning(
            "combination %d: %s", lost.item, worker.with_errors(failure.reason, lost.errors)
        )
        return task._replace(lost={**task.lost, lost.item: failure})

    def _deadly(self, slice_: Slice) -> RunError:
        return RunError(
            f"slice {slice_.number} (combinations {slice_.first} to "
            f"{slice_.first + slice_.rows - 1}, {self.plan.space[slice_.first]}) ended its "
            f"worker {executor.TRIES} times; out of memory? All finished parts are kept: the same "
            f"command, perhaps with fewer --workers, goes on from here"
        )


class PartWriter:
    """Evaluates slices and writes their parts, in one process."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._plan = parts, parts.plan
        self._slices, self._spec = parts.plan.slices, parts.plan.table
        self._set_by_set = parts.set_by_set
        self._stored = parts.stored and StoredSlices(self._spec, parts.stored)
        self._evaluator = parts.plan.evaluator(worker.begin)
        # The same pages for every slice: fresh ones would be mapped and cleared each time.
        self._memory: NDArray[np.float64] = np.empty(0)

    def write(self, task: SliceTask) -> list[Done]:
        """Evaluate slices and write their parts; ends early when no more is to be begun."""
        done = []
        # Those that a worker wrote before it died are not made again.
        present = present_parts(self._parts.folder)
        for number in task.numbers:
            if worker.stopping():
                break
            if self._set_by_set:  # the evaluator tells of each set
                worker.end()
            else:
                worker.begin(number)
            if number in present:
                done.append(self._present(number, present[number]))
            else:
                done.append(self.write_slice(number, task.lost))
        return done

    def write_slice(self, number: int, lost: Mapping[int, Failure]) -> Done:
        """Evaluate a slice and write its part."""
        slice_ = self._slices[number]
        evaluated = (
            self._stored.evaluated(slice_, self._plan.numbers(slice_))
            if self._stored
            else self._evaluated(slice_, lost)
        )
        content = self._parts.stage.part(self._spec, evaluated)
        write_part(self._parts.folder, number, content)
        rows, best = evaluated.numbers.size, _best(self._spec, evaluated)
        return Done(number, rows, len(content), best)

    def _evaluated(self, slice_: Slice, lost: Mapping[int, Failure]) -> EvaluatedSlice:
        size = len(self._spec.measures) * slice_.rows
        if self._memory.size < size:
            self._memory = np.empty(size)
        numbers = self._plan.numbers(slice_)
        failures = {number: lost[number] for number in numbers.tolist() if number in lost}
        usable = ~np.isin(numbers, list(failures)) if failures else slice(None)
        metrics = self._evaluator.metrics(slice_, numbers[usable], self._memory)
        if self._set_by_set:  # writing the part is no part of the last set
            worker.end()
        if failures:
            every = np.full((len(metrics), numbers.size), np.nan)
            every[:, usable] = metrics
            metrics = every
        for number, reason in self._evaluator.failures.items():
            failures[number] = Failure(FAILED, reason)
        return EvaluatedSlice(slice_, numbers, metrics, failures)

    def _present(self, number: int, path: Path) -> Done:
        rows = self._plan.numbers(self._slices[number]).size
        return Done(number, rows, path.stat().st_size, None)


def _best(spec: TableSpec, evaluated: EvaluatedSlice) -> BestSoFar | None:
    columns = SliceColumns(spec.space, evaluated.numbers, spec.measures, evaluated.metrics)
    competes = spec.eligibility.objective.competes(columns)
    if not competes.any():
        return None
    row = int(np.where(competes, columns["total_r"], -np.inf).argmax())
    figures = {name: float(columns[name][row]) for name in _BEST_SHOWN}
    return BestSoFar(int(evaluated.numbers[row]), figures)


def tasks_of(slices: Slices, missing: set[int], workers: int, min_rows: int) -> list[SliceTask]:
    """Slices that share work together, but enough tasks for every worker.

    In a fixed order by chance, so that what is there of an unfinished run is a sample of the
    whole space and not the first values of its slowest parameter.
    """
    tasks = list(_tasks_in_order(slices, missing, workers, min_rows))
    Random(0).shuffle(tasks)  # noqa: S311  an order, no secret
    return tasks


def _tasks_in_order(
    slices: Slices, missing: set[int], workers: int, min_rows: int
) -> Iterator[SliceTask]:
    size = max(1, len(missing) // (_TASKS_PER_WORKER * workers))
    size = max(size, -(-min_rows // slices[0].rows))
    for tile in slices.groups():
        numbers = [slice_.number for slice_ in tile if slice_.number in missing]
        for begin in range(0, len(numbers), size):
            yield SliceTask(tuple(numbers[begin : begin + size]))


def worker_count(plan: Plan, requested: int | None) -> int:
    """Workers to start: `requested`, or by cores; never more than slices or memory carries.

    Of a method that asks for trials never more than it asks for at once.
    """
    cores = machine.cores()
    if not plan.method.exhaustive:
        return machine.limited(requested, cores, {"trials asked at once": plan.method.batch})
    preferred = cores - _SPARE_CPUS if cores >= _SPARE_FROM else cores
    slices = plan.slices
    rows = max(slices[0].rows, slices[len(slices) - 1].rows)
    carried = machine.free_memory() // (_WORKER_BYTES + rows * _BYTES_PER_ROW)
    limits: dict[str, int] = {"slices of this space": len(slices), "free memory": carried}
    return machine.limited(requested, preferred, limits)
