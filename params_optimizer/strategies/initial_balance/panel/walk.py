"""The walk over the days: every combination of a slice, finished to columns.

A combination picks one signal a day; all ways to leave are the lanes of one table, so
the inner loops run over neighbouring memory. Combinations that pick the same signals
trade alike: each list of trades is walked once, and its lanes copied to every row.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.jit import kernel
from params_optimizer.engine.metrics_calculator import (
    LOSS_SQUARES,
    LOSSES,
    METRICS,
    SQUARES,
    WINS,
    Lanes,
    TradeTable,
    finish_nb,
    lanes_nb,
    moments_nb,
    path_nb,
    refine_nb,
)
from params_optimizer.strategies.initial_balance.panel.store import NONE

SCOPES = 5
"""All trades, then the variations in the order of `params.VARIATIONS`."""
_MEASURES = len(METRICS)
_HASH_FACTOR = 6364136223846793005


class WindowChoices(NamedTuple):
    """Who trades what in one window: see `signals.Choices`, without the window.

    `first` has shape (entries, days), `rebound` (extensions, days); an *entry* is one
    (buffer, distance). `extension` maps each rebound variant of the grid to a row of
    `rebound`, or to -1 where rev_rb is off. `variation` and `decision`, a UTC minute, are those
    of each signal; where `strict`, the earlier one of `first` and `rebound` is traded.
    """

    first: NDArray[np.int32]
    rebound: NDArray[np.int32]
    extension: NDArray[np.int64]
    variation: NDArray[np.int64]
    decision: NDArray[np.int64]
    strict: bool


class _Lists(NamedTuple):
    """Distinct lists of trades of one scope: `trades[begin[i]:begin[i + 1]]`, `i < distinct`.

    `of` names the list of each pick (rebound variant, entry), `first` the first pick that
    has a list.
    """

    trades: NDArray[np.int64]
    begin: NDArray[np.int64]
    distinct: int
    of: NDArray[np.int64]
    first: NDArray[np.int64]


@kernel
def walk_metrics_nb(table: TradeTable, choices: WindowChoices, out: NDArray[np.float64]) -> None:
    """Fill `out`, shape (SCOPES * metrics, rows), for all days.

    Rows are in combination order: way, rebound variant, entry (slowest first).
    """
    width = table.r.shape[1]
    every_day = np.arange(choices.first.shape[1])
    lanes = lanes_nb(width)
    whole = _lists_nb(choices, 0, every_day)
    # Sums over all trades are sums over the variations; only their path needs a walk.
    everything = _moments_nb(whole.distinct, width)
    for scope in range(1, SCOPES):
        lists = _lists_nb(choices, scope, every_day)
        metrics = np.empty((lists.distinct, _MEASURES, width))
        moments = _moments_nb(lists.distinct, width)
        for number in range(lists.distinct):
            trades = lists.trades[lists.begin[number] : lists.begin[number + 1]]
            path_nb(table, trades, lanes)
            moments_nb(table, trades, lanes)
            moments.sums[number] = lanes.sums[SQUARES : LOSS_SQUARES + 1]
            moments.runs[number] = lanes.runs[WINS : LOSSES + 1]
            finish_nb(lanes, trades.size, metrics[number])
            refine_nb(table, trades, lanes, metrics[number])
        for number in range(whole.distinct):
            part = lists.of[whole.first[number]]
            everything.sums[number] += moments.sums[part]
            everything.runs[number] += moments.runs[part]
        _gather_nb(metrics, lists.of, out[scope * _MEASURES : (scope + 1) * _MEASURES])
    metrics = np.empty((whole.distinct, _MEASURES, width))
    for number in range(whole.distinct):
        trades = whole.trades[whole.begin[number] : whole.begin[number + 1]]
        path_nb(table, trades, lanes)
        lanes.sums[SQUARES : LOSS_SQUARES + 1] = everything.sums[number]
        lanes.runs[WINS : LOSSES + 1] = everything.runs[number]
        finish_nb(lanes, trades.size, metrics[number])
        refine_nb(table, trades, lanes, metrics[number])
    _gather_nb(metrics, whole.of, out[:_MEASURES])


@kernel
def _moments_nb(count: int, width: int) -> Lanes:
    """Zeros for what `moments_nb` finds of `count` lists."""
    return Lanes(np.zeros((count, 4, width)), np.zeros((count, 2, width), np.int16))


@kernel
def _lists_nb(choices: WindowChoices, scope: int, days: NDArray[np.int64]) -> _Lists:
    """What each pick trades on `days`; lists that many picks share are kept once."""
    amount = choices.extension.size * choices.first.shape[0]
    trades = np.empty(8 * days.size, np.int64)
    begin, of = np.zeros(amount + 1, np.int64), np.empty(amount, np.int64)
    keys, first = np.empty(amount, np.int64), np.empty(amount, np.int64)
    # An open hash table of list numbers, at most half full; its size is a power of two.
    size = 2
    while size < 2 * amount:
        size *= 2
    slots = np.full(size, NONE, np.int64)
    count = 0
    for pick in range(amount):
        low = begin[count]
        if low + days.size > trades.size:
            grown = np.empty(2 * trades.size, np.int64)
            grown[:low] = trades[:low]
            trades = grown
        end, key = _list_nb(choices, scope, days, pick, trades, low)
        slot = (key ^ (key >> 32)) & (size - 1)
        while slots[slot] != NONE:
            listed = slots[slot]
            if keys[listed] == key and _equal_nb(
                trades[begin[listed] : begin[listed + 1]], trades[low:end]
            ):
                break
            slot = (slot + 1) & (size - 1)
        if slots[slot] == NONE:
            slots[slot] = count
            keys[count], first[count] = key, pick
            count += 1
            begin[count] = end
        of[pick] = slots[slot]
    return _Lists(trades, begin, count, of, first)


@kernel
def _list_nb(
    choices: WindowChoices,
    scope: int,
    days: NDArray[np.int64],
    pick: int,
    trades: NDArray[np.int64],
    end: int,
) -> tuple[int, int]:
    """Write what a pick trades to `trades` from `end` on; the end of it, and a hash."""
    variant, entry = divmod(pick, choices.first.shape[0])
    extension, key = choices.extension[variant], 0
    for day in days:
        signal = choices.first[entry, day]
        if extension >= 0 and (signal == NONE or choices.strict):
            rebound = choices.rebound[extension, day]
            if signal == NONE or (
                rebound != NONE and choices.decision[rebound] < choices.decision[signal]
            ):
                signal = rebound
        if signal != NONE and (scope == 0 or choices.variation[signal] == scope - 1):
            trades[end] = signal
            end += 1
            key = (key + signal + 1) * _HASH_FACTOR
    return end, key


@kernel
def _equal_nb(first: NDArray[np.int64], second: NDArray[np.int64]) -> bool:
    return first.size == second.size and bool((first == second).all())


@kernel
def _gather_nb(lanes: NDArray[np.float64], of: NDArray[np.int64], out: NDArray[np.float64]) -> None:
    """Row `lane * picks + pick` of every column is that lane of the pick's list."""
    amount, columns = of.size, lanes.shape[1]
    for column in range(columns):
        row = 0
        for lane in range(out.shape[1] // amount):
            for pick in range(amount):
                out[column, row] = lanes[of[pick], column, lane]
                row += 1
