"""Guards around strategies of the user: errors are reported with their place.

The message names the strategy, the line of its file, and the parameters.
"""

import os
import sysconfig
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import iso_minute
from params_optimizer.errors import OptimizerError, StrategyError
from params_optimizer.strategies.account import STANDARD_ACCOUNT, Account
from params_optimizer.strategies.protocol import Parameters, Rule, Strategy, Trades, Worse, shown


class Guarded:
    """A strategy object of the user: errors are reported with their place, trades checked."""

    def __init__(self, name: str, strategy: Strategy) -> None:
        self.name = name
        self.strategy = strategy

    def space(self) -> Mapping[str, Any]:
        """The space of the strategy."""
        with telling(self.name, {}):
            return self.strategy.space()

    def trades(self, bars: Bars, parameters: Parameters) -> Trades:
        """Its trades.

        Raises:
            StrategyError: it raises an exception, or does not return trades.
        """
        with telling(self.name, parameters):
            trades = self.strategy.trades(bars, dict(parameters))
        return checked_trades(self.name, parameters, bars, trades)

    def worse(self) -> Mapping[str, Strategy]:
        """What it says itself of worse markets (see `Worse`); nothing where it says nothing."""
        if not isinstance(self.strategy, Worse):
            return {}
        with telling(self.name, {}):
            scenarios = self.strategy.worse()
        return {name: guarded(self.name, strategy) for name, strategy in scenarios.items()}


class GuardedRule(Guarded):
    """A strategy object of the user that has targets as well."""

    def __init__(self, name: str, strategy: Strategy) -> None:
        super().__init__(name, strategy)
        self.account: Account = getattr(strategy, "account", STANDARD_ACCOUNT)

    def targets(self, bars: Bars, parameters: Parameters) -> NDArray[np.float64]:
        """Its targets.

        Raises:
            StrategyError: it raises an exception, or does not return targets.
        """
        rule: Any = self.strategy
        with telling(self.name, parameters):
            targets = rule.targets(bars, dict(parameters))
        return checked_targets(self.name, parameters, bars, targets)


def guarded(name: str, strategy: Strategy) -> Strategy:
    """`strategy` with a guard around it."""
    kind = GuardedRule if isinstance(strategy, Rule) else Guarded
    return kind(name, strategy)


@contextmanager
def telling(name: str, parameters: Parameters) -> Iterator[None]:
    """Turn whatever a strategy raises into a `StrategyError` with the place."""
    try:
        yield
    except OptimizerError:
        raise
    except Exception as error:
        raise StrategyError(
            f"strategy {name} with {shown(parameters)}: {place_of(error)}"
        ) from error


def place_of(error: BaseException) -> str:
    """An error with the file and line that it comes from, libraries left out."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: SyntaxError: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    user_frames = [frame for frame in frames if not _is_library(frame.filename)]
    where = f"{user_frames[-1].filename}, line {user_frames[-1].lineno}: " if user_frames else ""
    return f"{where}{type(error).__name__}: {error}"


def _is_library(file: str) -> bool:
    libraries = (sysconfig.get_path("stdlib"), str(Path(__file__).parents[1]) + os.sep)
    return file.startswith((*libraries, "<frozen")) or "site-packages" in file


def checked_targets(
    name: str, parameters: Parameters, bars: Bars, returned: object
) -> NDArray[np.float64]:
    """Targets as float64, shape (bars,).

    Raises:
        StrategyError: another length, no numbers, NaN, or a value outside -1 to 1.
    """
    values = np.asarray(returned)
    prefix = f"strategy {name} with {shown(parameters)}"
    if values.dtype.kind not in "biuf":
        description = (
            "nothing (is a return missing?)" if returned is None else f"{values.dtype} values"
        )
        raise StrategyError(
            f"{prefix}: returned {description}; it must return one number for each bar"
        )
    if values.shape != (bars.count,):
        count = " by ".join(f"{size:,}" for size in values.shape) or "a single number, not"
        raise StrategyError(f"{prefix}: returned {count} positions for {bars.count:,} bars")
    targets = np.ascontiguousarray(values, np.float64)
    if bars.count and not np.abs(targets).max() <= 1.0:  # NaN is not below anything
        bar = int((~(np.abs(targets) <= 1.0)).argmax())
        hint = "; positions before the first signal are 0" if np.isnan(targets[bar]) else ""
        raise StrategyError(
            f"{prefix}: position {bar:,} ({iso_minute(bars.m1.time[bar])}) is {targets[bar]}; it "
            f"must be from -1 (short) to 1 (long){hint}"
        )
    return targets


def checked_trades(name: str, parameters: Parameters, bars: Bars, returned: object) -> Trades:
    """Trades as arrays of the kinds that `Trades` names.

    Raises:
        StrategyError: columns are missing or of different length, or a trade is impossible.
    """
    prefix = f"strategy {name} with {shown(parameters)}"
    if not isinstance(returned, tuple) or len(returned) != len(Trades._fields):
        raise StrategyError(
            f"{prefix}: returned {type(returned).__name__}, not Trades({', '.join(Trades._fields)})"
        )
    kinds = (np.int64, np.int64, np.int64, np.float64, np.float64, np.float64)
    try:
        trades = Trades._make(
            np.ascontiguousarray(column, kind) for column, kind in zip(returned, kinds, strict=True)
        )
    except (TypeError, ValueError) as error:
        raise StrategyError(
            f"{prefix}: a column of its trades does not contain numbers: {error}"
        ) from error
    sizes = {column.shape for column in trades}
    if len(sizes) != 1 or trades.r.ndim != 1:
        raise StrategyError(f"{prefix}: the columns of its trades differ in shape: {sorted(sizes)}")
    for problem, impossible in _impossible(bars, trades).items():
        if impossible.any():
            index = int(impossible.argmax())
            when = iso_minute(trades.entry_time[index])
            raise StrategyError(f"{prefix}: trade {index} (entry {when}): {problem}")
    return trades


def _impossible(bars: Bars, trades: Trades) -> Mapping[str, NDArray[np.bool_]]:
    entry, leave = trades.entry_time, trades.exit_time
    reals = np.stack([trades.entry_price, trades.exit_price, trades.r])
    at_bars = np.isin(entry, bars.m1.time) & np.isin(leave, bars.m1.time)
    return {
        "a price or its R is not a finite number": ~np.isfinite(reals).all(axis=0),
        "its direction is neither 1 nor -1": np.abs(trades.direction) != 1,
        "it leaves before it enters": leave < entry,
        "it enters before the trade before it": np.diff(entry, prepend=entry[:1]) < 0,
        "its times are not those of bars": ~at_bars,
    }
