"""Everything that decides a result, in one object: bars, grid, news, costs, dates."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import GridValues, IBWindow, Settings, Symbol, parse_model
from params_optimizer.data.bars import Bars
from params_optimizer.data.ib_cache import (
    IBLevels,
    days_without_window,
)
from params_optimizer.data.loader import load_bars
from params_optimizer.data.news import NewsWindows
from params_optimizer.environment import kernel_cache_folder
from params_optimizer.errors import DamagedFileError, DataError, RunError
from params_optimizer.orchestrator.plan import Dates, Plan
from params_optimizer.orchestrator.resume import differences_of_finished
from params_optimizer.orchestrator.self_test import self_test
from params_optimizer.orchestrator.study_days import levels_of, news_of, open_days
from params_optimizer.search.space import ParameterSpace
from params_optimizer.storage.run_directory import MANIFEST, Manifest, RunDirectory
from params_optimizer.strategies.batch import DaySample
from params_optimizer.strategies.initial_balance.backtest import backtest_arrays
from params_optimizer.strategies.initial_balance.fills import pessimistic_r
from params_optimizer.strategies.initial_balance.grid import GridAxes, model_of_manifest, read_grid
from params_optimizer.strategies.initial_balance.panel.engine import PanelEngine
from params_optimizer.strategies.initial_balance.params import Execution, Params
from params_optimizer.strategies.initial_balance.strategy import InitialBalance
from params_optimizer.strategies.registry import INITIAL_BALANCE

log = logging.getLogger(__name__)

RULES_VERSION = "1"
"""Changes whenever the same bars and parameters would give other results."""

_EVERY_DAY = Dates()


@dataclass(frozen=True, slots=True)
class Study(Plan):
    """One grid on one market's bars. Picklable: workers rebuild their engine from it.

    `levels` hold the Initial Balances of the traded dates only; `spread` is in points;
    `years_without_news` are years of the bars for which the calendar has no event.
    """

    symbol: str
    market: Symbol
    settings: Settings
    data_dir: Path
    grid: ParameterSpace
    bars: Bars
    levels: Mapping[IBWindow, IBLevels]
    news: NewsWindows
    spread: float
    dates: Dates
    fingerprint: Mapping[str, str]
    years_without_news: tuple[int, ...]

    @property
    def execution(self) -> Execution:
        """How orders are filled."""
        return execution_of(self.settings)

    @property
    def strategy(self) -> InitialBalance:
        """See `Plan`."""
        return InitialBalance(
            self.grid,
            self.spread,
            self.news,
            tick_size=self.market.tick_size,
            levels=self.levels,
            execution=self.execution,
        )

    @property
    def strategy_name(self) -> str:
        """See `Plan`."""
        return INITIAL_BALANCE

    @property
    def space(self) -> ParameterSpace:
        """See `Plan`."""
        return self.grid

    @property
    def sample(self) -> DaySample:
        """See `Plan`; the levels tell which days are traded."""
        return DaySample(self.market.timezone)

    @property
    def facts(self) -> Manifest:
        """See `Plan`."""
        return {
            "spread": self.spread,
            "dates": self.dates.text(),
            "years_without_news": list(self.years_without_news),
            "settings": self.settings.model_dump(mode="json"),
            "grid": GridAxes.of(self.grid)._asdict(),
        }

    def params(self, number: int) -> Params:
        """The parameters of a combination."""
        return Params(**self.grid[number])  # type: ignore[arg-type]

    @property
    def traded_days(self) -> NDArray[np.int64]:
        """Local dates on which at least one IB window of the grid has a bar."""
        return np.unique(np.concatenate([levels.date for levels in self.levels.values()]))

    @property
    def days_without_window(self) -> int:
        """Days that an IB window does not trade, since a change of the clock leaves it out."""
        return sum(
            int(open_days(days, self.bars, window, self.dates).sum())
            for window in self.levels
            for days in [days_without_window(self.bars, window)]
        )

    def __getstate__(self) -> dict[str, object]:
        """Everything but the bars, which every process maps for itself."""
        return {
            field.name: getattr(self, field.name) for field in fields(self) if field.name != "bars"
        }

    def __setstate__(self, state: dict[str, object]) -> None:
        """Map the bars again.

        Raises:
            DataError: they changed since the study was made.
        """
        for name, value in state.items():
            object.__setattr__(self, name, value)
        bars = load_bars(self.data_dir, self.symbol)
        if bars.fingerprint != self.fingerprint["bars"]:
            raise DataError(f"the prepared bars of {self.symbol} changed while the run was on")
        object.__setattr__(self, "bars", bars)

    def warm_up(self) -> None:
        """See `Plan`; the kernels prove themselves on a small case."""
        self_test()
        self._warm_up_trades()

    def _warm_up_trades(self) -> None:
        """The kernels of single combinations, which a run needs at its end."""
        params = self.params(0)
        window = (params.ib_start, params.ib_end, params.ib_timezone)
        levels = IBLevels._make(array[:1] for array in self.levels[window])
        question = (self.bars, params, self.spread, self.news)
        trades = backtest_arrays(*question, levels, self.execution)
        pessimistic_r(self.bars, params, self.spread, levels, trades)

    def engine(self) -> PanelEngine:
        """A fresh engine for slices of the grid."""
        return PanelEngine(
            self.bars, self.grid, self.levels, self.spread, self.news, self.execution
        )


def execution_of(settings: Settings) -> Execution:
    """How the settings have the orders of the Initial Balance filled."""
    return Execution(settings.backtest.execution == "strict", settings.backtest.slippage)


def execution_field(execution: Execution) -> dict[str, str]:
    """Its field of a fingerprint; none by the rules, of which earlier versions knew no other."""
    return {"execution": f"strict {execution.slippage!r}"} if execution.strict else {}


def load_grid(
    settings: Settings, market: Symbol, mode: str | GridValues | None = None
) -> ParameterSpace:
    """The grid called `mode`; see `read_grid`.

    Raises:
        GridError: the file cannot be read, or a key or value is wrong.
        SpaceError: there are more than 2^63 - 1 combinations.
    """
    name = mode or settings.grid_mode
    source = name if isinstance(name, str) else "grid"
    grid = ParameterSpace(read_grid(settings, market, mode), source=source)
    len(grid)
    return grid


def make_study(
    settings: Settings,
    symbol: str,
    data_dir: Path,
    *,
    dates: Dates = _EVERY_DAY,
    spread: float | None = None,
    grid: ParameterSpace | None = None,
    again: bool = False,
) -> Study:
    """Load what a run of `symbol` needs; `say` takes warnings.

    `spread` and `grid` default to those of the settings; `again`: for a run that is there
    already, whose settings nobody can change any more.

    Raises:
        DataError, MissingDataError: no bars, none in the dates, or no calendar.
        SettingsError, GridError: an unknown symbol, a wrong grid.
    """
    market = settings.symbol(symbol)
    grid = grid or load_grid(settings, market)
    bars = load_bars(data_dir, symbol)
    levels = levels_of(bars, grid, data_dir, dates)
    news, news_key, years = news_of(settings, market, data_dir, bars, dates, again=again)
    cost = market.spread if spread is None else spread
    fingerprint = _fingerprint(settings, grid, bars, news_key, cost, dates)
    return Study(
        symbol=symbol,
        market=market,
        settings=settings,
        data_dir=data_dir,
        grid=grid,
        bars=bars,
        levels=levels,
        news=news,
        spread=cost,
        dates=dates,
        fingerprint=fingerprint,
        years_without_news=years,
    )


def reopen(directory: RunDirectory, data_dir: Path) -> Study:
    """The study of an existing run, with the settings that it was started with.

    Raises:
        DamagedFileError: the manifest cannot be read.
        RunError: the bars or the news calendar are not those of the run any more.
    """
    manifest = directory.manifest()
    try:
        settings = parse_model(Settings, manifest["settings"], str(directory.path / MANIFEST))
        first, last = (date.fromisoformat(day) if day else None for day in manifest["dates"])
        grid = ParameterSpace(model_of_manifest(manifest["grid"]))
        symbol, spread = str(manifest["symbol"]), float(manifest["spread"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{directory.path / MANIFEST}: cannot be read: {error}") from error
    if grid.fingerprint != manifest["fingerprint"].get("grid"):
        raise DamagedFileError(f"{directory.path / MANIFEST}: its grid is not that of the run")
    study = make_study(
        settings,
        symbol,
        data_dir,
        dates=Dates(first, last),
        spread=spread,
        grid=grid,
        again=True,
    )
    if different := differences_of_finished(manifest, study.fingerprint):
        raise RunError(f"{directory.path}: since this run, {different} changed; run it anew")
    return study


def _fingerprint(
    settings: Settings, grid: ParameterSpace, bars: Bars, news: str, spread: float, dates: Dates
) -> dict[str, str]:
    import pyarrow as pa

    money = settings.backtest
    rows = "all"
    if settings.keep != rows:  # then the ranking decides which rows there are
        conditions = settings.variation_conditions.model_dump()
        weights = settings.ranking_weights.model_dump()
        where = settings.ranking.where
        rank = [
            settings.keep,
            weights,
            settings.min_trades,
            conditions,
            *([where] if where else []),
        ]
        rows = json.dumps(rank)
    return {
        "kept": rows,
        "symbol": bars.symbol,
        "bars": bars.fingerprint,
        "grid": grid.fingerprint,
        "rules": RULES_VERSION,
        "engine": f"{kernel_cache_folder().name} numba {version('numba')}",
        "spread": repr(spread),
        "news": news,
        "dates": json.dumps(dates.text()),
        "money": json.dumps([money.initial_balance, money.risk_pct]),
        "pyarrow": pa.__version__,
        **execution_field(execution_of(settings)),
    }
