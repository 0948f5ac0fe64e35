"""A genetic algorithm: good parameter sets have children, and the best of all stay."""

from collections.abc import Sequence

import numpy as np

from params_optimizer.config.search import Genetic
from params_optimizer.config.space import Value
from params_optimizer.search.methods.method import Fresh, latin_hypercube
from params_optimizer.search.space import Parameters, ParameterSpace
from params_optimizer.search.trial import Trial, ranked


class GeneticSearch:
    """The population holds the best of all trials, best first.

    Parents are winners of small tournaments. A child takes each value from one of its
    parents, and then each of its values may change: numbers mostly by a step, others to
    any. A population that spread over the space is what it begins with.
    """

    def __init__(self, space: ParameterSpace, settings: Genetic, seed: int) -> None:
        self._space, self._settings = space, settings
        self._rng = np.random.default_rng(seed)
        self._fresh = Fresh(space, self._rng)
        self._start = latin_hypercube(space, settings.population, self._rng)[::-1]
        self._population: list[Trial] = []

    def ask(self, count: int) -> list[Parameters]:
        """The rest of the first generation, then children."""
        asked: list[Parameters] = []
        while len(asked) < count:
            proposed = self._start.pop() if self._start or not self._population else self._child()
            found = self._fresh.take(proposed)
            if found is None:
                break
            asked.append(found)
        return asked

    def tell(self, trials: Sequence[Trial]) -> None:
        """The best of the old and the new ones live on."""
        self._population = self._survivors([*self._population, *trials])

    def _survivors(self, trials: list[Trial]) -> list[Trial]:
        return ranked(trials)[: self._settings.population]

    def _child(self) -> dict[str, Value]:
        settings, rng = self._settings, self._rng
        child = dict(self._parent())
        if rng.random() < settings.crossover_rate:
            other = self._parent()
            for name in self._space.names:
                if rng.random() < 0.5:
                    child[name] = other[name]
        rate = settings.mutation_rate or 1.0 / len(self._space.axes)
        for axis in self._space.axes:
            if rng.random() < rate:
                near = axis.neighbours(child[axis.name])
                by_step = near and axis.ordered and rng.random() < settings.step_share
                child[axis.name] = (
                    near[int(rng.integers(len(near)))] if by_step else axis.sample(rng)
                )
        return child

    def _parent(self) -> Parameters:
        places = self._rng.integers(len(self._population), size=self._settings.tournament)
        return self._population[int(places.min())].parameters
