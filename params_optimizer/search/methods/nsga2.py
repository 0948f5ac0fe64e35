"""NSGA-II for several goals at once (Deb et al. 2002): a front instead of one winner."""

from collections.abc import Sequence

import numpy as np

from params_optimizer.search.methods.genetic import GeneticSearch
from params_optimizer.search.methods.method import Setup
from params_optimizer.search.pareto import crowding, fronts
from params_optimizer.search.trial import Trial


class NSGA2Search(GeneticSearch):
    """The genetic algorithm whose best are those of the first front, the loneliest first."""

    def tell(self, trials: Sequence[Trial]) -> None:
        """The best of the old and the new ones live on."""
        self._population = self._survivors([*self._population, *trials])

    def _survivors(self, trials: list[Trial]) -> list[Trial]:
        ranks = fronts(trials)
        lonely = np.zeros(len(trials))
        for front in np.unique(ranks):
            members = np.flatnonzero(ranks == front)
            if trials[members[0]].state == "complete":
                lonely[members] = crowding(np.array([trials[at].losses for at in members]))
        order = np.lexsort((np.arange(len(trials)), -lonely, ranks))
        return [trials[at] for at in order[: self._settings.population]]


def make(setup: Setup) -> NSGA2Search:
    """The method at its beginning."""
    return NSGA2Search(setup.space, setup.settings.nsga2, setup.seed)
