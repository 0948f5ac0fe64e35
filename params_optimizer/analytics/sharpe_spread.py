"""How far the Sharpe ratios of all that was tried lie apart: what luck has to choose from."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.variations import COLUMNS as VARIATION_COLUMNS
from params_optimizer.analytics.variations import competes
from params_optimizer.config import VariationConditions
from params_optimizer.strategies.initial_balance.params import VARIATIONS

ALL = "all"
SCOPES = (ALL, *VARIATIONS)
"""All trades of a combination, or those of one variation."""


def column(scope: str, metric: str) -> str:
    """The result column of a metric of R10 in a scope."""
    return metric if scope == ALL else f"{scope.lower()}_{metric}"


COLUMNS = (
    *VARIATION_COLUMNS,
    "total_trades",
    *(column(scope, "sharpe_ratio") for scope in SCOPES),
)
"""What a piece of results has to hold for the spreads, and for the variation tables."""

Piece = Mapping[str, NDArray[Any]]


class Spread(NamedTuple):
    """Number, mean, sum of squared deviations and greatest of annualised Sharpe ratios.

    Of the combinations that compete: with enough trades and, in a variation, meant for it
    (R12, R13). All 0 where there are none.
    """

    number: int
    mean: float
    squares: float
    greatest: float

    @property
    def variance(self) -> float | None:
        """Sample variance (ddof 1); None below two combinations."""
        return self.squares / (self.number - 1) if self.number > 1 else None


NOTHING = Spread(0, 0.0, 0.0, 0.0)
Spreads = dict[str, Spread]
"""A spread for each of `SCOPES`."""


def spreads_of(piece: Piece, conditions: VariationConditions, min_trades: int) -> Spreads:
    """The spreads of one piece of results; see `COLUMNS`."""
    rows = {ALL: piece["total_trades"] >= min_trades}
    rows |= {name: competes(piece, name, conditions, min_trades) for name in VARIATIONS}
    return {
        scope: _spread(piece[column(scope, "sharpe_ratio")][chosen])
        for scope, chosen in rows.items()
    }


def join(one: Spreads, other: Spreads) -> Spreads:
    """The spreads of both, without cancellation (Chan, Golub and LeVeque, 1983)."""
    return {scope: _join(one[scope], other[scope]) for scope in SCOPES}


class Watch:
    """Lets pieces of results through and remembers their spreads."""

    def __init__(self, conditions: VariationConditions, min_trades: int) -> None:
        self._conditions, self._min_trades = conditions, min_trades
        self.spreads: Spreads = dict.fromkeys(SCOPES, NOTHING)

    def over(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """The same pieces; `spreads` is complete after the last one."""
        for piece in pieces:
            self.spreads = join(self.spreads, spreads_of(piece, self._conditions, self._min_trades))
            yield piece


def _spread(values: NDArray[np.float64]) -> Spread:
    if not values.size:
        return NOTHING
    mean = float(values.mean())
    return Spread(values.size, mean, float(((values - mean) ** 2).sum()), float(values.max()))


def _join(one: Spread, other: Spread) -> Spread:
    if not one.number or not other.number:
        return other if other.number else one
    number, apart = one.number + other.number, other.mean - one.mean
    return Spread(
        number,
        one.mean + apart * other.number / number,
        one.squares + other.squares + apart**2 * one.number * other.number / number,
        max(one.greatest, other.greatest),
    )
