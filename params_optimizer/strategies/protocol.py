"""What a strategy is: a name, a parameter space, and trades from bars and parameters."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.strategies.account import Account

Value = int | float | str | bool
Parameters = Mapping[str, Value]


class Trades(NamedTuple):
    """Finished trades in order of entry; arrays of shape (trades,).

    Times are the opening minutes of the bars of entry and exit, int64 minutes UTC since
    1970-01-01; `direction` is +1 (long) or -1 (short); prices are those of the fills. `r` is the
    net result in R, where 1 R is the money at risk: the distance to the stop for strategies
    that place one (R8.1), `risk_pct` percent of the initial capital for positions.
    """

    entry_time: NDArray[np.int64]
    exit_time: NDArray[np.int64]
    direction: NDArray[np.int64]
    entry_price: NDArray[np.float64]
    exit_price: NDArray[np.float64]
    r: NDArray[np.float64]


@runtime_checkable
class Strategy(Protocol):
    """Anything that can be searched, walked forward and held out.

    The same bars and parameters give the same trades, whatever was asked before. A trade is
    decided from bars that are finished by then: with the bars cut off after any bar, every
    trade that was closed by then stays the same, and one that is open is closed at the last
    close. `params_optimizer.validation.contract.check` tests all of it.
    """

    @property
    def name(self) -> str:
        """What `--strategy` calls it."""

    def space(self) -> Mapping[str, Any]:
        """The parameter space in its JSON form: `parameters`, and `constraints` if any."""

    def trades(self, bars: Bars, parameters: Parameters) -> Trades:
        """Trades on all bars; none is an empty list of trades, not an error."""


@runtime_checkable
class Rule(Protocol):
    """A strategy that always knows which position it wants: the kind an ensemble weighs."""

    account: Account

    def targets(self, bars: Bars, parameters: Parameters) -> NDArray[np.float64]:
        """Wanted position at each close, shape (bars,), from -1 (short) to 1 (long)."""


@runtime_checkable
class Canonical(Protocol):
    """A strategy some of whose parameters have no meaning beside others."""

    def canonical(self, parameters: Parameters) -> dict[str, Value]:
        """The one parameter set that stands for all that trade alike by definition."""


@runtime_checkable
class Worse(Protocol):
    """A strategy that can tell what would become of its trades if the market were less kind."""

    def worse(self) -> "Mapping[str, Strategy]":
        """The same strategy by scenario, mildest first; `costs_x2` pays twice its costs.

        Empty where it pays none.
        """


@runtime_checkable
class DailyStrategy(Protocol):
    """A strategy whose days know nothing of each other: some days cost their share only."""

    def daily_trades(self, bars: Bars, parameters: Parameters, dates: NDArray[np.int64]) -> Trades:
        """The trades of `trades` that are entered on `dates`, days since 1970-01-01."""


def multiples(cost: float) -> dict[str, float]:
    """The costs of the scenarios that `Worse` names after their multiple; none of no cost."""
    factors = {"costs_x1_5": 1.5, "costs_x2": 2.0, "costs_x3": 3.0}
    return {name: factor * cost for name, factor in factors.items() if cost}


def canonical(strategy: Strategy, parameters: Parameters) -> dict[str, Value]:
    """What `Canonical` says of these parameters; the parameters themselves elsewhere."""
    if isinstance(strategy, Canonical):
        return strategy.canonical(parameters)
    return dict(parameters)


def shown(parameters: Parameters) -> str:
    """Parameters as messages show them: `fast=10, slow=30`."""
    return ", ".join(f"{name}={value}" for name, value in parameters.items()) or "no parameters"
