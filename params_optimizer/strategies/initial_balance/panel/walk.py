"""The walk over the days: every combination of a slice, finished to columns or states.

A combination picks one signal a day; all ways to leave are the lanes of one table, so
the inner loops run over neighbouring memory. Variations come out of the same walk.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.jit import kernel
from params_optimizer.engine.metrics import (
    METRICS,
    STATES,
    accumulate_nb,
    finish_nb,
    refine_nb,
)
from params_optimizer.strategies.initial_balance.panel.signals import NONE
from params_optimizer.strategies.initial_balance.signals import REV_RB

SCOPES = 5
"""All trades, then the variations in the order of `params.VARIATIONS`."""
_MEASURES = len(METRICS)


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


@kernel
def walk_metrics_nb(table: NDArray[np.float64], picks: Picks, out: NDArray[np.float64]) -> None:
    """Fill `out`, shape (SCOPES * metrics, rows), for all days.

    Rows are in combination order: way, rebound variant, entry (slowest first).
    """
    entries, days = picks.first.shape
    variants, lanes = picks.extension.size, table.shape[1]
    every_day = np.arange(days)
    states = np.empty((SCOPES, STATES, lanes))
    metrics = np.empty((SCOPES, _MEASURES, lanes))
    trades = np.empty((SCOPES, days), np.int64)
    for entry in range(entries):
        for variant in range(variants):
            counts = _trades_nb(picks, entry, picks.extension[variant], every_day, trades)
            for scope in range(SCOPES):
                if variant > 0 and 0 < scope <= REV_RB:
                    continue  # OCAE, TCWE and Reverse are the same whatever rev_rb says
                chosen = trades[scope, : counts[scope]]
                accumulate_nb(table, chosen, states[scope])
                finish_nb(states[scope], metrics[scope])
                refine_nb(table, chosen, states[scope], metrics[scope])
            first_row = variant * entries + entry
            _scatter_nb(metrics.reshape(-1, lanes), out, first_row, variants * entries)


@kernel
def walk_states_nb(
    table: NDArray[np.float64],
    picks: Picks,
    groups: tuple[NDArray[np.int64], NDArray[np.int64]],
    out: NDArray[np.float64],
) -> None:
    """Fill `out`, shape (groups, SCOPES * STATES, rows), with one state a group of days.

    `groups` holds borders, shape (groups + 1,), and days: group `g` walks
    `days[borders[g]:borders[g + 1]]`, which are in time order; groups may overlap.
    """
    borders, group_days = groups
    entries, days = picks.first.shape
    variants, lanes = picks.extension.size, table.shape[1]
    states = np.empty((SCOPES, STATES, lanes))
    trades = np.empty((SCOPES, days), np.int64)
    for group in range(borders.size - 1):
        chosen_days = group_days[borders[group] : borders[group + 1]]
        for entry in range(entries):
            for variant in range(variants):
                counts = _trades_nb(picks, entry, picks.extension[variant], chosen_days, trades)
                for scope in range(SCOPES):
                    if variant > 0 and 0 < scope <= REV_RB:
                        continue
                    accumulate_nb(table, trades[scope, : counts[scope]], states[scope])
                first_row = variant * entries + entry
                _scatter_nb(states.reshape(-1, lanes), out[group], first_row, variants * entries)


@kernel
def _trades_nb(
    picks: Picks,
    entry: int,
    extension: int,
    days: NDArray[np.int64],
    trades: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Signals traded on `days`, per scope; returns how many each scope has."""
    counts = np.zeros(SCOPES, np.int64)
    for day in days:
        signal = picks.first[entry, day]
        if signal == NONE and extension >= 0:
            signal = picks.rebound[extension, day]
        if signal != NONE:
            scope = picks.variation[signal] + 1
            trades[0, counts[0]] = signal
            counts[0] += 1
            trades[scope, counts[scope]] = signal
            counts[scope] += 1
    return counts


@kernel
def _scatter_nb(
    lanes: NDArray[np.float64], out: NDArray[np.float64], first_row: int, stride: int
) -> None:
    """Lane `i` becomes row `first_row + i * stride` of every column."""
    for column in range(lanes.shape[0]):
        for lane in range(lanes.shape[1]):
            out[column, first_row + lane * stride] = lanes[column, lane]
