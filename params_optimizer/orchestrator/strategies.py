"""A strategy and the bars it trades, by name: what a search, a window or a workflow starts from."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import Settings, parse_model, read_json
from params_optimizer.config.ensemble import EnsembleFile
from params_optimizer.data.bars import Bars
from params_optimizer.data.importers import DateOrder, Stamp
from params_optimizer.data.loader import load_bars
from params_optimizer.data.ohlc import load_ohlc, resample, time_frame, time_frame_name
from params_optimizer.data.regimes import labels
from params_optimizer.data.trading_days import trading_days
from params_optimizer.errors import SettingsError, StrategyError
from params_optimizer.orchestrator.study import make_study
from params_optimizer.strategies.account import STANDARD_COMMISSION, Account
from params_optimizer.strategies.ensemble.strategy import DayRegimes, Ensemble, Member
from params_optimizer.strategies.initial_balance.strategy import InitialBalance
from params_optimizer.strategies.protocol import OwnDays, Rule, Strategy
from params_optimizer.strategies.registry import ENSEMBLE, INITIAL_BALANCE, strategy_named
from params_optimizer.strategies.trades import Border

log = logging.getLogger(__name__)

_WEEKENDS = 0.1
"""Share of the bars from which on Saturdays and Sundays are days of trading like others."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bars come from: the prepared ones of `symbol`, or a `file` of any time frame.

    `minutes` gathers them to a longer time frame; the others say how a file is read, see
    `data.ohlc.load_ohlc`.
    """

    symbol: str | None
    file: Path | None = None
    source_timezone: str | None = None
    minutes: int | None = None
    stamps: Stamp | None = None
    date_order: DateOrder | None = None
    force: bool = False


def account_of(
    settings: Settings,
    symbol: str | None,
    commission: float | None,
    capital: float,
    spread: float | None = None,
) -> Account:
    """The account of strategies that trade positions.

    They pay `spread`, or that of the symbol where it is known, and the commission in addition;
    without a commission none, or STANDARD_COMMISSION where no spread is known.
    """
    market = settings.symbols.get(symbol or "")
    points = market.spread if spread is None and market else spread
    if commission is None:
        commission = STANDARD_COMMISSION if points is None else 0.0
    return Account(commission, capital, settings.backtest.risk_pct, points or 0.0)


def load_strategy(
    name: str,
    source: Source,
    settings: Settings,
    account: Account,
    *,
    spread: float | None = None,
    ensemble: Path | EnsembleFile | None = None,
    border: Border = "close",
) -> tuple[Strategy, Bars]:
    """The strategy called `name`, and its bars; `say` takes what is worth knowing of both.

    `spread` is for the Initial Balance; `ensemble` are rules or their file (None: built-in ones),
    `border` what becomes of the ensemble's trades that cross the border of a regime.

    Raises:
        StrategyError: there is no such strategy, or it cannot be imported.
        DataError: no bars, or unusable ones.
        SettingsError: the Initial Balance without a symbol; an impossible time frame.
    """
    if name == INITIAL_BALANCE:
        return _initial_balance(source, settings, spread)
    if name == ENSEMBLE:
        content = read_ensemble(ensemble)
        source_name = str(ensemble) if isinstance(ensemble, Path) else "ensemble"
        members = members_of(content, source_name, account)
        bars = load_source(source, settings)
        regimes = day_regimes(bars, content.regimes, zone_of(settings, bars.symbol))
        return Ensemble(account, members=members, regimes=regimes, border=border), bars
    return strategy_named(name, account), load_source(source, settings)


def load_source(source: Source, settings: Settings) -> Bars:
    """The bars of a source.

    Raises:
        DataError, SettingsError: see `load_strategy`.
    """
    if source.file is not None:
        file = load_ohlc(
            source.file,
            source.source_timezone,
            source.symbol,
            stamps=source.stamps,
            date_order=source.date_order,
            force=source.force,
        )
        bars = file.bars
        for reason, count in file.left_out.items():
            log.info("%s: %s rows left out: %s", source.file, f"{count:,}", reason)
        volume = f"from {file.volume_name}" if file.volume_name else "none, 1 for every bar"
        log.info("%s: volume: %s", source.file, volume)
    elif source.symbol is not None:
        bars = load_bars(Path(settings.paths.data_dir), source.symbol)
    else:
        raise SettingsError("which market? Give --symbol, or a file of bars with --data")
    if source.minutes is not None:
        bars = resample(bars, source.minutes)
    frame = time_frame_name(time_frame(bars.m1.time))
    log.info("%s: %s bars of time frame %s", bars.symbol, f"{bars.count:,}", frame)
    return bars


def zone_of(settings: Settings, symbol: str) -> str:
    """The zone whose dates are the days of a market: its own, or UTC where it is not known."""
    market = settings.symbols.get(symbol)
    return market.timezone if market else "UTC"


def read_ensemble(content: Path | EnsembleFile | None) -> EnsembleFile:
    """The rules, read where they are a file of `config.ensemble`; None: those built in.

    Raises:
        SettingsError: the file cannot be read, or a key or value is wrong.
    """
    if isinstance(content, Path):
        return parse_model(EnsembleFile, read_json(content), str(content))
    return content or EnsembleFile()


def members_of(content: EnsembleFile, source: str, account: Account) -> list[Member]:
    """The rules that an ensemble lists; `source` names it in messages.

    Raises:
        StrategyError: there is no such strategy, or it has no targets to weigh.
    """
    members = []
    for entry in content.rules:
        rule = strategy_named(entry.strategy, account)
        if not isinstance(rule, Rule):
            raise StrategyError(
                f"{source}: {entry.strategy} cannot be weighed: it has no targets(bars, "
                f"parameters); functions and position strategies have"
            )
        name = entry.name or re.sub(r"\W+", "_", entry.strategy)
        members.append(Member(name, rule, entry.parameters))
    return members


def day_regimes(bars: Bars, kind: str | None, zone: str) -> DayRegimes | None:
    """Labels of the days of `zone`; weekends are days where they hold a good part of the bars.

    Raises:
        SettingsError: an unknown kind.
    """
    if kind is None:
        return None
    regimes = labels(bars, kind, zone, market_days(bars, zone))
    return DayRegimes(regimes.date, regimes.label, regimes.names, zone)


def zones_of(strategy: Strategy, zone: str) -> Sequence[str]:
    """The zones whose dates are the days of a strategy: its own, or that of the market."""
    return strategy.zones() if isinstance(strategy, OwnDays) else [zone]


def market_days_of(strategy: Strategy, bars: Bars, zone: str) -> NDArray[np.int64]:
    """The days of the bars on which a strategy can trade; see `market_days`."""
    if isinstance(strategy, OwnDays):
        return strategy.market_days(bars)
    return market_days(bars, zone)


def market_days(bars: Bars, zone: str) -> NDArray[np.int64]:
    """Local dates with bars; without weekends where hardly anything is traded on them."""
    days = trading_days(bars, zone)
    weekend = (days.date + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    count = days.end - days.first
    always = count[weekend].sum() >= _WEEKENDS * count.sum()
    return days.date if always else days.date[~weekend]


def _initial_balance(
    source: Source, settings: Settings, spread: float | None
) -> tuple[Strategy, Bars]:
    if source.symbol is None or source.file is not None or source.minutes not in (None, 1):
        raise SettingsError(
            "strategy initial_balance: trades prepared one-minute bars of a symbol; give --symbol "
            "and prepare them with --prepare-data"
        )
    data_dir = Path(settings.paths.data_dir)
    study = make_study(settings, source.symbol, data_dir, spread=spread)
    tick = study.market.tick_size
    strategy = InitialBalance(
        study.grid, study.spread, study.news, tick_size=tick, execution=study.execution
    )
    return strategy, study.bars
