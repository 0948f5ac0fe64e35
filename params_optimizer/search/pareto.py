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
    usable = [at for at, trial in enumerate(trials) if trial.state == "complete"]
    left = np.array(usable, np.int64)
    losses = np.array([trials[at].losses for at in usable])
    front = 0
    while left.size:
        beaten = dominated(losses)
        ranks[left[~beaten]] = front
        left, losses, front = left[beaten], losses[beaten], front + 1
    rest = [at for at, trial in enumerate(trials) if trial.state != "complete"]
    orders = sorted({trials[at].order for at in rest})
    for at in rest:
        ranks[at] = front + orders.index(trials[at].order)
    return ranks


def dominated(losses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether another row is nowhere worse and somewhere better; `losses` (rows, goals)."""
    result = np.zeros(len(losses), np.bool_)
    for row, values in enumerate(losses):
        result[row] = bool(((losses <= values).all(axis=1) & (losses < values).any(axis=1)).any())
    return result


def pareto_front(trials: Sequence[Trial]) -> list[Trial]:
    """Complete trials that no other dominates, by the first goal; of equal ones the first."""
    complete = {
        (trial.losses, trial.order): trial
        for trial in reversed(trials)
        if trial.state == "complete"
    }
    candidates = list(complete.values())
    if not candidates:
        return []
    beaten = dominated(np.array([trial.losses for trial in candidates]))
    front = [trial for trial, worse in zip(candidates, beaten, strict=True) if not worse]
    return sorted(front, key=lambda trial: (trial.losses, trial.order, trial.number))


def crowding(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """How lonely each row of one front is, shape (rows,); infinite at both ends of a goal."""
    distance = np.zeros(len(losses))
    for goal in map(finite, losses.T):
        order = np.argsort(goal, kind="stable")
        span = goal[order[-1]] - goal[order[0]]
        distance[order[[0, -1]]] = np.inf
        if span > 0:
            distance[order[1:-1]] += (goal[order[2:]] - goal[order[:-2]]) / span
    return distance
