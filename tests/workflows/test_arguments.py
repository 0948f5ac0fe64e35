"""Arguments of components: strict types and ranges, in files and in Python."""

import inspect
from pathlib import Path

import pytest

from params_optimizer.errors import OptimizerError, WorkflowError
from params_optimizer.workflows.arguments import WrongArgumentsError
from params_optimizer.workflows.plan import read_workflow
from params_optimizer.workflows.registry import COMPONENTS, make

NEEDED = {
    "RuleParametersTarget": {"rules": ["rsi"]},
    "RuleWeightsTarget": {"rules": ["rsi"]},
    "RegimeDetectorTarget": {"detector": "trend"},
    "StrategyTarget": {"strategy": "rsi"},
    "ParameterConstraint": {"parameter": "x"},
    "RelationshipConstraint": {"expression": "x < y"},
    "PerformanceConstraint": {"expression": "total_r > 1"},
}
ARGUMENTS = [
    pytest.param(kind, component.__name__, name, id=f"{component.__name__}.{name}")
    for kind, components in COMPONENTS.items()
    for component in dict.fromkeys(components.values())
    for name in inspect.signature(component).parameters
]


@pytest.mark.parametrize(("kind", "component", "name"), ARGUMENTS)
def test_no_argument_takes_a_value_of_another_type(kind, component, name):
    """A text is no number, a boolean no number, a number no boolean, text or list."""
    needed = NEEDED.get(component, {})
    taken = []
    for value in ("yes", True, 0.5, {"a": 1}, float("inf")):
        try:
            make(kind, component, {**needed, name: value})
        except OptimizerError:
            continue
        taken.append(type(value))
    assert len(taken) <= 1, f"{component}({name}=...) takes values of types {taken}"


def test_python_is_as_strict_as_a_file():
    metric = COMPONENTS["metrics"]["sharpe_ratio"]
    with pytest.raises(WrongArgumentsError, match="risk_free_rate: true should be a valid number"):
        metric(risk_free_rate=True)
    with pytest.raises(WrongArgumentsError, match="risk_free'; did you mean 'risk_free_rate'"):
        metric(risk_free=0.1)


FLOW = """\
optimization:
  targets: {rule: {class: RuleParametersTarget, parameters: {rules: [rsi]}}}
  methods:
    search:
      class: GeneticMethod
      parameters:
        population_size: ten
        mutation_rate: 5
  metrics: {sharpe: {class: SharpeRatioMetric, parameters: {risk_free_rate: 2e-2}}}
  data: {commission: 1e-3}
  seed: 010
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "flow.yaml"
    path.write_text(text)
    return path


def test_every_wrong_argument_is_named_with_line_key_value_and_way_out(tmp_path):
    with pytest.raises(WorkflowError) as caught:
        read_workflow(written(tmp_path, FLOW))
    place = "optimization.methods.search.parameters"
    assert str(caught.value).splitlines() == [
        f'{tmp_path}/flow.yaml: line 7: {place}: population_size: "ten" should be a valid '
        f"integer; write a whole number such as 10",
        f"{tmp_path}/flow.yaml: line 8: {place}: mutation_rate: 5 should be less than or equal "
        f"to 1",
    ]


def test_numbers_are_those_of_yaml_1_2(tmp_path):
    text = FLOW.replace("ten", "0o12").replace(": 5", ": 1e-1")
    workflow = read_workflow(written(tmp_path, text))
    assert workflow.components["methods"]["search"].mutation_rate == 0.1
    assert workflow.components["methods"]["search"].population_size == 10
    assert workflow.components["metrics"]["sharpe"].risk_free_rate == 0.02
    assert (workflow.data.commission, workflow.seed) == (0.001, 10)


NUMBERS = {"1e-3_commission", "mutation_1e-1", "octal_seed", "risk_free_2e-2"}


def test_files_of_users_hold_numbers_or_are_refused_with_their_line(shared):
    folder = shared / "cases" / "60-yaml"
    for path in sorted(folder.glob("*.yaml")):
        if path.stem in NUMBERS:
            read_workflow(path)
            continue
        with pytest.raises(WorkflowError, match=f"{path.name}: line "):
            read_workflow(path)
