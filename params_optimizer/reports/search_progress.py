"""How far searches and workflows are, in the display and the log of any run."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from params_optimizer.orchestrator.checkpoint import Rate
from params_optimizer.orchestrator.progress import BestSoFar, Snapshot
from params_optimizer.reports.frame import SEARCHING
from params_optimizer.reports.terminal import View, live_progress
from params_optimizer.search.objective import Objective
from params_optimizer.search.trial import Trial

Listener = Callable[[Sequence[Trial]], None]


@contextmanager
def search_progress(
    label: str, total: int, objective: Objective, workers: int = 0
) -> Iterator[Listener]:
    """A listener of `run_search`: how far it is, how fast, and the best so far."""
    with live_progress(label, [SEARCHING]) as view:
        view.phase(SEARCHING)
        yield _Listener(total, objective, workers, view)


@contextmanager
def workflow_progress(
    label: str, stages: Sequence[str], workers: int
) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A listener for what a workflow does: the stage that begins, or trials of a target."""
    with live_progress(label, stages) as view:
        yield _Activity(workers, view)


class _Activity:
    """Turns the fields of `OptimizationProgress` into the state of a run."""

    def __init__(self, workers: int, view: View) -> None:
        self._workers, self._view = workers, view
        self._target, self._began, self._rate = "", 0.0, Rate(0)

    def __call__(self, activity: Mapping[str, Any]) -> None:
        """Show a stage that begins, or how far a target is."""
        if "stage" in activity:
            self._view.phase(activity["stage"])
            return
        target, count, total = (activity[name] for name in ("target", "trials", "of"))
        if target != self._target:
            self._target, self._began, self._rate = target, time.monotonic(), Rate(count)
        self._rate.update(count)
        rate, score = self._rate.now(), activity["best_score"]
        self._view(
            Snapshot(
                completed=count,
                total=total,
                rate=rate,
                elapsed=time.monotonic() - self._began,
                eta=(total - count) / rate if rate else None,
                workers=self._workers,
                best=None if score is None else BestSoFar(None, {"score": score}),
                unit=f"{target} trial",
                goal="score",
            )
        )


class _Listener:
    """Turns the trials so far into the state of a run."""

    def __init__(self, total: int, objective: Objective, workers: int, view: View) -> None:
        self._total, self._objective = total, objective
        self._workers, self._view = workers, view
        self._began, self._count = time.monotonic(), 0
        self._rate: Rate | None = None
        self._best: Trial | None = None

    def __call__(self, trials: Sequence[Trial]) -> None:
        """Show all trials so far, of which some may be new."""
        for trial in trials[self._count :]:
            if trial.state == "complete" and (self._best is None or trial.order < self._best.order):
                self._best = trial
        self._count = len(trials)
        # What the journal held already is no work of this process.
        self._rate = self._rate or Rate(self._count)
        self._rate.update(self._count)
        self._view(self._snapshot(self._rate.now()))

    def _snapshot(self, rate: float) -> Snapshot:
        goal, best = self._objective.metric, None
        if self._best is not None:
            value = self._objective.values(self._best.metrics)[0]
            best = BestSoFar(self._best.number, {**self._best.metrics, goal: value})
        return Snapshot(
            completed=self._count,
            total=self._total,
            rate=rate,
            elapsed=time.monotonic() - self._began,
            eta=(self._total - self._count) / rate if rate else None,
            workers=self._workers,
            best=best,
            unit="trial",
            goal=goal,
        )
