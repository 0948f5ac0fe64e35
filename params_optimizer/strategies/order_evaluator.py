"""Evaluates slices for strategies that can tell the orders of many parameter sets at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.trading_days import trading_days
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.engine.order_lists import (
    OrderLists,
    Samples,
    daily_r_of_lists_nb,
    empty_lists,
    metrics_of_lists_nb,
)
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.batch import (
    Days,
    DaySample,
    FiniteSpace,
    Floats,
    Numbers,
    Slice,
    block_sums_of,
    columns_in,
)
from params_optimizer.strategies.positions import costs_of
from params_optimizer.strategies.protocol import Strategy
from params_optimizer.strategies.set_by_set import SetEvaluator
from params_optimizer.strategies.trades import BORDERS, Border, stretches_of, under

ROOM: Final = 1 << 18
"""Orders that are evaluated at once, 4 MB: they stay in the processor's cache."""
_MAX_LISTS: Final = 4096
_DAILY_BYTES: Final = 32 << 20


class OrderSource(Strategy, Protocol):
    """A strategy on an account that tells the orders of many parameter sets."""

    account: Account

    def order_lists(
        self, bars: Bars, columns: Mapping[str, NDArray[np.generic]], room: OrderLists
    ) -> Iterator[tuple[Numbers, OrderLists]]:
        """Places of sets, and their orders, written to `room`; `columns` have shape (sets,)."""


class OrderEvaluator:
    """See `strategies.batch.BatchEvaluator`.

    Sets whose R is not a number everywhere are asked set by set, which tells why.
    """

    measures = METRICS

    def __init__(
        self, strategy: OrderSource, bars: Bars, space: FiniteSpace, sample: DaySample
    ) -> None:
        self.failures: Mapping[int, str] = {}
        self._strategy, self._bars, self._space, self._sample = strategy, bars, space, sample
        self._room = empty_lists(ROOM + bars.count, _MAX_LISTS)
        self._days = trading_days(bars, sample.zone)
        dates = self._days.date
        self._dates = dates if sample.days is None else np.intersect1d(dates, sample.days)
        self._traded = self._samples([self._dates])
        self._alone = SetEvaluator(strategy, bars, sample)

    def metrics(self, slice_: Slice, numbers: Numbers, memory: Floats | None = None) -> Floats:
        """See `BatchEvaluator`."""
        del slice_
        out = columns_in(memory, numbers.size, 1, len(METRICS))
        self._write(self._strategy, numbers, self._traded, self._sample.border, out)
        metrics: Floats = out[0]
        return metrics

    def sample_metrics(
        self, slice_: Slice, numbers: Numbers, samples: Sequence[Days], border: Border
    ) -> Floats:
        """See `BatchEvaluator`."""
        del slice_
        out = np.empty((len(samples), len(METRICS), numbers.size))
        self._write(under(border, self._strategy), numbers, self._samples(samples), border, out)
        return out

    def daily_r(self, slice_: Slice, numbers: Numbers, prefix: str = "") -> tuple[Days, Floats]:
        """See `BatchEvaluator`."""
        del slice_, prefix
        day = np.searchsorted(self._dates, self._days.date)
        day = np.repeat(day, self._days.end - self._days.first)
        daily_r = np.full((self._dates.size, numbers.size), np.nan)
        m1, costs = self._bars.m1, costs_of(self._strategy.account)
        border = BORDERS.index(self._sample.border)
        for rows, lists in self._lists(self._strategy, numbers):
            daily_r_of_lists_nb(m1, lists, costs, self._traded, border, day, rows, daily_r)
        return self._dates, daily_r

    def block_sums(self, slice_: Slice, numbers: Numbers, blocks: Sequence[Days]) -> Floats:
        """See `BatchEvaluator`."""
        size = max(_DAILY_BYTES // (8 * max(self._dates.size, 1)), 1)
        parts = [numbers[first : first + size] for first in range(0, numbers.size, size)]
        sums = [block_sums_of(*self.daily_r(slice_, part), blocks) for part in parts]
        return np.concatenate(sums, axis=2) if sums else np.zeros((3, len(blocks), 0))

    def _write(
        self,
        strategy: OrderSource,
        numbers: Numbers,
        samples: Samples,
        border: Border,
        out: Floats,
    ) -> None:
        """Metrics of each set on each sample, shape (samples, measures, numbers)."""
        m1, costs = self._bars.m1, costs_of(strategy.account)
        for rows, lists in self._lists(strategy, numbers):
            metrics_of_lists_nb(m1, lists, costs, samples, BORDERS.index(border), rows, out)
        invalid = ~np.isfinite(out[:, 0]).all(axis=0)
        self.failures = failures = dict[int, str]()
        for place in np.flatnonzero(invalid).tolist():
            number = int(numbers[place])
            _, reason = self._alone.attempt(self._space[number])
            failures[number] = reason or "trades have an R that is not a number"
            out[:, :, place] = np.nan

    def _lists(
        self, strategy: OrderSource, numbers: Numbers
    ) -> Iterator[tuple[Numbers, OrderLists]]:
        if not numbers.size:
            return iter(())
        return strategy.order_lists(self._bars, self._space.columns(numbers), self._room)

    def _samples(self, samples: Sequence[Days]) -> Samples:
        stretches = [stretches_of(self._days, days) for days in samples]
        begin = np.cumsum([0, *(first.size for first, _ in stretches)])
        first, end = (np.concatenate(bars) for bars in zip(*stretches, strict=True))
        return Samples(first, end, begin)
