"""Which parameter sets compete: overall by an objective, in each variation by total R."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import Settings
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.search.constraints import Constraint
from params_optimizer.search.objective import Objective, parse_conditions
from params_optimizer.strategies.scopes import ALL, Columns, Scope


def conditions_of(
    settings: Settings, parameters: Sequence[str], scopes: Sequence[Scope]
) -> tuple[Constraint, ...]:
    """What the settings ask of parameter sets that are ranked.

    Raises:
        SpaceError: a text is no condition, names something unknown, or no set can meet it.
    """
    return parse_conditions(settings.ranking.where, parameters, measures_of(scopes), "--where")


def measures_of(scopes: Sequence[Scope]) -> tuple[str, ...]:
    """The columns of metrics of all scopes, in their order."""
    return tuple(scope.column(metric) for scope in scopes for metric in METRICS)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The objective that ranks, and the scopes of the strategy: all trades, then variations.

    `conditions` are the variations whose conditions the settings leave switched on (R13).
    """

    objective: Objective
    scopes: tuple[Scope, ...]
    conditions: frozenset[str]

    @classmethod
    def of(
        cls, settings: Settings, scopes: tuple[Scope, ...], objective: Objective | None = None
    ) -> "Eligibility":
        """The eligibility that the settings describe; by the score unless told otherwise."""
        switches = settings.variation_conditions.model_dump()
        names = (scope.name for scope in scopes)
        on = frozenset(name for name in names if switches.get(name.lower()))
        return cls(objective or Objective.of(settings), scopes, on)

    @property
    def measures(self) -> tuple[str, ...]:
        """The columns of metrics, those of all trades first."""
        return measures_of(self.scopes)

    @property
    def variations(self) -> tuple[Scope, ...]:
        """All scopes but that of all trades."""
        return self.scopes[1:]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that `eligible`, rankings, variation tables and spreads look at."""
        metrics = ("total_r", "total_trades", "sharpe_ratio")
        of_scopes = (scope.column(metric) for scope in self.scopes for metric in metrics)
        parameters = (name for scope in self.scopes for name in scope.parameters)
        names = ("combination", *self.objective.columns, *parameters, *of_scopes)
        return tuple(dict.fromkeys(names))

    def eligible(self, columns: Columns) -> dict[str, NDArray[np.bool_]]:
        """Which rows compete, by scope (R12, R13)."""
        objective, meets = self.objective, self.objective.meets(columns)
        rows = {ALL: objective.valued(columns) & meets}
        for scope in self.variations:
            enough = columns[scope.column("total_trades")] >= objective.min_trades
            rows[scope.name] = self.meant(columns, scope) & enough & meets
        return rows

    def meant(self, columns: Columns, scope: Scope) -> NDArray[np.bool_]:
        """Which rows are meant for a scope; all of them where its condition is switched off."""
        if scope.condition is None or scope.name not in self.conditions:
            return np.ones(len(columns["combination"]), np.bool_)
        return scope.condition(columns)
