"""What is known of a whole grid whose rows are not all kept: bounds, counts, distributions."""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import decompress

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.sharpe_spread import SCOPES, Spread, Spreads, spreads_of
from params_optimizer.analytics.sharpe_spread import join as join_spreads
from params_optimizer.analytics.variations import VariationCounts, add_counts, count_variations
from params_optimizer.config import Settings
from params_optimizer.search.ranking import Bounds, bounds, join_bounds
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES

SURVEY_KEY, HISTOGRAM_KEY = "survey", "histogram"
BINS = 256
"""Bins of a histogram, of equal width between the least and the greatest value."""
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Survey:
    """Figures over combinations: all of them for the distributions, eligible ones to rank.

    `least`, `greatest`, `total` and `squares` have shape (len(MEASURES),).
    """

    rows: int
    bounds: Bounds
    variations: Mapping[str, VariationCounts]
    sharpe: Spreads
    least: NDArray[np.float64]
    greatest: NDArray[np.float64]
    total: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        columns: Mapping[str, NDArray[Any]],
        metrics: NDArray[np.float64],
        settings: Settings,
    ) -> "Survey":
        """The survey of one slice."""
        return cls(
            rows=metrics.shape[1],
            bounds=bounds([columns], settings.min_trades),
            variations=count_variations(
                columns, settings.variation_conditions, settings.min_trades
            ),
            sharpe=spreads_of(columns, settings.variation_conditions, settings.min_trades),
            least=metrics.min(axis=1),
            greatest=metrics.max(axis=1),
            total=metrics.sum(axis=1),
            squares=(metrics**2).sum(axis=1),
        )

    @classmethod
    def join(cls, surveys: Iterable["Survey"]) -> "Survey":
        """The survey of all slices, in their order."""
        joined: Survey | None = None
        for one in surveys:
            joined = one if joined is None else joined.joined_with(one)
        if joined is None:
            raise ValueError("no survey to join")
        return joined

    def joined_with(self, other: "Survey") -> "Survey":
        """The survey of this and the following combinations."""
        return Survey(
            rows=self.rows + other.rows,
            bounds=join_bounds(self.bounds, other.bounds),
            variations={
                name: add_counts(mine, other.variations[name])
                for name, mine in self.variations.items()
            },
            sharpe=join_spreads(self.sharpe, other.sharpe),
            least=np.minimum(self.least, other.least),
            greatest=np.maximum(self.greatest, other.greatest),
            total=self.total + other.total,
            squares=self.squares + other.squares,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain content; floats survive JSON with all their digits."""
        return {
            "rows": self.rows,
            "eligible": self.bounds.eligible,
            "bounds": _finite([self.bounds.least, self.bounds.greatest]),
            "variations": {name: list(counts) for name, counts in self.variations.items()},
            "sharpe": {scope: list(self.sharpe[scope]) for scope in SCOPES},
            "measures": _finite([self.least, self.greatest, self.total, self.squares]),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Survey":
        """The survey that `to_json` wrote."""
        low, high = (np.array(values, np.float64) for values in content["bounds"])
        if not content["eligible"]:
            low, high = np.full(low.size, np.inf), np.full(high.size, -np.inf)
        return cls(
            content["rows"],
            Bounds(low, high, content["eligible"]),
            {name: VariationCounts(*counts) for name, counts in content["variations"].items()},
            {scope: Spread(*values) for scope, values in content["sharpe"].items()},
            *(np.array(values, np.float64) for values in content["measures"]),
        )


def histogram(metrics: NDArray[np.float64], survey: Survey) -> NDArray[np.int64]:
    """Counts of each metric in `BINS` bins, shape (len(MEASURES), BINS)."""
    counts = np.empty((len(MEASURES), BINS), np.int64)
    for measure, values in enumerate(metrics):
        low, span = survey.least[measure], survey.greatest[measure] - survey.least[measure]
        place = np.zeros(values.size, np.int64)
        if span > 0:
            place = np.minimum((values - low) / span * BINS, BINS - 1).astype(np.int64)
        counts[measure] = np.bincount(place, minlength=BINS)
    return counts


def read_histogram(text: str) -> NDArray[np.int64]:
    """Counts as a part's metadata hold them."""
    content = np.frombuffer(decompress(b64decode(text)), np.int64)
    return content.reshape(len(MEASURES), BINS)


def distribution(survey: Survey, counts: NDArray[np.int64]) -> list[dict[str, Any]]:
    """One line a metric: extremes, mean and deviation exactly, quantiles to one bin."""
    lines = []
    for measure, name in enumerate(MEASURES):
        low, span = survey.least[measure], survey.greatest[measure] - survey.least[measure]
        mean = survey.total[measure] / survey.rows
        variance = max(survey.squares[measure] / survey.rows - mean**2, 0.0)
        reached = np.cumsum(counts[measure]) / survey.rows
        line = {
            "metric": name,
            "least": float(low),
            "greatest": float(survey.greatest[measure]),
            "mean": float(mean),
            "standard_deviation": float(np.sqrt(variance)),
        }
        for quantile in QUANTILES:
            place = int(np.searchsorted(reached, quantile))
            line[f"p{round(100 * quantile):02d}"] = float(low + span * (place + 0.5) / BINS)
        lines.append(line)
    return lines


def _finite(arrays: list[NDArray[np.float64]]) -> list[list[float]]:
    """Lists for JSON, which knows no infinity: bounds of nothing become 0."""
    return [np.where(np.isfinite(values), values, 0.0).tolist() for values in arrays]
