"""Which classes a workflow file may name, by class name or by short name."""

import inspect
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Final

from params_optimizer.config.messages import nearest
from params_optimizer.errors import SettingsError
from params_optimizer.strategies.registry import imported
from params_optimizer.workflows import constraints, methods, metrics, rule_targets, sequences
from params_optimizer.workflows.arguments import validated
from params_optimizer.workflows.calling_method import adapted
from params_optimizer.workflows.targets import check_target

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
        "nsga2": methods.NSGA2Method,
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
    """The component of `kind` with this class name or short name, or of `module:Name`.

    Raises:
        WrongArgumentsError: see `arguments.validated`.
        SettingsError: there is no such component, or its arguments do not fit each other.
    """
    if ":" in name:
        return _imported(kind.removesuffix("s"), name, arguments)
    by_class = {component.__name__: component for component in COMPONENTS[kind].values()}
    component = COMPONENTS[kind].get(name) or by_class.get(name)
    if component is None:
        raise SettingsError(
            f"class {name!r} is none of the {kind}"
            f"{nearest(name, [*COMPONENTS[kind], *by_class])}; there are: {', '.join(by_class)}"
        )
    return component(**validated(component, arguments))


def _imported(kind: str, name: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """A component of the user: a class, which is made with the arguments, or a function.

    Only from modules of the current folder: with arguments from a file, classes of libraries
    could do anything (`subprocess:Popen`).
    """
    top = name.partition(":")[0].partition(".")[0]
    if top in sys.stdlib_module_names or not PathFinder.find_spec(top, [str(Path.cwd())]):
        raise SettingsError(
            f"{kind} {name!r}: there is no module {top!r} in {Path.cwd()}; classes that a file "
            f"names are taken from there alone"
        )
    component: Any = imported(name, kind)
    if inspect.isclass(component):
        component = component(**validated(component, arguments))
    elif arguments:
        raise SettingsError(f"{kind} {name!r}: is no class, so it takes no parameters")
    return accepted(kind, name, component)


_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "metric": ("calculate", "higher_is_better"),
    "sequence": ("run",),
}
"""What a component of a kind has; targets, methods and constraints have more than one form."""


def accepted(kind: str, name: str, component: Any) -> Any:  # noqa: ANN401  anybody's
    """A component of the user, in the form that the manager works with.

    Raises:
        SettingsError: names the component and what it lacks.
    """
    place = f"{kind} {name!r}: {type(component).__name__}"
    if kind == "target":
        check_target(name, component)
    elif kind == "method":
        return adapted(component, place)
    elif kind == "constraint":
        if not callable(component) and not hasattr(component, "text"):
            raise SettingsError(
                f"{place} is neither a constraint of workflows.constraints nor a function of the "
                f"parameters that answers true or false"
            )
    elif missing := [key for key in _REQUIRED[kind] if not hasattr(component, key)]:
        raise SettingsError(f"{place} lacks {' and '.join(missing)}")
    return component


def default_sequences() -> dict[str, Any]:
    """Every sequence under its short name, with its default arguments."""
    return {name: sequence() for name, sequence in COMPONENTS["sequences"].items()}
