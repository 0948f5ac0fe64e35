"""Which combinations are best for one variation (R13)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import VariationConditions
from params_optimizer.search.ranking import join_best
from params_optimizer.strategies.initial_balance.params import VARIATIONS, Variation

COLUMNS = (
    "combination",
    "rr_target",
    "stop_mode",
    "tsl_target",
    "rev_rb_enabled",
    *(f"{name.lower()}_{metric}" for name in VARIATIONS for metric in ("total_r", "total_trades")),
)
"""What a piece of results has to hold for the tables of this module."""


class VariationTable(NamedTuple):
    """The best combinations of a variation, most total R first, ties by number.

    `eligible` meet the conditions and have enough trades; `profitable` of them have a
    total R above 0; `mean_total_r` is the mean over the eligible ones.
    """

    variation: Variation
    combination: NDArray[np.int64]
    total_r: NDArray[np.float64]
    eligible: int
    profitable: int
    mean_total_r: float


Piece = Mapping[str, NDArray[np.float64]]


class VariationCounts(NamedTuple):
    """Combinations that compete in a variation, those with total R above 0, sum of total R."""

    eligible: int
    profitable: int
    total_r: float


def count_variations(
    piece: Piece, conditions: VariationConditions, min_trades: int
) -> dict[str, VariationCounts]:
    """Counts of one piece of results, by variation."""
    counts: dict[str, VariationCounts] = {}
    for name in VARIATIONS:
        total = piece[f"{name.lower()}_total_r"][competes(piece, name, conditions, min_trades)]
        counts[name] = VariationCounts(total.size, int((total > 0).sum()), float(total.sum()))
    return counts


def add_counts(one: VariationCounts, other: VariationCounts) -> VariationCounts:
    """Counts over the combinations of both."""
    return VariationCounts(
        one.eligible + other.eligible,
        one.profitable + other.profitable,
        one.total_r + other.total_r,
    )


def variation_tables(
    pieces: Iterable[Piece], conditions: VariationConditions, min_trades: int, most: int
) -> list[VariationTable]:
    """One table per variation over all pieces of results; memory stays bounded."""
    best = {name: (np.zeros(0, np.int64), np.zeros(0)) for name in VARIATIONS}
    counts = dict.fromkeys(VARIATIONS, VariationCounts(0, 0, 0.0))
    for piece in pieces:
        found = count_variations(piece, conditions, min_trades)
        for name in VARIATIONS:
            chosen = competes(piece, name, conditions, min_trades)
            total = np.asarray(piece[f"{name.lower()}_total_r"][chosen], np.float64)
            numbers = np.asarray(piece["combination"][chosen], np.int64)
            best[name] = join_best(best[name], (numbers, total), most)
            counts[name] = add_counts(counts[name], found[name])
    return [table_of(name, *best[name], counts[name]) for name in VARIATIONS]


def table_of(
    name: Variation,
    combination: NDArray[np.int64],
    total_r: NDArray[np.float64],
    counts: VariationCounts,
) -> VariationTable:
    """A table from its best rows and the counts over the whole grid."""
    eligible, profitable, total = counts
    mean = total / eligible if eligible else 0.0
    return VariationTable(name, combination, total_r, eligible, profitable, mean)


def competes(
    piece: Piece, name: Variation, conditions: VariationConditions, min_trades: int
) -> NDArray[np.bool_]:
    """Which combinations the table of a variation ranks (R13)."""
    enough = piece[f"{name.lower()}_total_trades"] >= max(min_trades, 1)
    return is_meant(piece, name, conditions) & enough


def is_meant(piece: Piece, name: Variation, conditions: VariationConditions) -> NDArray[np.bool_]:
    """Which combinations are meant for a variation; all of them where that is switched off."""
    everything = np.ones(piece["combination"].size, np.bool_)
    if not getattr(conditions, name.lower()):
        return everything
    if name == "OCAE":
        return np.asarray(piece["tsl_target"] > 0)
    if name == "TCWE":
        return np.asarray((piece["tsl_target"] > 0) & (piece["rr_target"] >= 1))
    if name == "Reverse":
        return np.asarray(piece["stop_mode"] == "eq")
    return np.asarray(piece["rev_rb_enabled"], np.bool_)
