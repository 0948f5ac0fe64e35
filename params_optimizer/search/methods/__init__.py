"""Search methods by name; each is a file of its own."""

from collections.abc import Callable, Mapping

from params_optimizer.config.messages import nearest
from params_optimizer.config.search import MethodSettings
from params_optimizer.errors import SettingsError
from params_optimizer.search.methods.method import Method, Pruning
from params_optimizer.search.space import ParameterSpace

__all__ = ["METHODS", "Method", "Pruning", "make_method"]

Make = Callable[[ParameterSpace, MethodSettings, int], Method]


def _grid(
    space: ParameterSpace, settings: MethodSettings, seed: int, trials: int | None = None
) -> Method:
    from params_optimizer.search.methods.grid import GridSearch

    del settings, seed
    return GridSearch(space, trials)


def _random(space: ParameterSpace, settings: MethodSettings, seed: int) -> Method:
    from params_optimizer.search.methods.random import RandomSearch

    del settings
    return RandomSearch(space, seed)


def _bayesian(space: ParameterSpace, settings: MethodSettings, seed: int) -> Method:
    from params_optimizer.search.methods.bayesian import BayesianSearch

    return BayesianSearch(space, settings.bayesian, seed)


def _genetic(space: ParameterSpace, settings: MethodSettings, seed: int) -> Method:
    from params_optimizer.search.methods.genetic import GeneticSearch

    return GeneticSearch(space, settings.genetic, seed)


def _particle_swarm(space: ParameterSpace, settings: MethodSettings, seed: int) -> Method:
    from params_optimizer.search.methods.particle_swarm import ParticleSwarmSearch

    return ParticleSwarmSearch(space, settings.particle_swarm, seed)


def _nsga2(space: ParameterSpace, settings: MethodSettings, seed: int) -> Method:
    from params_optimizer.search.methods.nsga2 import NSGA2Search

    return NSGA2Search(space, settings.nsga2, seed)


METHODS: Mapping[str, Make] = {
    "grid": _grid,
    "random": _random,
    "bayesian": _bayesian,
    "genetic": _genetic,
    "particle-swarm": _particle_swarm,
    "nsga2": _nsga2,
}


def make_method(
    name: str, space: ParameterSpace, settings: MethodSettings, seed: int, trials: int | None = None
) -> Method:
    """The method called `name`, at its beginning.

    A grid of more parameter sets than `trials` spreads that many evenly (None: tries all);
    other methods choose as they go.

    Raises:
        SettingsError: there is no such method; the nearest name is shown.
        SpaceError: it cannot search this space.
    """
    if name not in METHODS:
        hint = nearest(name, METHODS)
        raise SettingsError(f"--method {name!r}: choose one of {', '.join(METHODS)}{hint}")
    if name == "grid":
        return _grid(space, settings, seed, trials)
    return METHODS[name](space, settings, seed)
