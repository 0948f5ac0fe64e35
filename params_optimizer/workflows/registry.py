"""Which classes a workflow file may name, by class name or by short name."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from params_optimizer.config.messages import nearest
from params_optimizer.errors import SettingsError
from params_optimizer.workflows import constraints, methods, metrics, rule_targets, sequences

Make = Callable[..., Any]

COMPONENTS: Final[Mapping[str, Mapping[str, Make]]] = {
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
        **{name: type(metric) for name, metric in metrics.STANDARD.items()},
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
"""By kind: short name -> class."""


class WrongArgumentError(SettingsError):
    """An argument that a component does not take; `name` is its key."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def make(kind: str, name: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401  of a kind
    """The component of `kind` with this class name or short name.

    Raises:
        WrongArgumentError: an argument that it does not take, or a missing one.
        SettingsError: there is no such component, or a value is impossible.
    """
    by_class = {component.__name__: component for component in COMPONENTS[kind].values()}
    component = COMPONENTS[kind].get(name) or by_class.get(name)
    if component is None:
        raise SettingsError(
            f"class {name!r} is none of the {kind}"
            f"{nearest(name, [*COMPONENTS[kind], *by_class])}; there are: {', '.join(by_class)}"
        )
    parameters = inspect.signature(component).parameters
    for argument in arguments:
        if argument not in parameters:
            raise WrongArgumentError(
                argument,
                f"{component.__name__} takes no {argument!r}{nearest(argument, parameters)}; it "
                f"takes: {', '.join(parameters) or 'nothing'}",
            )
    for argument, parameter in parameters.items():
        if parameter.default is parameter.empty and argument not in arguments:
            raise WrongArgumentError(argument, f"{component.__name__} lacks {argument!r}")
    try:
        return component(**{key: _frozen(value) for key, value in arguments.items()})
    except TypeError as error:
        raise SettingsError(f"{component.__name__}: {dict(arguments)}: {error}") from error


def default_sequences() -> dict[str, Any]:
    """Every sequence under its short name, with its default arguments."""
    return {name: sequence() for name, sequence in COMPONENTS["sequences"].items()}


def _frozen(value: Any) -> Any:  # noqa: ANN401  any plain value
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
