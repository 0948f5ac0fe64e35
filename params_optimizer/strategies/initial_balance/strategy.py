"""The Initial Balance as one strategy among others: trades of any parameters, one at a time."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import fields
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import IBWindow
from params_optimizer.data.bars import Bars
from params_optimizer.data.ib_cache import IBLevels, initial_balances
from params_optimizer.data.news import NewsWindows
from params_optimizer.errors import StrategyError
from params_optimizer.strategies.batch import DaySample, FiniteSpace, Slices, equal_slices
from params_optimizer.strategies.initial_balance.backtest import backtest_nb, rules_of
from params_optimizer.strategies.initial_balance.day_trade import TradeArrays
from params_optimizer.strategies.initial_balance.fills import pessimistic_r, slipped_r
from params_optimizer.strategies.initial_balance.grid import GridAxes, is_grid
from params_optimizer.strategies.initial_balance.panel.evaluator import PanelEvaluator, levels_on
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.initial_balance.params import (
    RULES,
    VARIATIONS,
    Execution,
    Params,
)
from params_optimizer.strategies.initial_balance.scopes import VARIATION_SCOPES
from params_optimizer.strategies.initial_balance.sessions import (
    Sessions,
    Windows,
    sessions,
    trade_windows,
)
from params_optimizer.strategies.protocol import (
    Parameters,
    Strategy,
    Trades,
    Value,
    Verification,
    multiples,
)

IB_WINDOW: Final = "ib_window"
"""ib_start, ib_end and ib_timezone change together: `08:00-09:00 Europe/Berlin`."""

SLIPPAGE: Final = "slippage"
PESSIMISTIC: Final = "pessimistic"
TOGETHER: Final = "pessimistic_slippage_spread_x2"
_WINDOW_KEYS = ("ib_start", "ib_end", "ib_timezone")
_KEPT_DAYS = 256


class _Days(NamedTuple):
    days: Sessions
    windows: Windows


class Fills(NamedTuple):
    """What a market gives that is less kind than R7 and R8.

    `slippage` is lost at entry and at exit, in points; `pessimistic` exits are those of
    `engine.pessimistic`.
    """

    slippage: float = 0.0
    pessimistic: bool = False


class InitialBalance:
    """Trades by STRATEGY rules R1 to R9, or R15; the space is that of a grid."""

    name = "initial_balance"
    variations = VARIATION_SCOPES

    def __init__(
        self,
        grid: FiniteSpace,
        spread: float,
        news: NewsWindows,
        *,
        tick_size: float = 0.0,
        levels: Mapping[IBWindow, IBLevels] | None = None,
        execution: Execution = RULES,
    ) -> None:
        """Take the grid, the full spread and the tick in points, and the news windows.

        `levels` are the Initial Balances of the days to trade; None: those of all days.
        """
        self.axes = GridAxes.of(grid)
        self._levels = levels or {}
        self.traded_variation: int | None = None
        self.spread = spread
        self.news = news
        self.execution = execution
        self.tick_size = tick_size
        self.fills = Fills()
        self._days: OrderedDict[tuple[object, ...], _Days] = OrderedDict()

    def space(self) -> Mapping[str, Any]:
        """The values of the grid, numbers ascending."""
        axes = self.axes
        choices: dict[str, list[Value]] = {
            IB_WINDOW: [window_text(window) for window in axes.ib_windows],
            "ib_wait_minutes": sorted(axes.waits),
            "trade_window_minutes": sorted(axes.windows),
            "rr_target": sorted(axes.rr_targets),
            "stop_mode": list(axes.stop_modes),
            "tsl_target": sorted({target for target, _ in axes.trailings}),
            "tsl_sl": sorted({stop for _, stop in axes.trailings}),
            "min_sl_pct": sorted(axes.min_sls),
            "rev_rb_enabled": sorted({enabled for enabled, _ in axes.rebounds}),
            "rev_rb_pct": sorted({percentage for _, percentage in axes.rebounds}),
            "ib_buffer_pct": sorted(axes.buffers),
            "max_distance_pct": sorted(axes.distances),
        }
        return {
            "parameters": {
                key: {"type": "categorical", "choices": values} for key, values in choices.items()
            },
            "constraints": ["tsl_target == 0 or tsl_sl <= tsl_target"],
        }

    def canonical(self, parameters: Parameters) -> dict[str, Value]:
        """The same trades with the first tsl_sl or rev_rb_pct where it means nothing (R11.2, 3)."""
        values = dict(parameters)
        if values["tsl_target"] == 0:
            unused = [stop for target, stop in self.axes.trailings if target == 0]
            values["tsl_sl"] = (unused or [self.axes.trailings[0][1]])[0]
        if not values["rev_rb_enabled"]:
            unused = [percentage for enabled, percentage in self.axes.rebounds if not enabled]
            values["rev_rb_pct"] = (unused or [self.axes.rebounds[0][1]])[0]
        return values

    def worse(self) -> Mapping[str, Strategy]:
        """See `Worse`: the spread, one tick of slippage, pessimistic fills, all of it together.

        Twice the spread charges a trade that leaves at a level the full spread. Slippage makes
        entry and exit one tick worse; levels and sizes stay as they were meant.
        """
        spreads = multiples(self.spread, "spread")
        slipped = Fills(self.tick_size)
        scenarios = {name: self._with(spread, Fills()) for name, spread in spreads.items()}
        scenarios[SLIPPAGE] = self._with(self.spread, slipped)
        scenarios[PESSIMISTIC] = self._with(self.spread, Fills(pessimistic=True))
        scenarios[TOGETHER] = self._with(2 * self.spread, slipped._replace(pessimistic=True))
        return scenarios

    def variation(self, name: str) -> "InitialBalance":
        """See `Scoped`."""
        strategy = copy(self)
        strategy.traded_variation = VARIATIONS.index(name)
        return strategy

    def zones(self) -> Sequence[str]:
        """See `OwnDays`: those of the IB windows."""
        return list(dict.fromkeys(zone for _, _, zone in self._windows))

    def market_days(self, bars: Bars) -> NDArray[np.int64]:
        """See `OwnDays`: all days with an Initial Balance, traded or not."""
        dates = [initial_balances(bars, window).date for window in self._windows]
        return np.unique(np.concatenate(dates))

    def trade_dates(self, bars: Bars, parameters: Parameters, trades: Trades) -> NDArray[np.int64]:
        """See `OwnDays`: those of the Initial Balances that are traded."""
        days = self._days_of(bars, self.params(parameters)).days
        entry = np.searchsorted(bars.m1.time, trades.entry_time)
        dates: NDArray[np.int64] = days.date[np.searchsorted(days.ib_first, entry, "right") - 1]
        return dates

    def overtakes(self, parameters: Parameters) -> bool:
        """See `Overtaking` (R8.3); strict execution leaves at the close instead (R15.6)."""
        if self.execution.strict:
            return False
        params = self.params(parameters)
        return params.tsl_target > 0 and params.tsl_sl - 1 >= params.rr_target

    def _with(self, spread: float, fills: Fills) -> "InitialBalance":
        strategy = copy(self)  # which shares the days: they depend on the bars alone
        strategy.spread, strategy.fills = spread, fills
        if self.execution.strict:  # which has slippage of its own, and no better fills
            slippage = self.execution.slippage + fills.slippage
            strategy.execution, strategy.fills = Execution(True, slippage), Fills()
        return strategy

    def trades(self, bars: Bars, parameters: Parameters) -> Trades:
        """See `Strategy.trades`; the bars are one-minute bars.

        Raises:
            StrategyError: a parameter is missing, unknown or impossible.
        """
        params = self.params(parameters)
        return self._trades(bars, params, self._days_of(bars, params))

    def daily_trades(self, bars: Bars, parameters: Parameters, dates: NDArray[np.int64]) -> Trades:
        """The trades on `dates` of the zone of the IB window; see `Daily`.

        Raises:
            StrategyError: a parameter is missing, unknown or impossible.
        """
        params = self.params(parameters)
        cached = self._days_of(bars, params)
        selected = np.isin(cached.days.date, dates)
        days = Sessions._make(array[selected] for array in cached.days)
        windows = Windows._make(array[selected] for array in cached.windows)
        return self._trades(bars, params, _Days(days, windows))

    def verify(
        self, bars: Bars, parameters: Parameters, figures: Mapping[str, Any]
    ) -> Verification:
        """See `Verified`: against the reference rules (R9, R10)."""
        from params_optimizer.strategies.initial_balance.verification import verification

        params = self.params(parameters)
        levels = self._levels_of(bars, params)
        question = (bars, params, self.spread, self.news)
        return verification(question, self.execution, levels, figures)

    def _trades(self, bars: Bars, params: Params, days: _Days) -> Trades:
        rules = rules_of(params, self.spread, self.execution)
        trades = backtest_nb(bars.m1, days.days, days.windows, rules, self.news)
        if self.traded_variation is not None:
            chosen = trades.variation == self.traded_variation
            trades = TradeArrays._make(column[chosen] for column in trades)
        if self.fills.pessimistic:
            levels = self._levels_of(bars, params)
            trades = trades._replace(r=pessimistic_r(bars, params, self.spread, levels, trades))
        if self.fills.slippage:
            trades = trades._replace(r=slipped_r(trades, self.fills.slippage))
        return Trades(
            trades.entry_time,
            trades.exit_time,
            trades.long * 2 - 1,
            trades.entry_price,
            trades.exit_price,
            trades.r,
        )

    def slices(self, space: FiniteSpace) -> Slices:
        """See `Batch.slices`: those of the panel for a grid."""
        return PanelSlices(space) if is_grid(space) else equal_slices(space)

    def batch_evaluator(
        self, bars: Bars, space: FiniteSpace, sample: DaySample
    ) -> PanelEvaluator | None:
        """See `Batch.batch_evaluator`: the panel, which knows grids and fills of R7 and R8."""
        if not is_grid(space) or self.fills != Fills() or self.traded_variation is not None:
            return None
        windows = GridAxes.of(space).ib_windows
        levels = dict(self._levels)
        for window in windows:
            if window not in levels:
                levels[window] = initial_balances(bars, window)
        if sample.days is not None:
            levels = levels_on(levels, sample.days)
        return PanelEvaluator(bars, space, levels, self.spread, self.news, self.execution)

    def params(self, parameters: Parameters) -> Params:
        """The 14 keys of R11.1; the window as in `space`, or by its three keys as in a grid.

        Raises:
            StrategyError: a parameter is missing, unknown or impossible.
        """
        values = dict(parameters)
        if IB_WINDOW in values or not values.keys() >= set(_WINDOW_KEYS):
            window = parsed_window(str(values.pop(IB_WINDOW, "")))
            values |= dict(zip(_WINDOW_KEYS, window, strict=True))
        names = [field.name for field in fields(Params)]
        differing = sorted(set(names) ^ set(values))
        if differing:
            problem = "needs" if differing[0] in names else "has no parameter"
            raise StrategyError(f"strategy {self.name}: {problem} {differing[0]!r}")
        return Params(**values)  # type: ignore[arg-type]

    @property
    def _windows(self) -> Collection[IBWindow]:
        return self._levels.keys() or self.axes.ib_windows

    def _levels_of(self, bars: Bars, params: Params) -> IBLevels:
        window = (params.ib_start, params.ib_end, params.ib_timezone)
        return self._levels.get(window) or initial_balances(bars, window)

    def _days_of(self, bars: Bars, params: Params) -> _Days:
        """Days and trade windows, which many combinations share."""
        window = (params.ib_start, params.ib_end, params.ib_timezone)
        wait, minutes = params.ib_wait_minutes, params.trade_window_minutes
        key = (bars.fingerprint, window, wait, minutes)
        entry = self._days.get(key)
        if entry is None:
            days = sessions(bars, window, self._levels_of(bars, params))
            entry = self._days[key] = _Days(days, trade_windows(bars.m1, days, wait, (minutes,)))
            if len(self._days) > _KEPT_DAYS:
                self._days.popitem(last=False)
        return entry


def window_text(window: IBWindow) -> str:
    """`08:00-09:00 Europe/Berlin`."""
    start, end, zone = window
    return f"{start}-{end} {zone}"


def parsed_window(text: str) -> IBWindow:
    """The window that `window_text` wrote.

    Raises:
        StrategyError: the text is something else.
    """
    clock, _, zone = text.partition(" ")
    start, _, end = clock.partition("-")
    if not (start and end and zone):
        raise StrategyError(
            f"strategy initial_balance: {IB_WINDOW} is {text!r}; write it as "
            f"08:00-09:00 Europe/Berlin"
        )
    return (start, end, zone)
