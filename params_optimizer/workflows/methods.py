"""How a target is searched: the search methods, with the arguments that workflows give them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from params_optimizer.config.search import Genetic, ParticleSwarm
from params_optimizer.config.search import Search as Settings
from params_optimizer.errors import SettingsError
from params_optimizer.orchestrator.executor import Executor, Lost
from params_optimizer.orchestrator.signals import StopRequest, stop_requests
from params_optimizer.search.methods import Method, make_method
from params_optimizer.search.space import ParameterSpace
from params_optimizer.search.trial import Trial, ranked
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.workflows.events import OptimizationProgress
from params_optimizer.workflows.objective import Judgement, Objective
from params_optimizer.workflows.sensitivity import sensitivity
from params_optimizer.workflows.thinning import thinned
from params_optimizer.workflows.work import Json


class NoResultError(SettingsError):
    """Not one trial of a search gave a figure."""


BATCH = 64
"""Trials between two looks at the results; part of the method, whatever the workers."""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Search:
    """One target to search. `label` names it in messages and events."""

    space: Json
    objective: Objective
    seed: int
    workers: int
    label: str
    progress: Callable[[Any], None]


class SearchMethod(Protocol):
    """Anything that can search a target."""

    def search(self, search: Search) -> Json:
        """`best_params`, `best_score`, `trials`, `history`, `sensitivity`, `note` if any.

        Raises:
            SettingsError: no trial met the constraints, or the space cannot be searched.
        """


@dataclass(frozen=True, slots=True)
class GridSearchMethod:
    """Every combination, where there are at most `most`; else evenly thinned ones, and it says so.

    `verbose` is accepted; progress is shown anyway.
    """

    verbose: bool = False
    most: int = 2000

    def __post_init__(self) -> None:
        _at_least("most", self.most, 1)

    def search(self, search: Search) -> Json:
        """See `SearchMethod.search`."""
        whole = ParameterSpace.parse(search.space, source=search.label)
        model, note = thinned(search.space, whole, self.most)
        space = ParameterSpace.parse(model, source=search.label)
        method = make_method("grid", space, Settings(), search.seed)
        return {
            **_run(search, space, method, len(space), BATCH),
            **({"note": note} if note else {}),
        }


@dataclass(frozen=True, slots=True)
class RandomSearchMethod:
    """`trials` parameter sets drawn evenly from the space."""

    trials: int = 200

    def __post_init__(self) -> None:
        _at_least("trials", self.trials, 1)

    def search(self, search: Search) -> Json:
        """See `SearchMethod.search`."""
        return _by_name("random", search, Settings(), self.trials, BATCH)


@dataclass(frozen=True, slots=True)
class BayesianMethod:
    """`trials` parameter sets, `batch` at a time, each batch learning from those before."""

    trials: int = 100
    batch: int = 8

    def __post_init__(self) -> None:
        _at_least("trials", self.trials, 1)
        _at_least("batch", self.batch, 1)

    def search(self, search: Search) -> Json:
        """See `SearchMethod.search`."""
        return _by_name("bayesian", search, Settings(), self.trials, self.batch)


@dataclass(frozen=True, slots=True)
class GeneticMethod:
    """`generations` of `population_size`; rates from 0 to 1."""

    population_size: int = 50
    generations: int = 20
    mutation_rate: float | None = None
    crossover_rate: float = 0.9

    def __post_init__(self) -> None:
        _at_least("population_size", self.population_size, 2)
        _at_least("generations", self.generations, 1)
        for name in ("mutation_rate", "crossover_rate"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise SettingsError(f"{name} {value}: has to be from 0 to 1")

    def search(self, search: Search) -> Json:
        """See `SearchMethod.search`."""
        genetic = Genetic(
            population=self.population_size,
            mutation_rate=self.mutation_rate,
            crossover_rate=self.crossover_rate,
        )
        trials = self.population_size * self.generations
        settings = Settings(genetic=genetic)
        return _by_name("genetic", search, settings, trials, self.population_size)


@dataclass(frozen=True, slots=True)
class ParticleSwarmMethod:
    """`particles` that move `iterations` times."""

    particles: int = 24
    iterations: int = 20

    def __post_init__(self) -> None:
        _at_least("particles", self.particles, 2)
        _at_least("iterations", self.iterations, 1)

    def search(self, search: Search) -> Json:
        """See `SearchMethod.search`."""
        settings = Settings(particle_swarm=ParticleSwarm(particles=self.particles))
        trials = self.particles * self.iterations
        return _by_name("particle-swarm", search, settings, trials, self.particles)


def _by_name(name: str, search: Search, settings: Settings, trials: int, batch: int) -> Json:
    space = ParameterSpace.parse(search.space, source=search.label)
    return _run(search, space, make_method(name, space, settings, search.seed), trials, batch)


def _run(search: Search, space: ParameterSpace, method: Method, most: int, batch: int) -> Json:
    """Ask, evaluate and tell until `most` trials are made or nothing new is left."""
    done: list[Trial] = []
    if space.size is not None:
        most = min(most, space.size)
    with stop_requests() as stop, _evaluator(search, stop) as evaluate:
        while len(done) < most:
            asked = method.ask(min(batch, most - len(done)))
            if not asked:
                break
            answers = evaluate(asked)
            trials = [
                _trial(len(done) + at, parameters, answer, search.objective)
                for at, (parameters, answer) in enumerate(zip(asked, answers, strict=True))
            ]
            method.tell(trials)
            done += trials
            best = ranked(done)[0]
            score = _score(best, search.objective)
            search.progress(OptimizationProgress(search.label, len(done), most, score))
    return _result(search, space, done)


@contextmanager
def _evaluator(
    search: Search, stop: StopRequest
) -> Iterator[Callable[[list[Parameters]], list[Any]]]:
    """A function from parameter sets to answers in their order, here or in a pool."""
    answer = Answer(search.objective)
    if search.workers <= 1:
        yield lambda asked: [answer(one) for one in asked]
        return
    executor: Executor[Parameters, Any] = Executor(lambda: answer, search.workers, None)

    def evaluate(asked: list[Parameters]) -> list[Any]:
        found = dict(executor.answers(asked, stop))
        return [found[place] for place in range(len(asked))]

    with executor.at_work(stop):
        yield evaluate


@dataclass(frozen=True, slots=True)
class Answer:
    """What a parameter set achieves, or in words what went wrong; runs in a worker."""

    objective: Objective

    def __call__(self, parameters: Parameters) -> Judgement | str:
        """Errors of a trial are that trial's; they do not stop the search."""
        try:
            return self.objective.judged(parameters)
        except Exception as error:  # noqa: BLE001  a trial may run anybody's code
            return f"{type(error).__name__}: {error}"


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise SettingsError(f"{name} {value}: has to be at least {least}")


