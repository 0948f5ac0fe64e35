"""What every search method is, and the settings that they have."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from params_optimizer.config.search import MethodSettings
from params_optimizer.config.space import Value
from params_optimizer.search.space import Key, Parameters, ParameterSpace
from params_optimizer.search.trial import Trial

_TRIES = 30
MANY = 30
"""Values of an axis from which on changes stay near: few of them would hit the right one."""


class Setup(NamedTuple):
    """What a method starts from; `trials` is how many are planned, None where that is open."""

    space: ParameterSpace
    settings: MethodSettings
    seed: int
    trials: int | None = None


class Method(Protocol):
    """Proposes parameter sets and learns from the results.

    The same seed and the same answers give the same questions; how many are asked at once
    is part of the seed, so to say.
    """

    def ask(self, count: int) -> list[Parameters]:
        """Up to `count` parameter sets that were not asked before; none: all were."""

    def tell(self, trials: Sequence[Trial]) -> None:
        """What became of all that was asked, in order."""


@runtime_checkable
class Pruning(Protocol):
    """A method that can tell early that a trial is not worth finishing."""

    def hopeless(self, steps: Mapping[int, Sequence[float]]) -> Collection[int]:
        """Which of the running trials to end.

        `steps` maps their numbers to their losses after each stretch of days so far.
        """


class Fresh:
    """Makes sure that no parameter set is asked twice, and knows when all were asked."""

    def __init__(self, space: ParameterSpace, rng: np.random.Generator) -> None:
        self._space, self._rng = space, rng
        self._seen: set[Key] = set()
        self._rest = space.sets() if space.size is not None else None

    def __contains__(self, parameters: Parameters) -> bool:
        return self._space.key(parameters) in self._seen

    def take(self, proposed: Parameters) -> dict[str, Value] | None:
        """The proposed set, or a near one that is new and allowed; None if none is left."""
        candidate = self._space.repaired(proposed, self._rng)
        for attempt in range(_TRIES):
            if candidate not in self:
                return self._marked(candidate)
            around = [
                parameters
                for parameters in self._space.neighbours(candidate)
                if parameters not in self
            ]
            if around:
                return self._marked(around[int(self._rng.integers(len(around)))])
            axis = self._space.axes[int(self._rng.integers(len(self._space.axes)))]
            moved = {**candidate, **axis.assign(axis.sample(self._rng))}
            if attempt > _TRIES // 2:
                moved = self._space.sample(self._rng)
            candidate = self._space.repaired(moved, self._rng)
        if self._rest is not None:
            for parameters in self._rest:  # what it passed by was asked, and stays so
                if parameters not in self:
                    return self._marked(parameters)
            return None
        return self._marked(candidate)

    def _marked(self, parameters: dict[str, Value]) -> dict[str, Value]:
        self._seen.add(self._space.key(parameters))
        return parameters


def latin_hypercube(
    space: ParameterSpace, count: int, rng: np.random.Generator
) -> list[Parameters]:
    """Parameter sets that spread over every axis as evenly as `count` allows."""
    cells = np.stack([rng.permutation(count) for _ in space.axes], axis=1)
    units = (cells + rng.random(cells.shape)) / count
    return [space.repaired(space.decode(row), rng) for row in units]
