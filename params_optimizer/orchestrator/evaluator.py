"""What a worker does with one parameter set: the trades of a strategy on some days, as R."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.trading_days import trading_days
from params_optimizer.search.space import Parameters
from params_optimizer.strategies.batch import DaySample
from params_optimizer.strategies.protocol import DailyStrategy, OwnDays, Strategy, Trades
from params_optimizer.strategies.set_by_set import Answer, SetEvaluator
from params_optimizer.strategies.trades import Border, under

Days = NDArray[np.int64]


class TrialQuestion(NamedTuple):
    """A parameter set and the stretch of days to evaluate it on; None: all of them."""

    parameters: Parameters
    stretch: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A strategy on bars; picklable, and called in each worker to make what answers.

    `days` are local dates in `zone`, None for all; trades that leave them are treated as
    `border` says. `stretches` is the number of parts that the days can be evaluated in.
    """

    strategy: Strategy
    bars: Bars
    zone: str
    days: Days | None = None
    border: Border = "close"
    stretches: int = 1

    @property
    def dates(self) -> Days:
        """Local dates with a bar on which it trades, ascending."""
        dates = trading_days(self.bars, self.zone).date
        return dates if self.days is None else dates[np.isin(dates, self.days)]

    def dating(self) -> Callable[[Parameters, Trades], Days]:
        """What tells the local date to which each trade of a parameter set belongs.

        That of its entry, unless the strategy tells it. Made once for many lists of trades;
        dates are days since 1970-01-01, shape (trades,).
        """
        if isinstance(self.strategy, OwnDays):
            return partial(self.strategy.trade_dates, self.bars)
        days = trading_days(self.bars, self.zone)
        starts = self.bars.m1.time[days.first]
        return lambda _, trades: days.date[
            np.searchsorted(starts, trades.entry_time, side="right") - 1
        ]

    def on(self, days: Days) -> "Evaluation":
        """The same on these days only."""
        return replace(self, days=days)

    def under(self, border: Border) -> "Evaluation":
        """The same under another border policy, that of the strategy's own borders included."""
        return replace(self, strategy=under(border, self.strategy), border=border)

    def __call__(self) -> "Callable[[TrialQuestion], Answer]":
        """Make what answers questions in this process."""
        return TrialEvaluator(self).answer

    @property
    def piecewise(self) -> bool:
        """Whether a stretch of days costs its share only, so that ending a trial saves time."""
        return self.stretches > 1 and isinstance(self.strategy, DailyStrategy)


class TrialEvaluator:
    """Answers questions in one process."""

    def __init__(self, evaluation: Evaluation) -> None:
        sample = DaySample(evaluation.zone, evaluation.days, evaluation.border)
        self._sets = SetEvaluator(
            evaluation.strategy, evaluation.bars, sample, evaluation.stretches
        )

    def answer(self, question: TrialQuestion) -> Answer:
        """See `SetEvaluator.answer`."""
        return self._sets.answer(question.parameters, question.stretch)

    def trades(self, parameters: Parameters) -> Trades:
        """See `SetEvaluator.trades`."""
        return self._sets.trades(parameters)
