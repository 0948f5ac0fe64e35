"""What a strategy is: a name, a parameter space, and trades from bars and parameters."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

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
        """The same strategy by scenario, mildest first; one of `TWICE` pays twice its costs.

        Empty where it pays none.
        """


TWICE: Final = ("costs_x2", "spread_x2")
"""Names of the scenario of twice the costs."""


@runtime_checkable
class DailyStrategy(Protocol):
    """A strategy whose days know nothing of each other: some days cost their share only."""

    def daily_trades(self, bars: Bars, parameters: Parameters, dates: NDArray[np.int64]) -> Trades:
        """The trades of `trades` that are entered on `dates`, days since 1970-01-01."""


@runtime_checkable
class OwnDays(Protocol):
    """A strategy whose days are those of the time zones that its parameters name."""

    def zones(self) -> Sequence[str]:
        """The time zones (IANA), each once."""

    def market_days(self, bars: Bars) -> NDArray[np.int64]:
        """Every local date of the bars on which it can trade, ascending."""

    def trade_dates(self, bars: Bars, parameters: Parameters, trades: Trades) -> NDArray[np.int64]:
        """The local date to which each trade belongs, days since 1970-01-01."""


@runtime_checkable
class Overtaking(Protocol):
    """A strategy whose trailing stop can be placed where a market would not fill it."""

    def overtakes(self, parameters: Parameters) -> bool:
        """Whether the first trailing step puts the stop at or beyond what triggers it."""


class Verification(NamedTuple):
    """How many trades and figures of a parameter set were compared, and what differed."""

    trades: int
    figures: int
    differences: tuple[str, ...]


@runtime_checkable
class Verified(Protocol):
    """A strategy with a second implementation of its rules, written to be read."""

    def verify(
        self, bars: Bars, parameters: Parameters, figures: Mapping[str, Any]
    ) -> Verification:
        """Compare its trades, and `figures`, result columns, with those of the other one."""


def multiples(cost: float, name: str = "costs") -> dict[str, float]:
    """The costs of the scenarios that `Worse` names after their multiple; none of no cost."""
    factors = {"x1_5": 1.5, "x2": 2.0, "x3": 3.0}
    return {f"{name}_{text}": factor * cost for text, factor in factors.items() if cost}


def canonical(strategy: Strategy, parameters: Parameters) -> dict[str, Value]:
    """What `Canonical` says of these parameters; the parameters themselves elsewhere."""
    if isinstance(strategy, Canonical):
        return strategy.canonical(parameters)
    return dict(parameters)


def shown(parameters: Parameters) -> str:
    """Parameters as messages show them: `fast=10, slow=30`."""
    return ", ".join(f"{name}={value}" for name, value in parameters.items()) or "no parameters"
