"""A genetic algorithm: good parameter sets have children, and the best of all stay."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config.search import Genetic
from params_optimizer.config.space import Value
from params_optimizer.search.methods.method import Fresh, Setup, latin_hypercube
from params_optimizer.search.space import Parameters, ParameterSpace
from params_optimizer.search.trial import Trial

_CHANGES = 2.4
"""Values that a mutation changes on average, where the settings do not say."""

_SHARE = 0.25
"""Part of the population in which a new trial looks for the one most like it."""


class GeneticSearch:
    """A steady population of good trials, best first.

    Parents are winners of small tournaments. A child takes each value from one of its
    parents, and then each of its values may change: numbers often to a near one, others to
    any. A population that spread over the space is what it begins with.
    """

    def __init__(self, space: ParameterSpace, settings: Genetic, seed: int) -> None:
        self._space, self._settings = space, settings
        self._rng = np.random.default_rng(seed)
        self._fresh = Fresh(space, self._rng)
        self._start = latin_hypercube(space, settings.population, self._rng)[::-1]
        self._ordered = np.array([axis.ordered for axis in space.axes])
        self._population: list[Trial] = []
        self._places: list[NDArray[np.float64]] = []

    def ask(self, count: int) -> list[Parameters]:
        """The rest of the first generation, then children."""
        proposals: list[Parameters] = []
        while len(proposals) < count:
            proposed = self._start.pop() if self._start or not self._population else self._child()
            parameters = self._fresh.take(proposed)
            if parameters is None:
                break
            proposals.append(parameters)
        return proposals

    def tell(self, trials: Sequence[Trial]) -> None:
        """Each new trial takes the place of the one most like it, if it is better.

        Restricted tournament replacement (Harik 1995): families that live in different
        parts of the space do not drive each other out.
        """
        for trial in trials:
            place = np.array(self._space.encode(trial.parameters))
            if len(self._population) < self._settings.population:
                self._population.append(trial)
                self._places.append(place)
                continue
            at = self._most_alike(place)
            if trial.order < self._population[at].order:
                self._population[at], self._places[at] = trial, place
        order = sorted(range(len(self._population)), key=lambda at: self._population[at].order)
        self._population = [self._population[at] for at in order]
        self._places = [self._places[at] for at in order]

    def _most_alike(self, place: NDArray[np.float64]) -> int:
        size = len(self._population)
        among = self._rng.permutation(size)[: max(1, round(_SHARE * size))]
        apart = np.abs(np.array([self._places[at] for at in among]) - place)
        distance = np.where(self._ordered, apart, apart > 0).sum(axis=1)
        return int(among[int(distance.argmin())])

    def _child(self) -> dict[str, Value]:
        settings, rng = self._settings, self._rng
        child = dict(self._parent())
        if rng.random() < settings.crossover_rate:
            mate = self._parent()
            for axis in self._space.axes:
                if rng.random() < 0.5:
                    child.update(axis.assign(axis.of(mate)))
        rate = settings.mutation_rate or _CHANGES / len(self._space.axes)
        for axis in self._space.axes:
            if rng.random() < rate:
                near = rng.random() < settings.step_share
                value = axis.nearby(axis.of(child), rng) if near else axis.sample(rng)
                child.update(axis.assign(value))
        return child

    def _parent(self) -> Parameters:
        places = self._rng.integers(len(self._population), size=self._settings.tournament)
        return self._population[int(places.min())].parameters


def make(setup: Setup) -> GeneticSearch:
    """The method at its beginning."""
    return GeneticSearch(setup.space, setup.settings.genetic, setup.seed)
