"""A search from its first batch to its last: ask, evaluate in workers, journal, tell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any, Protocol

import numpy as np

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import DamagedFileError
from params_optimizer.orchestrator.evaluator import TrialQuestion
from params_optimizer.orchestrator.executor import (
    DIED,
    ONE_WORKER,
    TRIES,
    Executor,
    InProcess,
    Lost,
    Workers,
)
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.signals import Interrupted, StopRequest, stop_requests
from params_optimizer.orchestrator.worker import with_errors
from params_optimizer.search.methods.method import Method, Pruning
from params_optimizer.search.space import Key, Parameters, ParameterSpace
from params_optimizer.search.trial import STATES, Trial, ranked
from params_optimizer.storage.journal import Journal
from params_optimizer.strategies.set_by_set import Answer

Listener = Callable[[Sequence[Trial]], None]
AnyExecutor = Executor[TrialQuestion, Any] | InProcess[TrialQuestion, Any]


def _quiet(trials: Sequence[Trial]) -> None:
    del trials


class Searchable(Protocol):
    """What can be searched: parameter sets of a space, evaluated in workers, and judged.

    `evaluation` is picklable, and called in each worker to make the function that answers a
    `TrialQuestion`. An answer has a `failure`, a text that is empty where there is none.
    """

    @property
    def space(self) -> ParameterSpace:
        """The parameter sets."""

    @property
    def evaluation(self) -> Callable[[], Callable[[TrialQuestion], Any]]:
        """What makes the answers."""

    def judged(self, parameters: Parameters, answer: Any) -> Trial:  # noqa: ANN401  its own
        """The trial of an answer without a failure; its number is set by the search."""


@dataclass(slots=True)
class Search:
    """Trials in order; `exhausted` when the method had no more to ask."""

    trials: list[Trial] = field(default_factory=list)
    exhausted: bool = False

    @property
    def distinct(self) -> list[Trial]:
        """Trials that were evaluated, not answered from memory, in their order."""
        return [trial for trial in self.trials if trial.source is None]

    @property
    def ranking(self) -> list[Trial]:
        """Complete trials, each parameter set once, best first (by the first goal)."""
        return [trial for trial in ranked(self.distinct) if trial.state == "complete"]


def search(
    plan: Plan, workers: int, *, journal: Journal | None = None, listener: Listener = _quiet
) -> Search:
    """Ask the method of a plan for all of its trials; see `run_search`."""
    asks = plan.method
    return run_search(
        plan,
        asks.begin(plan.space),
        asks.trials,
        asks.batch,
        plan.workers(workers),
        journal=journal,
        listener=listener,
    )


def run_search(
    problem: Searchable,
    method: Method,
    planned: int,
    batch: int = 8,
    workers: Workers = ONE_WORKER,
    *,
    journal: Journal | None = None,
    listener: Listener = _quiet,
) -> Search:
    """Search until `planned` trials are there, or all parameter sets were tried.

    `batch` trials are asked at once, whatever the number of workers: it belongs to the seed.
    With a journal that holds trials already, the same search goes on behind them.

    Raises:
        Interrupted: the process was asked to stop; carries the exit code.
        DamagedFileError: the journal is damaged, or of another search.
        RunError: workers die before they do anything.
    """
    running = _RunningSearch(problem, method, planned, batch, workers.timeout, journal)
    executor: AnyExecutor = InProcess(problem.evaluation)
    if workers.processes:
        executor = Executor(
            problem.evaluation, workers.processes, workers.start_method, timeout=workers.timeout
        )
    try:
        with stop_requests() as stop, executor.at_work(stop):
            running.replay()
            listener(running.search.trials)
            while running.step(executor, stop):
                listener(running.search.trials)
    except Interrupted as interruption:
        done = len(running.search.trials)
        outlook = "the same command goes on from there" if journal else "nothing of it is kept"
        raise Interrupted(
            f"stopped at {done:,} of {planned:,} trials; {outlook}", interruption.exit_code
        ) from None
    return running.search


def kept_search(journal: Journal, planned: int, *, complete: bool) -> Search:
    """A search as its journal knows it, which is left as it is; `planned` were to be asked.

    Raises:
        DamagedFileError: the journal is damaged.
    """
    trials = [_from_record(record, journal) for batch in journal.look() for record in batch]
    return Search(trials, exhausted=complete and len(trials) < planned)


class _RunningSearch:
    """The state of a running search."""

    def __init__(
        self,
        problem: Searchable,
        method: Method,
        planned: int,
        batch: int,
        timeout: float | None,
        journal: Journal | None,
    ) -> None:
        self._problem, self._method = problem, method
        self._planned, self._batch, self._timeout = planned, batch, timeout
        self._journal = journal
        self._answered: dict[Key, Trial] = {}
        self.search = Search()

    def replay(self) -> None:
        """Ask the method again what it asked, and tell it what the journal knows."""
        for records in self._journal.read() if self._journal else []:
            trials = [_from_record(record, self._journal) for record in records]
            sets = self._ask()
            if [dict(trial.parameters) for trial in trials] != [
                dict(parameters) for parameters in sets
            ]:
                raise DamagedFileError(
                    f"{self._journal.path if self._journal else ''}: trial "
                    f"{len(self.search.trials)} is not what this search asks for; start afresh "
                    f"with --no-resume"
                )
            self._take(trials)

    def step(self, executor: AnyExecutor, stop: StopRequest) -> bool:
        """One batch; False when there is nothing left to do."""
        sets = self._ask()
        if not sets:
            self.search.exhausted = len(self.search.trials) < self._planned
            return False
        trials = self._evaluated(sets, executor, stop)
        # Journalled and told as one, or a signal between would part them.
        with stop.shielded():
            if self._journal:
                self._journal.append([_record(trial) for trial in trials])
            self._take(trials)
        return True

    def _ask(self) -> list[Parameters]:
        count = min(self._batch, self._planned - len(self.search.trials))
        return list(self._method.ask(count)) if count > 0 else []

    def _take(self, trials: Sequence[Trial]) -> None:
        self._method.tell(trials)
        for trial in trials:
            self._answered.setdefault(self._problem.space.key(trial.parameters), trial)
        self.search.trials += trials

    def _evaluated(
        self, sets: Sequence[Parameters], executor: AnyExecutor, stop: StopRequest
    ) -> list[Trial]:
        """A trial for each parameter set; known ones are answered from memory."""
        first = len(self.search.trials)
        space, new = self._problem.space, dict[Key, int]()
        for place, parameters in enumerate(sets):
            key = space.key(parameters)
            if key not in self._answered:
                new.setdefault(key, place)
        fresh: dict[int, Trial] = {}
        for place, trial in self._fresh(
            {place: sets[place] for place in new.values()}, executor, stop
        ):
            fresh[place] = replace(trial, number=first + place)
        trials = []
        for place, parameters in enumerate(sets):
            if place in fresh:
                trials.append(fresh[place])
                continue
            key = space.key(parameters)
            before = self._answered[key] if key in self._answered else fresh[new[key]]
            source = before.number if before.source is None else before.source
            trials.append(replace(before, number=first + place, source=source))
        return trials

    def _fresh(
        self,
        sets: Mapping[int, Parameters],
        executor: AnyExecutor,
        stop: StopRequest,
    ) -> list[tuple[int, Trial]]:
        """Evaluate parameter sets by place."""
        problem, method = self._problem, self._method
        if (
            isinstance(problem, Plan)
            and isinstance(method, Pruning)
            and problem.evaluation.piecewise
        ):
            return self._pruned(problem, method, sets, executor, stop)
        places, trials = list(sets), list[tuple[int, Trial]]()
        questions = [TrialQuestion(sets[place]) for place in places]
        for at, answer in executor.answers(questions, stop):
            parameters = sets[places[at]]
            trial = self._failed(parameters, answer) or problem.judged(parameters, answer)
            trials.append((places[at], trial))
        return trials

    def _pruned(
        self,
        plan: Plan,
        method: Pruning,
        sets: Mapping[int, Parameters],
        executor: AnyExecutor,
        stop: StopRequest,
    ) -> list[tuple[int, Trial]]:
        """Evaluate stretch by stretch; hopeless ones end early."""
        running, done = dict(sets), list[tuple[int, Trial]]()
        r = dict.fromkeys(sets, np.zeros(0))
        steps: dict[int, tuple[float, ...]] = dict.fromkeys(sets, ())

        def judged(place: int) -> Trial:
            trial = plan.judged(running.pop(place), Answer(r[place]))
            return replace(trial, steps=steps[place])

        for stretch in range(plan.evaluation.stretches):
            places = list(running)
            questions = [TrialQuestion(running[place], stretch) for place in places]
            for at, answer in executor.answers(questions, stop):
                place = places[at]
                if trial := self._failed(running[place], answer):
                    del running[place]
                    done.append((place, trial))
                elif isinstance(answer, Answer):
                    r[place] = np.concatenate([r[place], answer.r])
            if stretch == plan.evaluation.stretches - 1:
                break
            for place in running:
                steps[place] = (*steps[place], plan.objective.losses(metrics_of_r(r[place]))[0])
            for place in method.hopeless({place: steps[place] for place in running}):
                done.append((place, replace(judged(place), state="pruned")))
        return [*done, *((place, judged(place)) for place in list(running))]

    def _failed(self, parameters: Parameters, answer: Answer | Lost) -> Trial | None:
        """The trial of a question without an answer; None where there is one."""
        if not isinstance(answer, Lost):
            failure = answer.failure
            return Trial(0, parameters, "failed", reason=failure) if failure else None
        if answer.reason == DIED:
            reason = with_errors(f"its worker process died, {TRIES} times", answer.errors)
            return Trial(0, parameters, "failed", reason=reason)
        reason = with_errors(f"took longer than {self._timeout:g} seconds", answer.errors)
        return Trial(0, parameters, "timeout", reason=reason)


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
