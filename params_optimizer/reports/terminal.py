"""The terminal while a run is on: a live display, or plain lines where nobody watches.

A listener for `Progress` and for the names of phases. What it tells in plain lines stands
in the log of the run as well.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import psutil

from params_optimizer import console
from params_optimizer.console import RECORD, Level
from params_optimizer.orchestrator.progress import Snapshot
from params_optimizer.reports.frame import SEARCHING, frame
from params_optimizer.reports.progress_texts import best, counted, state

log = logging.getLogger(__name__)

RUN_PHASES = ("loading", "compiling", SEARCHING, "joining", "ranking", "writing")
REPORT_PHASES = ("ranking", "reports")
MOVING = frozenset({*RUN_PHASES, *REPORT_PHASES} - {SEARCHING})
"""Phases in which nothing is forked, so that a thread can keep the display moving."""
PLAIN_SECONDS, _PLAIN_MOST, _PLAIN_SHARE = 10.0, 300.0, 10
_VERBOSE_SECONDS = 1.0
_MEMORY_SECONDS = 2.0
_FRAMES_PER_SECOND = 8


class View(Protocol):
    """Shows how far a run is."""

    def __call__(self, snapshot: Snapshot) -> None:
        """Show the state of a run."""

    def phase(self, name: str) -> None:
        """Go on to another phase."""


@contextmanager
def live_progress(label: str, phases: Sequence[str] = RUN_PHASES) -> Iterator[View]:
    """A display that lives as long as the block; lines where there is no terminal."""
    progress_log = _ProgressLog(label, tuple(phases))
    if console.level() is Level.QUIET or not is_terminal():
        try:
            yield progress_log
        finally:
            progress_log.phase("")
        return
    live = _Live(progress_log)
    try:
        yield live
    finally:
        live.close()


def is_terminal() -> bool:
    """Whether somebody watches, on something that can move its cursor."""
    return sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


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


class _ProgressLog:
    """The plain lines: one every ten seconds at first, then more and more seldom."""

    def __init__(self, label: str, phases: tuple[str, ...]) -> None:
        self.label, self.phases = label, phases
        self.snapshot: Snapshot | None = None
        self.name = ""
        self.lines = True
        self.memory = Memory()
        self._entered = self._told = time.monotonic()
        self._ended = False

    def __call__(self, snapshot: Snapshot) -> None:
        """Tell it if it is time."""
        self.snapshot = snapshot
        moment = time.monotonic()
        complete = snapshot.completed == snapshot.total
        finished, self._ended = complete and not self._ended, complete
        if finished or moment - self._told >= interval(snapshot.elapsed):
            self._told = moment
            text = f"{self.label} {100 * snapshot.completed / snapshot.total:5.1f} %  "
            text += "  ".join(
                [counted(snapshot, "/"), *state(snapshot, self.memory()), *best(snapshot)[:3]]
            )
            log.log(logging.INFO if self.lines or finished else RECORD, "%s", text)

    def phase(self, name: str) -> None:
        """Note how long the last phase took."""
        moment = time.monotonic()
        if self.name:
            log.debug("%s %s: %s s", self.label, self.name, f"{moment - self._entered:.1f}")
        self.name, self._entered = name, moment

    @property
    def seconds(self) -> float:
        """How long the phase has lasted."""
        return time.monotonic() - self._entered


def interval(elapsed: float) -> float:
    """Seconds between two plain lines; an hour gives some forty of them, a day a few hundred."""
    if console.level() is Level.VERBOSE:
        return _VERBOSE_SECONDS
    return min(max(PLAIN_SECONDS, elapsed / _PLAIN_SHARE), _PLAIN_MOST)


class _Live:
    """The same on a terminal: phases, bar, figures, the best so far."""

    def __init__(self, progress_log: _ProgressLog) -> None:
        from rich.console import Console

        self._progress_log, self._console = progress_log, Console(stderr=True)
        progress_log.lines = False
        self._live: Any = None
        self._drawn = 0.0

    def __call__(self, snapshot: Snapshot) -> None:
        """Draw a frame if it is time; the search itself is what moves the display."""
        self._progress_log(snapshot)
        moment = time.monotonic()
        if self._live and moment - self._drawn >= 1 / _FRAMES_PER_SECOND:
            self._drawn = moment
            self._safely(self._live.refresh)

    def phase(self, name: str) -> None:
        """Draw the new phase; where no worker is forked a thread keeps it moving."""
        from rich.live import Live

        self._stop()
        self._progress_log.phase(name)
        # A thread that draws while processes are forked could leave them a lock for ever.
        self._live = Live(
            console=self._console,
            get_renderable=self._frame,
            auto_refresh=name in MOVING,
            refresh_per_second=_FRAMES_PER_SECOND,
            transient=True,
        )
        self._safely(lambda: self._live.start(refresh=True))

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._stop()
        self._progress_log.phase("")

    def _stop(self) -> None:
        live, self._live = self._live, None
        if live:
            self._safely(live.stop)

    def _safely(self, act: Callable[[], object]) -> None:
        """A terminal that was closed is no reason to stop; the signal that tells so is."""
        try:
            act()
        except OSError:
            self._live = None

    def _frame(self) -> Any:  # noqa: ANN401  what rich can draw
        progress_log = self._progress_log
        return frame(
            progress_log.label,
            progress_log.phases,
            progress_log.name,
            progress_log.seconds,
            progress_log.snapshot,
            progress_log.memory(),
            self._console,
        )


class Memory:
    """Memory of this process and its workers in bytes, looked up every other second."""

    def __init__(self) -> None:
        self._bytes, self._looked = 0, float("-inf")

    def __call__(self) -> int:
        """The last figure known; shared pages count once, where that can be told."""
        moment = time.monotonic()
        if moment - self._looked >= _MEMORY_SECONDS:
            self._bytes, self._looked = self._measure(), moment
        return self._bytes

    @staticmethod
    def _measure() -> int:
        total, parent = 0, psutil.Process()
        for process in [parent, *parent.children(recursive=True)]:
            try:
                info = process.memory_info()
            except psutil.Error:  # gone since it was listed
                continue
            total += info.rss - (getattr(info, "shared", 0) if process is not parent else 0)
        return total
