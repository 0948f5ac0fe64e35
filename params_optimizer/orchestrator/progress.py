"""How far a run is: for the terminal and the checkpoint."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from params_optimizer.orchestrator.checkpoint import Checkpoint, Rate
from params_optimizer.search.trial import Trial


class BestSoFar(NamedTuple):
    """The best set so far by one figure, `total_r` unless a search has another goal.

    Its number is None where only the figure is known.
    """

    combination: int | None
    figures: Mapping[str, float]


class Done(NamedTuple):
    """A finished slice: its number, rows, and the bytes of its part."""

    number: int
    rows: int
    size: int
    best: BestSoFar | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State of a run at one moment; `rate` in sets a second, times in seconds.

    `unit` is what the sets are called, `goal` the figure that the best one is best by.
    """

    completed: int
    total: int
    rate: float
    elapsed: float
    eta: float | None
    workers: int
    best: BestSoFar | None
    unit: str = "combination"
    goal: str = "total_r"


class Progress:
    """Counts finished combinations, keeps `checkpoint.json`, tells a listener.

    `checkpoint` is replaced about once a second, and after `interval` combinations or more.
    """

    def __init__(
        self,
        total: int,
        passes: int,
        checkpoint: Checkpoint,
        interval: int,
        listener: Callable[[Snapshot], None],
    ) -> None:
        self._total, self._passes = total, passes
        self._checkpoint, self._interval, self._listener = checkpoint, interval, listener
        self._began = time.monotonic()
        self._before = self._completed = self._since_checkpoint = 0
        self._rate = Rate(0)
        self._best: BestSoFar | None = None
        self._workers = 0

    def begin_pass(self, number: int) -> None:
        """Go on to pass `number`, counted from 0; all passes together are the run."""
        self._before = number * self._total

    def at(self, completed: int) -> None:
        """Set what lies on disk of this pass; the rate counts from here."""
        self._completed = self._before + completed
        self._rate = Rate(self._completed)
        self.save()

    def done(self, reports: list[Done]) -> None:
        """Count finished slices."""
        for report in reports:
            self._completed += report.rows
            self._since_checkpoint += report.rows
            best, so_far = report.best, self._best
            if best and (not so_far or best.figures["total_r"] > so_far.figures["total_r"]):
                self._best = best
        self._rate.update(self._completed)
        if self._checkpoint.due and self._since_checkpoint >= self._interval:
            self.save()
        self._listener(self.snapshot())

    def tick(self, workers: int) -> None:
        """Nothing new; let the listener move its clock."""
        self._workers = workers
        self._listener(self.snapshot())

    def snapshot(self) -> Snapshot:
        """The state now."""
        rate = self._rate.now() / self._passes
        completed = self._completed // self._passes
        return Snapshot(
            completed=completed,
            total=self._total,
            rate=rate,
            elapsed=time.monotonic() - self._began,
            eta=(self._total - completed) / rate if rate else None,
            workers=self._workers,
            best=self._best,
        )

    def save(self) -> None:
        """Replace `checkpoint.json`."""
        snapshot, best = self.snapshot(), self._best
        figures = {"combination": best.combination, **best.figures} if best else None
        self._checkpoint.write(snapshot.completed, snapshot.total, snapshot.rate, figures)
        self._since_checkpoint = 0


class TrialProgress:
    """The same for the trials of a search: called with all of them after each batch."""

    def __init__(self, total: int, checkpoint: Checkpoint) -> None:
        self._total, self._checkpoint = total, checkpoint
        self._seen: int | None = None
        self._best: Trial | None = None

    def __call__(self, trials: Sequence[Trial]) -> None:
        """Replace `checkpoint.json` where it is due."""
        count = len(trials)
        for trial in trials[self._seen or 0 :]:
            if trial.state == "complete" and (not self._best or trial.order < self._best.order):
                self._best = trial
        if self._seen is None:  # what the journal held already is no work of this process
            self._rate = Rate(count)
        self._seen = count
        self._rate.update(count)
        if self._checkpoint.due:
            best = self._best
            figures = {"trial": best.number, **best.metrics} if best else None
            self._checkpoint.write(count, self._total, self._rate.now(), figures)
