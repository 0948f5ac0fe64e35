"""How a target is searched: the methods of every search, with the arguments of workflows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from params_optimizer.config.search import Genetic, MethodSettings, ParticleSwarm
from params_optimizer.errors import SettingsError
from params_optimizer.search.methods import make_method
from params_optimizer.search.methods.method import Method
from params_optimizer.search.space import ParameterSpace
from params_optimizer.workflows.thinning import thinned

_BATCH = 64
"""Trials that are asked at once; part of the method, whatever the number of workers."""


class MethodOfTarget(NamedTuple):
    """A method at its beginning; it is asked for `trials` parameter sets, `batch` at a time."""

    space: ParameterSpace
    method: Method
    trials: int
    batch: int
    note: str = ""


class SearchMethod(Protocol):
    """Anything that can search a target."""

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """The method for a space in its JSON form; `label` names it in messages.

        Raises:
            SettingsError: the space cannot be searched.
        """


@dataclass(frozen=True, slots=True)
class GridSearchMethod:
    """Every combination up to `most`; a larger grid is thinned evenly, with a note.

    `verbose` is accepted; progress is shown anyway.
    """

    verbose: bool = False
    most: int = 2000

    def __post_init__(self) -> None:
        _check("most", self.most, 1)

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        whole = ParameterSpace.parse(space, source=label)
        content, note = thinned(space, whole, self.most)
        thin = ParameterSpace.parse(content, source=label)
        method = make_method("grid", thin, MethodSettings(), seed)
        return MethodOfTarget(thin, method, len(thin), _BATCH, note)


@dataclass(frozen=True, slots=True)
class RandomSearchMethod:
    """`trials` parameter sets drawn evenly from the space."""

    trials: int = 200

    def __post_init__(self) -> None:
        _check("trials", self.trials, 1)

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        return _begin("random", space, seed, label, self.trials)


@dataclass(frozen=True, slots=True)
class BayesianMethod:
    """`trials` parameter sets, `batch` at a time, each batch learning from those before."""

    trials: int = 100
    batch: int = 8

    def __post_init__(self) -> None:
        _check("trials", self.trials, 1)
        _check("batch", self.batch, 1)

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        return _begin("bayesian", space, seed, label, self.trials, self.batch)


@dataclass(frozen=True, slots=True)
class GeneticMethod:
    """`generations` of `population_size`; rates from 0 to 1."""

    population_size: int = 50
    generations: int = 20
    mutation_rate: float | None = None
    crossover_rate: float = 0.9

    def __post_init__(self) -> None:
        _check("population_size", self.population_size, 2)
        _check("generations", self.generations, 1)
        for name in ("mutation_rate", "crossover_rate"):
            rate = getattr(self, name)
            if rate is not None and not 0 <= rate <= 1:
                raise SettingsError(f"{name} {rate}: must be a number from 0 to 1")

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        genetic = Genetic(
            population=self.population_size,
            mutation_rate=self.mutation_rate,
            crossover_rate=self.crossover_rate,
        )
        trials, batch = self.population_size * self.generations, self.population_size
        return _begin("genetic", space, seed, label, trials, batch, MethodSettings(genetic=genetic))


@dataclass(frozen=True, slots=True)
class ParticleSwarmMethod:
    """`particles` that move `iterations` times."""

    particles: int = 24
    iterations: int = 20

    def __post_init__(self) -> None:
        _check("particles", self.particles, 2)
        _check("iterations", self.iterations, 1)

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        settings = MethodSettings(particle_swarm=ParticleSwarm(particles=self.particles))
        trials, batch = self.particles * self.iterations, self.particles
        return _begin("particle-swarm", space, seed, label, trials, batch, settings)


def _begin(
    name: str,
    space: Mapping[str, Any],
    seed: int,
    label: str,
    trials: int,
    batch: int = _BATCH,
    settings: MethodSettings | None = None,
) -> MethodOfTarget:
    parsed = ParameterSpace.parse(space, source=label)
    method = make_method(name, parsed, settings or MethodSettings(), seed)
    return MethodOfTarget(parsed, method, min(trials, parsed.size or trials), batch)


def _check(name: str, value: int, minimum: int) -> None:
    if value < minimum:
        raise SettingsError(f"{name} {value}: must be an integer >= {minimum}")
