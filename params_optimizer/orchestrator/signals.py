"""Ctrl-C, SIGTERM and a closed terminal become a wish that the master looks at."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class StopRequest:
    """Whether, and by which signal, the process was asked to stop."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as shells count; 0 without a request."""
        return 128 + self.signal if self.signal else 0

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Remember the first signal; a second one stops at once."""
        del frame
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Collect stop signals in the block; the handlers before come back after it."""
    request = StopRequest()
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {}
    for number in numbers:
        # nohup makes a process deaf to SIGHUP; it stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, request.receive)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
