"""What is known of a whole grid whose rows are not all kept: bounds, counts, distributions."""

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import decompress

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.sharpe_spread import Spread, Spreads, spreads_of
from params_optimizer.analytics.sharpe_spread import join as join_spreads
from params_optimizer.analytics.variation_aggregator import (
    Counts,
    VariationCounts,
    count_variations,
    limits_of,
)
from params_optimizer.search.eligibility import Eligibility
from params_optimizer.search.ranking import Bounds, join_bounds

SURVEY_KEY, HISTOGRAM_KEY = "survey", "histogram"
BINS = 256
"""Bins of a histogram, of equal width between the least and the greatest value."""
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Survey:
    """Figures over combinations: of all for the distributions, of those that compete to rank.

    `low`, `high`, `total` and `squares` have shape (measures,); parameter sets that
    could not be evaluated are in none of the figures.
    """

    rows: int
    bounds: Bounds
    variations: Counts
    sharpe: Spreads
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    total: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        columns: Mapping[str, NDArray[Any]],
        metrics: NDArray[np.float64],
        eligibility: Eligibility,
    ) -> "Survey":
        """The survey of one slice; `metrics` has shape (measures, rows)."""
        rows, metrics = eligibility.eligible(columns), evaluated(metrics)
        return cls(
            rows=metrics.shape[1],
            bounds=limits_of([columns], eligibility.objective),
            variations=count_variations(columns, eligibility, rows),
            sharpe=spreads_of(columns, eligibility, rows),
            low=metrics.min(axis=1, initial=np.inf),
            high=metrics.max(axis=1, initial=-np.inf),
            total=metrics.sum(axis=1),
            squares=(metrics**2).sum(axis=1),
        )

    @classmethod
    def join(cls, surveys: Iterable["Survey"]) -> "Survey":
        """The survey of all slices, in their order."""
        joined: Survey | None = None
        for survey in surveys:
            joined = survey if joined is None else joined.joined_with(survey)
        if joined is None:
            raise ValueError("no survey to join")
        return joined

    def joined_with(self, following: "Survey") -> "Survey":
        """The survey of this and the following combinations."""
        return Survey(
            rows=self.rows + following.rows,
            bounds=join_bounds(self.bounds, following.bounds),
            variations={
                name: counts.joined_with(following.variations[name])
                for name, counts in self.variations.items()
            },
            sharpe=join_spreads(self.sharpe, following.sharpe),
            low=np.minimum(self.low, following.low),
            high=np.maximum(self.high, following.high),
            total=self.total + following.total,
            squares=self.squares + following.squares,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain content; floats survive JSON with all their digits."""
        return {
            "rows": self.rows,
            "eligible": self.bounds.eligible,
            "left_out": self.bounds.left_out,
            "bounds": _finite([self.bounds.low, self.bounds.high]),
            "variations": {name: list(counts) for name, counts in self.variations.items()},
            "sharpe": {scope: list(spread) for scope, spread in self.sharpe.items()},
            "measures": _finite([self.low, self.high, self.total, self.squares]),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Survey":
        """The survey that `to_json` wrote."""
        bounds = [np.array(values, np.float64) for values in content["bounds"]]
        extremes = [np.array(values, np.float64) for values in content["measures"][:2]]
        if not content["eligible"]:
            bounds = _none(bounds[0].size)
        if not content["rows"]:
            extremes = _none(extremes[0].size)
        return cls(
            content["rows"],
            Bounds(bounds[0], bounds[1], content["eligible"], content.get("left_out", 0)),
            {name: VariationCounts(*counts) for name, counts in content["variations"].items()},
            {scope: Spread(*values) for scope, values in content["sharpe"].items()},
            *extremes,
            *(np.array(values, np.float64) for values in content["measures"][2:]),
        )


def histogram(metrics: NDArray[np.float64], survey: Survey) -> NDArray[np.int64]:
    """Counts of each metric in `BINS` bins, shape (measures, BINS)."""
    metrics = evaluated(metrics)
    counts = np.empty((metrics.shape[0], BINS), np.int64)
    for measure, values in enumerate(metrics):
        low, span = survey.low[measure], survey.high[measure] - survey.low[measure]
        place = np.zeros(values.size, np.int64)
        if span > 0:
            place = np.minimum((values - low) / span * BINS, BINS - 1).astype(np.int64)
        counts[measure] = np.bincount(place, minlength=BINS)
    return counts


def read_histogram(text: str) -> NDArray[np.int64]:
    """Counts as a part's metadata hold them."""
    content = np.frombuffer(decompress(b64decode(text)), np.int64)
    return content.reshape(-1, BINS)


def evaluated(metrics: NDArray[np.float64]) -> NDArray[np.float64]:
    """The columns of parameter sets that could be evaluated: those that are not NaN."""
    failed = np.isnan(metrics[0])
    return metrics[:, ~failed] if failed.any() else metrics


def distribution(
    survey: Survey, counts: NDArray[np.int64], measures: Sequence[str]
) -> list[dict[str, Any]]:
    """One line a metric: extremes, mean and deviation exactly, quantiles to one bin."""
    lines: list[dict[str, Any]] = []
    for measure, name in enumerate(measures if survey.rows else ()):
        low, span = survey.low[measure], survey.high[measure] - survey.low[measure]
        mean = survey.total[measure] / survey.rows
        variance = max(survey.squares[measure] / survey.rows - mean**2, 0.0)
        reached = np.cumsum(counts[measure]) / survey.rows
        line = {
            "metric": name,
            "least": float(low),
            "greatest": float(survey.high[measure]),
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


def _none(size: int) -> list[NDArray[np.float64]]:
    """Minima and maxima of no values."""
    return [np.full(size, np.inf), np.full(size, -np.inf)]
