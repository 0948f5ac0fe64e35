"""Optimise on the days before a date, look at the best on the days from it on.

One look only: whoever moves the date until the result pleases has optimised on the
held-out days, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import DataError
from params_optimizer.orchestrator.study import Say, Study
from params_optimizer.search.objective import Objective
from params_optimizer.search.ranking import Bounds, join_bounds, keep_best
from params_optimizer.strategies.batch import Slice
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES
from params_optimizer.validation.choice import columns_of, competing
from params_optimizer.validation.evaluation import Metrics, Task, evaluate, whole_grid
from params_optimizer.validation.performance import Figures, figures_of, trades_on
from params_optimizer.validation.windows import (
    SEVERAL_ZONES,
    Window,
    holdout_window,
    several_zones,
    shown,
    trading_days,
)

TOP = 100
PER_DAY = ("total_r", "total_trades", "winning_trades", "losing_trades")
"""Metrics that grow with the number of days, so that their decay compares them per day."""

UNBOUNDED = frozenset({"max_drawdown", "max_consec_wins", "max_consec_losses"})
"""Extremes, which more days make larger, but not in proportion: they have no decay."""

_TRADES = MEASURES.index("total_trades")


class Row(NamedTuple):
    """One combination of the in-sample ranking, on both samples.

    `out_place` is its place among all that compete by the out-of-sample value, equal ones
    sharing the best; `beaten` is the share of them that did worse there, half of equal ones
    counted: 0.5 is what chance gives.
    """

    combination: int
    in_value: float
    out_value: float
    out_place: int
    beaten: float
    in_sample: Figures
    out_sample: Figures


class Decay(NamedTuple):
    """A metric, averaged over the rows: `decay` = (in - out) / |in|.

    None where in is 0, and of `UNBOUNDED` metrics. 1 means that nothing is left, more than
    1 that it turned round.
    """

    metric: str
    per_day: bool
    in_sample: float
    out_sample: float
    decay: float | None


@dataclass(frozen=True, slots=True)
class Holdout:
    """What a holdout showed; `rows` are the best in sample, best first.

    `correlation` is Spearman's, of in- and out-of-sample values over all `eligible`
    combinations (those with enough trades in sample); None where one side is all equal.
    """

    first: date
    window: Window
    objective: Objective
    trials: int
    eligible: int
    correlation: float | None
    rows: tuple[Row, ...]
    decay: tuple[Decay, ...]
    notes: tuple[str, ...]


def holdout(
    study: Study, first: date, objective: Objective, workers: int, say: Say, *, top: int = TOP
) -> Holdout:
    """Optimise the whole grid on the days before `first` and judge it on those from it on.

    Out of sample the value is normalised over the same combinations as in sample.

    Raises:
        SettingsError: `first` leaves no day on one side.
        DataError: no combination has enough trades before it, or none of those trades
            after it.
        RunError, Interrupted: see `evaluation.evaluate`.
    """
    window = holdout_window(trading_days(study), first)
    values = _values(study, window, objective, workers, say)
    if not values.combination.size:
        raise DataError(
            f"--holdout-from {first}: on the {shown(window.in_sample)} before it no combination "
            f"has {objective.min_trades} trades; choose a later date or lower --min-trades"
        )
    if not values.traded:
        raise DataError(
            f"--holdout-from {first}: on the {shown(window.out_sample)} from it on none of the "
            f"{values.combination.size:,} combinations that compete makes a trade, so nothing "
            f"can be said; choose an earlier date"
        )
    best, _ = keep_best(values.combination, values.in_sample, top)
    rows = tuple(_row(study, window, values, int(number)) for number in best)
    return Holdout(
        first=first,
        window=window,
        objective=objective,
        trials=len(study.grid),
        eligible=values.combination.size,
        correlation=rank_correlation(values.in_sample, values.out_sample),
        rows=rows,
        decay=tuple(_decay(name, window, rows) for name in METRICS),
        notes=(SEVERAL_ZONES,) if several_zones(study) else (),
    )


class _Values(NamedTuple):
    """Values of all that compete, in combination order; whether any trades out of sample."""

    combination: NDArray[np.int64]
    in_sample: NDArray[np.float64]
    out_sample: NDArray[np.float64]
    traded: bool


def _values(study: Study, window: Window, objective: Objective, workers: int, say: Say) -> _Values:
    groups, pieces = [tuple(window)], whole_grid(study, 1)
    limits = [objective.limits({name: np.zeros(0) for name in objective.names})] * 2
    if objective.normalised:
        for _, _, found in evaluate(study, Task(groups, _Limits(objective)), pieces, workers, say):
            limits = [join_bounds(one, other) for one, other in zip(limits, found, strict=True)]
    look = _Pairs(objective, limits)
    pairs = [found for *_, found in evaluate(study, Task(groups, look), pieces, workers, say)]
    return _Values(
        np.concatenate([one.combination for one in pairs]),
        np.concatenate([one.in_sample for one in pairs]),
        np.concatenate([one.out_sample for one in pairs]),
        any(one.traded for one in pairs),
    )


@dataclass(frozen=True, slots=True)
class _Limits:
    """First look: the bounds of both samples, over what competes in the first of them."""

    objective: Objective

    def __call__(self, place: int, piece: Slice, metrics: Sequence[Metrics]) -> list[Bounds]:
        del place, piece
        rows = competing(self.objective, metrics[0])
        return [self.objective.limits(columns_of(self.objective, one, rows)) for one in metrics]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Second look: the values of both samples."""

    objective: Objective
    limits: Sequence[Bounds]

    def __call__(self, place: int, piece: Slice, metrics: Sequence[Metrics]) -> _Values:
        del place
        rows = competing(self.objective, metrics[0])
        values = [
            self.objective.merits(columns_of(self.objective, one, rows), limits)
            for one, limits in zip(metrics, self.limits, strict=True)
        ]
        traded = bool(metrics[1][_TRADES, rows].any())
        return _Values(piece.first + np.flatnonzero(rows), values[0], values[1], traded)


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Spearman's rank correlation, equal values at their mean rank; None if one is constant."""
    first, second = _ranks(one), _ranks(other)
    deviation = float(first.std() * second.std())
    if deviation == 0.0:
        return None
    covariance = float(((first - first.mean()) * (second - second.mean())).mean())
    return min(max(covariance / deviation, -1.0), 1.0)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: NDArray[np.float64] = np.cumsum(count) - (count - 1) / 2
    return ranks[place]


def _row(study: Study, window: Window, values: _Values, number: int) -> Row:
    at = int(np.searchsorted(values.combination, number))
    there = values.out_sample[at]
    better = int((values.out_sample > there).sum())
    equal = int((values.out_sample == there).sum()) - 1
    others = max(values.out_sample.size - 1, 1)
    return Row(
        number,
        float(values.in_sample[at]),
        float(there),
        better + 1,
        (values.out_sample.size - 1 - better - equal / 2) / others,
        *(figures_of(trades_on(study, number, days)) for days in window),
    )


def _decay(metric: str, window: Window, rows: Sequence[Row]) -> Decay:
    per_day = metric in PER_DAY
    before, after = (
        sum(figures[metric] for figures in both) / len(rows) / (days.size if per_day else 1)
        for days, both in zip(
            window,
            ([row.in_sample for row in rows], [row.out_sample for row in rows]),
            strict=True,
        )
    )
    decay = (before - after) / abs(before) if before and metric not in UNBOUNDED else None
    return Decay(metric, per_day, before, after, decay)
