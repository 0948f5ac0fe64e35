"""How far a run is: for the terminal, and for people who `cat checkpoint.json`."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from params_optimizer.storage import files

_CHECKPOINT_SECONDS = 1.0
_RATE_SECONDS = 30.0


class Best(NamedTuple):
    """The combination with the most total R of some slices, and its key figures."""

    combination: int
    figures: dict[str, float]


class Done(NamedTuple):
    """A finished slice: its number, rows, and the bytes of its part."""

    number: int
    rows: int
    size: int
    best: Best | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State of a run at one moment; `rate` in combinations a second, times in seconds."""

    completed: int
    total: int
    rate: float
    elapsed: float
    eta: float | None
    workers: int
    best: Best | None


class Progress:
    """Counts finished combinations, keeps `checkpoint.json`, tells a listener."""

    def __init__(
        self,
        symbol: str,
        total: int,
        passes: int,
        checkpoint: Path,
        interval: int,
        listener: Callable[[Snapshot], None],
    ) -> None:
        self._symbol, self._total, self._passes = symbol, total, passes
        self._checkpoint, self._interval, self._listener = checkpoint, interval, listener
        self._began = time.monotonic()
        self._before = self._completed = self._since_checkpoint = 0
        self._marks: list[tuple[float, int]] = []
        self._best: Best | None = None
        self._written = float("-inf")
        self._workers = 0

    def begin_pass(self, number: int) -> None:
        """Go on to pass `number`, counted from 0; all passes together are the run."""
        self._before = number * self._total

    def at(self, completed: int) -> None:
        """Set what lies on disk of this pass when a pool starts; the rate counts from here."""
        completed += self._before
        if self._marks and completed == self._completed:
            self.save()  # nothing was lost: the rate goes on
            return
        self._completed = completed
        self._marks = [(time.monotonic(), completed)]
        self.save()

    def done(self, reports: list[Done]) -> None:
        """Count finished slices."""
        for report in reports:
            self._completed += report.rows
            self._since_checkpoint += report.rows
            best, so_far = report.best, self._best
            if best and (not so_far or best.figures["total_r"] > so_far.figures["total_r"]):
                self._best = best
        now = time.monotonic()
        self._marks.append((now, self._completed))
        while len(self._marks) > 2 and now - self._marks[0][0] > _RATE_SECONDS:
            self._marks.pop(0)
        due = now - self._written >= _CHECKPOINT_SECONDS
        if due and self._since_checkpoint >= self._interval:
            self.save()
        self._listener(self.snapshot())

    def tick(self, workers: int) -> None:
        """Nothing new; let the listener move its clock."""
        self._workers = workers
        self._listener(self.snapshot())

    def snapshot(self) -> Snapshot:
        """The state now."""
        (began, first), now = self._marks[0], time.monotonic()
        rate = (self._completed - first) / (now - began) / self._passes if now > began else 0.0
        completed = self._completed // self._passes
        left = self._total - completed
        return Snapshot(
            completed=completed,
            total=self._total,
            rate=rate,
            elapsed=now - self._began,
            eta=left / rate if rate else None,
            workers=self._workers,
            best=self._best,
        )

    def save(self) -> None:
        """Replace `checkpoint.json`; it stays small at any grid size."""
        now = self.snapshot()
        best = now.best
        content = {
            "symbol": self._symbol,
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "completed_count": now.completed,
            "total_combinations": now.total,
            "rate": round(now.rate, 1),
            "eta_seconds": None if now.eta is None else round(now.eta, 1),
            "best_so_far": {"combination": best.combination, **best.figures} if best else None,
        }
        files.write_text(self._checkpoint, json.dumps(content, indent=1) + "\n")
        self._written, self._since_checkpoint = time.monotonic(), 0
