"""Indicators on closes, compiled, and kept: parameter sets of a search share them.

Every value is computed from its own window alone, in the order of time, so that it does
not depend on where the bars begin (Wilder's averages excepted, which never forget).
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.engine.jit import kernel
from params_optimizer.strategies.trades import whole_fingerprint

Column = NDArray[np.float64]
Indicator = Callable[[Column, int], Column]
"""A kernel of closes and a period; NaN where there are not enough bars yet."""

_BLOCK: Final = 4096  # bars whose sums stay in the processor's cache
_TABLE_BYTES: Final = 96 << 20  # of a process; there may be a hundred
_MIN_ROWS, _MAX_ROWS = 8, 4096
_TABLES: Final = 2

_tables: "OrderedDict[str, IndicatorTable]" = OrderedDict()


class IndicatorTable:
    """Indicators of the closes of one market, a row of `values` each.

    Where there is no room for another one, that which was asked for longest ago gives way.
    """

    def __init__(self, close: Column) -> None:
        self.close = close
        rows = min(max(_TABLE_BYTES // max(close.nbytes, 1), _MIN_ROWS), _MAX_ROWS)
        self.values = np.empty((rows, close.size))  # takes memory where rows are filled only
        self._rows: OrderedDict[tuple[Indicator, int], int] = OrderedDict()

    def __len__(self) -> int:
        """How many indicators can be there at the same time."""
        return int(self.values.shape[0])

    def rows(self, keys: Sequence[tuple[Indicator, int]]) -> NDArray[np.int64]:
        """The row of each indicator and period, shape (keys,): at most `len(self)` rows.

        Rows that other keys were given before may hold something else now.
        """
        for key in keys:
            if key in self._rows:
                self._rows.move_to_end(key)
        return np.array([self._row(key) for key in keys], np.int64)

    def _row(self, key: tuple[Indicator, int]) -> int:
        if key not in self._rows:
            full = len(self._rows) == len(self)
            row = self._rows.popitem(last=False)[1] if full else len(self._rows)
            compute, period = key
            self.values[row] = compute(self.close, period)
            self._rows[key] = row
        return self._rows[key]


def indicator_table(bars: Bars) -> IndicatorTable:
    """The table of these bars, or of more that begin with them: the first values are the same."""
    key = whole_fingerprint(bars)
    table = _tables.get(key)
    if table is None or table.close.size < bars.count:
        table = _tables[key] = IndicatorTable(bars.m1.close)
        if len(_tables) > _TABLES:
            _tables.popitem(last=False)
    _tables.move_to_end(key)
    return table


def forget() -> None:
    """Let go of all tables."""
    _tables.clear()


@kernel
def mean_nb(close: Column, period: int) -> Column:
    """Simple average of the last `period` closes, NaN before there are as many.

    Each sum goes from the oldest close to the newest, and is divided once.
    """
    values = np.full(close.size, np.nan)
    for low in range(period - 1, close.size, _BLOCK):
        high = min(low + _BLOCK, close.size)
        block = values[low:high]
        block[:] = 0.0
        for back in range(period - 1, -1, -1):
            _add_nb(close[low - back : high - back], block)
        for at in range(block.size):
            block[at] /= period
    return values


# Loops over views that begin at 0: an index such as `bar - back` could be negative as far as
# the compiler knows, and keeps it from vectorising (measured: 5 times slower).


@kernel
def _add_nb(close: Column, block: Column) -> None:
    for at in range(block.size):
        block[at] += close[at]


@kernel
def _add_squares_nb(close: Column, center: Column, block: Column) -> None:
    for at in range(block.size):
        away = close[at] - center[at]
        block[at] += away * away


@kernel
def deviation_nb(close: Column, period: int) -> Column:
    """Population deviation (divided by `period`) of the last `period` closes, NaN before.

    Two passes: first the mean, then the squares of what differs from it.
    """
    center = mean_nb(close, period)
    values = np.full(close.size, np.nan)
    for low in range(period - 1, close.size, _BLOCK):
        high = min(low + _BLOCK, close.size)
        block = values[low:high]
        block[:] = 0.0
        for back in range(period - 1, -1, -1):
            _add_squares_nb(close[low - back : high - back], center[low:high], block)
        for at in range(block.size):
            block[at] = np.sqrt(block[at] / period)
    return values


@kernel
def rsi_nb(close: Column, period: int) -> Column:
    """Wilder's relative strength index, 0 to 100, NaN before `period` changes are there.

    Averages start as plain means, then forget one part in `period`.
    """
    values = np.full(close.size, np.nan)
    gain, loss = 0.0, 0.0
    for bar in range(1, close.size):
        change = close[bar] - close[bar - 1]
        up, down = max(change, 0.0), max(-change, 0.0)
        if bar <= period:
            gain, loss = gain + up, loss + down
        else:
            gain = (gain * (period - 1) + up) / period
            loss = (loss * (period - 1) + down) / period
        if bar == period:
            gain, loss = gain / period, loss / period
        if bar >= period:
            total = gain + loss
            values[bar] = 100.0 * gain / total if total > 0.0 else 50.0
    return values
