"""Files of hypotheses: configurations to test on the days that no stage has seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from params_optimizer.config.messages import nearest
from params_optimizer.errors import OptimizerError, WorkflowError
from params_optimizer.strategies.protocol import Value
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.workflows.market import WEIGHT, by_rule, rule_named
from params_optimizer.workflows.model import DATA_MINING, Hypotheses, Hypothesis, parsed
from params_optimizer.workflows.reading import read_document

BEST = ".best"
"""What follows the name of a stage where a hypothesis takes its best parameters."""


def read_hypotheses(path: Path, stages: Sequence[str]) -> tuple[Hypothesis, ...]:
    """Read and check a file of hypotheses; `stages` are those that it may refer to.

    Raises:
        WorkflowError: names the file, and the line and key or the hypothesis.
    """
    document = read_document(path)
    hypotheses = parsed(Hypotheses, document).hypotheses
    sources = [f"{stage}{BEST}" for stage in (*stages, DATA_MINING)]
    names: list[str] = []
    for at, item in enumerate(hypotheses):
        place = document.at(("hypotheses", at))
        if (item.source is None) == (not item.parameters):
            raise WorkflowError(f"{place}: give either from or parameters")
        if item.name in names:
            raise WorkflowError(f"{place}: {item.name!r} is listed twice")
        names.append(item.name)
        _check_parameters(path, item)
        if item.source is not None and item.source not in sources:
            raise WorkflowError(
                f"{path}: hypothesis {item.name!r}: from {item.source!r} is not the result of a "
                f"stage{nearest(item.source, sources)}; there are: {', '.join(sources)}"
            )
    return hypotheses


def _check_parameters(path: Path, hypothesis: Hypothesis) -> None:
    """Refuse unknown rules and parameters."""
    for rule, values in by_rule(hypothesis.parameters).items():
        try:
            rule_named(rule)
        except OptimizerError as error:
            raise WorkflowError(f"{path}: hypothesis {hypothesis.name!r}: {error}") from error
        parameters = {**strategy_named(rule).space()["parameters"], WEIGHT: {"type": "float"}}
        for name, value in values.items():
            if name not in parameters:
                raise WorkflowError(
                    f"{path}: hypothesis {hypothesis.name!r}: {rule} has no parameter {name!r}"
                    f"{nearest(name, parameters)}; it has: {', '.join(parameters)}"
                )
            if kind := _other_kind(parameters[name], value):
                raise WorkflowError(
                    f"{path}: hypothesis {hypothesis.name!r}: {rule}.{name}: {value!r} must be "
                    f"{kind}"
                )


def _other_kind(axis: Mapping[str, Any], value: Value) -> str:
    """What a value has to be and is not; empty where it is. Numbers may leave the range."""
    if axis["type"] == "categorical":
        return "" if value in axis["choices"] else f"one of {list(axis['choices'])}"
    if axis["type"] == "int":
        return "" if type(value) is int else "a whole number"
    return "" if type(value) in {int, float} else "a number"
