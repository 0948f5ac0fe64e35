"""`--strategy` and `--data`: which strategy on which bars; `--backtest` of one parameter set."""

from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Arguments, dates_of, show
from params_optimizer.config import Settings
from params_optimizer.console import DONE, FIXABLE, say
from params_optimizer.errors import SettingsError

if TYPE_CHECKING:
    from params_optimizer.data.bars import Bars
    from params_optimizer.strategies.account import Account
    from params_optimizer.strategies.protocol import Parameters, Strategy


def strategy_of(arguments: Arguments, settings: Settings) -> "tuple[Strategy, Bars]":
    """The strategy and bars that the command line names.

    Raises:
        StrategyError: there is no such strategy, or it cannot be imported.
        DataError, SettingsError: no bars, or options that do not go together.
    """
    from params_optimizer.data.ohlc import parse_time_frame
    from params_optimizer.orchestrator.strategies import Source, load_strategy

    _refuse_what_only_initial_balance_has(arguments)
    frame = arguments.time_frame
    source = Source(
        symbol=arguments.symbol,
        file=arguments.data,
        source_timezone=arguments.source_timezone,
        minutes=parse_time_frame(frame) if frame else None,
    )
    name = arguments.strategy or "initial_balance"
    account = account_of(settings)
    return load_strategy(
        name,
        source,
        settings,
        account,
        say,
        spread=arguments.spread,
        ensemble=arguments.ensemble,
        border=arguments.border,
    )


def _refuse_what_only_initial_balance_has(arguments: Arguments) -> None:
    if arguments.strategy in (None, "initial_balance"):
        return
    if arguments.spread is not None:
        raise SettingsError(
            f"--spread {arguments.spread:g}: belongs to the Initial Balance; --strategy "
            f"{arguments.strategy} pays --commission, a fraction of each fill (0.001 is 0.1 %)"
        )
    if arguments.keep is not None:
        raise SettingsError(
            f"--keep {arguments.keep}: belongs to a run of the Initial Balance grid; of "
            f"--strategy {arguments.strategy} every trial is kept: leave it out"
        )


def account_of(settings: Settings) -> "Account":
    """The account of strategies that trade positions."""
    from params_optimizer.strategies.account import Account

    money = settings.positions
    return Account(money.commission, money.initial_capital, settings.backtest.risk_pct)


def backtest(settings: Settings, arguments: Arguments) -> int:
    """`--backtest`: what one parameter set of a strategy made, and its trades as CSV."""
    from params_optimizer.orchestrator.strategies import zone_of
    from params_optimizer.reports.backtest import backtest_text, write_trades
    from params_optimizer.validation.one_set import trades_of_set

    strategy, bars = strategy_of(arguments, settings)
    parameters = parsed_parameters(arguments.backtest)
    tested = trades_of_set(
        strategy, bars, parameters, dates_of(arguments), zone_of(settings, bars.symbol)
    )
    border = arguments.border
    show(backtest_text(strategy, bars, tested, border))
    name = strategy.name.replace(":", ".")
    path = Path(settings.paths.output_dir) / f"{bars.symbol}_{name}_trades.csv"
    write_trades(path, tested.trades[border])
    say(f"wrote {path}")
    return DONE


def check_strategy(settings: Settings, arguments: Arguments) -> int:
    """`--check-strategy`: whether a strategy keeps the promises that searches rely on."""
    from params_optimizer.strategies.registry import strategy_named
    from params_optimizer.validation.contract import findings

    bars = None
    if arguments.symbol or arguments.data:
        strategy, bars = strategy_of(arguments, settings)
    else:
        strategy = strategy_named(arguments.strategy, account_of(settings))
    found = findings(strategy, bars)
    for line in found:
        show(f"- {line}")
    where = "generated bars" if bars is None else f"bars of {bars.symbol}"
    verdict = f"{len(found)} broken promise(s)" if found else "keeps its promises"
    show(f"{strategy.name} on {where}: {verdict}")
    return FIXABLE if found else DONE


def parsed_parameters(texts: list[str]) -> "Parameters":
    """`fast=10 direction=long` as parameters: numbers, true and false as such.

    Raises:
        SettingsError: a text is no name=value.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise SettingsError(f"--backtest {text!r}: write name=value, for example fast=10")
        found[name] = _value(value)
    return found


def _value(text: str) -> int | float | str | bool:
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
