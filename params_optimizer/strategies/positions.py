"""Strategies that say which position they want at each close; an account does the rest."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.engine.performance import performance
from params_optimizer.engine.positions import (
    Costs,
    Orders,
    equity_nb,
    orders_nb,
    position_trades_nb,
)
from params_optimizer.errors import StrategyError
from params_optimizer.strategies.account import STANDARD_ACCOUNT, Account
from params_optimizer.strategies.guard import checked_targets
from params_optimizer.strategies.protocol import (
    Parameters,
    Rule,
    Strategy,
    Trades,
    Value,
    multiples,
)


class _Paying(Protocol):
    account: Account


P = TypeVar("P", bound=_Paying)


class PositionStrategy(ABC):
    """Trades and equity from targets at each close (docs/strategies.md, P1 to P6)."""

    def __init__(self, account: Account = STANDARD_ACCOUNT) -> None:
        self.account = account

    @property
    @abstractmethod
    def name(self) -> str:
        """What `--strategy` calls it."""

    @abstractmethod
    def space(self) -> Mapping[str, Any]:
        """The parameter space in its JSON form."""

    @abstractmethod
    def targets(self, bars: Bars, parameters: Parameters) -> NDArray[np.float64]:
        """Wanted position at each close, shape (bars,), from -1 (short) to 1 (long)."""

    def orders(self, bars: Bars, parameters: Parameters) -> Orders:
        """Where the wanted position changes."""
        targets = self.targets(bars, parameters)
        return orders_nb(checked_targets(self.name, parameters, bars, targets))

    def worse(self) -> "Mapping[str, Strategy]":
        """See `Worse`."""
        return costlier(self)

    def trades(self, bars: Bars, parameters: Parameters) -> Trades:
        """See `Strategy.trades`."""
        orders = self.orders(bars, parameters)
        return Trades._make(position_trades_nb(bars.m1, orders, costs_of(self.account)))


def costlier(strategy: P) -> dict[str, P]:
    """A strategy that pays more commission and spread; nothing if it pays none (see `Worse`)."""
    scenarios, account = {}, strategy.account
    for name, factor in multiples(1.0).items() if account.commission or account.spread else ():
        scenarios[name] = copy(strategy)
        scenarios[name].account = replace(
            account, commission=factor * account.commission, spread=factor * account.spread
        )
    return scenarios


def equity_of(rule: Rule, bars: Bars, parameters: Parameters) -> NDArray[np.float64]:
    """Worth of the account at each close, shape (bars,), in its currency."""
    return equity_nb(bars.m1, orders_nb(rule.targets(bars, parameters)), costs_of(rule.account))


def performance_of(rule: Rule, bars: Bars, parameters: Parameters) -> dict[str, float]:
    """Figures of the equity, annualised (`engine.performance.performance`)."""
    equity = equity_of(rule, bars, parameters)
    return performance(equity, bars.m1.time, rule.account.initial_capital)


def costs_of(account: Account) -> Costs:
    """An account as kernels see it."""
    return Costs(
        account.commission, account.initial_capital, account.risk_money, account.spread / 2
    )


def completed(name: str, defaults: Parameters, parameters: Parameters) -> dict[str, Value]:
    """The parameters given, and the defaults of the others.

    Raises:
        StrategyError: a parameter that the strategy does not have.
    """
    foreign = [key for key in parameters if key not in defaults]
    if foreign:
        raise StrategyError(
            f"strategy {name}: has no parameter {foreign[0]!r}; it has {', '.join(defaults)}"
        )
    return {**defaults, **parameters}


LARGEST: Final = 2**31 - 1
"""The largest period: kernels add it to the place of a bar."""


def whole(name: str, key: str, value: Value, minimum: int) -> int:
    """A parameter that must be an integer.

    Raises:
        StrategyError: it is not an integer, is below `minimum`, or above 2^31 - 1.
    """
    if isinstance(value, str) or not minimum <= value <= LARGEST or value != int(value):
        above = f" and <= {LARGEST}" if not isinstance(value, str) and value > LARGEST else ""
        raise StrategyError(
            f"strategy {name}: {key} is {value}; it must be an integer >= {minimum}{above}"
        )
    return int(value)


def number(name: str, key: str, value: Value) -> float:
    """A parameter that must be a finite number.

    Raises:
        StrategyError: it is not a finite number.
    """
    if isinstance(value, (str, bool)) or not np.isfinite(value):
        raise StrategyError(f"strategy {name}: {key} is {value!r}; it must be a number")
    return float(value)


DIRECTIONS: Mapping[str, tuple[float, float]] = {
    "long": (1.0, 0.0),
    "short": (0.0, 1.0),
    "both": (1.0, 1.0),
}
"""What may be held, as (share of a long, share of a short)."""


def sides(name: str, direction: Value) -> tuple[float, float]:
    """The entry of `DIRECTIONS`.

    Raises:
        StrategyError: there is no such direction.
    """
    shares = DIRECTIONS.get(str(direction))
    if shares is None:
        raise StrategyError(
            f"strategy {name}: direction is {direction!r}; it must be one of "
            f"{', '.join(DIRECTIONS)}"
        )
    return shares
