"""Which classes a workflow file may name, by class name or by short name."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from params_optimizer.config.messages import nearest
from params_optimizer.errors import SettingsError


class WrongArgumentError(SettingsError):
    """An argument that a component does not take; `name` is its key."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@cache
def components(kind: str) -> Mapping[str, Callable[..., object]]:
    """Short name -> class of one kind: targets, methods, metrics, sequences, constraints."""
    from params_optimizer.workflows import constraints, methods, metrics, rule_targets, sequences

    known: dict[str, dict[str, Callable[..., object]]] = {
        "targets": {
            "rule_parameters": rule_targets.RuleParametersTarget,
            "rule_weights": rule_targets.RuleWeightsTarget,
            "regime_detector": rule_targets.RegimeDetectorTarget,
            "position_sizing": rule_targets.PositionSizingTarget,
            "strategy": rule_targets.StrategyTarget,
        },
        "methods": {
            "grid": methods.GridSearchMethod,
            "grid_search": methods.GridSearchMethod,
            "random": methods.RandomSearchMethod,
            "bayesian": methods.BayesianMethod,
            "genetic": methods.GeneticMethod,
            "particle_swarm": methods.ParticleSwarmMethod,
        },
        "metrics": {
            "sharpe_ratio": metrics.SharpeRatioMetric,
            "total_return": metrics.TotalReturnMetric,
            "annualized_return": metrics.AnnualizedReturnMetric,
            "volatility": metrics.VolatilityMetric,
            "max_drawdown": metrics.MaxDrawdownMetric,
            "sortino_ratio": metrics.SortinoRatioMetric,
            "calmar_ratio": metrics.CalmarRatioMetric,
            "profit_factor": metrics.ProfitFactorMetric,
            "win_rate": metrics.WinRateMetric,
            "classification_accuracy": metrics.ClassificationAccuracyMetric,
        },
        "sequences": {
            "sequential": sequences.SequentialOptimization,
            "parallel": sequences.ParallelOptimization,
            "component_queue": sequences.ComponentQueue,
            "hierarchical": sequences.HierarchicalOptimization,
            "regime_specific": sequences.RegimeSpecificOptimization,
            "walk_forward": sequences.WalkForwardOptimization,
        },
        "constraints": {
            "parameter": constraints.ParameterConstraint,
            "relationship": constraints.RelationshipConstraint,
            "performance": constraints.PerformanceConstraint,
        },
    }
    return known[kind]


def make(kind: str, name: str, arguments: Mapping[str, Any]) -> object:
    """The component of `kind` with this class name or short name.

    Raises:
        WrongArgumentError: an argument it does not take, lacks, or whose value is impossible.
        SettingsError: there is no such component.
    """
    known = components(kind)
    by_class = {made.__name__: made for made in known.values()}
    found = known.get(name) or by_class.get(name)
    if found is None:
        raise SettingsError(
            f"class {name!r} is none of the {kind}{nearest(name, [*known, *by_class])}; there "
            f"are: {', '.join(by_class)}"
        )
    takes = inspect.signature(found).parameters
    for argument in arguments:
        if argument not in takes:
            raise WrongArgumentError(
                argument,
                f"{found.__name__} takes no {argument!r}{nearest(argument, takes)}; it takes: "
                f"{', '.join(takes) or 'nothing'}",
            )
    for argument, parameter in takes.items():
        if parameter.default is parameter.empty and argument not in arguments:
            raise WrongArgumentError(argument, f"{found.__name__} lacks {argument!r}")
    try:
        return found(**{key: _frozen(value) for key, value in arguments.items()})
    except TypeError as error:
        raise SettingsError(f"{found.__name__}: {dict(arguments)}: {error}") from error


def default(kind: str) -> object:
    """The component that is taken where a file declares none of its kind."""
    return components(kind)[{"methods": "grid", "metrics": "sharpe_ratio"}[kind]]()


def defaults(kind: str) -> dict[str, object]:
    """Every component of a kind under its short name, with its own default arguments."""
    return {name: made() for name, made in components(kind).items()}


def _frozen(value: Any) -> Any:  # noqa: ANN401  any plain value
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
