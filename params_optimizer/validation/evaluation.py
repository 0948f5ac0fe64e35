"""Every slice of a grid on any choice of days, in worker processes, into small answers.

The one place of this room that knows of pools. An engine that knows only the chosen days
gives to the last bit what a run on these days gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import OptimizerError, RunError
from params_optimizer.orchestrator import pools, worker
from params_optimizer.orchestrator.signals import Interrupted, StopRequest, stop_requests
from params_optimizer.orchestrator.study import Say, Study
from params_optimizer.strategies.initial_balance.panel.slices import Slice, Slices
from params_optimizer.validation.windows import Days, on_days

if TYPE_CHECKING:
    from params_optimizer.strategies.initial_balance.panel.engine import PanelEngine

_MOST_DEATHS = 3

Metrics = NDArray[np.float64]
"""Metrics of a slice as `PanelEngine.metrics` gives them, shape (len(MEASURES), rows)."""


class Look(Protocol):
    """What is wanted of a slice; runs in the workers, so it is picklable."""

    def __call__(self, place: int, piece: Slice, metrics: Sequence[Metrics]) -> Any:  # noqa: ANN401
        """A small, picklable answer.

        `metrics` are those of the slice on each sample of the group at `place`.
        """


class Piece(NamedTuple):
    """A group of samples by its place, and the numbers of slices to evaluate on it."""

    place: int
    numbers: tuple[int, ...]


Answers = list[tuple[int, int, Any]]
"""Place of the group, number of the slice, and what the look made of them."""


@dataclass(frozen=True, slots=True)
class Task:
    """`look` at slices on groups of samples; a sample is an array of trading days.

    The samples of a group are evaluated together, so that a look can compare them.
    """

    groups: Sequence[tuple[Days, ...]]
    look: Look


class Evaluator:
    """Does pieces of a task. Keeps the engines of the last group: ask group by group."""

    def __init__(self, study: Study, task: Task) -> None:
        self._study, self._task = study, task
        self._slices = Slices(study.grid.axes)
        self._place: int | None = None
        self._engines: list[PanelEngine] = []

    def answers(self, piece: Piece) -> Answers:
        """The answers on every slice of the piece."""
        if self._place != piece.place:
            samples = self._task.groups[piece.place]
            self._engines = [on_days(self._study, days).engine() for days in samples]
            self._place = piece.place
        found = []
        for number in piece.numbers:
            part = self._slices[number]
            metrics = [engine.metrics(part) for engine in self._engines]
            found.append((piece.place, number, self._task.look(piece.place, part, metrics)))
        return found


def whole_grid(study: Study, groups: int) -> list[Piece]:
    """Every slice on each of the groups, cut so that neighbours share their work."""
    tiles = list(Slices(study.grid.axes).by_tile())
    return [
        Piece(place, tuple(part.number for part in tile))
        for place in range(groups)
        for tile in tiles
    ]


def evaluate(study: Study, task: Task, pieces: Sequence[Piece], workers: int, say: Say) -> Answers:
    """The answers of all pieces, sorted by group and slice, whatever the number of workers.

    Raises:
        RunError: workers kept dying.
        Interrupted: the process was asked to stop; carries the exit code.
        OptimizerError: a worker met an error that the user can fix.
    """
    workers = min(workers, len(pieces))
    if workers <= 1:
        evaluator = Evaluator(study, task)
        found = [answer for piece in pieces for answer in evaluator.answers(piece)]
    else:
        study.warm_up(say)
        found = _in_pools(study, task, pieces, workers, say)
    return sorted(found, key=lambda answer: answer[:2])


def _in_pools(study: Study, task: Task, pieces: Sequence[Piece], workers: int, say: Say) -> Answers:
    """Hand the pieces to workers; where one dies, new ones do what it left undone."""
    missing, found, deaths = list(pieces), Answers(), 0
    try:
        with stop_requests() as stop:
            while missing:
                try:
                    _round(study, task, missing, workers, found, stop)
                except pools.WorkersDied as death:
                    deaths += 1
                    if deaths == _MOST_DEATHS:
                        raise RunError(
                            f"{death}, for the {deaths}rd time; out of memory? Try again, "
                            f"perhaps with fewer --workers"
                        ) from None
                    say(f"{death}; their slices are done again by new ones")
    except Interrupted as interruption:
        message = "stopped; the same command begins this evaluation anew"
        raise Interrupted(message, interruption.exit_code) from None
    return found


def _round(
    study: Study,
    task: Task,
    missing: list[Piece],
    workers: int,
    found: Answers,
    stop: StopRequest,
) -> None:
    """One pool's life; takes what is done out of `missing` and adds its answers to `found`."""
    method = pools.start_method(study.settings.parallelization.start_method)
    context = pools.context_of(method)
    waiting, flying = list(reversed(missing)), dict[int, Piece]()
    free = list(range(2 * workers))
    pool: _Pool | None = None
    try:
        with stop.shielded():
            # A run's job has a stage where ours has a task; nothing is written.
            nothing: Any = (context.RawValue("b", 0), context.RawArray("q", 1))
            job = worker.Job(study, cast("Any", task), Path(), *nothing)
            pool = _Pool(context, workers, job)
        while waiting or flying:
            while waiting and free:
                slot = free.pop()
                flying[slot] = waiting.pop()
                pool.ask(slot, flying[slot])
            finished = pool.wait(lambda: None)
            if finished.error is not None:
                raise _error(finished.error)
            found += cast("Answers", finished.done)
            missing.remove(flying.pop(finished.slot))
            free.append(finished.slot)
    finally:
        with stop.shielded():
            if pool:
                pool.abandon()


def _error(error: BaseException) -> BaseException:
    if isinstance(error, MemoryError):
        return RunError("a worker ran out of memory; take fewer with --workers")
    if isinstance(error, OptimizerError):
        return error
    failure = RuntimeError("a worker failed")
    failure.__cause__ = error
    return failure


class _Pool(pools.WorkerPool):
    """The workers of a run, asked for answers instead of parts."""

    def ask(self, slot: int, piece: Piece) -> None:
        """Give a piece to the next free worker; `wait` tells when it is done."""

        def returned(done: Any) -> None:  # noqa: ANN401  answers in place of reports
            self._finished.put(pools.Finished(slot, done, None))

        def raised(error: BaseException) -> None:
            self._finished.put(pools.Finished(slot, [], error))

        self._pool.apply_async(_work, (piece,), {}, returned, raised)


_evaluators: list[Evaluator] = []  # of a worker process; at most one


def _work(piece: Piece) -> Answers:
    state = worker._Worker  # noqa: SLF001  what `worker.start` left in this process
    if state.error:
        raise state.error
    if not _evaluators:
        _evaluators.append(Evaluator(state.job.study, cast("Any", state.job.stage)))
    return _evaluators[0].answers(piece)
