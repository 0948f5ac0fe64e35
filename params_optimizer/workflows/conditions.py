"""Conditions of stages on what earlier stages found: `rules.sharpe_ratio > 0.5`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import SpaceError
from params_optimizer.search.constraints import Constraint, parse_constraint
from params_optimizer.search.objective import comparable

FIGURES = ("score", *METRICS)
"""Of a stage: its metric, and those of R10 of all that it knows together."""


def plain_name(stage: str) -> str:
    """The name of a stage in files and conditions: letters, digits and `_`."""
    return re.sub(r"[^A-Za-z0-9]+", "_", stage).strip("_")[:60] or "stage"


def parse_condition(text: str, stages: Iterable[str]) -> Constraint:
    """A condition on figures of these stages.

    Raises:
        SpaceError: it is none, or names something else; the nearest name is shown.
    """
    names = [f"{plain_name(stage)}.{figure}" for stage in stages for figure in FIGURES]
    condition = parse_constraint(text, names)
    if unknown := sorted(condition.names - set(names)):
        raise SpaceError(
            f"condition {text!r}: {unknown[0]!r} belongs to no stage; write for example "
            f"{names[0] if names else 'stage.score'} of an earlier stage"
        )
    return condition


def unmet(text: str, results: Mapping[str, Mapping[str, Any]]) -> str:
    """Why a condition is not met by the results of stages; empty where it is."""
    condition, values = parse_condition(text, results), dict[str, Any]()
    for stage, result in results.items():
        combined = result["combined_result"]
        figures = {**comparable(combined.get("metrics") or {}), "score": combined.get("score")}
        values |= {f"{plain_name(stage)}.{name}": value for name, value in figures.items()}
    undefined = [name for name in condition.names if values.get(name) is None]
    if undefined:
        return f"{', '.join(sorted(undefined))} has no value"
    pairs = ", ".join(f"{name} is {values[name]:g}" for name in sorted(condition.names))
    return "" if condition.holds(values) else pairs
