"""A search from its first batch to its last: ask, evaluate in workers, journal, tell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import DamagedFileError
from params_optimizer.orchestrator.evaluator import Answer, Evaluation, Question
from params_optimizer.orchestrator.executor import DIED, Executor, Lost
from params_optimizer.orchestrator.signals import Interrupted, StopRequest, stop_requests
from params_optimizer.orchestrator.study import Say
from params_optimizer.search.methods import Method, Pruning
from params_optimizer.search.objective import Objective, comparable
from params_optimizer.search.space import Key, Parameters, ParameterSpace
from params_optimizer.search.trial import STATES, Trial, ranked
from params_optimizer.storage.journal import Journal

Listener = Callable[[Sequence[Trial]], None]


def _quiet(trials: Sequence[Trial]) -> None:
    del trials


@dataclass(frozen=True, slots=True)
class Problem:
    """What is searched: parameter sets of a space, evaluated, judged by an objective."""

    space: ParameterSpace
    evaluation: Evaluation
    objective: Objective


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is searched, and with what.

    `batch` trials are asked at once, whatever the number of workers: it belongs to the seed.
    A trial may take `timeout` seconds.
    """

    trials: int
    batch: int = 8
    workers: int = 1
    timeout: float | None = None
    start_method: str | None = None


@dataclass(slots=True)
class Search:
    """Trials in order; `exhausted` when the method had no more to ask."""

    trials: list[Trial] = field(default_factory=list)
    exhausted: bool = False

    @property
    def distinct(self) -> list[Trial]:
        """Trials that were evaluated, not answered from memory, in their order."""
        return [one for one in self.trials if one.source is None]

    @property
    def ranking(self) -> list[Trial]:
        """Complete trials, each parameter set once, best first (by the first goal)."""
        return [one for one in ranked(self.distinct) if one.state == "complete"]


def run_search(
    problem: Problem,
    method: Method,
    plan: Plan,
    say: Say,
    *,
    journal: Journal | None = None,
    listener: Listener = _quiet,
) -> Search:
    """Search until the planned number of trials is there, or all parameter sets were tried.

    With a journal that holds trials already, the same search goes on behind them.

    Raises:
        Interrupted: the process was asked to stop; carries the exit code.
        DamagedFileError: the journal is damaged, or of another search.
        RunError: workers die before they do anything.
    """
    course = _Course(problem, method, plan, say, journal)
    executor = Executor[Question, Answer](
        problem.evaluation, plan.workers, plan.start_method, timeout=plan.timeout
    )
    try:
        with stop_requests() as stop, executor.at_work(stop):
            course.replay()
            listener(course.search.trials)
            while course.step(executor, stop):
                listener(course.search.trials)
    except Interrupted as interruption:
        done = len(course.search.trials)
        kept = "the same command goes on from there" if journal else "nothing of it is kept"
        raise Interrupted(
            f"stopped at {done:,} of {plan.trials:,} trials; {kept}", interruption.exit_code
        ) from None
    return course.search


def kept_search(journal: Journal, planned: int, *, complete: bool) -> Search:
    """A search as its journal knows it, which is left as it is; `planned` were to be asked.

    Raises:
        DamagedFileError: the journal is damaged.
    """
    trials = [_from_record(one, journal) for some in journal.look() for one in some]
    return Search(trials, exhausted=complete and len(trials) < planned)


