"""Every parameter set of a space with an end, in order, or some of them spread evenly."""

from collections.abc import Iterator, Sequence
from itertools import islice

from params_optimizer.search.methods.method import Setup
from params_optimizer.search.space import Key, Parameters, ParameterSpace
from params_optimizer.search.trial import Trial

_GOLDEN = 0.6180339887498949


class GridSearch:
    """Complete where there is time for it; nothing is learned on the way."""

    def __init__(self, space: ParameterSpace, limit: int | None = None) -> None:
        """Take a space with an end, and how many sets are tried at `limit` (None: all).

        Raises:
            SpaceError: an axis has no end of values.
        """
        size = len(space)
        self._sets = space.sets() if limit is None or limit >= size else _spread(space, limit)

    def ask(self, count: int) -> list[Parameters]:
        """The next ones."""
        return list(islice(self._sets, count))

    def tell(self, trials: Sequence[Trial]) -> None:
        """Nothing to learn."""


def make(setup: Setup) -> GridSearch:
    """All sets, or as many as are planned."""
    return GridSearch(setup.space, setup.trials)


def _spread(space: ParameterSpace, parts: int) -> Iterator[Parameters]:
    """One allowed set of each of `parts` equal parts of the grid, then the others in order.

    Its place within the part moves by the golden ratio: with the same place in every part,
    the last axis would show one value only.
    """
    size, seen = len(space), set[Key]()
    for part in range(parts):
        first, end = part * size // parts, (part + 1) * size // parts
        start = int((part + 0.5) * _GOLDEN % 1 * (end - first))
        for step in range(end - first):
            parameters = space[first + (start + step) % (end - first)]
            if not space.allows(parameters):
                continue
            parameters = space.canonical(parameters)
            if (key := space.key(parameters)) not in seen:
                seen.add(key)
                yield parameters
                break
    yield from (parameters for parameters in space.sets() if space.key(parameters) not in seen)
