"""The terminal while a search is on: a bar, or plain lines where nobody watches.

What it tells in plain lines stands in the log of the search as well.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from params_optimizer import console
from params_optimizer.console import RECORD, Level
from params_optimizer.reports.progress_texts import duration
from params_optimizer.reports.terminal import Memory, interval, is_terminal
from params_optimizer.search.objective import Objective
from params_optimizer.search.trial import Trial

log = logging.getLogger(__name__)

_FRAMES_PER_SECOND = 8
_GIB = 1 << 30

Listener = Callable[[Sequence[Trial]], None]


@contextmanager
def search_progress(label: str, total: int, objective: Objective) -> Iterator[Listener]:
    """A listener of `run_search`: how far it is, how fast, and the best so far."""
    trial_log = _TrialLog(label, total, objective)
    if console.level() is Level.QUIET or not is_terminal():
        yield trial_log
        return
    bar = _Bar(trial_log)
    try:
        yield bar
    finally:
        bar.close()


class _TrialLog:
    """The plain lines: one every ten seconds at first, then more and more seldom."""

    def __init__(self, label: str, total: int, objective: Objective) -> None:
        self.label, self.total, self._objective = label, total, objective
        self._begun = self._told = time.monotonic()
        self._initial: int | None = None
        self.seen = 0
        self._best: Trial | None = None
        self.lines = True
        self._memory = Memory()

    def __call__(self, trials: Sequence[Trial]) -> None:
        """Tell it if it is time."""
        for trial in trials[self.seen :]:
            if trial.state == "complete" and (self._best is None or trial.order < self._best.order):
                self._best = trial
        self.seen = len(trials)
        if self._initial is None:  # what the journal held already
            self._initial = self.seen
        moment, finished = time.monotonic(), self.seen >= self.total
        if finished or moment - self._told >= interval(moment - self._begun):
            self._told = moment
            share = 100 * self.seen / self.total
            text = f"{self.label} {share:5.1f} %  {self.seen:,}/{self.total:,} trials  "
            log.log(logging.INFO if self.lines else RECORD, "%s", text + "  ".join(self.facts()))

    def facts(self) -> list[str]:
        """Speed, times, memory and the best so far, a text each."""
        elapsed = time.monotonic() - self._begun
        rate = (self.seen - (self._initial or 0)) / elapsed if elapsed > 0 else 0.0
        left = duration((self.total - self.seen) / rate) if rate > 0 else "-"
        texts = [f"{rate:,.1f}/s", f"elapsed {duration(elapsed)}", f"ETA {left}"]
        texts.append(f"{self._memory() / _GIB:.1f} GiB")
        if self._best is not None:
            figures = self._best.metrics
            value = self._objective.values(figures)[0]
            texts.append(f"best so far {self._objective.metrics[0]} {value:,.4g}")
            texts.append(f"in {figures['total_trades']:,} trades (trial {self._best.number})")
        return texts


class _Bar:
    """The same on a terminal; drawn by the search itself, since a thread and forks do not mix."""

    def __init__(self, trial_log: _TrialLog) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        trial_log.lines = False
        self._trial_log, self._drawn = trial_log, 0.0
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}", markup=False),
        )
        self._bars: Any = Progress(
            *columns, console=Console(stderr=True), transient=True, auto_refresh=False
        )
        self._task = self._bars.add_task(trial_log.label, total=trial_log.total, facts="")
        self._safely(self._bars.start)

    def __call__(self, trials: Sequence[Trial]) -> None:
        """Draw a frame if it is time."""
        self._trial_log(trials)
        moment = time.monotonic()
        if moment - self._drawn < 1 / _FRAMES_PER_SECOND:
            return
        self._drawn = moment
        facts = "  ".join(self._trial_log.facts())
        self._bars.update(self._task, completed=self._trial_log.seen, facts=facts)
        self._safely(self._bars.refresh)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._safely(self._bars.stop)

    @staticmethod
    def _safely(act: Callable[[], object]) -> None:
        """A terminal that was closed is no reason to stop; the signal that tells so is."""
        with suppress(OSError):
            act()
