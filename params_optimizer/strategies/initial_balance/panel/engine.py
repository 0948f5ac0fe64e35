"""Slices of a grid in, finished result columns out."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import IBWindow
from params_optimizer.data.bars import Bars
from params_optimizer.data.ib_cache import IBLevels
from params_optimizer.data.news import NewsWindows
from params_optimizer.engine.metrics_calculator import METRICS, TradeTable
from params_optimizer.strategies.batch import FiniteSpace
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.panel.daily import PanelDaily
from params_optimizer.strategies.initial_balance.panel.exits import (
    ExitAxes,
    Exits,
    panel_exits_nb,
    window_table_nb,
)
from params_optimizer.strategies.initial_balance.panel.signals import (
    Choices,
    Signals,
    panel_signals_nb,
)
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlice
from params_optimizer.strategies.initial_balance.panel.store import SignalAxes
from params_optimizer.strategies.initial_balance.panel.walk import (
    WindowChoices,
    walk_metrics_nb,
)
from params_optimizer.strategies.initial_balance.params import RULES, Execution
from params_optimizer.strategies.initial_balance.scopes import SCOPES
from params_optimizer.strategies.initial_balance.sessions import (
    Sessions,
    Windows,
    sessions,
    trade_windows,
)

MEASURES = tuple(scope.column(metric) for scope in SCOPES for metric in METRICS)
"""Names of the columns that `PanelEngine.metrics` fills, in its order."""

NO_REBOUND = -1


class PanelEngine:
    """Evaluates slices of the grid `space` on `bars`.

    `levels` are the Initial Balances of each IB window, `spread` is the full spread in
    points. Signals and exits of the last tile are kept, so that neighbouring slices
    share them; ask for slices in the order of `PanelSlices.groups` to profit.
    """

    def __init__(
        self,
        bars: Bars,
        space: FiniteSpace,
        levels: Mapping[IBWindow, IBLevels],
        spread: float,
        news: NewsWindows,
        execution: Execution = RULES,
    ) -> None:
        self._axes = axes = GridAxes.of(space)
        self._bars, self._levels, self._news = bars, levels, news
        # Each extension once; variants without rev_rb have none.
        self._extensions = list(dict.fromkeys(pct for enabled, pct in axes.rebounds if enabled))
        self._signal_axes = SignalAxes(
            np.array(axes.buffers, np.float64),
            np.array(axes.distances, np.float64),
            np.array(self._extensions, np.float64),
            *execution,
        )
        self._exit_axes = ExitAxes(
            np.array(axes.rr_targets, np.float64),
            np.array([mode == "eq" for mode in axes.stop_modes]),
            np.array(axes.trailings, np.float64).reshape(-1, 2),
            np.array(axes.min_sls, np.float64),
            float(spread),
            *execution,
        )
        self._variants = np.array(
            [self._extensions.index(pct) if on else NO_REBOUND for on, pct in axes.rebounds],
            np.int64,
        )
        self._sessions: dict[int, Sessions] = {}
        self._panel: tuple[tuple[int, int], Windows, Signals, Choices] | None = None
        self._exits: tuple[tuple[int, int, tuple[int, int]], Exits] | None = None

    def metrics(
        self, slice_: PanelSlice, memory: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Metrics of every combination of the slice, shape (len(MEASURES), rows).

        `memory`, of at least as many numbers, becomes the result: who needs one slice at a
        time saves the system from finding and clearing as many pages for each.
        """
        table, choices = self._prepare(slice_)
        size = len(MEASURES) * slice_.rows
        memory = np.empty(size) if memory is None else memory
        out = memory[:size].reshape(len(MEASURES), slice_.rows)
        walk_metrics_nb(table, choices, out)
        return out

    def daily(self, slice_: PanelSlice) -> PanelDaily:
        """R of every day of the slice's combinations."""
        table, choices = self._prepare(slice_)
        return PanelDaily.of(
            self._session(slice_.ib).date, slice_.ways[1] - slice_.ways[0], table, choices
        )

    def _prepare(self, slice_: PanelSlice) -> tuple[TradeTable, WindowChoices]:
        windows, signals, choices = self._panel_of(slice_)
        exits = self._exits_of(slice_, windows, signals)
        table = window_table_nb(
            exits, signals, windows, self._exit_axes, slice_.ways, slice_.window
        )
        _, buffers, distances, days = choices.first.shape
        window_choices = WindowChoices(
            choices.first[slice_.window].reshape(buffers * distances, days),
            choices.rebound[slice_.window],
            self._variants,
            signals.variation,
            signals.entry_time,
            self._signal_axes.strict,
        )
        return table, window_choices

    def _panel_of(self, slice_: PanelSlice) -> tuple[Windows, Signals, Choices]:
        key = (slice_.ib, slice_.wait)
        if self._panel is None or self._panel[0] != key:
            days, axes = self._session(slice_.ib), self._axes
            m1 = self._bars.m1
            windows = trade_windows(m1, days, axes.waits[slice_.wait], axes.windows)
            signals, choices = panel_signals_nb(m1, days, windows, self._signal_axes, self._news)
            self._panel, self._exits = (key, windows, signals, choices), None
        return self._panel[1:]

    def _exits_of(self, slice_: PanelSlice, windows: Windows, signals: Signals) -> Exits:
        if self._exits is None or self._exits[0] != slice_.tile:
            exits = panel_exits_nb(self._bars.m1, signals, windows, self._exit_axes, slice_.ways)
            self._exits = (slice_.tile, exits)
        return self._exits[1]

    def _session(self, ib: int) -> Sessions:
        if ib not in self._sessions:
            window = self._axes.ib_windows[ib]
            self._sessions[ib] = sessions(self._bars, window, self._levels[window])
        return self._sessions[ib]
