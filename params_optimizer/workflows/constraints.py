"""Limits on parameters, on relations between them, and on what they achieve.

A constraint has a text in the form of every search (`search.constraints`), or is a function of
the parameters that says whether they may be tried.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import SettingsError
from params_optimizer.search.constraints import Constraint, parse_constraint
from params_optimizer.search.objective import comparable
from params_optimizer.strategies.protocol import Parameters, Value
from params_optimizer.workflows.arguments import checked

ParameterRule = Callable[[Parameters], bool]


@checked
@dataclass(frozen=True, slots=True)
class ParameterConstraint:
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

    def text(self, names: Collection[str]) -> str:
        """The condition; empty for a space without this parameter."""
        ends = {">=": self.low, "<=": self.high}
        parts = [
            f"{self.parameter} {sign} {end!r}" for sign, end in ends.items() if end is not None
        ]
        if self.choices:
            parts.append(f"{self.parameter} in {list(self.choices)!r}")
        return " and ".join(parts) if self.parameter in names else ""


@checked
@dataclass(frozen=True, slots=True)
class RelationshipConstraint:
    """A condition between parameters: `ma_crossover.fast < ma_crossover.slow`, or a function."""

    expression: str | ParameterRule

    def text(self, names: Collection[str]) -> str:
        """The condition; empty for a function."""
        del names
        return self.expression if isinstance(self.expression, str) else ""


@checked
@dataclass(frozen=True, slots=True)
class PerformanceConstraint:
    """A condition on metrics of R10, in R: `max_drawdown <= 12 and total_trades >= 50`."""

    expression: str

    def __post_init__(self) -> None:
        if not parse_constraint(self.expression, ()).names <= set(METRICS):
            raise SettingsError(f"constraint {self.expression!r}: names no metric")

    def text(self, names: Collection[str]) -> str:
        """The condition."""
        del names
        return self.expression


def conditions(
    constraints: Sequence[Any], names: Collection[str], source: str = ""
) -> list[Constraint]:
    """The conditions among the constraints of parameters called `names`."""
    texts = [item.text(names) for item in constraints if hasattr(item, "text")]
    return [parse_constraint(text, names, source) for text in texts if text]


def allows(constraints: Sequence[Any], parameters: Parameters) -> bool:
    """Whether parameters may be tried."""
    rules = [getattr(item, "expression", item) for item in constraints]
    return all(rule(parameters) for rule in rules if callable(rule)) and all(
        condition.holds(parameters)
        for condition in conditions(constraints, parameters)
        if not condition.on_performance
    )


def admits(constraints: Sequence[Any], metrics: Mapping[str, float]) -> bool:
    """Whether the metrics of R10 that parameters achieved are good enough."""
    performance = [item for item in constraints if isinstance(item, PerformanceConstraint)]
    values = comparable(metrics) if performance else {}
    return all(condition.holds(values) for condition in conditions(performance, ()))
