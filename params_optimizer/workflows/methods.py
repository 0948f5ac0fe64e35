"""How a target is searched: the methods of every search, with the arguments of workflows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

from params_optimizer.config.search import Genetic, MethodSettings, ParticleSwarm, Share
from params_optimizer.search.methods import make_method
from params_optimizer.search.methods.method import Method
from params_optimizer.search.space import ParameterSpace
from params_optimizer.workflows.arguments import Count, Several, checked
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


@checked
@dataclass(frozen=True, slots=True)
class GridSearchMethod:
    """Every combination up to `most`; a larger grid is thinned evenly, with a note.

    `verbose` is accepted; progress is shown anyway.
    """

    verbose: bool = False
    most: Count = 2000

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        whole = ParameterSpace.parse(space, source=label)
        content, note = thinned(space, whole, self.most)
        thin = ParameterSpace.parse(content, source=label)
        method = make_method("grid", thin, MethodSettings(), seed)
        return MethodOfTarget(thin, method, len(thin), _BATCH, note)


@checked
@dataclass(frozen=True, slots=True)
class RandomSearchMethod:
    """`trials` parameter sets drawn evenly from the space."""

    trials: Count = 200

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        return _begin("random", space, seed, label, self.trials)


@checked
@dataclass(frozen=True, slots=True)
class BayesianMethod:
    """`trials` parameter sets, `batch` at a time, each batch learning from those before."""

    trials: Count = 100
    batch: Count = 8

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        return _begin("bayesian", space, seed, label, self.trials, self.batch)


@checked
@dataclass(frozen=True, slots=True)
class GeneticMethod:
    """`generations` of `population_size`; rates from 0 to 1."""

    name: ClassVar[str] = "genetic"

    population_size: Several = 50
    generations: Count = 20
    mutation_rate: Share | None = None
    crossover_rate: Share = 0.9

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        genetic = Genetic(
            population=self.population_size,
            mutation_rate=self.mutation_rate,
            crossover_rate=self.crossover_rate,
        )
        trials, batch = self.population_size * self.generations, self.population_size
        settings = MethodSettings.model_validate({self.name: genetic})
        return _begin(self.name, space, seed, label, trials, batch, settings)


@checked
@dataclass(frozen=True, slots=True)
class NSGA2Method(GeneticMethod):
    """A genetic search for several metrics at once: what no other set beats in all of them."""

    name: ClassVar[str] = "nsga2"
    several_metrics: ClassVar[bool] = True


@checked
@dataclass(frozen=True, slots=True)
class ParticleSwarmMethod:
    """`particles` that move `iterations` times."""

    particles: Several = 24
    iterations: Count = 20

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
