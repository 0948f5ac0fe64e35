"""Limits on parameters, on relations between them, and on what they achieve.

A constraint answers three questions: which relation it adds to a search space, whether
parameters are allowed, and whether their metrics are.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import SettingsError
from params_optimizer.search.constraints import parse_constraint
from params_optimizer.strategies.protocol import Parameters, Value
from params_optimizer.workflows.arguments import checked


class _Constraint:
    """Allows everything; each kind below limits one side."""

    def relation(self, names: Collection[str], target: str) -> str:
        """The condition that a search space with these names gets; empty for none."""
        del names, target
        return ""

    def allows(self, parameters: Parameters) -> bool:
        """Whether parameters may be tried."""
        del parameters
        return True

    def admits(self, metrics: Mapping[str, Any]) -> bool:
        """Whether the metrics of R10 that they achieved are good enough."""
        del metrics
        return True


@checked
@dataclass(frozen=True, slots=True)
class ParameterConstraint(_Constraint):
    """One parameter from `low` to `high`, or one of `choices`."""

    parameter: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        if self.low is None and self.high is None and not self.choices:
            raise SettingsError(f"constraint on {self.parameter!r}: give low, high or choices")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise SettingsError(
                f"constraint on {self.parameter!r}: low {self.low:g} is above high {self.high:g}"
            )

    def relation(self, names: Collection[str], target: str) -> str:
        """See `_Constraint`."""
        del target
        if self.parameter not in names:
            return ""
        parts = []
        if self.low is not None:
            parts.append(f"{self.parameter} >= {self.low!r}")
        if self.high is not None:
            parts.append(f"{self.parameter} <= {self.high!r}")
        if self.choices:
            parts.append(f"{self.parameter} in {list(self.choices)!r}")
        return " and ".join(parts)

    def allows(self, parameters: Parameters) -> bool:
        """See `_Constraint`."""
        text = self.relation(parameters, "")
        return not text or parse_constraint(text, parameters).holds(parameters)


@checked
@dataclass(frozen=True, slots=True)
class RelationshipConstraint(_Constraint):
    """A condition between parameters: `ma_crossover.fast < ma_crossover.slow`, or a function."""

    expression: str | Callable[[Parameters], bool]

    def relation(self, names: Collection[str], target: str) -> str:
        """See `_Constraint`; a function is asked when the trial is made."""
        if callable(self.expression):
            return ""
        parse_constraint(self.expression, names, target)
        return self.expression

    def allows(self, parameters: Parameters) -> bool:
        """See `_Constraint`."""
        if callable(self.expression):
            return bool(self.expression(parameters))
        return parse_constraint(self.expression, parameters).holds(parameters)


@checked
@dataclass(frozen=True, slots=True)
class PerformanceConstraint(_Constraint):
    """A condition on metrics of R10, in R: `max_drawdown <= 12 and total_trades >= 50`."""

    expression: str

    def __post_init__(self) -> None:
        parsed = parse_constraint(self.expression, ())
        if not parsed.names <= set(METRICS):
            raise SettingsError(f"constraint {self.expression!r}: names no metric")

    def admits(self, metrics: Mapping[str, Any]) -> bool:
        """See `_Constraint`."""
        return parse_constraint(self.expression, ()).holds(metrics)
