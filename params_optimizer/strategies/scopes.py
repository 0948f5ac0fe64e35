"""Which trades of a parameter set measures are of: all, or those of one variation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from params_optimizer.strategies.protocol import Strategy

ALL: Final = "all"
"""The name of the scope of all trades."""

Columns = Mapping[str, NDArray[Any]]
"""Columns of results by name: arrays of shape (rows,)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Trades whose measures are in the columns `prefix + metric`.

    `condition` tells from the columns `parameters` which parameter sets are meant for the
    variation; settings can switch it off.
    """

    name: str
    prefix: str
    parameters: tuple[str, ...] = ()
    condition: Callable[[Columns], NDArray[np.bool_]] | None = None

    def column(self, metric: str) -> str:
        """The result column of a metric of R10."""
        return self.prefix + metric


EVERY_TRADE: Final = Scope(ALL, "")


@runtime_checkable
class Scoped(Protocol):
    """A strategy whose trades are of several variations, with measures of their own."""

    @property
    def variations(self) -> tuple[Scope, ...]:
        """The scopes of the variations, in the order of their columns."""

    def variation(self, name: str) -> Strategy:
        """The same strategy with the trades of one variation only."""


def scopes_of(strategy: Strategy) -> tuple[Scope, ...]:
    """The scope of all trades, then those of the variations if the strategy has any."""
    return (EVERY_TRADE, *(strategy.variations if isinstance(strategy, Scoped) else ()))


def strategy_in(scope: str, strategy: Strategy) -> Strategy:
    """The strategy with the trades of a scope only."""
    return strategy.variation(scope) if isinstance(strategy, Scoped) and scope != ALL else strategy
