"""Which classes a workflow file may name, by class name or by short name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from params_optimizer.config.messages import nearest
from params_optimizer.errors import SettingsError
from params_optimizer.workflows import constraints, methods, metrics, rule_targets, sequences
from params_optimizer.workflows.arguments import validated

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


def make(kind: str, name: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401  of a kind
    """The component of `kind` with this class name or short name.

    Raises:
        WrongArgumentsError: see `arguments.validated`.
        SettingsError: there is no such component, or its arguments do not fit each other.
    """
    by_class = {component.__name__: component for component in COMPONENTS[kind].values()}
    component = COMPONENTS[kind].get(name) or by_class.get(name)
    if component is None:
        raise SettingsError(
            f"class {name!r} is none of the {kind}"
            f"{nearest(name, [*COMPONENTS[kind], *by_class])}; there are: {', '.join(by_class)}"
        )
    return component(**validated(component, arguments))


def default_sequences() -> dict[str, Any]:
    """Every sequence under its short name, with its default arguments."""
    return {name: sequence() for name, sequence in COMPONENTS["sequences"].items()}
