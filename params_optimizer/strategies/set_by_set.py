"""Evaluates any strategy, parameter set by parameter set, each apart from the ones before it."""

import copy
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.trading_days import trading_days
from params_optimizer.engine.metrics_calculator import METRICS, list_metrics_nb
from params_optimizer.strategies.batch import (
    Batch,
    BatchEvaluator,
    Days,
    DaySample,
    EqualSlices,
    FiniteSpace,
    Floats,
    Numbers,
    Slice,
    Slices,
    block_sums_of,
    columns_in,
)
from params_optimizer.strategies.guard import Guarded
from params_optimizer.strategies.protocol import DailyStrategy, Parameters, Strategy, Trades
from params_optimizer.strategies.trades import Border, Stretches, no_trades, under

_MIN_ROWS, _MAX_ROWS, _SLICES = 8, 512, 64

Began = Callable[[int], None]
"""Is told the number of each parameter set just before the strategy is asked for it."""


def _nobody(number: int) -> None:
    del number


class Answer(NamedTuple):
    """The R values of a parameter set in order of entry, or why there are none."""

    r: NDArray[np.float64]
    failure: str = ""


class SetEvaluator:
    """Evaluates single parameter sets on a sample of days, or on one of `parts` of them.

    Nothing that a strategy does to its parameters reaches the next answer; a strategy of
    somebody else, which may keep anything, is made anew for each.
    """

    def __init__(self, strategy: Strategy, bars: Bars, sample: DaySample, parts: int = 1) -> None:
        self._strategy, self._bars, self._border = strategy, bars, sample.border
        self._pristine = pickle.dumps(strategy) if isinstance(strategy, Guarded) else None
        self._parts: list[Days] = []
        self._stretches: Stretches | None = None
        if isinstance(strategy, DailyStrategy) and (sample.days is not None or parts > 1):
            days = sample.days
            if days is None:
                days = trading_days(bars, sample.zone).date
            self._parts = [days, *np.array_split(days, parts)]
        elif sample.days is not None:
            self._stretches = Stretches(bars, sample.days, sample.zone)

    def answer(self, parameters: Parameters, part: int | None = None) -> Answer:
        """The R values of a parameter set, or why there are none; see `attempt`."""
        trades, failure = self.attempt(parameters, part)
        return Answer(trades.r, failure)

    def attempt(
        self, parameters: Parameters, part: int | None = None, source: "SetTrades | None" = None
    ) -> tuple[Trades, str]:
        """See `trades`; what the strategy raises is the reason beside an empty list of trades."""
        try:
            trades = self.trades(parameters, part, source)
            invalid = int((~np.isfinite(np.asarray(trades.r))).sum())
        except (Exception, SystemExit) as error:  # noqa: BLE001  told with the parameter set
            return no_trades(), f"{type(error).__name__}: {error}"
        if invalid:
            count = trades.r.size
            return no_trades(), f"{invalid:,} of {count:,} trades have an R that is not a number"
        return trades, ""

    def trades(
        self, parameters: Parameters, part: int | None = None, source: "SetTrades | None" = None
    ) -> Trades:
        """The trades of a parameter set on all days of the sample, or on one part of them.

        `source`, of this parameter set, can be shared by evaluators of several samples.

        Raises:
            StrategyError: the strategy cannot take these parameters.
        """
        source = source or self.source()
        if self._parts:
            days = self._parts[0 if part is None else part + 1]
            return source.daily_trades(self._bars, parameters, days)
        if self._stretches is not None:
            return self._stretches.trades(source, parameters, self._border)
        return source.trades(self._bars, parameters)

    def source(self) -> "SetTrades":
        """Where the trades of the next parameter set come from."""
        return SetTrades(self._strategy, self._pristine)


class SetTrades:
    """Trades of one parameter set, a strategy that is asked only once for the same bars."""

    def __init__(self, strategy: Strategy, pristine: bytes | None) -> None:
        self.name = strategy.name
        self._strategy, self._pristine = strategy, pristine
        self._trades: dict[str, Trades] = {}

    def space(self) -> Mapping[str, Any]:
        """That of the strategy."""
        return self._strategy.space()

    def trades(self, bars: Bars, parameters: Parameters) -> Trades:
        """See `Strategy.trades`."""
        if bars.fingerprint not in self._trades:
            strategy: Any = self._fresh()
            self._trades[bars.fingerprint] = strategy.trades(bars, copy.deepcopy(dict(parameters)))
        return self._trades[bars.fingerprint]

    def daily_trades(self, bars: Bars, parameters: Parameters, dates: Days) -> Trades:
        """See `DailyStrategy`."""
        strategy: Any = self._fresh()
        trades: Trades = strategy.daily_trades(bars, copy.deepcopy(dict(parameters)), dates)
        return trades

    def _fresh(self) -> Any:  # noqa: ANN401  a strategy, `Daily` or not
        return pickle.loads(self._pristine) if self._pristine else self._strategy


