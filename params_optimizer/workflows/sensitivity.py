"""How much of the difference between trials each parameter explains."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from params_optimizer.strategies.protocol import Parameters

_GROUPS = 10


def sensitivity(
    parameters: Sequence[Parameters], scores: NDArray[np.float64], names: Sequence[str]
) -> dict[str, float]:
    """Share of the variance of `scores`, shape (trials,), between the values of a parameter.

    The correlation ratio (eta squared, Fisher 1925), 0 to 1; a number with more than ten
    values is put into ten groups of equal size. Of trials that were drawn evenly the shares
    are main effects; a method that goes where it is good draws unevenly, and then they are
    a description of its trials only. Empty for fewer than two trials or equal values.
    """
    if scores.size < 2 or np.ptp(scores) == 0:
        return {}
    total = np.sum((scores - scores.mean()) ** 2)
    shares = {}
    for name in names:
        groups = _groups([values[name] for values in parameters])
        count = np.bincount(groups)
        mean = np.bincount(groups, scores) / np.maximum(count, 1)
        between = np.sum(count * (mean - scores.mean()) ** 2)
        shares[name] = float(min(between / total, 1.0))
    return shares


def _groups(column: Sequence[object]) -> NDArray[np.int64]:
    """The group of each value, shape (values,), from 0."""
    numeric = all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in column)
    if not numeric:
        words = {word: place for place, word in enumerate(dict.fromkeys(column))}
        return np.array([words[word] for word in column])
    numbers = np.array(column, np.float64)
    distinct = np.unique(numbers)
    if distinct.size > _GROUPS:
        distinct = np.quantile(numbers, np.linspace(0, 1, _GROUPS + 1)[:-1])
    return np.searchsorted(np.unique(distinct), numbers, side="right") - 1
