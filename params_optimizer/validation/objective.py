"""What "best" means: one figure of a combination, over those with enough trades."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import RankingWeights, Settings
from params_optimizer.errors import SettingsError
from params_optimizer.search.ranking import RANKED, Bounds, score
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES

SCORE = "score"
CHOICES = (SCORE, "sharpe_ratio", "total_r", "profit_factor", "calmar_ratio")
"""Metrics that can be optimised: the score of R12, or one of R10; the greatest is best."""

Columns = Mapping[str, NDArray[np.float64]]
"""What an objective looks at of some combinations: arrays of shape (combinations,)."""

_TRADES = MEASURES.index("total_trades")


@dataclass(frozen=True, slots=True)
class Objective:
    """Ranks the combinations with at least `min_trades` trades by `metric`.

    Raises:
        SettingsError: an unknown metric, or fewer than one trade.
    """

    metric: str
    min_trades: int
    weights: RankingWeights

    def __post_init__(self) -> None:
        if self.metric not in CHOICES:
            raise SettingsError(f"--metric {self.metric!r}: choose one of {', '.join(CHOICES)}")
        if self.min_trades < 1:
            raise SettingsError(
                f"--min-trades {self.min_trades}: has to be at least 1; the best of combinations "
                f"that never trade means nothing"
            )

    @classmethod
    def of(
        cls, settings: Settings, metric: str | None = None, min_trades: int | None = None
    ) -> "Objective":
        """What is given, else the score and `min_trades` of the settings."""
        least = max(settings.min_trades, 1) if min_trades is None else min_trades
        return cls(metric or SCORE, least, settings.ranking_weights)

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics of R10 that it is made of."""
        return RANKED if self.metric == SCORE else (self.metric,)

    @property
    def normalised(self) -> bool:
        """Whether values depend on the bounds over all combinations (R12)."""
        return self.metric == SCORE

    def eligible(self, metrics: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which columns of `PanelEngine.metrics`, shape (len(MEASURES), rows), compete."""
        enough: NDArray[np.bool_] = metrics[_TRADES] >= self.min_trades
        return enough

    def columns(self, metrics: NDArray[np.float64], rows: NDArray[np.bool_]) -> Columns:
        """The `names` of the chosen rows of `PanelEngine.metrics`."""
        return {name: metrics[MEASURES.index(name), rows] for name in self.names}

    def bounds(self, columns: Columns) -> Bounds:
        """Least and greatest of each of `names`; of no combination: +inf and -inf."""
        values = np.stack([columns[name] for name in self.names])
        if not values.size:
            nothing = np.full(len(self.names), np.inf)
            return Bounds(nothing, -nothing, 0)
        return Bounds(values.min(axis=1), values.max(axis=1), values.shape[1])

    def values(self, columns: Columns, limits: Bounds) -> NDArray[np.float64]:
        """What is maximised; never falls when one of `names` rises, to the last bit.

        `limits` are the bounds over all combinations that compete.
        """
        if self.normalised:
            return score(columns, limits, self.weights)
        return columns[self.metric]

    def value(self, figures: NDArray[np.float64], limits: Bounds) -> float:
        """The same for one combination; `figures` in the order of `names`."""
        columns = {name: figures[at : at + 1] for at, name in enumerate(self.names)}
        return float(self.values(columns, limits)[0])
