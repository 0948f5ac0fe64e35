"""The terminal while a run is on: a live line, or plain lines where nobody watches."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from params_optimizer.orchestrator.progress import Snapshot

_PLAIN_SECONDS = 10.0
_GIB = 1 << 30


@contextmanager
def live_progress(label: str) -> Iterator[Callable[[Snapshot], None]]:
    """A listener for `Progress`: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _PlainLines(label)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[say]}"),
    )
    bars = Bars(*columns, console=Console(stderr=True))
    task = bars.add_task(label, total=None, say="")

    def listen(now: Snapshot) -> None:
        bars.update(task, total=now.total, completed=now.completed, say=_state(now))

    bars.start()
    try:
        yield listen
    finally:
        with suppress(OSError):  # a terminal that was closed
            bars.stop()


@contextmanager
def steps_progress(label: str) -> Iterator[Callable[[str, int, int], None]]:
    """A listener for work in steps (what, done, of how many): a bar, on a terminal only."""
    if not sys.stderr.isatty():
        yield _say_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    bars = Bars(*columns, console=Console(stderr=True), transient=True)
    task = bars.add_task(label, total=None, what="")
    bars.start()
    try:
        yield lambda what, done, total: bars.update(task, total=total, completed=done, what=what)
    finally:
        with suppress(OSError):  # a terminal that was closed
            bars.stop()


def _say_nothing(what: str, done: int, total: int) -> None:
    del what, done, total


class _PlainLines:
    """One plain line every ten seconds, and one at the end."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._told = time.monotonic()

    def __call__(self, now: Snapshot) -> None:
        """Tell it if it is time."""
        if now.completed == now.total or time.monotonic() - self._told >= _PLAIN_SECONDS:
            self._told = time.monotonic()
            share = 100 * now.completed / now.total
            text = f"{self._label} {share:5.1f} %  {now.completed:,}/{now.total:,}  {_state(now)}"
            with suppress(OSError):
                print(text, file=sys.stderr, flush=True)  # noqa: T201  this is the terminal


def _state(now: Snapshot) -> str:
    eta = "-" if now.eta is None else duration(now.eta)
    best = ""
    if now.best:
        figures = now.best.figures
        total, trades = figures["total_r"], figures["total_trades"]
        best = f"  highest total so far {total:.1f} R in {trades:.0f} trades"
    return (
        f"{now.rate:,.0f}/s  elapsed {duration(now.elapsed)}  ETA {eta}  "
        f"{now.workers} workers  {_memory() / _GIB:.1f} GiB{best}"
    )


def duration(seconds: float) -> str:
    """Seconds as `0:07`, `12:34` or `1:02:03`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _memory() -> int:
    """Memory of this process and its workers; shared pages count once, where it can be told."""
    total = 0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            info = process.memory_info()
        except psutil.Error:  # gone since it was listed
            continue
        total += info.rss - getattr(info, "shared", 0)
    return total
