"""A `multiprocessing.Pool` that notices dead workers and can always be left.

`Pool` replaces a killed worker but never says that its task is lost, and `terminate()`
may wait for ever for a lock that the dead one held. So deaths are watched for here, and
a pool is never ended but abandoned: its processes are killed one by one.
"""

import os
import queue
import signal
from collections.abc import Callable
from multiprocessing import connection, get_context
from multiprocessing.context import BaseContext
from multiprocessing.pool import TERMINATE, Pool
from typing import Any, NamedTuple

from params_optimizer.orchestrator import worker

_WAKE_SECONDS = 0.05
_PATIENCE = 5.0


class Finished(NamedTuple):
    """What became of the task in a slot: reports, or the error it raised."""

    slot: int
    done: list[worker.Done]
    error: BaseException | None


class WorkersDied(Exception):  # noqa: N818  an event for the master, never shown to a user
    """Processes of the pool ended by themselves; `pids` names them."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(f"worker processes {pids} died")
        self.pids = pids


def start_method(wanted: str | None) -> str:
    """`wanted`, or the fastest that is safe here: fork on Linux, else spawn."""
    return wanted or ("fork" if os.uname().sysname == "Linux" else "spawn")


class WorkerPool:
    """Worker processes with a fixed number of slots for tasks in the air."""

    def __init__(self, context: BaseContext, processes: int, job: worker.Job) -> None:
        self._pool = _AbandonablePool(processes, worker.start, (job,), context=context)
        self._workers = self._pool.processes()
        self._finished: queue.SimpleQueue[Finished] = queue.SimpleQueue()

    def submit(self, slot: int, numbers: list[int]) -> None:
        """Give slices to the next free worker; `wait` tells when they are done."""

        def returned(done: list[worker.Done]) -> None:
            self._finished.put(Finished(slot, done, None))

        def raised(error: BaseException) -> None:
            self._finished.put(Finished(slot, [], error))

        self._pool.apply_async(worker.work, (slot, numbers), {}, returned, raised)

    def wait(self, idle: Callable[[], None]) -> Finished:
        """The next finished task; calls `idle` while there is none.

        Raises:
            WorkersDied: a process ended, so its task will never finish.
        """
        while True:
            try:
                return self._finished.get(timeout=_WAKE_SECONDS)
            except queue.Empty:
                self.check()
                idle()

    def check(self) -> None:
        """Raise `WorkersDied` if a process has ended."""
        sentinels = [process.sentinel for process in self._workers]
        if connection.wait(sentinels, timeout=0):
            pids = [process.pid for process in self._workers if process.exitcode is not None]
            raise WorkersDied([pid for pid in pids if pid is not None])

    @property
    def alive(self) -> int:
        """How many worker processes run."""
        return sum(process.exitcode is None for process in self._workers)

    def abandon(self) -> None:
        """Kill every process; what they had not written is lost."""
        self._pool.abandon()


class _AbandonablePool(Pool):
    """Reaches into the state of `Pool`, in one place; tested on every supported Python."""

    _pool: list[Any]
    _worker_handler: Any
    _task_handler: Any
    _change_notifier: Any
    _terminate: Any

    def processes(self) -> list[Any]:
        return list(self._pool)

    def abandon(self) -> None:
        # First the thread that would replace the dead, then the processes, and nothing that
        # takes a lock which a dead process may hold: no terminate(), no join() of the pool.
        self._worker_handler._state = TERMINATE  # noqa: SLF001
        self._task_handler._state = TERMINATE  # noqa: SLF001
        self._state = TERMINATE
        self._change_notifier.put(None)
        self._worker_handler.join(_PATIENCE)
        self._terminate.cancel()
        for process in self._pool:
            if process.exitcode is None:
                os.kill(process.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else 9)
        for process in self._pool:
            process.join(_PATIENCE)


def context_of(method: str) -> BaseContext:
    """The multiprocessing context of a start method."""
    return get_context(method)
