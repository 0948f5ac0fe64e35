"""Choose on the days before a date, evaluate the best on the days from it on.

One look only: whoever moves the date until the result pleases has optimised on the
held-out days, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import DataError
from params_optimizer.search.ranking import first_places
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.validation.candidates import (
    Borders,
    Candidates,
    Competition,
    Figures,
    Floats,
    Sample,
    borders_of,
    ranks,
)
from params_optimizer.validation.windows import (
    SEVERAL_ZONES,
    Window,
    holdout_window,
    shown,
)

TOP: Final = 100
_FEWEST: Final = 10
_TENTH: Final = 10
PER_DAY: Final = ("total_r", "total_trades", "winning_trades", "losing_trades")
"""Metrics that grow with the number of days, so that their decay compares them per day."""

UNBOUNDED: Final = frozenset({"max_drawdown", "max_consec_wins", "max_consec_losses"})
"""Extremes, which more days make larger, but not in proportion: they have no decay."""


class Row(NamedTuple):
    """One set of the in-sample ranking, on both samples.

    `out_place` is its place among all that compete by the out-of-sample value, equal ones
    sharing the best; `beaten` is the share of them that did worse there, half of equal ones
    counted: 0.5 is what chance gives. None, as `out_value`, without a trade out of sample.
    """

    number: int
    parameters: Parameters
    in_value: float
    out_value: float | None
    out_place: int | None
    beaten: float | None
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

    `trials` sets were evaluated in sample, `eligible` of them compete. `correlation` is
    Spearman's, of in- and out-of-sample values over those with a value on both; None where
    one side is all equal. `borders` are the winner's trades out of sample under each border
    policy, None where none is crossed.
    """

    first: date
    window: Window
    min_trades: int
    metric: str
    trials: int
    eligible: int
    failed: int
    correlation: float | None
    rows: tuple[Row, ...]
    decay: tuple[Decay, ...]
    borders: Borders | None
    notes: tuple[str, ...]

    @property
    def mean_beaten(self) -> float | None:
        """Share of what competes that the rows left behind, on average; None: unknown."""
        shares = [row.beaten for row in self.rows if row.beaten is not None]
        return sum(shares) / len(shares) if shares else None


def holdout(candidates: Candidates, first: date, *, top: int | None = None) -> Holdout:
    """Choose on the days before `first` and judge the best `top` on those from it on.

    Raises:
        SettingsError: `first` leaves no day on one side.
        DataError: nothing competes before it, or trades after it.
        RunError, Interrupted: see `Candidates`.
    """
    window = holdout_window(candidates.days, first)
    competition = candidates.values_on(
        Sample(f"before {first}", window.in_sample), Sample(f"from {first}", window.out_sample)
    )
    objective = candidates.objective
    _check(competition, window, first, objective.min_trades)
    first_ranks, later_ranks = (
        ranks(competition.first, competition.first_r),
        ranks(competition.later, competition.later_r),
    )
    count = leading(competition.numbers.size) if top is None else top
    places = first_places(np.arange(competition.numbers.size), first_ranks, count)
    rows = tuple(_row(candidates, window, competition, later_ranks, int(place)) for place in places)
    return Holdout(
        first=first,
        window=window,
        min_trades=objective.min_trades,
        metric=objective.metric,
        trials=competition.tried,
        eligible=competition.numbers.size + competition.failed,
        failed=competition.failed,
        correlation=rank_correlation(first_ranks, later_ranks),
        rows=rows,
        decay=tuple(_decay(name, window, rows) for name in METRICS),
        borders=borders_of(candidates, [(rows[0].parameters, window.out_sample)]),
        notes=(SEVERAL_ZONES,) if len(candidates.zones) > 1 else (),
    )


def leading(competing: int) -> int:
    """How many are looked at: a tenth, 10 to 100, and never more than half of what competes.

    Of all that compete half is beaten on average, whatever the choice is worth.
    """
    return max(1, min(max(competing // _TENTH, _FEWEST), TOP, competing // 2))


def _check(competition: Competition, window: Window, first: date, min_trades: int) -> None:
    if not competition.numbers.size:
        failed = f"; {competition.failed:,} failed from it on" if competition.failed else ""
        raise DataError(
            f"--holdout-from {first}: on the {shown(window.in_sample)} before it no parameter "
            f"set of {competition.tried:,} competes: each needs {min_trades} trades there and has "
            f"to meet the constraints{failed}; choose a later date or lower --min-trades"
        )
    if np.isnan(competition.later).all():
        raise DataError(
            f"--holdout-from {first}: on the {shown(window.out_sample)} from it on none of the "
            f"{competition.numbers.size:,} parameter sets that compete makes a trade, so nothing "
            f"can be said; choose an earlier date"
        )


def rank_correlation(first: Floats, later: Floats) -> float | None:
    """Spearman's over sets with both values, equal ones at their mean rank.

    None where one side is constant.
    """
    from scipy.stats import rankdata  # type: ignore[import-untyped]  # slow to import

    paired = ~(np.isnan(first) | np.isnan(later))
    first_ranks, later_ranks = rankdata(first[paired]), rankdata(later[paired])
    deviation = float(first_ranks.std() * later_ranks.std()) if first_ranks.size else 0.0
    if deviation == 0.0:
        return None
    covariance = float(
        ((first_ranks - first_ranks.mean()) * (later_ranks - later_ranks.mean())).mean()
    )
    return min(max(covariance / deviation, -1.0), 1.0)


def _row(
    candidates: Candidates, window: Window, competition: Competition, later: Floats, place: int
) -> Row:
    parameters, objective = competition.parameters(place), candidates.objective
    in_sample, out_sample = (dict(candidates.figures(parameters, days)) for days in window)
    merit = later[place]
    traded = not np.isnan(merit)
    better, equal = int((later > merit).sum()), int((later == merit).sum()) - 1
    rivals = int(np.count_nonzero(~np.isnan(later))) - 1
    return Row(
        int(competition.numbers[place]),
        parameters,
        objective.figure(float(competition.first[place]), in_sample),
        objective.figure(float(competition.later[place]), out_sample) if traded else None,
        better + 1 if traded else None,
        _share(rivals, better, equal) if traded else None,
        in_sample,
        out_sample,
    )


def _share(rivals: int, better: int, equal: int) -> float:
    """Share of the others that did worse; without any, what chance gives."""
    return (rivals - better - equal / 2) / rivals if rivals else 0.5


def _decay(metric: str, window: Window, rows: Sequence[Row]) -> Decay:
    per_day = metric in PER_DAY
    before, after = (
        sum(figures[metric] for figures in results) / len(rows) / (days.size if per_day else 1)
        for days, results in zip(
            window,
            ([row.in_sample for row in rows], [row.out_sample for row in rows]),
            strict=True,
        )
    )
    decay = (before - after) / abs(before) if before and metric not in UNBOUNDED else None
    return Decay(metric, per_day, before, after, decay)
