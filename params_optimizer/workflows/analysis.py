"""What the stages found, as tables: regimes, sensitivity, recommendations."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from params_optimizer.data.regimes import DayLabels
from params_optimizer.strategies.protocol import Value
from params_optimizer.workflows import metrics
from params_optimizer.workflows.best import BestParameters, Json, flat
from params_optimizer.workflows.market import WEIGHT, MarketDays, by_rule

ALL_DAYS, TOGETHER = "all days", "all rules"
MATRIX_COLUMNS = ("parameters_of", "rule", "regime", "days", *metrics.COLUMNS)
SENSITIVITY_COLUMNS = ("stage", "search", "parameter", "share", "trials")


def regime_performance_matrix(
    market: MarketDays, best: BestParameters, labels: DayLabels | None
) -> list[Json]:
    """One row for each set of parameters, rule and regime: what it makes on those days.

    Sets are that of all days and each regime's; `market` has the days searched.
    """
    regimes = {ALL_DAYS: market.dates}
    if labels is not None:
        regimes |= {name: labels.days(place) for place, name in enumerate(labels.names)}
    rows = []
    for owner, parameters in _sets(best).items():
        for rule, values in _rules(parameters).items():
            for regime, days in regimes.items():
                row: Json = {"parameters_of": owner, "rule": rule, "regime": regime}
                row["days"] = int(days.size)
                if days.size:
                    part = market.on(days)
                    row |= metrics.standard_metrics(*part.track(part.combined(values)))
                rows.append(row)
    return rows


def parameter_sensitivity(results: Mapping[str, Json]) -> list[Json]:
    """Share of the variance between trials that each parameter explains alone, by search."""
    return [
        {"stage": stage, "search": name, "parameter": parameter, "share": share, "trials": trials}
        for stage, result in results.items()
        for name, search in searches(result)
        for trials in [search["trials"]]
        for parameter, share in search.get("sensitivity", {}).items()
    ]


def searches(result: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Json]]:
    """Every search within a result, with the regime, window or level it belongs to."""
    for target, search in result.get("target_results", {}).items():
        name = f"{place}{target}"
        for part, inner in search.get("parts", {}).items():
            yield f"{name}: {part}", inner
        if "parts" not in search and "error" not in search:
            yield name, search
    for regime, inner in result.get("regime_results", {}).items():
        yield from searches(inner, f"{place}{regime}: ")
    for number, inner in enumerate(result.get("windows", ()), start=1):
        yield from searches(inner, f"{place}window {number}: ")
    for inner in result.get("levels", ()):
        yield from searches(inner, f"{place}round {inner['round']}, level {inner['level']}: ")


def ensemble_recommendations(best: BestParameters, matrix: list[Json]) -> Json:
    """Rules, parameters and weights to use, for all days and for each regime.

    `switch` is whether the parameters of the regimes did better on their days than those of
    all days, in total; it says nothing yet about days that were not searched.
    """
    gain = {}
    for regime in best.by_regime:
        switched, general = (_together(matrix, owner, regime) for owner in (regime, ALL_DAYS))
        if switched is not None and general is not None:
            gain[regime] = switched - general
    return {
        "ensembles": {owner: _ensemble(values) for owner, values in _sets(best).items()},
        "gain_in_sample": gain,
        "switch": bool(gain) and sum(gain.values()) > 0,
    }


def _sets(best: BestParameters) -> dict[str, dict[str, Value]]:
    """The parameters of all days, and of each regime."""
    regimes = {regime: flat(best.of(regime)) for regime in best.by_regime}
    return {ALL_DAYS: flat(best.general), **regimes}


def _rules(parameters: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Parameters of each rule alone, and of all of them together."""
    rules = {
        rule: {f"{rule}.{name}": value for name, value in {**values, WEIGHT: 1.0}.items()}
        for rule, values in by_rule(parameters).items()
    }
    return {**rules, TOGETHER: dict(parameters)} if rules else {}


def _ensemble(parameters: Mapping[str, Value]) -> Json:
    rules = by_rule(parameters)
    weights = np.array([float(values.get(WEIGHT, 1.0)) for values in rules.values()])
    total = weights.sum() or 1.0
    return {
        rule: {
            "weight": round(float(weight / total), 12),
            "parameters": {name: value for name, value in values.items() if name != WEIGHT},
        }
        for (rule, values), weight in zip(rules.items(), weights, strict=True)
    }


def _together(matrix: list[Json], owner: str, regime: str) -> float | None:
    for row in matrix:
        if (row["parameters_of"], row["rule"], row["regime"]) == (owner, TOGETHER, regime):
            return row.get("total_return")
    return None
