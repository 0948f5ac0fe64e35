"""The panel as a batch evaluator: slices of a grid on any samples of days."""

from collections.abc import Mapping, Sequence

import numpy as np

from params_optimizer.config import IBWindow
from params_optimizer.data.bars import Bars
from params_optimizer.data.ib_cache import IBLevels
from params_optimizer.data.news import NewsWindows
from params_optimizer.strategies.batch import (
    Days,
    FiniteSpace,
    Floats,
    Numbers,
    Slice,
    columns_in,
)
from params_optimizer.strategies.initial_balance.panel.daily import EVERY, PanelDaily
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES, PanelEngine
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.initial_balance.params import RULES, Execution
from params_optimizer.strategies.initial_balance.scopes import VARIATION_SCOPES
from params_optimizer.strategies.trades import Border


class PanelEvaluator:
    """See `BatchEvaluator`; `levels` are those of the days of the evaluator.

    Days know nothing of each other: an engine that has the levels of some days only gives to
    the last bit what a run on these days gives, under any border policy.
    """

    measures = MEASURES
    failures: Mapping[int, str] = {}

    def __init__(
        self,
        bars: Bars,
        space: FiniteSpace,
        levels: Mapping[IBWindow, IBLevels],
        spread: float,
        news: NewsWindows,
        execution: Execution = RULES,
    ) -> None:
        self._arguments = (bars, space)
        self._levels = levels
        self._costs, self._execution = (spread, news), execution
        self._slices = PanelSlices(space)
        self._engine = self._engine_of(levels)
        self._samples: tuple[bytes, ...] = ()
        self._sample_engines: list[PanelEngine] = []
        self._daily: tuple[int, PanelDaily] | None = None

    def metrics(self, slice_: Slice, numbers: Numbers, memory: Floats | None = None) -> Floats:
        """See `BatchEvaluator.metrics`."""
        if numbers.size == slice_.rows:
            return self._engine.metrics(self._slices[slice_.number], memory)
        out = columns_in(memory, numbers.size, len(MEASURES))
        out[:] = self._engine.metrics(self._slices[slice_.number])[:, numbers - slice_.first]
        return out

    def sample_metrics(
        self, slice_: Slice, numbers: Numbers, samples: Sequence[Days], border: Border
    ) -> Floats:
        """See `BatchEvaluator.sample_metrics`; the engines of the last samples are kept."""
        del border  # a trade belongs to the day of its Initial Balance, however long it lasts
        keys = tuple(days.tobytes() for days in samples)
        if keys != self._samples:
            self._sample_engines = [self._engine_of(levels_on(self._levels, d)) for d in samples]
            self._samples = keys
        panel_slice = self._slices[slice_.number]
        out = np.empty((len(samples), len(MEASURES), slice_.rows))
        for place, engine in enumerate(self._sample_engines):
            engine.metrics(panel_slice, out[place].reshape(-1))
        return out if numbers.size == slice_.rows else out[:, :, numbers - slice_.first]

    def daily_r(self, slice_: Slice, numbers: Numbers, prefix: str = "") -> tuple[Days, Floats]:
        """See `BatchEvaluator.daily_r`; the days are those of the IB window of the slice."""
        daily = self._daily_of(slice_)
        prefixes = [scope.prefix for scope in VARIATION_SCOPES]
        variation = prefixes.index(prefix) if prefix else EVERY
        rows = (numbers - slice_.first).tolist()
        columns = [daily.r_of(row, variation) for row in rows]
        return daily.dates, np.stack(columns, axis=1)

    def block_sums(self, slice_: Slice, numbers: Numbers, blocks: Sequence[Days]) -> Floats:
        """See `BatchEvaluator.block_sums`; the blocks follow one another."""
        daily = self._daily_of(slice_)
        block = np.full(daily.dates.size, -1, np.int64)
        for place, days in enumerate(blocks):
            block[np.isin(daily.dates, days)] = place
        return daily.block_sums(block, len(blocks))[:, :, numbers - slice_.first]

    def _daily_of(self, slice_: Slice) -> PanelDaily:
        """That of the last slice is kept: it is asked for each variation."""
        if self._daily is None or self._daily[0] != slice_.number:
            daily = self._engine.daily(self._slices[slice_.number])
            self._daily = (slice_.number, daily)
        return self._daily[1]

    def _engine_of(self, levels: Mapping[IBWindow, IBLevels]) -> PanelEngine:
        return PanelEngine(*self._arguments, levels, *self._costs, self._execution)


def levels_on(levels: Mapping[IBWindow, IBLevels], days: Days) -> dict[IBWindow, IBLevels]:
    """The Initial Balances of some days only; `days` are dates in the zone of each window."""
    inside = {window: np.isin(of_window.date, days) for window, of_window in levels.items()}
    return {
        window: IBLevels._make(array[inside[window]] for array in of_window)
        for window, of_window in levels.items()
    }
