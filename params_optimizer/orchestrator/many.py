"""Many parameter sets at once, in workers, whatever is wanted of each of them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from params_optimizer.errors import RunError
from params_optimizer.orchestrator.crew import Build, Crew, Lost
from params_optimizer.orchestrator.signals import Interrupted, stop_requests
from params_optimizer.orchestrator.study import Say
from params_optimizer.orchestrator.trials import Plan

T = TypeVar("T")
A = TypeVar("A")
Done = Callable[[int, int], None]
"""How many are done, and how many there are."""


def _quiet(done: int, total: int) -> None:
    del done, total


def answers_of(
    build: Build[T, A], tasks: Sequence[T], plan: Plan, say: Say, done: Done = _quiet
) -> list[A | Lost]:
    """The answer to each task, in their order; `build` makes in each worker what answers.

    Raises:
        RunError: workers die before they do anything.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    workers = max(1, min(plan.workers, len(tasks)))
    crew = Crew[T, A](build, workers, plan.start_method, say, timeout=plan.timeout)
    found: dict[int, A | Lost] = {}
    try:
        with stop_requests() as stop, crew.at_work(stop):
            for place, answer in crew.answers(tasks, stop):
                found[place] = answer
                done(len(found), len(tasks))
    except Interrupted as interruption:
        message = "stopped; the same command begins this evaluation anew"
        raise Interrupted(message, interruption.exit_code) from None
    if len(found) < len(tasks):
        raise RunError(f"only {len(found):,} of {len(tasks):,} parameter sets were evaluated")
    return [found[place] for place in range(len(tasks))]
