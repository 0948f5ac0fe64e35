"""A `multiprocessing.Pool` that notices dead workers and can always be left.

`Pool` replaces a killed worker but never says that its task is lost, and `terminate()`
may wait for ever for a lock that the dead one held. So deaths are watched for here, and
a pool is never ended but abandoned: its processes are killed one by one.
"""

import os
import queue
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context
from multiprocessing.context import BaseContext
from multiprocessing.pool import TERMINATE, Pool
from typing import Any, NamedTuple

from params_optimizer.errors import RunError
from params_optimizer.orchestrator.signals import STOP_SIGNALS

_WAKE_SECONDS = 0.05
_PATIENCE = 30.0
_LOST = 255  # exit code of a process whose fork server is gone: nobody knows


class Finished(NamedTuple):
    """What became of the task in a slot: what it returned, or the error it raised."""

    slot: int
    done: Any
    error: BaseException | None


class WorkersDied(Exception):  # noqa: N818  an event for the master, never shown to a user
    """Processes of the pool ended by themselves; `pids` names them."""

    def __init__(self, pids: list[int]) -> None:
        named = ", ".join(map(str, pids)) or "that were being started"
        super().__init__(f"worker processes {named} died")
        self.pids = pids


def start_method(requested: str | None) -> str:
    """`requested`, or the fastest that is safe here: fork on Linux, else spawn."""
    return requested or ("fork" if sys.platform == "linux" else "spawn")


class ProcessPool:
    """Worker processes with a fixed number of slots for tasks in the air."""

    def __init__(
        self,
        context: BaseContext,
        processes: int,
        start: Callable[[Any], None],
        job: Any,  # noqa: ANN401  whatever `start` takes
    ) -> None:
        """Start the processes; each calls `start(job)` first.

        Raises:
            RunError: the system gives no more of them.
        """
        with _signals_held_back(context):
            self._pool = _AbandonablePool(processes, start, (job,), context)
        self._workers = self._pool.started
        self._finished: queue.SimpleQueue[Finished] = queue.SimpleQueue()

    def ask(self, slot: int, function: Callable[..., Any], *arguments: object) -> None:
        """Have the next free worker call `function`; `wait` tells when it is done."""

        def returned(done: Any) -> None:  # noqa: ANN401  what the function returns
            self._finished.put(Finished(slot, done, None))

        def raised(error: BaseException) -> None:
            self._finished.put(Finished(slot, [], error))

        self._pool.apply_async(function, arguments, {}, returned, raised)

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
        # Not by exit code: a thread of the pool may be fetching it just now.
        pids = {process.sentinel: process.pid for process in self._workers}
        if ended := connection.wait(pids, timeout=0):
            raise WorkersDied([pids[sentinel] for sentinel in ended])

    @property
    def alive(self) -> int:
        """How many worker processes run."""
        return sum(process.exitcode is None for process in self._workers)

    def abandon(self) -> None:
        """Kill every process; what they had not written is lost."""
        self._workers = []
        self._pool.abandon()


class _AbandonablePool(Pool):
    """Reaches into the state of `Pool`, in one place; tested on every supported Python."""

    _pool: list[Any]
    _processes: int
    _worker_handler: Any
    _task_handler: Any
    _result_handler: Any
    _change_notifier: Any
    _inqueue: Any
    _outqueue: Any
    _terminate: Any

    def __init__(
        self,
        processes: int,
        start: Callable[[Any], None],
        arguments: tuple[Any],
        context: BaseContext,
    ) -> None:
        try:
            super().__init__(processes, start, arguments, context=context)
        except (EOFError, BrokenPipeError) as error:  # one was killed before it had begun
            raise WorkersDied([]) from error
        except (OSError, RuntimeError) as error:  # no more processes, or threads
            self._kill()
            raise RunError(
                f"cannot start {processes} worker processes: {error}; use fewer --workers"
            ) from error

    def abandon(self) -> None:
        # First the thread that looks for the dead, then the processes, and nothing that takes
        # a lock which a dead process may hold: no terminate(), no join() of the pool.
        threads = (self._worker_handler, self._task_handler, self._result_handler)
        for thread in threads:
            thread._state = TERMINATE  # noqa: SLF001
        self._state = TERMINATE
        self._outqueue.put = _ignore
        self._change_notifier.put(None)
        self._worker_handler.join(_PATIENCE)
        self._terminate.cancel()
        self._kill()
        # Nobody is left at the other ends; that ends the threads, and frees every descriptor.
        self._inqueue._reader.close()  # noqa: SLF001
        self._outqueue._writer.close()  # noqa: SLF001
        for thread in threads:
            thread.join(_PATIENCE)
        for process in self.started:
            with suppress(ValueError):  # not even a kill ended it
                process.close()

    def _repopulate_pool(self) -> None:
        try:
            super()._repopulate_pool()  # type: ignore[misc]
        except Exception:
            self._kill()  # Pool would ask them to end and wait, and they are deaf
            raise
        # Before a thread of the pool forgets the dead; and it shall not replace them.
        self.started = list(self._pool)
        self._processes = 0

    def _kill(self) -> None:
        for process in self._pool:
            if process.exitcode in (None, _LOST):
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else 9)
        for process in self._pool:
            process.join(_PATIENCE)


def _ignore(result: object) -> None:
    del result


@contextmanager
def _signals_held_back(context: BaseContext) -> Iterator[None]:
    """Processes started in the block never see the signals that are meant for the master.

    They inherit that these are held back, from their first instruction on; the master gets
    what came meanwhile after the block.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        if context.get_start_method() != "fork":
            from multiprocessing import resource_tracker

            resource_tracker.ensure_running()  # its start lets some signals through again
            signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def context_of(method: str) -> BaseContext:
    """The multiprocessing context of a start method."""
    return get_context(method)
