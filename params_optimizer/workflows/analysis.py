"""What the stages found, laid out for the eye: regimes, sensitivity, recommendations."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from params_optimizer.data.regimes import DayLabels
from params_optimizer.strategies.protocol import Value
from params_optimizer.workflows.desk import flat
from params_optimizer.workflows.figures import FIGURES, figures
from params_optimizer.workflows.market import WEIGHT, Market, by_rule
from params_optimizer.workflows.work import Json, Known

ALL_DAYS, TOGETHER = "all days", "all rules"
MATRIX_COLUMNS = ("parameters_of", "rule", "regime", "days", *FIGURES)
SENSITIVITY_COLUMNS = ("stage", "search", "parameter", "share", "trials")


def regime_performance_matrix(market: Market, known: Known, labels: DayLabels | None) -> list[Json]:
    """One row for each set of parameters, rule and regime: what it makes on those days.

    Sets are that of all days and each regime's own; `market` has the days searched.
    """
    regimes = {ALL_DAYS: market.dates}
    if labels is not None:
        regimes |= {name: labels.days(place) for place, name in enumerate(labels.names)}
    sets = {ALL_DAYS: flat(known.general)}
    sets |= {regime: flat(known.of(regime)) for regime in known.by_regime}
    rows = []
    for owner, parameters in sets.items():
        for rule, own in _rules(parameters).items():
            for regime, days in regimes.items():
                row: Json = {"parameters_of": owner, "rule": rule, "regime": regime}
                row["days"] = int(days.size)
                if days.size:
                    part = market.on(days)
                    row |= figures(part.track(part.combined(own)))
                rows.append(row)
    return rows


def parameter_sensitivity(results: Mapping[str, Json]) -> list[Json]:
    """Share of the variance between trials that each parameter explains alone, by search."""
    rows = []
    for stage, result in results.items():
        for search, found in searches(result):
            for name, share in found.get("sensitivity", {}).items():
                rows.append(
                    {
                        "stage": stage,
                        "search": search,
                        "parameter": name,
                        "share": share,
                        "trials": found["trials"],
                    }
                )
    return rows


def searches(result: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Json]]:
    """Every search within a result, with the regime, window or level it belongs to."""
    for target, found in result.get("target_results", {}).items():
        name = f"{place}{target}"
        for part, inner in found.get("parts", {}).items():
            yield f"{name}: {part}", inner
        if "parts" not in found and "error" not in found:
            yield name, found
    for regime, inner in result.get("regime_results", {}).items():
        yield from searches(inner, f"{place}{regime}: ")
    for number, inner in enumerate(result.get("windows", ())):
        yield from searches(inner, f"{place}window {number + 1}: ")
    for inner in result.get("levels", ()):
        yield from searches(inner, f"{place}round {inner['round']}, level {inner['level']}: ")


def ensemble_recommendations(known: Known, matrix: list[Json]) -> Json:
    """Rules, parameters and weights to use, for all days and for each regime.

    `switch` is whether the parameters of the regimes did better on their own days than those
    of all days, in total; it says nothing yet about days that were not searched.
    """
    sets = {ALL_DAYS: flat(known.general)}
    sets |= {regime: flat(known.of(regime)) for regime in known.by_regime}
    recommended = {owner: _ensemble(parameters) for owner, parameters in sets.items()}
    gain = {}
    for regime in known.by_regime:
        own, general = (_together(matrix, owner, regime) for owner in (regime, ALL_DAYS))
        if own is not None and general is not None:
            gain[regime] = own - general
    return {
        "ensembles": recommended,
        "gain_in_sample": gain,
        "switch": bool(gain) and sum(gain.values()) > 0,
    }


def _rules(parameters: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Parameters of each rule alone, and of all of them together."""
    found = {
        rule: {f"{rule}.{name}": value for name, value in {**own, WEIGHT: 1.0}.items()}
        for rule, own in by_rule(parameters).items()
    }
    return {**found, TOGETHER: dict(parameters)} if by_rule(parameters) else {}


def _ensemble(parameters: Mapping[str, Value]) -> Json:
    rules = by_rule(parameters)
    weights = np.array([float(own.get(WEIGHT, 1.0)) for own in rules.values()])
    total = weights.sum() or 1.0
    return {
        rule: {
            "weight": round(float(weight / total), 12),
            "parameters": {name: value for name, value in own.items() if name != WEIGHT},
        }
        for (rule, own), weight in zip(rules.items(), weights, strict=True)
    }


def _together(matrix: list[Json], owner: str, regime: str) -> float | None:
    for row in matrix:
        if (row["parameters_of"], row["rule"], row["regime"]) == (owner, TOGETHER, regime):
            return row.get("total_return")
    return None
