"""What `--robustness` asks of a run: its best, a sample of its sets, and what holds for all.

Two implementations: the table of an exhaustive run, and the trials of a search.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple, Protocol

from params_optimizer.analytics.effects import Effects
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.protocol import TWICE, Parameters, Strategy, Worse
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.again import Again
from params_optimizer.validation.sampling import (
    SampledSets,
)
from params_optimizer.validation.selection_bias import Pbo
from params_optimizer.validation.survivors import (
    Survivors,
)

SEED: Final = 0
AS_TESTED: Final = "as_tested"
TESTED_CASE: Final = (ALL, AS_TESTED)
MOST_SETS: Final = 1000
"""Sets that are asked one by one in a sample."""
NO_COSTS: Final = (
    "This strategy pays no costs here, or tells none: what worse ones would leave is not known."
)


class Leader(NamedTuple):
    """A set to examine: its place in the ranking of a scope (R12, R13), from 1 on."""

    scope: str
    rank: int
    number: int
    parameters: Parameters


class Tries(NamedTuple):
    """What luck could choose from in one scope.

    `trials` were tried, `eligible` of them, or of a sample, compete; `variance` is that of
    their Sharpe ratios per trade, `best_sharpe` the greatest, annualised (R10). `competing`
    sets compete in all of what the sample was drawn from. `space` is the size of the space of
    a search, None where it has no end.
    """

    trials: int
    eligible: int
    variance: float | None
    best_sharpe: float | None
    competing: int
    space: int | None = None


class SpaceFindings(NamedTuple):
    """What holds for all sets: see `robustness.Robustness`."""

    pbo: Pbo
    survivors: tuple[Survivors, Survivors | None]
    effects: dict[str, Effects]
    notes: tuple[str, ...]


class ExaminedRun(Protocol):
    """A run whose best are examined; `again` evaluates more of its sets."""

    again: Again

    @property
    def space(self) -> ParameterSpace:
        """The parameter sets."""

    def leaders(self, top_n: int) -> list[Leader]:
        """The first of the ranking, and of each other scope; the winner comes first.

        Raises:
            RunError: there is nobody.
        """

    def sample(self, scopes: Sequence[str]) -> SampledSets:
        """Sets that stand for all that could be chosen."""

    def tries(self, scope: str, sample: SampledSets) -> Tries:
        """What luck could choose from."""

    def findings(self, sample: SampledSets) -> SpaceFindings:
        """What holds for all sets."""

    def totals(self, scope: str, sets: Sequence[Parameters]) -> list[float | None]:
        """The total R of sets; NaN where a set failed, None where it must be evaluated."""


def worse_markets(strategy: Strategy) -> dict[str, Strategy]:
    """A strategy by scenario of `Worse`; empty where it tells none."""
    return dict(strategy.worse()) if isinstance(strategy, Worse) else {}


def twice_of(scenarios: Collection[str]) -> str | None:
    """The scenario of twice the costs."""
    return next((name for name in TWICE if name in scenarios), None)
