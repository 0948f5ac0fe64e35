"""From signals to the vote of any weights, at the few bars where something changes (E1 to E4)."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.jit import kernel
from params_optimizer.engine.order_lists import CLOSE, DROP, OrderLists, fits_nb, order_nb

EQUAL: Final = 1e-9
"""A vote nearer to the threshold than this reaches it: weights such as 0.1 are not exact."""


class Changes(NamedTuple):
    """The bars at whose close a signal or the regime is another one, in order.

    `signals`, shape (changes, rules), are the targets of the rules; the others have shape
    (changes,): `bar` is a place in the bars, `regime` a row of weights (-1: none), `stretch`
    counts the stretches of one regime, `turn` marks the first bar of a stretch after another.
    """

    bar: NDArray[np.int64]
    signals: NDArray[np.float64]
    regime: NDArray[np.int64]
    stretch: NDArray[np.int64]
    turn: NDArray[np.bool_]


class Votes(NamedTuple):
    """Weights, shape (sets, regimes, rules), and thresholds, shape (sets,)."""

    weights: NDArray[np.float64]
    threshold: NDArray[np.float64]


def changes_of(signals: NDArray[np.float64], regime: NDArray[np.int64]) -> Changes:
    """Where signals, shape (bars, rules), or regimes, shape (bars,), change."""
    turn = np.append(False, np.diff(regime) != 0)[: regime.size]
    changed = np.append(True, (np.diff(signals, axis=0) != 0).any(axis=1))[: regime.size] | turn
    after_turn = np.append(False, turn[:-1])[: regime.size]  # where the vote counts again
    bar = np.flatnonzero(changed | after_turn)
    stretch = np.cumsum(turn)
    return Changes(bar, np.ascontiguousarray(signals[bar]), regime[bar], stretch[bar], turn[bar])


@kernel
def votes_nb(
    changes: Changes, weights: NDArray[np.float64], threshold: float, border: int
) -> NDArray[np.float64]:
    """Wanted position at each change: 1, 0 or -1; `weights` has shape (regimes, rules)."""
    targets = np.zeros(changes.bar.size)
    for change in range(changes.bar.size):
        regime = changes.regime[change]
        if regime < 0 or (border == CLOSE and changes.turn[change]):
            continue
        total, vote = 0.0, 0.0
        for rule in range(weights.shape[1]):
            total += weights[regime, rule]
            vote += weights[regime, rule] * changes.signals[change, rule]
        needed = threshold * total - EQUAL * total
        if total > 0.0 and vote >= needed:
            targets[change] = 1.0
        elif total > 0.0 and vote <= -needed:
            targets[change] = -1.0
    if border == DROP:
        _drop_nb(targets, changes.stretch)
    return targets


@kernel
def _drop_nb(targets: NDArray[np.float64], stretch: NDArray[np.int64]) -> None:
    """Want nothing instead of a position that is decided in one stretch and left in another."""
    first = 0
    for change in range(1, targets.size + 1):
        if change < targets.size and targets[change] == targets[first]:
            continue
        left = min(change, targets.size - 1)
        if stretch[left] != stretch[first]:
            targets[first:change] = 0.0
        first = change


@kernel
def votes_of_sets_nb(
    changes: Changes, sets: Votes, border: int, first: int, lists: OrderLists
) -> int:
    """Write the orders of sets from `first` on, as many as fit; the place of the next one."""
    for place in range(first, sets.threshold.size):
        if not fits_nb(lists, place - first, changes.bar.size):
            return place
        targets = votes_nb(changes, sets.weights[place], sets.threshold[place], border)
        count, current = lists.begin[place - first], 0.0
        for change in range(changes.bar.size):
            if targets[change] != current:
                current = targets[change]
                count = order_nb(lists.orders, count, changes.bar[change], current)
        lists.begin[place - first + 1] = count
    return sets.threshold.size
