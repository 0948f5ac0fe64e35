"""Strategies by name on the bars that a request names: one backtest, and the check of one."""

import logging
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Context, dates_of, show
from params_optimizer.config import Settings
from params_optimizer.console import DONE, FIXABLE
from params_optimizer.requests.backtest import BacktestRequest
from params_optimizer.requests.check_strategy import CheckStrategyRequest
from params_optimizer.requests.fields import INITIAL_BALANCE, SourceFields, StrategyFields
from params_optimizer.requests.types import Border

if TYPE_CHECKING:
    from params_optimizer.data.bars import Bars
    from params_optimizer.orchestrator.strategies import Source
    from params_optimizer.strategies.account import Account
    from params_optimizer.strategies.protocol import Strategy

log = logging.getLogger(__name__)


def strategy_of(
    context: Context, request: StrategyFields, border: Border | None = None
) -> "tuple[Strategy, Bars]":
    """The strategy that a request names, and its bars.

    Raises:
        StrategyError: there is no such strategy, or it cannot be imported.
        DataError, SettingsError: no bars, or an impossible time frame.
    """
    from params_optimizer.data.ohlc import parse_time_frame
    from params_optimizer.orchestrator.strategies import load_strategy

    frame = request.time_frame
    return load_strategy(
        request.strategy or INITIAL_BALANCE,
        source_of(request, parse_time_frame(frame) if frame else None),
        context.settings,
        account_for(context.settings, request),
        spread=request.spread,
        ensemble=request.ensemble,
        border=border or "close",
    )


def source_of(request: SourceFields, minutes: int | None) -> "Source":
    """Where the bars of a request come from; `minutes` gathers them to longer ones."""
    from params_optimizer.orchestrator.strategies import Source

    return Source(
        request.symbol,
        request.file,
        request.source_timezone,
        minutes,
        stamps=request.stamps,
        date_order=request.date_order,
        force=request.force,
    )


def account_for(settings: Settings, request: StrategyFields) -> "Account":
    """The account of strategies that trade positions, on the market that a request names."""
    from params_optimizer.orchestrator.strategies import account_of

    money = settings.positions
    return account_of(
        settings, request.symbol, money.commission, money.initial_capital, request.spread
    )


def backtest(context: Context, request: BacktestRequest) -> int:
    """What one parameter set of a strategy made, and its trades as CSV."""
    from params_optimizer.orchestrator.strategies import zone_of
    from params_optimizer.reports.backtest import backtest_text, write_trades
    from params_optimizer.validation.one_set import trades_of_set

    border = request.border or "close"
    strategy, bars = strategy_of(context, request, border)
    zone = zone_of(context.settings, bars.symbol)
    tested = trades_of_set(strategy, bars, request.parameters, dates_of(request), zone)
    show(backtest_text(strategy, bars, tested, border))
    name = strategy.name.replace(":", ".")
    path = context.output / f"{bars.symbol}_{name}_trades.csv"
    write_trades(path, tested.trades[border])
    log.info("wrote %s", path)
    return DONE


def check_strategy(context: Context, request: CheckStrategyRequest) -> int:
    """Whether a strategy keeps the promises that searches rely on."""
    from params_optimizer.strategies.registry import strategy_named
    from params_optimizer.validation.contract import findings

    bars = None
    if request.symbol or request.file:
        strategy, bars = strategy_of(context, request, request.border)
    else:
        strategy = strategy_named(str(request.strategy), account_for(context.settings, request))
    broken = findings(strategy, bars)
    for line in broken:
        show(f"- {line}")
    where = "generated bars" if bars is None else f"bars of {bars.symbol}"
    verdict = f"{len(broken)} broken promise(s)" if broken else "keeps its promises"
    show(f"{strategy.name} on {where}: {verdict}")
    return FIXABLE if broken else DONE
