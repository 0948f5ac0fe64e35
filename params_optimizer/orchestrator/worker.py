"""What runs in a worker process: tasks in, answers back, and in shared memory what it is at."""

import logging
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import connection, parent_process
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, NamedTuple

from params_optimizer.orchestrator.signals import STOP_SIGNALS
from params_optimizer.storage.error_output import CapturedErrors

NO_ITEM = -1
"""Item of a task that does not tell its items apart."""
_FIELDS = 3


class ItemPosition(NamedTuple):
    """What a slot's worker is at: its process, the item, and when that was begun.

    `pid` is 0 while nobody works in the slot; `began` is a time of `time.monotonic`.
    """

    pid: int
    item: int
    began: float


class Shared(NamedTuple):
    """What master and workers share.

    `build` is the function that makes what answers tasks, or its pickle in shared memory;
    `errors` the folder where workers keep their error output, None to leave it alone.
    `positions` holds the fields of a `ItemPosition` for each slot; `stop` is a shared byte:
    not 0, and no new item is begun.
    """

    build: Any
    positions: Any
    stop: Any
    errors: Path | None

    @classmethod
    def of(
        cls,
        context: BaseContext,
        build: Callable[[], Any],
        slots: int,
        errors: Path | None = None,
    ) -> "Shared":
        """Shared memory for processes of `context`."""
        content: Any = build
        if context.get_start_method() != "fork":
            # As an argument of the process it would go through a pipe, and its writer would
            # wait for ever if the process were killed before it has read all.
            content = context.RawArray("c", pickle.dumps(build))
        positions, stop = context.RawArray("d", _FIELDS * slots), context.RawValue("b", 0)
        return cls(content, positions, stop, errors)

    def position(self, slot: int) -> ItemPosition:
        """What the worker in a slot is at."""
        pid, item, began = self.positions[_FIELDS * slot : _FIELDS * (slot + 1)]
        return ItemPosition(int(pid), int(item), began)

    def publish(self, slot: int, item: int) -> None:
        """Say that this process begins an item; its clock starts."""
        self.clear(slot)  # no moment at which the clock of one item is read as that of another
        self.positions[_FIELDS * slot + 1] = item
        self.positions[_FIELDS * slot + 2] = time.monotonic()
        self.positions[_FIELDS * slot] = os.getpid()

    def clear(self, slot: int) -> None:
        """Say that nobody works in the slot."""
        self.positions[_FIELDS * slot] = 0


class _Process:
    """State of this process; set by `start`."""

    shared: Any = None  # a `Shared`, in a worker
    function: Callable[[Any], Any] | None = None
    errors: CapturedErrors | None = None
    slot = 0
    parent = 0


def start(shared: Shared) -> None:
    """Initialise a worker."""
    settle()
    _Process.shared, _Process.function = shared, None
    _Process.parent = os.getppid()
    if shared.errors is not None:
        with suppress(OSError):
            _Process.errors = CapturedErrors(shared.errors)


def answer(slot: int, task: Any) -> Any:  # noqa: ANN401  of any kind
    """Answer a task; the first one builds what answers, so that errors of it are told."""
    shared = _Process.shared
    if _Process.function is None:
        build = shared.build
        _Process.function = (build if callable(build) else pickle.loads(build.raw))()
    _Process.slot = slot
    shared.publish(slot, NO_ITEM)
    try:
        return _Process.function(task)
    finally:
        end()


def begin(item: int) -> None:
    """Publish which item of its task this process is at; outside of a worker nothing happens."""
    if _Process.shared:
        _forward_errors()
        _Process.shared.publish(_Process.slot, item)


def end() -> None:
    """Publish that this process is at no item; the clock stops."""
    if _Process.shared:
        _Process.shared.clear(_Process.slot)
        _forward_errors()


def error_output() -> str:
    """The end of what the item in hand has written to the error output of this worker."""
    return _Process.errors.text() if _Process.errors else ""


def with_errors(reason: str, errors: str) -> str:
    """Why an item has no answer, and what it wrote to the error output."""
    return f"{reason}; its error output: {errors}" if errors else reason


def _forward_errors() -> None:
    if _Process.errors:
        _Process.errors.forward()


def stopping() -> bool:
    """Whether no further item shall be begun: a stop was asked for, or the master is gone."""
    shared = _Process.shared
    return bool(shared) and (shared.stop.value != 0 or os.getppid() != _Process.parent)


def settle() -> None:
    """Make this process silent, deaf to signals for the master, and gone when it is gone."""
    logging.disable()  # a forked process has the handlers of its master
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "SIGPIPE"):  # a report that no master reads ends the process quietly
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    threading.Thread(target=_leave_with_master, daemon=True).start()


def _leave_with_master() -> None:
    """End this process, quietly and at once, when its master is gone.

    A forked sibling holds the pipe that tells so; it leaves too, and the last one first.
    """
    master = parent_process()
    if master is not None:
        connection.wait([master.sentinel])
        if _Process.errors:
            _Process.errors.remove()
        os._exit(0)
