"""How far the Sharpe ratios of all that was tried lie apart: what luck has to choose from."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.search.eligibility import Eligibility
from params_optimizer.strategies.scopes import Columns

FEWEST_TRADES: Final = 2
"""What luck can choose from has a Sharpe ratio, which needs two trades."""


class Spread(NamedTuple):
    """Number, mean, sum of squared deviations and maximum of annualised Sharpe ratios.

    Of the combinations that compete: with enough trades and, in a variation, meant for it
    (R12, R13); a Sharpe ratio needs two trades. All 0 where there are none.
    """

    number: int
    mean: float
    squares: float
    maximum: float

    @property
    def variance(self) -> float | None:
        """Sample variance (ddof 1); None below two combinations."""
        return self.squares / (self.number - 1) if self.number > 1 else None


NOTHING = Spread(0, 0.0, 0.0, 0.0)
Spreads = dict[str, Spread]
"""A spread for each scope."""


def spreads_of(
    columns: Columns, eligibility: Eligibility, rows: Mapping[str, NDArray[np.bool_]]
) -> Spreads:
    """The spreads of neighbouring combinations; `rows` are those that compete, by scope."""
    spreads = {}
    for scope in eligibility.scopes:
        defined = rows[scope.name] & (columns[scope.column("total_trades")] >= FEWEST_TRADES)
        spreads[scope.name] = _spread(columns[scope.column("sharpe_ratio")][defined])
    return spreads


def join(first: Spreads, second: Spreads) -> Spreads:
    """The spreads of both, without cancellation (Chan, Golub and LeVeque, 1983)."""
    return {name: _join(spread, second[name]) for name, spread in first.items()}


def _spread(values: NDArray[np.float64]) -> Spread:
    if not values.size:
        return NOTHING
    mean = float(values.mean())
    return Spread(values.size, mean, float(((values - mean) ** 2).sum()), float(values.max()))


def _join(first: Spread, second: Spread) -> Spread:
    if not first.number or not second.number:
        return second if second.number else first
    number, apart = first.number + second.number, second.mean - first.mean
    return Spread(
        number,
        first.mean + apart * second.number / number,
        first.squares + second.squares + apart**2 * first.number * second.number / number,
        max(first.maximum, second.maximum),
    )