class SetBySet:
    """See `strategies.batch.BatchEvaluator`: what raises is a failed set with its reason."""

    measures = METRICS

    def __init__(
        self,
        strategy: Strategy,
        bars: Bars,
        space: FiniteSpace,
        sample: DaySample,
        began: Began = _nobody,
    ) -> None:
        self.failures: Mapping[int, str] = {}
        self._strategy, self._bars, self._space = strategy, bars, space
        self._sample, self._began = sample, began
        self._evaluator = SetEvaluator(strategy, bars, sample)
        days = trading_days(bars, sample.zone)
        self._starts, self._date = bars.m1.time[days.first], days.date

    def metrics(self, slice_: Slice, numbers: Numbers, memory: Floats | None = None) -> Floats:
        """See `BatchEvaluator`."""
        del slice_
        out = columns_in(memory, numbers.size, 1, len(METRICS))
        self._write(numbers, [self._evaluator], out)
        metrics: Floats = out[0]
        return metrics

    def sample_metrics(
        self, slice_: Slice, numbers: Numbers, samples: Sequence[Days], border: Border
    ) -> Floats:
        """See `BatchEvaluator`; what a strategy makes on all bars is asked once for all samples."""
        del slice_
        strategy, zone = under(border, self._strategy), self._sample.zone
        evaluators = [
            SetEvaluator(strategy, self._bars, DaySample(zone, days, border)) for days in samples
        ]
        out = np.empty((len(samples), len(METRICS), numbers.size))
        self._write(numbers, evaluators, out)
        return out

    def daily_r(self, slice_: Slice, numbers: Numbers, prefix: str = "") -> tuple[Days, Floats]:
        """See `BatchEvaluator`."""
        del slice_, prefix
        days = self._sample.days
        dates = self._date if days is None else np.intersect1d(self._date, days)
        daily_r = np.full((dates.size, numbers.size), np.nan)
        for column, trades in self._attempts(numbers, [self._evaluator]):
            place = np.searchsorted(self._starts, trades[0].entry_time, side="right") - 1
            rows, at = np.unique(np.searchsorted(dates, self._date[place]), return_inverse=True)
            daily_r[rows, column] = np.bincount(at, trades[0].r)
        return dates, daily_r

    def block_sums(self, slice_: Slice, numbers: Numbers, blocks: Sequence[Days]) -> Floats:
        """See `BatchEvaluator`."""
        return block_sums_of(*self.daily_r(slice_, numbers), blocks)

    def _write(self, numbers: Numbers, evaluators: Sequence[SetEvaluator], out: Floats) -> None:
        """Metrics of each set on each sample, shape (samples, measures, numbers)."""
        out[:] = np.nan
        for column, trades in self._attempts(numbers, evaluators):
            for place, part in enumerate(trades):
                r = np.ascontiguousarray(part.r, np.float64)
                list_metrics_nb(r, out[place, :, column : column + 1])

    def _attempts(
        self, numbers: Numbers, evaluators: Sequence[SetEvaluator]
    ) -> Iterator[tuple[int, list[Trades]]]:
        """Place of each set that does not fail, and its trades on each sample."""
        failures: dict[int, str] = {}
        self.failures = failures
        for column, number in enumerate(numbers.tolist()):
            self._began(number)
            parameters = self._space[number]
            source = evaluators[0].source()
            attempts = [evaluator.attempt(parameters, source=source) for evaluator in evaluators]
            reasons = [reason for _, reason in attempts if reason]
            if reasons:
                failures[number] = reasons[0]
            else:
                yield column, [trades for trades, _ in attempts]


def slices_of(strategy: Strategy, space: FiniteSpace) -> Slices:
    """How a space is cut for a strategy, compiled or not."""
    if isinstance(strategy, Batch):
        return strategy.slices(space)
    rows = min(max(len(space) // _SLICES, _MIN_ROWS), _MAX_ROWS)
    return EqualSlices(space, rows)


def evaluator_of(
    strategy: Strategy,
    bars: Bars,
    space: FiniteSpace,
    sample: DaySample,
    began: Began = _nobody,
) -> BatchEvaluator:
    """What evaluates slices of a space: that of the strategy, else set by set."""
    batch = strategy.batch_evaluator(bars, space, sample) if isinstance(strategy, Batch) else None
    return SetBySet(strategy, bars, space, sample, began) if batch is None else batch
