"""Every parameter set of a space with an end, in order."""

from collections.abc import Sequence
from itertools import islice

from params_optimizer.search.methods.method import Setup
from params_optimizer.search.space import Parameters, ParameterSpace
from params_optimizer.search.trial import Trial


class GridSearch:
    """Complete where there is time for it; nothing is learned on the way."""

    def __init__(self, space: ParameterSpace) -> None:
        """Take a space with an end.

        Raises:
            SpaceError: an axis has no end of values.
        """
        len(space)
        self._sets = space.sets()

    def ask(self, count: int) -> list[Parameters]:
        """The next ones."""
        return list(islice(self._sets, count))

    def tell(self, trials: Sequence[Trial]) -> None:
        """Nothing to learn."""


def make(setup: Setup) -> GridSearch:
    """All sets, however many are planned."""
    return GridSearch(setup.space)
