"""Which trials are beaten by no other in every goal at once (Deb et al. 2002)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from params_optimizer.search.trial import Trial, finite


def fronts(trials: Sequence[Trial]) -> NDArray[np.int64]:
    """The front of each trial, shape (trials,): 0 where no other dominates it.

    A trial that broke a constraint comes behind all that did not, one without figures last.
    """
    ranks = np.zeros(len(trials), np.int64)
    usable = [at for at, one in enumerate(trials) if one.state == "complete"]
    left = np.array(usable, np.int64)
    losses = np.array([trials[at].losses for at in usable])
    front = 0
    while left.size:
        beaten = dominated(losses)
        ranks[left[~beaten]] = front
        left, losses, front = left[beaten], losses[beaten], front + 1
    rest = [at for at, one in enumerate(trials) if one.state != "complete"]
    orders = sorted({trials[at].order for at in rest})
    for at in rest:
        ranks[at] = front + orders.index(trials[at].order)
    return ranks


def dominated(losses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether another row is nowhere worse and somewhere better; `losses` (rows, goals)."""
    found = np.zeros(len(losses), np.bool_)
    for row, own in enumerate(losses):
        found[row] = bool(((losses <= own).all(axis=1) & (losses < own).any(axis=1)).any())
    return found


def pareto_front(trials: Sequence[Trial]) -> list[Trial]:
    """Complete trials that no other dominates, by the first goal; of equal ones the first."""
    complete = {(one.losses, one.order): one for one in reversed(trials) if one.state == "complete"}
    found = list(complete.values())
    if not found:
        return []
    beaten = dominated(np.array([one.losses for one in found]))
    kept = [one for one, worse in zip(found, beaten, strict=True) if not worse]
    return sorted(kept, key=lambda one: (one.losses, one.order, one.number))


def crowding(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """How lonely each row of one front is, shape (rows,); infinite at both ends of a goal."""
    found = np.zeros(len(losses))
    for goal in map(finite, losses.T):
        order = np.argsort(goal, kind="stable")
        span = goal[order[-1]] - goal[order[0]]
        found[order[[0, -1]]] = np.inf
        if span > 0:
            found[order[1:-1]] += (goal[order[2:]] - goal[order[:-2]]) / span
    return found
