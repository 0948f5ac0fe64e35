"""Where the signals of a panel are kept while its days are walked; equal ones once."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.data.news import NewsWindows
from params_optimizer.engine.candles import Candles
from params_optimizer.engine.jit import kernel
from params_optimizer.strategies.initial_balance.signals import Levels

NONE = -1
"""In place of a signal: nothing is traded."""


class SignalAxes(NamedTuple):
    """What signals depend on, beside the panel; fractions of the range, float64.

    `strict` and `slippage` are those of `params.Execution`.
    """

    buffers: NDArray[np.float64]
    distances: NDArray[np.float64]
    extensions: NDArray[np.float64]
    strict: bool
    slippage: float


class PanelDay(NamedTuple):
    """One day in its longest trade window, the bars `low <= index < high`.

    `closes` are the ends of all windows, UTC minutes, and `ends` one past their last bars.
    """

    m1: M1
    window: Candles
    context: Candles
    levels: Levels
    news: NewsWindows
    closes: NDArray[np.int64]
    ends: NDArray[np.int64]
    low: int
    high: int


class SignalRow(NamedTuple):
    """One signal; see `signals.Signals`."""

    variation: int
    long: bool
    entry_time: int
    raw: float
    fill: float
    stop_ib_start: float
    stop_eq: float
    edge: float


class SignalStore(NamedTuple):
    """Signals found so far: `rows[:end]`, those of the day from `begin` on."""

    rows: NDArray[np.float64]
    begin: int
    end: int


COLUMNS: Final = 9
"""Of the rows of a store: the day, then the fields of `SignalRow`."""


@kernel
def store_nb(store: SignalStore, date: int, row: SignalRow) -> tuple[SignalStore, int]:
    """The store with `row`, added where it is new, and its place."""
    rows, begin, end = store
    for at in range(begin, end):
        if (
            rows[at, 1] == row.variation
            and rows[at, 3] == row.entry_time
            and rows[at, 2] == row.long
            and rows[at, 4] == row.raw
            and rows[at, 5] == row.fill
            and rows[at, 6] == row.stop_ib_start
        ):
            return store, at
    if end == rows.shape[0]:
        grown = np.empty((2 * end, rows.shape[1]))
        grown[:end] = rows
        rows = grown
    rows[end, 0] = date
    rows[end, 1] = row.variation
    rows[end, 2] = row.long
    rows[end, 3] = row.entry_time
    rows[end, 4] = row.raw
    rows[end, 5] = row.fill
    rows[end, 6] = row.stop_ib_start
    rows[end, 7] = row.stop_eq
    rows[end, 8] = row.edge
    return SignalStore(rows, begin, end + 1), end
