"""The master: hands slices to workers until every part of the grid is on disk."""

from collections import Counter
from collections.abc import Iterator
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from params_optimizer.errors import OptimizerError, RunError
from params_optimizer.orchestrator import machine, pools
from params_optimizer.orchestrator.progress import Progress
from params_optimizer.orchestrator.signals import Interrupted, StopRequest
from params_optimizer.orchestrator.stages import Stage
from params_optimizer.orchestrator.study import Say, Study
from params_optimizer.orchestrator.worker import Job
from params_optimizer.storage.parts import present_parts
from params_optimizer.strategies.initial_balance.panel.slices import Slices

_TRIES = 3
_FRUITLESS = 10  # pools that died one after the other without a single part
_TASKS_PER_WORKER = 4
_SPARE_CPUS, _SPARE_FROM = 6, 16
# Measured: an idle worker, and the arrays of one slice while it is walked and written.
_WORKER_BYTES = 150 << 20
_BYTES_PER_ROW = 2600


class Master:
    """Finishes the parts of one stage of a run."""

    def __init__(self, study: Study, stage: Stage, parts: Path, workers: int, say: Say) -> None:
        self._study, self._stage, self._parts, self._say = study, stage, parts, say
        self._slices = Slices(study.grid.axes)
        self._workers = workers
        method = pools.start_method(study.settings.parallelization.start_method)
        self._context: BaseContext = pools.context_of(method)
        self._tries: Counter[int] = Counter()
        self._fruitless = 0

    def run(self, progress: Progress, stop: StopRequest) -> None:
        """Work until every slice has its part.

        Raises:
            Interrupted: `stop` was asked for.
            RunError: a slice killed its worker three times.
            OptimizerError: a worker met an error that the user can fix.
        """
        with stop.patient():
            while missing := self._missing(progress):
                try:
                    self._round(missing, progress, stop)
                except pools.WorkersDied as death:
                    self._count_fruitless(missing, death)
                    self._say(f"{death}; their slices are done again by new ones")
                if stop.signal:
                    now = progress.snapshot()
                    raise Interrupted(
                        f"stopped at {now.completed:,} of {now.total:,} combinations; the same "
                        f"command goes on from there",
                        stop.exit_code,
                    )

    def _missing(self, progress: Progress) -> set[int]:
        present = self._present()
        rows = sum(self._slices[number].rows for number in present)
        progress.at(rows)
        return set(range(len(self._slices))) - present

    def _present(self) -> set[int]:
        return set(range(len(self._slices))) & present_parts(self._parts).keys()

    def _round(self, missing: set[int], progress: Progress, stop: StopRequest) -> None:
        """One pool's life: until all is done, a worker dies or a stop is asked for."""
        processes = min(self._workers, len(missing))
        slots = 2 * processes
        stopping: Any = self._context.RawValue("b", 0)
        busy: Any = self._context.RawArray("q", 2 * slots)
        job = Job(self._study, self._stage, self._parts, stopping, busy)
        tasks, free, flying = self._tasks(missing, processes), list(range(slots)), 0
        pool: pools.WorkerPool | None = None
        try:
            with stop.shielded():
                pool = pools.WorkerPool(self._context, processes, job)
            progress.tick(pool.alive)

            def idle() -> None:
                stopping.value = 1 if stop.signal else 0
                progress.tick(pool.alive)

            while True:
                while free and not stop.signal and (numbers := next(tasks, None)):
                    pool.submit(free.pop(), numbers)
                    flying += 1
                if not flying:
                    return
                finished = pool.wait(idle)
                self._take(finished, progress)
                free.append(finished.slot)
                flying -= 1
        except pools.WorkersDied as death:
            self._count_tries(busy, death.pids)
            raise
        finally:
            with stop.shielded():
                if pool:
                    pool.abandon()

    def _take(self, finished: pools.Finished, progress: Progress) -> None:
        if isinstance(finished.error, OptimizerError):
            raise finished.error
        if isinstance(finished.error, MemoryError):
            raise RunError("a worker ran out of memory; take fewer with --workers")
        if finished.error is not None:
            raise RuntimeError("a worker failed") from finished.error
        progress.done(finished.done)

    def _tasks(self, missing: set[int], processes: int) -> Iterator[list[int]]:
        """Slices that share a panel together, but enough pieces for every worker."""
        most = max(1, len(missing) // (_TASKS_PER_WORKER * processes))
        least = self._study.settings.parallelization.combinations_per_chunk
        most = max(most, -(-least // self._slices[0].rows))
        for tile in self._slices.by_tile():
            numbers = [piece.number for piece in tile if piece.number in missing]
            for begin in range(0, len(numbers), most):
                yield numbers[begin : begin + most]

    def _count_fruitless(self, missing: set[int], death: pools.WorkersDied) -> None:
        """Stop where workers die before they begin; no slice is to blame for that."""
        self._fruitless = 0 if missing & self._present() else self._fruitless + 1
        if self._fruitless >= _FRUITLESS:
            raise RunError(
                f"{death}, and so did all before them {_FRUITLESS} times in a row, without a "
                f"finished slice; out of memory? All finished parts are kept: the same command, "
                f"perhaps with fewer --workers, goes on from here"
            )

    def _count_tries(self, busy: Any, pids: list[int]) -> None:  # noqa: ANN401  a shared array
        """Blame the slice that a dead worker was at; the third time the run stops."""
        for place in range(0, len(busy), 2):
            if busy[place] not in pids:
                continue
            number = busy[place + 1]
            self._tries[number] += 1
            if self._tries[number] >= _TRIES:
                piece = self._slices[number]
                raise RunError(
                    f"slice {number} (combinations {piece.first} to "
                    f"{piece.first + piece.rows - 1}, {self._study.grid.values(piece.first)}) "
                    f"ended its worker {_TRIES} times; out of memory? All finished parts are "
                    f"kept: the same command, perhaps with fewer --workers, goes on from here"
                )


def worker_count(study: Study, wanted: int | None, say: Say) -> int:
    """Workers to start: `wanted`, or by cores; never more than slices or memory carries."""
    cores = machine.cores()
    count = wanted or (cores - _SPARE_CPUS if cores >= _SPARE_FROM else cores)
    slices = Slices(study.grid.axes)
    rows = max(slices[0].rows, slices[len(slices) - 1].rows)
    carried = machine.free_memory() // (_WORKER_BYTES + rows * _BYTES_PER_ROW)
    limits: dict[str, int] = {"slices of this grid": len(slices), "free memory": carried}
    if wanted is None:
        limits["cores"] = cores
    for name, limit in limits.items():
        if count > limit:
            count = max(int(limit), 1)
            if wanted:
                say(f"{wanted} workers were asked for; {count} are started (limit: {name})")
    return count
