"""What a worker does with one parameter set: the trades of a strategy on some days, as R."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import local_days
from params_optimizer.search.space import Parameters
from params_optimizer.strategies.guard import Guarded
from params_optimizer.strategies.protocol import Daily, Strategy, Trades
from params_optimizer.strategies.trades import Border, Bordered, Stretches

Days = NDArray[np.int64]


class Question(NamedTuple):
    """A parameter set and the stretch of days to evaluate it on; None: all of them."""

    parameters: Parameters
    stretch: int | None = None


class Answer(NamedTuple):
    """The R values in order of entry, or why there are none."""

    r: NDArray[np.float64]
    failure: str = ""


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
        dates = local_days(self.bars.m1.time, self.zone).date
        return dates if self.days is None else dates[np.isin(dates, self.days)]

    def dating(self) -> Callable[[Trades], Days]:
        """What tells the local date to which each trade belongs: that of its entry.

        Made once for many lists of trades; dates are days since 1970-01-01, shape (trades,).
        """
        days = local_days(self.bars.m1.time, self.zone)
        starts = self.bars.m1.time[days.first]
        return lambda trades: days.date[
            np.searchsorted(starts, trades.entry_time, side="right") - 1
        ]

    def on(self, days: Days) -> "Evaluation":
        """The same on these days only."""
        return replace(self, days=days)

    def under(self, border: Border) -> "Evaluation":
        """The same under another border policy, that of the strategy's own borders included."""
        strategy = self.strategy
        if isinstance(strategy, Bordered):
            strategy = strategy.under(border)
        return replace(self, strategy=strategy, border=border)

    def __call__(self) -> "Callable[[Question], Answer]":
        """Make what answers questions in this process."""
        return Evaluator(self).answer

    @property
    def piecewise(self) -> bool:
        """Whether a stretch of days costs its share only, so that ending a trial saves time."""
        return self.stretches > 1 and isinstance(self.strategy, Daily)


class Evaluator:
    """Answers questions in one process."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._own, self._bars = evaluation, evaluation.bars
        self._pristine: bytes | Literal[False] = False
        if isinstance(evaluation.strategy, Guarded):  # by somebody else: it may keep anything
            self._pristine = pickle.dumps(evaluation.strategy)
        self._parts: list[Days] = []
        self._whole: Stretches | None = None
        if isinstance(evaluation.strategy, Daily) and (
            evaluation.days is not None or evaluation.stretches > 1
        ):
            days = evaluation.days
            if days is None:
                days = local_days(self._bars.m1.time, evaluation.zone).date
            self._all_days = days
            self._parts = np.array_split(days, evaluation.stretches)
        elif evaluation.days is not None:
            self._whole = Stretches(self._bars, evaluation.days, evaluation.zone)

    def answer(self, question: Question) -> Answer:
        """The R values of a parameter set.

        What the strategy raises becomes the answer, and nothing that it does to its
        parameters or to itself reaches the next one.
        """
        nothing = np.zeros(0)
        try:
            r = np.asarray(self._r(copy.deepcopy(dict(question.parameters)), question.stretch))
        except (Exception, SystemExit) as error:  # noqa: BLE001  told with the trial
            return Answer(nothing, f"{type(error).__name__}: {error}")
        wrong = int((~np.isfinite(r)).sum())
        if wrong:
            return Answer(nothing, f"{wrong:,} of {r.size:,} trades have an R that is no number")
        return Answer(r)

    def _r(self, parameters: Parameters, stretch: int | None) -> NDArray[np.float64]:
        return self.trades(parameters, stretch).r

    def trades(self, parameters: Parameters, stretch: int | None = None) -> Trades:
        """The trades of a parameter set, on all days of the evaluation or on one stretch of them.

        Raises:
            StrategyError: the strategy cannot take these parameters.
        """
        strategy = self._own.strategy
        if self._pristine:
            strategy = pickle.loads(self._pristine)
        if self._parts and isinstance(strategy, Daily):
            days = self._all_days if stretch is None else self._parts[stretch]
            return strategy.daily_trades(self._bars, parameters, days)
        if self._whole is not None:
            return self._whole.trades(strategy, parameters, self._own.border)
        return strategy.trades(self._bars, parameters)
