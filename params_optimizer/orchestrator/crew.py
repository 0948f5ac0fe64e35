"""Tasks for worker processes that may die, hang or be told to stop.

A crew is given a *build*: a picklable function that makes, once in each worker process, the
function that answers tasks. Where a worker dies, new ones do what was left; a task that is
always found in the hands of the dead, or that takes longer than it may, is given up and said
to be lost.
"""

import os
import pickle
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, NamedTuple, TypeVar

from params_optimizer.errors import OptimizerError, RunError
from params_optimizer.orchestrator import pools, worker
from params_optimizer.orchestrator.signals import StopRequest
from params_optimizer.orchestrator.study import Say

T = TypeVar("T")
A = TypeVar("A")
Build = Callable[[], Callable[[T], A]]

DIED, TIMED_OUT = "died", "timed out"
_TRIES = 3
_FRUITLESS = 10  # pools that died one after the other before a task was begun or answered


class Lost(NamedTuple):
    """Why a task has no answer: `DIED` or `TIMED_OUT`."""

    reason: str


class Crew(Generic[T, A]):
    """Worker processes that stay while `answers` is called again and again.

    `method` is a start method of multiprocessing, or None for the best here; `timeout`, in
    seconds, is what a single task may take.
    """

    def __init__(
        self,
        build: Build[T, A],
        workers: int,
        method: str | None,
        say: Say,
        *,
        timeout: float | None = None,
    ) -> None:
        self._context = pools.context_of(pools.start_method(method))
        self._build, self._workers, self._say, self._timeout = build, workers, say, timeout
        # Two tasks for each worker hide the way between processes; a time limit needs to
        # know when a task was begun.
        self._slots = workers if timeout else 2 * workers
        self._pool: pools.ProcessPool | None = None
        self._flying: dict[int, int] = {}  # slot -> place of the task
        self._fruitless = 0

    @contextmanager
    def at_work(self, stop: StopRequest) -> Iterator["Crew[T, A]"]:
        """Leave no process behind the block."""
        try:
            yield self
        finally:
            self._leave(stop)

    def answers(self, tasks: Sequence[T], stop: StopRequest) -> Iterator[tuple[int, A | Lost]]:
        """Place of each task and its answer, in the order in which they come.

        Raises:
            RunError: workers die before they do anything, or one has no memory left.
            OptimizerError: a task raised one; anything else that it raises is a bug.
        """
        missing, tries = dict(enumerate(tasks)), Counter[int]()
        while missing:
            try:
                for place, answer in self._round(missing, stop):
                    del missing[place]
                    self._fruitless = 0
                    yield place, answer
            except pools.WorkersDied as death:
                blamed = self._blamed(death.pids)
                self._leave(stop)
                self._fruitless = 0 if blamed else self._fruitless + 1
                if self._fruitless >= _FRUITLESS:
                    raise RunError(
                        f"{death}, and so did all before them {_FRUITLESS} times in a row, with "
                        f"nothing done; out of memory? Try again, perhaps with fewer --workers"
                    ) from None
                self._say(f"{death}; what they were at is done again by new ones")
                tries.update(blamed)
                for place in blamed:
                    if tries[place] >= _TRIES and place in missing:
                        del missing[place]
                        yield place, Lost(DIED)

    def _round(self, missing: dict[int, T], stop: StopRequest) -> Iterator[tuple[int, A | Lost]]:
        """Answers until all are there, a worker dies, or one hangs."""
        pool = self._pool_for(stop)
        waiting = sorted(missing, reverse=True)
        self._flying = {}
        free = list(range(self._slots))
        while waiting or self._flying:
            while waiting and free:
                slot = free.pop()
                self._flying[slot] = waiting.pop()
                self._busy[2 * slot] = 0
                pool.ask(slot, _do, slot, missing[self._flying[slot]])
            try:
                finished = pool.wait(self._look_at_the_clock)
            except _Hangs as hanging:
                self._leave(stop)
                yield from ((place, Lost(TIMED_OUT)) for place in hanging.places)
                return
            if finished.error is not None:
                raise _error(finished.error)
            yield self._flying.pop(finished.slot), finished.done
            free.append(finished.slot)

    def _pool_for(self, stop: StopRequest) -> pools.ProcessPool:
        if self._pool is None:
            with stop.shielded():
                context = self._context
                self._busy: Any = context.RawArray("d", 2 * self._slots)
                given: Any = self._build
                if context.get_start_method() != "fork":
                    # Not through a pipe, whose writer would wait for ever for a killed reader.
                    given = context.RawArray("c", pickle.dumps(given))
                self._pool = pools.ProcessPool(context, self._workers, _start, (given, self._busy))
        return self._pool

    def _look_at_the_clock(self) -> None:
        if self._timeout is None:
            return
        late = time.monotonic() - self._timeout
        hanging = [
            place
            for slot, place in self._flying.items()
            if self._busy[2 * slot] and self._busy[2 * slot + 1] < late
        ]
        if hanging:
            raise _Hangs(hanging)

    def _blamed(self, pids: list[int]) -> list[int]:
        """Places of the tasks that dead processes were at."""
        if self._pool is None:
            return []
        return [place for slot, place in self._flying.items() if self._busy[2 * slot] in pids]

    def _leave(self, stop: StopRequest) -> None:
        with stop.shielded():
            pool, self._pool = self._pool, None
            if pool:
                pool.abandon()


class _Hangs(Exception):  # noqa: N818  an event for the crew
    """Tasks take longer than they may."""

    def __init__(self, places: list[int]) -> None:
        super().__init__(places)
        self.places = places


def _error(error: BaseException) -> BaseException:
    if isinstance(error, MemoryError):
        return RunError("a worker ran out of memory; take fewer with --workers")
    if isinstance(error, OptimizerError):
        return error
    failure = RuntimeError("a worker failed")
    failure.__cause__ = error
    return failure


class _Process:
    """State of a worker process; set by `_start`."""

    build: Any
    busy: Any
    answer: Callable[[Any], Any] | None = None


def _start(given: tuple[Any, Any]) -> None:
    worker.settle()
    _Process.build, _Process.busy = given
    _Process.answer = None


def _do(slot: int, task: Any) -> Any:  # noqa: ANN401  of any kind
    busy = _Process.busy
    if _Process.answer is None:
        build = _Process.build
        _Process.answer = (build if callable(build) else pickle.loads(build.raw))()
    # The clock of a time limit starts when everything is at hand.
    busy[2 * slot + 1] = time.monotonic()
    busy[2 * slot] = os.getpid()
    try:
        return _Process.answer(task)
    finally:
        busy[2 * slot] = 0
