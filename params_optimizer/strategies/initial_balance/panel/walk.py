"""The walk over the days: every combination of a slice, finished to columns or states.

A combination picks one signal a day; all ways to leave are the lanes of one table, so
the inner loops run over neighbouring memory. Combinations that pick the same signals
trade alike: each list of trades is walked once, and its lanes copied to every row.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.jit import kernel
from params_optimizer.engine.metrics import (
    LOSS_SQUARES,
    LOSSES,
    METRICS,
    SQUARES,
    STATES,
    WINS,
    Lanes,
    Table,
    borders_nb,
    finish_nb,
    lanes_nb,
    moments_nb,
    path_nb,
    refine_nb,
    state_nb,
)
from params_optimizer.strategies.initial_balance.panel.signals import NONE

SCOPES = 5
"""All trades, then the variations in the order of `params.VARIATIONS`."""
_MEASURES = len(METRICS)
_HASH_FACTOR = 6364136223846793005


class Picks(NamedTuple):
    """Who trades what in one window: see `signals.Choices`, without the window.

    `first` has shape (entries, days), `rebound` (extensions, days); an *entry* is one
    (buffer, distance). `extension` maps each rebound variant of the grid to a row of
    `rebound`, or to -1 where rev_rb is off. `variation` is that of each signal.
    """

    first: NDArray[np.int32]
    rebound: NDArray[np.int32]
    extension: NDArray[np.int64]
    variation: NDArray[np.int64]


class _Lists(NamedTuple):
    """Lists of trades of one scope: list `i` holds `trades[i, :length[i]]`.

    `same` names, for each pick (rebound variant, entry), the first pick with that list.
    """

    trades: NDArray[np.int64]
    length: NDArray[np.int64]
    same: NDArray[np.int64]


@kernel
def walk_metrics_nb(table: Table, picks: Picks, out: NDArray[np.float64]) -> None:
    """Fill `out`, shape (SCOPES * metrics, rows), for all days.

    Rows are in combination order: way, rebound variant, entry (slowest first).
    """
    days, width = picks.first.shape[1], table.r.shape[1]
    every_day = np.arange(days)
    amount = picks.extension.size * picks.first.shape[0]
    metrics = np.empty((amount, _MEASURES, width))
    lanes = lanes_nb(width)
    # Sums over all trades are sums over the variations; only their path needs a walk.
    moments = Lanes(np.empty((amount, 4, width)), np.empty((amount, 2, width), np.int16))
    everything = Lanes(np.zeros((amount, 4, width)), np.zeros((amount, 2, width), np.int16))
    for step in range(SCOPES):
        scope = (step + 1) % SCOPES
        lists = _lists_nb(picks, scope, every_day)
        for pick in range(amount):
            first = lists.same[pick]
            if first == pick:
                trades = lists.trades[pick, : lists.length[pick]]
                path_nb(table, trades, lanes)
                if scope > 0:
                    moments_nb(table, trades, lanes)
                    moments.sums[pick] = lanes.sums[SQUARES : LOSS_SQUARES + 1]
                    moments.runs[pick] = lanes.runs[WINS : LOSSES + 1]
                else:
                    lanes.sums[SQUARES : LOSS_SQUARES + 1] = everything.sums[pick]
                    lanes.runs[WINS : LOSSES + 1] = everything.runs[pick]
                finish_nb(lanes, trades.size, metrics[pick])
                refine_nb(table, trades, lanes, metrics[pick])
            if scope > 0:
                everything.sums[pick] += moments.sums[first]
                everything.runs[pick] += moments.runs[first]
        _gather_nb(metrics, lists.same, out[scope * _MEASURES : (scope + 1) * _MEASURES])


@kernel
def walk_states_nb(
    table: Table,
    picks: Picks,
    groups: tuple[NDArray[np.int64], NDArray[np.int64]],
    out: NDArray[np.float64],
) -> None:
    """Fill `out`, shape (groups, SCOPES * STATES, rows), with one state a group of days.

    `groups` holds borders, shape (groups + 1,), and days: group `g` walks
    `days[borders[g]:borders[g + 1]]`, which are in time order; groups may overlap.
    """
    borders, group_days = groups
    width = table.r.shape[1]
    amount = picks.extension.size * picks.first.shape[0]
    states = np.empty((amount, STATES, width))
    lanes = lanes_nb(width)
    for group in range(borders.size - 1):
        days = group_days[borders[group] : borders[group + 1]]
        for scope in range(SCOPES):
            lists = _lists_nb(picks, scope, days)
            for pick in range(amount):
                if lists.same[pick] == pick:
                    trades = lists.trades[pick, : lists.length[pick]]
                    path_nb(table, trades, lanes)
                    moments_nb(table, trades, lanes)
                    borders_nb(table, trades, lanes)
                    state_nb(lanes, trades.size, states[pick])
            _gather_nb(states, lists.same, out[group, scope * STATES : (scope + 1) * STATES])


@kernel
def _lists_nb(picks: Picks, scope: int, days: NDArray[np.int64]) -> _Lists:
    """What each pick trades on `days`, and which picks trade the same."""
    entries = picks.first.shape[0]
    amount = picks.extension.size * entries
    trades = np.empty((amount, days.size), np.int64)
    count = np.zeros(amount, np.int64)
    same = np.arange(amount)
    keys = np.empty(amount, np.int64)
    for pick in range(amount):
        variant, entry = divmod(pick, entries)
        extension = picks.extension[variant]
        key = 0
        for day in days:
            signal = picks.first[entry, day]
            if signal == NONE and extension >= 0:
                signal = picks.rebound[extension, day]
            if signal != NONE and (scope == 0 or picks.variation[signal] == scope - 1):
                trades[pick, count[pick]] = signal
                count[pick] += 1
                key = (key + signal + 1) * _HASH_FACTOR
        keys[pick] = key
        for earlier in range(pick):
            if keys[earlier] == key and _equal_nb(trades, count, earlier, pick):
                same[pick] = earlier
                break
    return _Lists(trades, count, same)


@kernel
def _equal_nb(trades: NDArray[np.int64], count: NDArray[np.int64], one: int, other: int) -> bool:
    if count[one] != count[other]:
        return False
    return bool((trades[one, : count[one]] == trades[other, : count[other]]).all())


@kernel
def _gather_nb(
    lanes: NDArray[np.float64], same: NDArray[np.int64], out: NDArray[np.float64]
) -> None:
    """Row `lane * picks + pick` of every column is that lane of the pick's list."""
    amount, columns, _ = lanes.shape
    for column in range(columns):
        row = 0
        for lane in range(out.shape[1] // amount):
            for pick in range(amount):
                out[column, row] = lanes[same[pick], column, lane]
                row += 1
