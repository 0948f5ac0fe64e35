"""Day by day results of a uniform sample of the grid, and block sums of all of it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.batch import BatchEvaluator, Numbers, Slice
from params_optimizer.strategies.initial_balance.panel.daily import EVERY
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.initial_balance.scopes import SCOPE_NAMES
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.trials import sample_of_grid
from params_optimizer.validation.windows import Days, trading_days

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GridSample:
    """A uniform sample of the grid, day by day.

    `numbers` are its combinations, ascending; `days` the trading days of the study. `r` of
    each of the scopes asked for has shape (days, numbers), NaN where a
    combination does not trade (in that scope).
    """

    numbers: NDArray[np.int64]
    days: Days
    r: dict[str, Floats]


def sample_grid(study: Study, scopes: tuple[str, ...], size: int, seed: int) -> GridSample:
    """Evaluate a uniform sample of at most `size` combinations.

    Nearly as quick as the signals and exits of the whole grid, whatever the size; memory is
    8 bytes for each day, combination and scope.
    """
    numbers, days = sample_of_grid(len(study.grid), size, seed), trading_days(study)
    r = {scope: np.full((days.size, numbers.size), np.nan) for scope in scopes}
    slices, engine = PanelSlices(study.grid), study.engine()
    for tile in slices.groups():
        for piece in tile:
            low, high = np.searchsorted(numbers, [piece.first, piece.first + piece.rows])
            if low == high:
                continue
            daily = engine.daily(piece)
            rows = np.searchsorted(days, daily.dates)
            for at in range(int(low), int(high)):
                for scope in scopes:
                    row = int(numbers[at]) - piece.first
                    r[scope][rows, at] = daily.r_of(row, _variation(scope))
    return GridSample(numbers, days, r)


def _variation(scope: str) -> int:
    return EVERY if scope == ALL else SCOPE_NAMES.index(scope) - 1


def block_sums_of(r: Floats, blocks: int) -> Floats:
    """Trades, sum of R and sum of R^2 of neighbouring blocks of days, shape (3, blocks, lists).

    `r` has shape (days, lists), NaN where nothing is traded; the blocks are of nearly one size.
    """
    traded = ~np.isnan(r)
    filled = np.where(traded, r, 0.0)
    parts = np.array_split(np.arange(r.shape[0]), blocks)
    return np.stack(
        [
            [quantity[part].sum(axis=0) for part in parts]
            for quantity in (traded.astype(np.float64), filled, filled**2)
        ]
    )


@dataclass(slots=True)
class Blocks:
    """Makes block sums of slices in a worker, which keeps one evaluator."""

    plan: Plan
    blocks: int
    _evaluator: BatchEvaluator | None = field(default=None, init=False)

    def __call__(self, slice_: Slice, numbers: Numbers) -> Floats:
        """Shape (3, blocks, numbers)."""
        if self._evaluator is None:
            self._evaluator = self.plan.evaluator()
        blocks = np.array_split(self.plan.traded_days, self.blocks)
        return self._evaluator.block_sums(slice_, numbers, blocks)