def _result(search: Search, space: ParameterSpace, done: Sequence[Trial]) -> Json:
    best = ranked(done)[0] if done else None
    if best is None or best.state != "complete":
        why = f"; for example {best.reason}" if best is not None and best.reason else ""
        raise NoResultError(
            f"{search.label}: none of {len(done):,} trials gave a figure within the constraints"
            f"{why}; loosen the constraints, lower min_trades or take more data"
        )
    complete = [one for one in done if one.state == "complete"]
    return {
        "best_params": dict(best.parameters),
        "best_score": _score(best, search.objective),
        "best_metrics": dict(best.metrics),
        "trials": len(done),
        "without_a_figure": len(done) - len(complete),
        "history": _history(done, search.objective),
        "best_trials": [
            {"parameters": dict(one.parameters), "score": _score(one, search.objective)}
            for one in ranked(complete)[:_SHOWN]
        ],
        "sensitivity": sensitivity(
            [one.parameters for one in complete],
            np.array([one.losses[0] for one in complete]),
            space.names,
        ),
    }


def _history(done: Sequence[Trial], objective: Objective) -> list[list[float]]:
    """[trial, best score so far] wherever it became better."""
    steps: list[list[float]] = []
    for one in done:
        score = _score(one, objective)
        if score is None:
            continue
        sign = 1 if objective.higher_is_better else -1
        if not steps or sign * score > sign * steps[-1][1]:
            steps.append([one.number + 1, score])
    return steps


def _trial(
    number: int, parameters: Parameters, answer: Judgement | Lost | str, objective: Objective
) -> Trial:
    if isinstance(answer, str):
        return Trial(number, parameters, "failed", reason=answer)
    if isinstance(answer, Lost):
        return Trial(number, parameters, "failed", reason=f"its worker {answer.reason}")
    if not np.isfinite(answer.value):
        reason = "the metric is not defined, too few trades, or a constraint is not met"
        return Trial(number, parameters, "failed", reason=reason)
    loss = -answer.value if objective.higher_is_better else answer.value
    return Trial(number, parameters, "complete", (loss,), metrics=answer.metrics)


def _score(trial: Trial, objective: Objective) -> float | None:
    if trial.state != "complete":
        return None
    return -trial.losses[0] if objective.higher_is_better else trial.losses[0]
