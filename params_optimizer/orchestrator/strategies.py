"""A strategy and the bars it trades, by name: what a search, a window or a workflow starts from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from params_optimizer.config import Settings
from params_optimizer.data.bars import Bars, load_bars
from params_optimizer.data.ohlc import load_ohlc, resample, time_frame, time_frame_name
from params_optimizer.errors import SettingsError
from params_optimizer.orchestrator.study import make_study
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.initial_balance.strategy import InitialBalance
from params_optimizer.strategies.protocol import Strategy
from params_optimizer.strategies.registry import INITIAL_BALANCE, strategy_named

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bars come from: the prepared ones of `symbol`, or a `file` of any time frame.

    `minutes` gathers them to a longer time frame; `source_timezone` is the clock of a file whose
    times carry no zone.
    """

    symbol: str | None
    file: Path | None = None
    source_timezone: str | None = None
    minutes: int | None = None


def load_strategy(
    name: str,
    source: Source,
    settings: Settings,
    account: Account,
    say: Say,
    *,
    spread: float | None = None,
) -> tuple[Strategy, Bars]:
    """The strategy called `name`, and its bars; `say` takes what is worth knowing of both.

    Raises:
        StrategyError: there is no such strategy, or it cannot be imported.
        DataError: no bars, or unusable ones.
        SettingsError: the Initial Balance without a symbol; an impossible time frame.
    """
    if name == INITIAL_BALANCE:
        return _initial_balance(source, settings, say, spread)
    return strategy_named(name, account), load_source(source, settings, say)


def load_source(source: Source, settings: Settings, say: Say) -> Bars:
    """The bars of a source.

    Raises:
        DataError, SettingsError: see `load_strategy`.
    """
    if source.file is not None:
        found = load_ohlc(source.file, source.source_timezone, source.symbol)
        bars = found.bars
        for reason, count in found.left_out.items():
            say(f"{source.file}: {count:,} rows left out: {reason}")
    elif source.symbol is not None:
        bars = load_bars(Path(settings.paths.data_dir), source.symbol)
    else:
        raise SettingsError("which market? Give --symbol, or a file of bars with --data")
    if source.minutes is not None:
        bars = resample(bars, source.minutes)
    frame = time_frame_name(time_frame(bars.m1.time))
    say(f"{bars.symbol}: {bars.count:,} bars of time frame {frame}")
    return bars


def zone_of(settings: Settings, symbol: str) -> str:
    """The zone whose dates are the days of a market: its own, or UTC where it is not known."""
    known = settings.symbols.get(symbol)
    return known.timezone if known else "UTC"


def _initial_balance(
    source: Source, settings: Settings, say: Say, spread: float | None
) -> tuple[Strategy, Bars]:
    if source.symbol is None or source.file is not None or source.minutes not in (None, 1):
        raise SettingsError(
            "strategy initial_balance: trades prepared one-minute bars of a symbol; give --symbol "
            "and prepare them with --prepare-data"
        )
    data_dir = Path(settings.paths.data_dir)
    study = make_study(settings, source.symbol, data_dir, say, spread=spread)
    return InitialBalance(study.grid.axes, study.spread, study.news), study.bars
