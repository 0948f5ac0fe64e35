"""Every slice of a grid on any choice of days, in worker processes, into small answers.

An engine that knows only the chosen days
gives to the last bit what a run on these days gives.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import RunError
from params_optimizer.orchestrator.executor import Executor, Lost
from params_optimizer.orchestrator.signals import Interrupted, stop_requests
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlice, PanelSlices
from params_optimizer.validation.windows import Days, on_days

if TYPE_CHECKING:
    from params_optimizer.strategies.initial_balance.panel.engine import PanelEngine

Listener = Callable[[int, int], None]


def _quiet(done: int, total: int) -> None:
    del done, total


Metrics = NDArray[np.float64]
"""Metrics of a slice as `PanelEngine.metrics` gives them, shape (len(MEASURES), rows)."""


class Look(Protocol):
    """What is wanted of a slice; runs in the workers, so it is picklable."""

    def __call__(self, place: int, piece: PanelSlice, metrics: Sequence[Metrics]) -> Any:  # noqa: ANN401
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
        self._slices = PanelSlices(study.grid)
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
    tiles = list(PanelSlices(study.grid).groups())
    return [
        Piece(place, tuple(part.number for part in tile))
        for place in range(groups)
        for tile in tiles
    ]


def evaluate(
    study: Study,
    task: Task,
    pieces: Sequence[Piece],
    workers: int,
    listener: Listener = _quiet,
) -> Answers:
    """The answers of all pieces, sorted by group and slice, whatever the number of workers.

    `listener` is told how many of the pieces are done, and how many there are.

    Raises:
        RunError: workers kept dying.
        Interrupted: the process was asked to stop; carries the exit code.
        OptimizerError: a worker met an error that the user can fix.
    """
    workers = min(workers, len(pieces))
    found = Answers()
    if workers > 1:
        study.prepare()
    answers = _in_workers if workers > 1 else _here
    for done, some in enumerate(answers(study, task, pieces, workers), 1):
        found += some
        listener(done, len(pieces))
    return sorted(found, key=lambda answer: answer[:2])


def _here(study: Study, task: Task, pieces: Sequence[Piece], workers: int) -> Iterator[Answers]:
    del workers
    evaluator = Evaluator(study, task)
    return (evaluator.answers(piece) for piece in pieces)


def _in_workers(
    study: Study, task: Task, pieces: Sequence[Piece], workers: int
) -> Iterator[Answers]:
    """Hand the pieces to workers; where one dies, new ones do what it left undone."""
    method = study.settings.parallelization.start_method
    executor = Executor[Piece, Answers](partial(_answering, study, task), workers, method)
    try:
        with stop_requests() as stop, executor.at_work(stop):
            for place, answers in executor.answers(pieces, stop):
                if isinstance(answers, Lost):
                    raise RunError(
                        f"workers that evaluated slices {_shown(pieces[place])} died again and "
                        f"again; out of memory? Try again, perhaps with fewer --workers"
                    )
                yield answers
    except Interrupted as interruption:
        message = "stopped; the same command begins this evaluation anew"
        raise Interrupted(message, interruption.exit_code) from None


def _answering(study: Study, task: Task) -> Callable[[Piece], Answers]:
    return Evaluator(study, task).answers


def _shown(piece: Piece) -> str:
    return f"{min(piece.numbers)} to {max(piece.numbers)}"
