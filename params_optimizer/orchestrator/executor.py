"""Tasks for worker processes that may die, hang or be told to stop.

An executor is given a *build*: a picklable function that makes, once in each worker process,
the function that answers tasks. Where a worker dies, its tasks are retried by new ones. A task
that keeps killing its workers, or an item of it that takes too long, is lost: the caller may
amend the task, or its answer is the reason. Workers are killed from outside, too, by people or by
a system without memory: before a task is lost it is tried alone in fresh workers.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

from params_optimizer.errors import OptimizerError, RunError
from params_optimizer.orchestrator import pools, worker
from params_optimizer.orchestrator.signals import Interrupted, StopRequest, stop_requests
from params_optimizer.storage.error_output import ErrorOutput

log = logging.getLogger(__name__)

T = TypeVar("T")
A = TypeVar("A")
Build = Callable[[], Callable[[T], A]]
Listener = Callable[[int, int], None]
"""Called with the number of answered tasks and of all tasks."""

DIED, TIMED_OUT = "died", "timed out"
TRIES = 4
"""Deaths of workers after which an item is lost, the last one with nothing else in the air."""
_FRUITLESS = 10  # pools that died in a row before an item was begun or a task answered


class Workers(NamedTuple):
    """Processes, how they are started, and the seconds that an item may take.

    With none of them items are done in this process, without a limit of time, and one that
    kills it ends the work.
    """

    processes: int = 1
    start_method: str | None = None
    timeout: float | None = None


ONE_WORKER = Workers()


class Lost(NamedTuple):
    """Why a task has no answer, `DIED` or `TIMED_OUT`, and the item its worker was at.

    `errors` is the end of what the item wrote to the error output.
    """

    reason: str
    item: int = worker.NO_ITEM
    errors: str = ""


Amend = Callable[[T, Lost], T | None]
"""Makes of a task and a lost item of it the task without that item; None gives the task up."""


def _give_up(task: object, lost: Lost) -> None:
    del task, lost


def _ignore(count: int, total: int = 0) -> None:
    del count, total


class Executor(Generic[T, A]):
    """Worker processes that stay while `answers` is called again and again.

    `start_method` is one of multiprocessing, or None for the best on this system; `timeout`,
    in seconds, is what a single item of a task may take. `idle` is called with the number of
    living workers while the executor waits for answers.
    """

    def __init__(
        self,
        build: Build[T, A],
        workers: int,
        start_method: str | None,
        *,
        timeout: float | None = None,
        amend: Amend[T] = _give_up,
        idle: Callable[[int], None] = _ignore,
    ) -> None:
        self._context = pools.context_of(pools.start_method(start_method))
        self._build, self._workers, self._timeout = build, workers, timeout
        self._amend, self._idle = amend, idle
        # Two tasks for each worker hide the way between processes.
        self._slots = 2 * workers
        self._pool: pools.ProcessPool | None = None
        self._in_flight: dict[int, int] = {}  # slot -> place of the task
        self._fruitless = 0

    @contextmanager
    def at_work(self, stop: StopRequest) -> Iterator["Executor[T, A]"]:
        """Leave no process behind the block."""
        try:
            yield self
        finally:
            self._leave(stop)

    def answers(self, tasks: Sequence[T], stop: StopRequest) -> Iterator[tuple[int, A | Lost]]:
        """Place of each task and its answer, in the order in which they come.

        After a stop request no task is begun, workers are told to finish the item in hand,
        and the answers end with those that were in the air.

        Raises:
            RunError: workers die before they do anything, or one has no memory left.
            OptimizerError: a task raised one; anything else that it raises is a bug.
        """
        missing, deaths = dict(enumerate(tasks)), Counter[tuple[int, int]]()
        while missing and not stop.signal:
            suspects = [at for at in deaths if deaths[at] >= TRIES - 1 and at[0] in missing][:1]
            alone = {place: missing[place] for place, _ in suspects}
            try:
                for place, answer in self._round(alone or missing, stop):
                    del missing[place]
                    self._fruitless = 0
                    yield place, answer
                continue
            except pools.WorkersDied as death:
                victims = self._items_of(death.pids)
                self._leave(stop)
                self._count_fruitless(death, victims)
                log.warning("%s; their tasks are retried by new ones", death)
                places = [(place, loss.item) for place, loss in victims]
                deaths.update(places)
                lost = [loss for at, loss in zip(places, victims, strict=True) if at in suspects]
            except _Hang as hang:
                victims = lost = hang.items
                self._leave(stop)
            for at in suspects if victims else ():  # convicted, or cleared by the death of another
                del deaths[at]
            for place, loss in lost:
                amended = self._amend(missing[place], loss)
                if amended is not None:
                    missing[place] = amended
                    continue
                del missing[place]
                yield place, loss

    def _round(self, missing: dict[int, T], stop: StopRequest) -> Iterator[tuple[int, A | Lost]]:
        """Answers until all are there, a worker dies, or one hangs."""
        pool, shared = self._started(stop)
        waiting, free = sorted(missing, reverse=True), list(range(self._slots))
        self._in_flight = {}

        def idle() -> None:
            shared.stop.value = 1 if stop.signal else 0
            self._idle(pool.alive)
            self._watch_the_clock()

        self._idle(pool.alive)
        while True:
            while waiting and free and not stop.signal:
                slot = free.pop()
                self._in_flight[slot] = waiting.pop()
                pool.ask(slot, worker.answer, slot, missing[self._in_flight[slot]])
            if not self._in_flight:
                return
            finished = pool.wait(idle)
            if finished.error is not None:
                raise _error(finished.error)
            yield self._in_flight.pop(finished.slot), finished.done
            free.append(finished.slot)

    def _started(self, stop: StopRequest) -> tuple[pools.ProcessPool, worker.Shared]:
        if self._pool is None:
            with stop.shielded():
                self._errors = ErrorOutput()
                self._shared = worker.Shared.of(
                    self._context, self._build, self._slots, self._errors.path
                )
                self._pool = pools.ProcessPool(
                    self._context, self._workers, worker.start, self._shared
                )
        return self._pool, self._shared

    def _watch_the_clock(self) -> None:
        if self._timeout is None:
            return
        late = time.monotonic() - self._timeout
        items = []
        for slot, place in self._in_flight.items():
            position = self._shared.position(slot)
            # Read twice: the worker may just be going on to its next item.
            if position.pid and position.began < late and position == self._shared.position(slot):
                errors = self._errors.read(position.pid)
                items.append((place, Lost(TIMED_OUT, position.item, errors)))
        if items:
            raise _Hang(items)

    def _items_of(self, pids: list[int]) -> list[tuple[int, Lost]]:
        """Places of the tasks that dead processes were at, with the items."""
        if self._pool is None:
            return []
        positions = {place: self._shared.position(slot) for slot, place in self._in_flight.items()}
        return [
            (place, Lost(DIED, at.item, self._errors.read(at.pid)))
            for place, at in positions.items()
            if at.pid in pids
        ]

    def _count_fruitless(self, death: pools.WorkersDied, victims: Sequence[object]) -> None:
        """Stop where workers die before they begin; no task is to blame for that."""
        self._fruitless = 0 if victims else self._fruitless + 1
        if self._fruitless >= _FRUITLESS:
            raise RunError(
                f"{death}, and so did all before them {_FRUITLESS} times in a row, with nothing "
                f"done; out of memory? What was finished before is kept: try the same command "
                f"again, perhaps with fewer --workers"
            ) from None

    def _leave(self, stop: StopRequest) -> None:
        with stop.shielded():
            pool, self._pool = self._pool, None
            if pool:
                pool.abandon()
                self._errors.close()


class InProcess(Generic[T, A]):
    """Answers tasks in this process, like an `Executor`, but with nothing to end a task."""

    def __init__(self, build: Build[T, A]) -> None:
        self._answer = build()

    @contextmanager
    def at_work(self, stop: StopRequest) -> Iterator["InProcess[T, A]"]:
        """See `Executor.at_work`."""
        del stop
        yield self

    def answers(self, tasks: Sequence[T], stop: StopRequest) -> Iterator[tuple[int, A | Lost]]:
        """See `Executor.answers`."""
        del stop
        yield from ((place, self._answer(task)) for place, task in enumerate(tasks))


def answers_of(
    build: Build[T, A],
    tasks: Sequence[T],
    workers: int,
    *,
    start_method: str | None = None,
    timeout: float | None = None,
    listener: Listener = _ignore,
) -> list[A | Lost]:
    """The answer to each task, in their order, from up to `workers` processes.

    Raises:
        RunError: workers die before they do anything.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    count = max(1, min(workers, len(tasks)))
    executor = Executor[T, A](build, count, start_method, timeout=timeout)
    answers: dict[int, A | Lost] = {}
    try:
        with stop_requests() as stop, executor.at_work(stop):
            for place, answer in executor.answers(tasks, stop):
                answers[place] = answer
                listener(len(answers), len(tasks))
    except Interrupted as interruption:
        message = "stopped; the same command begins this evaluation anew"
        raise Interrupted(message, interruption.exit_code) from None
    return [answers[place] for place in range(len(tasks))]


class _Hang(Exception):  # noqa: N818  an event for the executor
    """Items of tasks take longer than they may."""

    def __init__(self, items: list[tuple[int, Lost]]) -> None:
        super().__init__(items)
        self.items = items


def _error(error: BaseException) -> BaseException:
    if isinstance(error, MemoryError):
        return RunError("a worker ran out of memory; use fewer --workers")
    if isinstance(error, OptimizerError):
        return error
    failure = RuntimeError("a worker failed")
    failure.__cause__ = error
    return failure
