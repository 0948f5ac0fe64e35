"""What every validation asks of the sets that compete, however they are evaluated.

Two implementations: `slices` evaluates a whole finite space slice by slice, `searches`
searches anew on some of the days.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.search.objective import Objective
from params_optimizer.strategies.protocol import Parameters, Trades, Value
from params_optimizer.strategies.trades import BORDERS, Border, no_trades
from params_optimizer.validation.windows import Days

Floats = NDArray[np.float64]
Figures = dict[str, float]
"""The metrics of R10 by name."""


class Sample(NamedTuple):
    """Some trading days, and what they are called where progress is shown."""

    name: str
    days: Days


class Choice(NamedTuple):
    """The best set of a sample: its combination or trial, and how many sets competed.

    `value` is its figure of the first goal, as files show it (R10).
    """

    number: int
    parameters: Parameters
    value: float
    eligible: int


class Competition(NamedTuple):
    """Every set that competes on a sample of days, on it and on later days.

    Arrays have shape (sets,). `first` and `later` are merits, larger is better, that are
    compared after `ranks`; `first_r` and `later_r` the total R. A set without a value on the
    later days has the merit NaN there. `failed` sets could not be evaluated there.
    `parameters` tells those of the set at a place.
    """

    tried: int
    failed: int
    parameters: Callable[[int], Parameters]
    numbers: NDArray[np.int64]
    first: Floats
    later: Floats
    first_r: Floats
    later_r: Floats


class DatedTrades(NamedTuple):
    """Trades in order of entry and the trading day of each, days since 1970-01-01."""

    date: Days
    trades: Trades


Leg = tuple[Parameters, Days]
"""What is traded on which days."""
Borders = Mapping[Border, Trades]


class Candidates(Protocol):
    """The sets that compete, on the trading days of a run."""

    @property
    def bars(self) -> Bars:
        """The bars that are traded."""

    @property
    def objective(self) -> Objective:
        """What is best."""

    @property
    def days(self) -> Days:
        """The trading days."""

    @property
    def tried(self) -> int:
        """Sets that are evaluated on each sample."""

    @property
    def crossing(self) -> bool:
        """Whether a trade can leave the days it was entered on: then a border policy matters."""

    @property
    def risk_money(self) -> float:
        """Money of 1 R."""

    @property
    def zones(self) -> Sequence[str]:
        """Time zones of the days; with several, one date is not the same hours for all sets."""

    @property
    def market_days(self) -> Days:
        """All days of the bars with trading, for labels of regimes."""

    def best_on(
        self, samples: Sequence[Sample], min_trades: int | None = None
    ) -> list[Choice | None]:
        """The best set on each sample; None where none competes.

        `min_trades` replaces that of the objective.
        """

    def values_on(self, first: Sample, later: Sample) -> Competition:
        """Every set that competes on the first sample, in order of number."""

    def trades(
        self, parameters: Parameters, days: Days, border: Border | None = None
    ) -> DatedTrades:
        """The trades of a set on `days`, under the border policy of the run or another one."""

    def figures(self, parameters: Parameters, days: Days) -> Figures:
        """The metrics of the same trades."""

    def ordered(self, name: str, values: Sequence[Value]) -> list[Value]:
        """Distinct values of a parameter in the order of its axis."""


def borders_of(candidates: Candidates, legs: Sequence[Leg]) -> Borders | None:
    """Trades of all legs together under each border policy; None where none is crossed."""
    if not candidates.crossing:
        return None
    borders = {
        border: joined([candidates.trades(*leg, border) for leg in legs]).trades
        for border in BORDERS
    }
    first = borders[BORDERS[0]]
    same = all(np.array_equal(first.r, trades.r) for trades in borders.values())
    return None if same else borders


def joined(parts: Sequence[DatedTrades]) -> DatedTrades:
    """Trades of several lists in order of entry."""
    lists = [part.trades for part in parts] or [no_trades()]
    order = np.argsort(np.concatenate([trades.entry_time for trades in lists]), kind="stable")
    columns = (np.concatenate(column)[order] for column in zip(*lists, strict=True))
    dates = np.concatenate([part.date for part in parts]) if parts else np.zeros(0, np.int64)
    return DatedTrades(dates[order], Trades._make(columns))


def total_r(trades: Trades) -> float:
    """The sum of R in order of entry."""
    return float(sum(trades.r.tolist()))


def figures_of(trades: Trades) -> Figures:
    """The metrics of R10 of trades in order of entry."""
    return metrics_of_r(trades.r)


def ranks(merits: Floats, totals: Floats) -> Floats:
    """Merits that compare as they should: infinite ones by total R; NaN stays.

    Where all are finite, the merits themselves.
    """
    if not np.isinf(merits).any():
        return merits
    ties = np.where(np.isinf(merits), totals, 0.0)
    order = np.lexsort((ties, merits))
    pairs = np.stack([merits[order], ties[order]])
    steps = np.concatenate([[0], np.cumsum((pairs[:, 1:] != pairs[:, :-1]).any(axis=0))])
    places = np.empty(merits.size)
    places[order] = steps
    return np.where(np.isnan(merits), np.nan, places)
