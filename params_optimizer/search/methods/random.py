"""Random parameter sets: the yardstick of every other method."""

from collections.abc import Sequence

import numpy as np

from params_optimizer.search.methods.method import Fresh, Setup
from params_optimizer.search.space import Parameters, ParameterSpace
from params_optimizer.search.trial import Trial


class RandomSearch:
    """Draws without putting back."""

    def __init__(self, space: ParameterSpace, seed: int) -> None:
        self._space, self._rng = space, np.random.default_rng(seed)
        self._fresh = Fresh(space, self._rng)

    def ask(self, count: int) -> list[Parameters]:
        """New ones."""
        drawn = (self._fresh.take(self._space.sample(self._rng)) for _ in range(count))
        return [parameters for parameters in drawn if parameters is not None]

    def tell(self, trials: Sequence[Trial]) -> None:
        """Nothing to learn."""


def make(setup: Setup) -> RandomSearch:
    """The method at its beginning."""
    return RandomSearch(setup.space, setup.seed)
