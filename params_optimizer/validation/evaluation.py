"""Every slice of a space on any choice of days, in worker processes, into small answers.

An evaluator that is asked about some days only gives to the last bit what a run on these
days gives, under the border policy of the plan.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple, Protocol

from params_optimizer.errors import RunError
from params_optimizer.orchestrator.columns import SliceColumns
from params_optimizer.orchestrator.executor import Executor, Lost
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.signals import Interrupted, stop_requests
from params_optimizer.search.objective import Columns
from params_optimizer.strategies.batch import Numbers, Slice
from params_optimizer.strategies.protocol import Strategy
from params_optimizer.strategies.set_by_set import evaluator_of
from params_optimizer.validation.windows import Days

Listener = Callable[[int, int], None]


def _quiet(done: int, total: int) -> None:
    del done, total


class Reduction(Protocol):
    """What is wanted of a slice; runs in the workers, so it is picklable."""

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> Any:  # noqa: ANN401
        """A small, picklable answer.

        `samples` are columns of the sets `numbers` of the slice, for each sample of the group at
        `place`.
        """


class SliceGroup(NamedTuple):
    """A group of samples by its place, and the numbers of slices to evaluate on it."""

    place: int
    numbers: tuple[int, ...]


Answers = list[tuple[int, int, Any]]
"""Place of the group, number of the slice, and what the reduction made of them."""


@dataclass(frozen=True, slots=True)
class Task:
    """A reduction of slices on groups of samples; a sample is an array of trading days.

    The samples of a group are evaluated together, so that they can be compared. `strategy`
    takes the place of that of the plan.
    """

    groups: Sequence[tuple[Days, ...]]
    reduction: Reduction
    strategy: Strategy | None = None


class SliceEvaluator:
    """Does groups of slices of a task in one process."""

    def __init__(self, plan: Plan, task: Task) -> None:
        self._plan, self._task, self._slices = plan, task, plan.slices
        strategy = task.strategy or plan.strategy
        self._evaluator = evaluator_of(strategy, plan.bars, plan.space, plan.sample)

    def answers(self, group: SliceGroup) -> Answers:
        """The answers on every slice of the group."""
        answers = []
        for number in group.numbers:
            slice_ = self._slices[number]
            numbers = self._plan.numbers(slice_)
            columns = self._columns(slice_, numbers, self._task.groups[group.place])
            answer = self._task.reduction(group.place, slice_, numbers, columns)
            answers.append((group.place, number, answer))
        return answers

    def _columns(self, slice_: Slice, numbers: Numbers, samples: Sequence[Days]) -> list[Columns]:
        """The columns of the sets on each sample."""
        if not samples:
            return []
        plan, measures = self._plan, self._evaluator.measures
        metrics = self._evaluator.sample_metrics(slice_, numbers, samples, plan.sample.border)
        return [SliceColumns(plan.space, numbers, measures, of_sample) for of_sample in metrics]


def all_slices(plan: Plan, groups: int) -> list[SliceGroup]:
    """Every slice on each of the groups, cut so that neighbours share their work."""
    neighbours = list(plan.slices.groups())
    return [
        SliceGroup(place, tuple(slice_.number for slice_ in group))
        for place in range(groups)
        for group in neighbours
    ]


def evaluate(
    plan: Plan,
    task: Task,
    slices: Sequence[SliceGroup],
    workers: int,
    listener: Listener = _quiet,
) -> Answers:
    """The answers of all slices, sorted by group and slice, whatever the number of workers.

    Raises: see `streamed`.
    """
    collected = streamed(plan, task, slices, workers, listener)
    return sorted(collected, key=lambda answer: answer[:2])


class Passes:
    """Several passes over slices on the same groups of samples.

    Strategies that are asked set by set are asked in the first pass alone, each set once for all
    samples of all groups: the columns `names` are kept.
    """

    def __init__(
        self, plan: Plan, groups: Sequence[tuple[Days, ...]], names: Sequence[str], workers: int
    ) -> None:
        self._plan, self._groups, self._workers = plan, groups, workers
        self._record = _Record(tuple(names))
        self._records: dict[int, _Recorded] = {}

    def answers(self, reduction: Reduction, slices: Sequence[SliceGroup] | None = None) -> Answers:
        """What a reduction makes of some slices, or of all; see `evaluate`."""
        slices = all_slices(self._plan, len(self._groups)) if slices is None else slices
        if not self._plan.set_by_set:
            return evaluate(self._plan, Task(self._groups, reduction), slices, self._workers)
        if not self._records:
            samples = tuple(days for group in self._groups for days in group)
            task = Task([samples], self._record)
            answers = evaluate(self._plan, task, all_slices(self._plan, 1), self._workers)
            self._records = {number: recorded for _, number, recorded in answers}
        ends = list(accumulate(map(len, self._groups)))
        answers = Answers()
        for place, group in slices:
            part = slice(ends[place] - len(self._groups[place]), ends[place])
            for number in group:
                slice_, numbers, columns = self._records[number]
                answers.append((place, number, reduction(place, slice_, numbers, columns[part])))
        return answers


class _Recorded(NamedTuple):
    """A slice, its numbers, and their columns on each sample."""

    slice_: Slice
    numbers: Numbers
    samples: Sequence[Columns]


@dataclass(frozen=True, slots=True)
class _Record:
    """Some columns of all sets of a slice."""

    names: tuple[str, ...]

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> _Recorded:
        del place
        columns = [{name: sample[name] for name in self.names} for sample in samples]
        return _Recorded(slice_, numbers, columns)


def streamed(
    plan: Plan,
    task: Task,
    slices: Sequence[SliceGroup],
    workers: int,
    listener: Listener = _quiet,
) -> Iterator[tuple[int, int, Any]]:
    """The answers of all slices as they come, which with workers is in any order.

    `listener` is told how many of the slices are done, and how many there are.

    Raises:
        RunError: workers kept dying.
        Interrupted: the process was asked to stop; carries the exit code.
        OptimizerError: a worker met an error that the user can fix.
    """
    workers = min(workers, len(slices))
    if workers > 1:
        plan.prepare()
    answers = _in_workers if workers > 1 else _here
    for done, batch in enumerate(answers(plan, task, slices, workers), 1):
        yield from batch
        listener(done, len(slices))


def _here(plan: Plan, task: Task, slices: Sequence[SliceGroup], workers: int) -> Iterator[Answers]:
    del workers
    evaluator = SliceEvaluator(plan, task)
    return (evaluator.answers(group) for group in slices)


def _in_workers(
    plan: Plan, task: Task, slices: Sequence[SliceGroup], workers: int
) -> Iterator[Answers]:
    """Hand the slices to workers; where one dies, new ones do what it left undone."""
    method = plan.settings.parallelization.start_method
    executor = Executor[SliceGroup, Answers](partial(_answering, plan, task), workers, method)
    try:
        with stop_requests() as stop, executor.at_work(stop):
            for place, answers in executor.answers(slices, stop):
                if isinstance(answers, Lost):
                    raise RunError(
                        f"workers that evaluated slices {_shown(slices[place])} died again and "
                        f"again; out of memory? Try again, perhaps with fewer --workers"
                    )
                yield answers
    except Interrupted as interruption:
        message = "stopped; the same command begins this evaluation anew"
        raise Interrupted(message, interruption.exit_code) from None


def _answering(plan: Plan, task: Task) -> Callable[[SliceGroup], Answers]:
    return SliceEvaluator(plan, task).answers


def _shown(group: SliceGroup) -> str:
    return f"{min(group.numbers)} to {max(group.numbers)}"
