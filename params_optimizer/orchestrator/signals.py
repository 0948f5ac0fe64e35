"""Ctrl-C, SIGTERM and a closed terminal: the run stops where nothing is lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from types import FrameType

STOP_SIGNALS = frozenset(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupted(Exception):  # noqa: N818  an event for the caller, not an error
    """The run was asked to stop and has; what is finished lies on disk."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class StopRequest:
    """Whether, and by which signal, the process was asked to stop.

    A signal raises `KeyboardInterrupt` at once, except in the blocks of `patient` and
    `shielded`.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._count = 0
        self._borne = 0.0

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as shells count; 0 without a request."""
        return 128 + self.signal if self.signal else 0

    @contextmanager
    def patient(self) -> Iterator[None]:
        """The first signal is only remembered, so that work in hand can be finished."""
        with self._bearing(1):
            yield

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """No signal interrupts the block; the end of it makes up for that."""
        with self._bearing(inf):
            yield

    @contextmanager
    def _bearing(self, signals: float) -> Iterator[None]:
        before, self._borne = self._borne, signals
        try:
            yield
        finally:
            self._borne = before
        if self._count > before:
            raise KeyboardInterrupt

    def receive(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signals."""
        del frame
        self._count += 1
        self.signal = self.signal or number
        if self._count > self._borne:
            raise KeyboardInterrupt


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Collect stop signals in the block; the handlers before come back after it.

    Outside of the main thread no signal arrives, and none is looked for.

    Raises:
        Interrupted: a signal ended the block.
    """
    request = StopRequest()
    before = {}
    for number in STOP_SIGNALS if threading.current_thread() is threading.main_thread() else ():
        # nohup makes a process deaf to SIGHUP; it stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, request.receive)
    try:
        yield request
    except KeyboardInterrupt:
        if request.signal is None:
            raise
        raise Interrupted(
            "stopped; the same command goes on from there", request.exit_code
        ) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
