"""The best combination of the whole grid on each of several samples of days (R12).

Two passes, since the score normalises over the whole grid: the first learns the bounds,
the second evaluates again only slices that can hold the best, which is a few of them. A
slice cannot when even its greatest figures together, which no combination of it may
have, come to less than some combination of another slice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.orchestrator.study import Say, Study
from params_optimizer.search.ranking import Bounds, join_bounds
from params_optimizer.strategies.initial_balance.panel.slices import Slice
from params_optimizer.validation.evaluation import Metrics, Piece, Task, evaluate, whole_grid
from params_optimizer.validation.objective import Objective
from params_optimizer.validation.windows import Days


class Choice(NamedTuple):
    """The best combination of a sample, its value, and how many competed."""

    combination: int
    value: float
    eligible: int


class Glance(NamedTuple):
    """The bounds of a slice, and the figures of one good combination of it."""

    limits: Bounds
    candidate: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Glances:
    """First look: bounds; the candidate is the best as far as the slice alone can tell."""

    objective: Objective

    def __call__(self, place: int, piece: Slice, metrics: Sequence[Metrics]) -> Glance | None:
        """None where no combination of the slice competes."""
        del place, piece
        columns = self.objective.columns(metrics[0], self.objective.eligible(metrics[0]))
        limits = self.objective.bounds(columns)
        if not limits.eligible:
            return None
        best = int(self.objective.values(columns, limits).argmax())
        return Glance(limits, np.array([columns[name][best] for name in self.objective.names]))


@dataclass(frozen=True, slots=True)
class Winners:
    """Second look: the best of the slice, given the bounds of each sample."""

    objective: Objective
    limits: Sequence[Bounds]

    def __call__(self, place: int, piece: Slice, metrics: Sequence[Metrics]) -> tuple[float, int]:
        """Negative value and combination number: the least of them is the best (R12)."""
        rows = self.objective.eligible(metrics[0])
        values = self.objective.values(self.objective.columns(metrics[0], rows), self.limits[place])
        best = int(values.argmax())  # the first of equal ones
        return -float(values[best]), piece.first + int(np.flatnonzero(rows)[best])


def best_on(
    study: Study, samples: Sequence[Days], objective: Objective, workers: int, say: Say
) -> list[Choice | None]:
    """The best combination of the grid on each sample; None where none has enough trades.

    Equal to the first of the ranking of a run on these days, ties included.

    Raises:
        RunError, Interrupted, OptimizerError: see `evaluation.evaluate`.
    """
    groups = [(days,) for days in samples]
    pieces = whole_grid(study, len(groups))
    glances: list[dict[int, Glance]] = [{} for _ in groups]
    for place, number, glance in evaluate(
        study, Task(groups, Glances(objective)), pieces, workers, say
    ):
        if glance is not None:
            glances[place][number] = glance
    limits = [_joined(objective, list(found.values())) for found in glances]
    wanted = [
        Piece(place, tuple(_promising(objective, found, limits[place])))
        for place, found in enumerate(glances)
        if found
    ]
    best: list[tuple[float, int] | None] = [None] * len(groups)
    for place, _, found in evaluate(
        study, Task(groups, Winners(objective, limits)), wanted, workers, say
    ):
        so_far = best[place]
        best[place] = found if so_far is None else min(so_far, found)
    return [
        Choice(one[1], -one[0], bounds.eligible) if one else None
        for one, bounds in zip(best, limits, strict=True)
    ]


def _joined(objective: Objective, glances: Sequence[Glance]) -> Bounds:
    nothing = np.full(len(objective.names), np.inf)
    return reduce(join_bounds, (one.limits for one in glances), Bounds(nothing, -nothing, 0))


def _promising(objective: Objective, glances: dict[int, Glance], limits: Bounds) -> list[int]:
    """The slices that can hold the best."""
    floor = max(objective.value(one.candidate, limits) for one in glances.values())
    return [
        number
        for number, one in glances.items()
        if objective.value(one.limits.greatest, limits) >= floor
    ]