class _Course:
    """The state of a running search."""

    def __init__(
        self, problem: Problem, method: Method, plan: Plan, say: Say, journal: Journal | None
    ) -> None:
        self._problem, self._method, self._plan, self._say = problem, method, plan, say
        self._journal = journal
        self._known: dict[Key, Trial] = {}
        self.search = Search()

    def replay(self) -> None:
        """Ask the method again what it asked, and tell it what the journal knows."""
        for records in self._journal.read(self._say) if self._journal else []:
            trials = [_from_record(one, self._journal) for one in records]
            asked = self._ask()
            if [dict(one.parameters) for one in trials] != [dict(one) for one in asked]:
                raise DamagedFileError(
                    f"{self._journal.path if self._journal else ''}: trial "
                    f"{len(self.search.trials)} is not what this search asks for; start afresh "
                    f"with --no-resume"
                )
            self._take(trials)

    def step(self, executor: Executor[Question, Answer], stop: StopRequest) -> bool:
        """One batch; False when there is nothing left to do."""
        asked = self._ask()
        if not asked:
            self.search.exhausted = len(self.search.trials) < self._plan.trials
            return False
        trials = self._evaluated(asked, executor, stop)
        # Journalled and told as one, or a signal between would part them.
        with stop.shielded():
            if self._journal:
                self._journal.append([_record(one) for one in trials])
            self._take(trials)
        return True

    def _ask(self) -> list[Parameters]:
        count = min(self._plan.batch, self._plan.trials - len(self.search.trials))
        return list(self._method.ask(count)) if count > 0 else []

    def _take(self, trials: Sequence[Trial]) -> None:
        self._method.tell(trials)
        for one in trials:
            self._known.setdefault(self._problem.space.key(one.parameters), one)
        self.search.trials += trials

    def _evaluated(
        self, asked: Sequence[Parameters], executor: Executor[Question, Answer], stop: StopRequest
    ) -> list[Trial]:
        """A trial for each parameter set; known ones are answered from memory."""
        first = len(self.search.trials)
        space, new = self._problem.space, dict[Key, int]()
        for place, parameters in enumerate(asked):
            key = space.key(parameters)
            if key not in self._known:
                new.setdefault(key, place)
        found: dict[int, Trial] = {}
        for place, trial in self._fresh(
            {place: asked[place] for place in new.values()}, executor, stop
        ):
            found[place] = replace(trial, number=first + place)
        trials = []
        for place, parameters in enumerate(asked):
            if place in found:
                trials.append(found[place])
                continue
            key = space.key(parameters)
            before = self._known[key] if key in self._known else found[new[key]]
            source = before.number if before.source is None else before.source
            trials.append(replace(before, number=first + place, source=source))
        return trials

    def _fresh(
        self,
        asked: Mapping[int, Parameters],
        executor: Executor[Question, Answer],
        stop: StopRequest,
    ) -> list[tuple[int, Trial]]:
        """Evaluate parameter sets by place, whole or stretch by stretch."""
        evaluation, method = self._problem.evaluation, self._method
        stretches: list[int | None] = [None]
        if evaluation.piecewise and isinstance(method, Pruning):
            stretches = list(range(evaluation.stretches))
        running, done = dict(asked), list[tuple[int, Trial]]()
        r = dict.fromkeys(asked, np.zeros(0))
        steps: dict[int, tuple[float, ...]] = dict.fromkeys(asked, ())
        for stretch in stretches:
            places = list(running)
            questions = [Question(running[place], stretch) for place in places]
            for at, answer in sorted(executor.answers(questions, stop), key=lambda one: one[0]):
                place = places[at]
                failed = _failure(answer, self._plan.timeout)
                if failed:
                    done.append((place, _failed(running.pop(place), failed, answer)))
                elif isinstance(answer, Answer):
                    r[place] = np.concatenate([r[place], answer.r])
            if stretch is None or stretch == stretches[-1] or not isinstance(method, Pruning):
                continue
            for place in running:
                steps[place] = (*steps[place], self._loss(r[place]))
            for place in method.hopeless({place: steps[place] for place in running}):
                trial = self._judged(running.pop(place), r[place])
                done.append((place, replace(trial, state="pruned", steps=steps[place])))
        for place, parameters in running.items():
            done.append((place, replace(self._judged(parameters, r[place]), steps=steps[place])))
        return done

    def _loss(self, r: NDArray[np.float64]) -> float:
        return self._problem.objective.losses(metrics_of_r(r))[0]

    def _judged(self, parameters: Parameters, r: NDArray[np.float64]) -> Trial:
        """The trial of a parameter set that made these trades."""
        objective = self._problem.objective
        metrics = metrics_of_r(r)
        losses = objective.losses(metrics)
        values = objective.values(metrics)
        if not all(map(isfinite, values)):
            named = dict(zip(objective.metrics, values, strict=True))
            return Trial(0, parameters, "failed", reason=f"no number: {named}")
        violation = objective.shortage(metrics) + sum(
            constraint.violation({**parameters, **comparable(metrics)})
            for constraint in self._problem.space.performance
        )
        state = "infeasible" if violation > 0 else "complete"
        return Trial(0, parameters, state, losses, violation, metrics)  # type: ignore[arg-type]


def _failure(answer: Answer | Lost, timeout: float | None) -> str:
    """Why a question has no answer; empty where it has."""
    if isinstance(answer, Answer):
        return answer.failure
    if answer.reason == DIED:
        return "its worker process died, three times"
    return f"took longer than {timeout:g} seconds"


def _failed(parameters: Parameters, reason: str, answer: Answer | Lost) -> Trial:
    timed_out = isinstance(answer, Lost) and answer.reason != DIED
    return Trial(0, parameters, "timeout" if timed_out else "failed", reason=reason)


def _record(trial: Trial) -> dict[str, Any]:
    """A trial as the journal writes it."""
    content = asdict(trial)
    for name in ("losses", "steps"):  # JSON has no word for infinity
        content[name] = tuple(loss if isfinite(loss) else repr(loss) for loss in content[name])
    return {key: value for key, value in content.items() if value not in ((), {}, "", None)}


def _from_record(record: Mapping[str, Any], journal: Journal | None) -> Trial:
    """What `_record` wrote."""
    try:
        state = STATES[STATES.index(record["state"])]
        return Trial(
            number=int(record["number"]),
            parameters=dict(record["parameters"]),
            state=state,
            losses=tuple(map(float, record.get("losses", ()))),
            violation=float(record.get("violation", 0.0)),
            metrics=dict(record.get("metrics", {})),
            reason=str(record.get("reason", "")),
            steps=tuple(map(float, record.get("steps", ()))),
            source=record.get("source"),
        )
    except (LookupError, TypeError, ValueError) as error:
        path = journal.path if journal else "journal"
        raise DamagedFileError(f"{path}: is no record of a trial ({error})") from error
