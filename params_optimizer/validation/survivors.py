"""How many combinations of the whole grid earn anything, at the spread and at twice of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.search.objective import Columns
from params_optimizer.strategies.batch import Numbers, Slice
from params_optimizer.validation.evaluation import Task, all_slices, evaluate
from params_optimizer.validation.windows import trading_days


class Survivors(NamedTuple):
    """Of the combinations with enough trades: how many, those with total R above 0, the most R.

    `spread` is in points, None where the costs are no spread; `best_total_r` is None where
    none has enough trades.
    """

    spread: float | None
    eligible: int
    profitable: int
    best_total_r: float | None


def survivors(outcome: Outcome, factor: float, workers: int) -> Survivors:
    """Over the whole grid, at `factor` times the spread; raises as `evaluation.evaluate`."""
    study = outcome.study
    min_trades, cost = study.settings.min_trades, factor * study.spread
    nothing = Survivors(cost, 0, 0, None)
    if factor == 1.0 and study.most is None:
        pieces = outcome.results.pieces(["total_trades", "total_r"])
        counts = [
            survivors_of(cost, piece["total_r"][piece["total_trades"] >= min_trades])
            for piece in pieces
        ]
        return reduce(_join, counts, nothing)
    dearer = replace(study, spread=cost)
    task = Task([(trading_days(study),)], _Count(cost, min_trades))
    answers = evaluate(dearer, task, all_slices(study, 1), workers)
    return reduce(_join, [answer for _, _, answer in answers], nothing)


@dataclass(frozen=True, slots=True)
class _Count:
    spread: float
    min_trades: int

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> Survivors:
        del place, slice_, numbers
        (figures,) = samples
        enough = figures["total_trades"] >= self.min_trades
        return survivors_of(self.spread, figures["total_r"][enough])


def survivors_of(spread: float | None, total_r: NDArray[np.float64]) -> Survivors:
    """Of combinations with enough trades, from their total R."""
    best = float(total_r.max()) if total_r.size else None
    return Survivors(spread, total_r.size, int((total_r > 0).sum()), best)


def _join(first: Survivors, second: Survivors) -> Survivors:
    totals = [value for value in (first.best_total_r, second.best_total_r) if value is not None]
    return Survivors(
        first.spread,
        first.eligible + second.eligible,
        first.profitable + second.profitable,
        max(totals, default=None),
    )
