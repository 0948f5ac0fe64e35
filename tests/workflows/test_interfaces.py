"""Targets, methods, metrics, constraints and detectors in the forms that people bring along."""

import itertools
import sys

import numpy as np
import pytest

from params_optimizer.errors import SettingsError, WorkflowError
from params_optimizer.reports.workflow import workflow_text
from params_optimizer.workflows.directory import identity_of
from params_optimizer.workflows.follow import follow
from params_optimizer.workflows.manager import OptimizationManager
from params_optimizer.workflows.methods import GridSearchMethod, NSGA2Method, RandomSearchMethod
from params_optimizer.workflows.metrics import (
    MaxDrawdownMetric,
    ProfitFactorMetric,
    SortinoRatioMetric,
    TotalReturnMetric,
)
from params_optimizer.workflows.plan import read_workflow
from params_optimizer.workflows.rule_targets import RuleParametersTarget, RuleWeightsTarget
from params_optimizer.workflows.sequences import RegimeSpecificOptimization, WalkForwardOptimization
from tests.workflows.market import Hill, hill
from tests.workflows.test_metrics import trades


class Listed(Hill):
    """Its space is names and lists of values."""

    def get_parameter_space(self):
        return {"x": range(11), "y": np.arange(0, 11)}


class Crossing:
    """A rule with a `parameter_space`, attributes as parameters, and wanted positions."""

    parameter_space = {"period": [5, 20, 60]}  # noqa: RUF012
    period = 5

    def targets(self, bars, parameters):
        assert parameters == {"period": self.period}
        close = bars.m1.close
        before = np.concatenate([np.full(self.period, close[0]), close[: -self.period]])
        return np.sign(close - before)


class Product:
    """A method of another program: every combination, one call each."""

    def __init__(self):
        self.values = []

    def optimize(self, objective, space, *, verbose=False):
        for values in itertools.product(*space.values()):
            self.values.append(objective(dict(zip(space, values, strict=True))))


class Hungry(Product):
    def optimize(self, objective, space, budget):
        raise NotImplementedError


class Broken(Product):
    def optimize(self, objective, space):
        objective({"x": 1, "y": 2})
        raise ZeroDivisionError("by zero")


def manager_of(target, method=None, market=None, metric=None, **options):
    manager = OptimizationManager(market, **options).register_target("t", target)
    manager.register_method("m", method or GridSearchMethod())
    return manager.register_metric("metric", metric or TotalReturnMetric())


def test_a_space_of_lists_is_searched():
    result = manager_of(Listed()).run_optimization(backtest=hill)["target_results"]["t"]
    assert (result["best_params"], result["trials"]) == ({"x": 7, "y": 3}, 121)


def test_a_rule_with_a_parameter_space_trades_what_it_wants(market):
    rule = Crossing()
    result = manager_of(rule, market=market).run_optimization()["target_results"]["t"]
    assert result["trials"] == 3
    assert rule.period == result["best_params"]["period"]
    assert result["best_metrics"]["total_trades"] > 0


def test_a_method_that_calls_an_objective_is_searched_with():
    method = Product()
    manager = manager_of(Hill(), method, workers=2)
    result = manager.run_optimization(backtest=hill)["target_results"]["t"]
    assert (result["best_params"], result["trials"]) == ({"x": 7, "y": 3}, 121)
    assert max(method.values) == 1.0


def test_its_search_goes_on_from_its_journal(tmp_path):
    calls = []

    def counted(target, market):
        calls.append(target)
        if len(calls) == 50:
            raise KeyboardInterrupt
        return hill(target, market)

    runs = [manager_of(Hill(), Product(), folder=tmp_path, key="k") for _ in range(2)]
    with pytest.raises(BaseException, match=r"stopped|^$"):
        runs[0].run_optimization(backtest=counted)
    result = runs[1].run_optimization(backtest=counted)["target_results"]["t"]
    assert result["trials"] == 121
    assert len(calls) == 122


def test_its_constraints_are_kept_and_its_errors_told():
    manager = manager_of(Hill(), Product()).register_constraint("c", lambda values: values["x"] < 3)
    result = manager.run_optimization(backtest=hill)["target_results"]["t"]
    assert result["best_params"] == {"x": 2, "y": 3}
    with pytest.raises(SettingsError, match=r"Broken\.optimize: ZeroDivisionError: by zero"):
        manager_of(Hill(), Broken()).run_optimization(backtest=hill)


class Weekdays:
    """A detector without parameters: an object that labels days."""

    def labels(self, market):
        from params_optimizer.data.regimes import DayLabels

        return DayLabels(market.dates, market.dates % 2, ("even", "odd"))


def test_a_detector_is_any_object_that_labels_days(market):
    manager = manager_of(RuleParametersTarget(["rsi"]), RandomSearchMethod(4), market)
    manager.register_target("days", Weekdays())
    manager.register_sequence("by", RegimeSpecificOptimization("days"))
    assert manager.run_optimization("by", ["t"])["regimes"] == ["even", "odd"]


@pytest.mark.parametrize(
    ("kind", "component", "reason"),
    [
        ("target", object(), "lacks get_parameter_space.* and set_parameters"),
        ("target", type("Rule", (), {"parameter_space": {"a": [1]}})(), "lacks set_parameters.* a"),
        ("target", type("T", (Hill,), {"get_parameter_space": lambda _: {"x": 5}})(), "list of va"),
        ("target", type("T", (Hill,), {"get_parameter_space": lambda _: [1]})(), "must be {name:"),
        ("method", object(), r"lacks optimize\(objective, space\)"),
        ("method", Hungry(), "optimize must take.*budget"),
        ("metric", lambda *_: 0.0, "lacks calculate and higher_is_better"),
        ("constraint", object(), "is neither a constraint .* nor a function"),
        ("sequence", object(), "lacks run"),
    ],
)
def test_what_is_missing_is_told_at_registration(kind, component, reason):
    with pytest.raises(SettingsError, match=f"{kind} 'mine'.*{reason}"):
        OptimizationManager().register(kind, "mine", component)


class Backwards:
    """A sequence of a user, which returns no more than it has to."""

    def run(self, step):
        results = {target: step.optimise(target) for target in step.targets[::-1]}
        return {"target_results": results, "combined_result": {}}


def test_what_a_sequence_of_a_user_found_is_known_to_later_calls(market):
    manager = manager_of(RuleParametersTarget(["rsi"]), RandomSearchMethod(4), market)
    manager.register_sequence("backwards", Backwards())
    best = manager.run_optimization("backwards")["target_results"]["t"]["best_params"]
    manager.register_target("weights", RuleWeightsTarget(["rsi"]))
    later = manager.run_optimization("sequential", ["weights"])
    assert later["combined_result"]["known"]["general"]["t"] == best
    manager.register_sequence("walk", WalkForwardOptimization(60, 30, inner="backwards"))
    with pytest.raises(SettingsError, match="parameters of t were chosen before"):
        manager.run_optimization("walk", ["weights"])


def test_several_rules_are_searched_at_once(market):
    target = RuleParametersTarget(["rsi", "bollinger"], joint=True)
    result = manager_of(target, RandomSearchMethod(6), market).run_optimization()
    found = result["target_results"]["t"]
    assert "parts" not in found
    assert {name.split(".")[0] for name in found["best_params"]} == {"rsi", "bollinger"}
    assert result["combined_result"]["score"] == found["best_score"]


def test_several_metrics_give_a_front(market):
    manager = manager_of(RuleParametersTarget(["rsi"]), NSGA2Method(8, 2), market)
    manager.register_metric("drawdown", MaxDrawdownMetric())
    result = manager.run_optimization(metrics={"t": ["metric", "drawdown"]})["target_results"]["t"]
    scores = [row["scores"] for row in result["front"]]
    assert result["best_score"] == max(score for score, _ in scores)
    for first, second in itertools.permutations(scores, 2):
        assert not (first[0] >= second[0] and first[1] < second[1])
    with pytest.raises(SettingsError, match="searches for several of: metric; list several"):
        manager.run_optimization()


class Winner(Hill):
    def backtest(self, market):
        return np.array([100.0, 101.0, 102.0]), trades(
            *([1.0, 1.0] if self.x == 4 else [9.0, -1.0])
        )


@pytest.mark.parametrize("metric", [ProfitFactorMetric(), SortinoRatioMetric()])
def test_a_set_without_losses_ranks_above_any_number(metric):
    class Curve(Winner):
        def backtest(self, market):
            curve, of_trades = super().backtest(market)
            return curve if self.x == 4 else np.array([100.0, 500.0, 499.0]), of_trades

    manager = manager_of(Curve(), metric=metric)
    manager.register_constraint("c", lambda values: values["y"] == 0)
    assert manager.run_optimization()["target_results"]["t"]["best_params"] == {"x": 4, "y": 0}


def test_a_constraint_on_a_ratio_admits_a_set_without_losses():
    from params_optimizer.workflows.constraints import PerformanceConstraint

    manager = manager_of(Winner()).register_constraint("c", lambda values: values["x"] == 4)
    manager.register_constraint("d", PerformanceConstraint("profit_factor >= 1.5"))
    assert manager.run_optimization()["target_results"]["t"]["best_params"]["x"] == 4


FLOW = """\
optimization:
  data: {min_trades: 0}
  targets:
    rule: {class: RuleParametersTarget, parameters: {rules: [ma_crossover]}}
    weights: {class: RuleWeightsTarget, parameters: {rules: [ma_crossover, rsi]}}
  methods:
    random: {class: RandomSearchMethod, parameters: {trials: 4}}
    front: {class: nsga2, parameters: {population_size: 4, generations: 2}}
  metrics:
    total_return: {class: TotalReturnMetric}
    depth: {class: "my_metrics:Depth", parameters: {scale: 2}}
  stages:
    - name: first rule
      targets: [rule]
      methods: {rule: front}
      metrics: {rule: [total_return, depth]}
    - {name: weights, targets: [weights], when: first_rule.total_trades >= 1}
    - {name: never, targets: [weights], when: weights.score > 1e9 and first_rule.score < 9}
"""
METRICS = """\
class Depth:
    higher_is_better = False

    def __init__(self, scale: float = 1.0):
        self.scale = scale

    def calculate(self, equity_curve, trades):
        return self.scale * float(1 - equity_curve.min() / equity_curve.max())
"""


@pytest.fixture
def flow(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_metrics", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "my_metrics.py").write_text(METRICS)
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW)
    return path


def test_a_file_names_metrics_of_its_user_several_goals_and_conditions(flow, market, tmp_path):
    workflow = read_workflow(flow)
    (tmp_path / "run").mkdir()
    result = follow(workflow, market, tmp_path / "run", "key", 1)
    first, weights, never = result.results.values()
    assert len(first["target_results"]["rule"]["front"][0]["scores"]) == 2
    assert weights["target_results"]["weights"]["trials"] == 4
    assert never["target_results"] == {}
    assert "skipped: when weights.score > 1e9 and" in workflow_text(result)
    assert never["combined_result"]["known"] == weights["combined_result"]["known"]


def test_another_version_of_a_metric_is_another_workflow(flow, market):
    before = identity_of(read_workflow(flow), market, None)
    (flow.parent / "my_metrics.py").write_text(METRICS.replace("1 -", "2 -"))
    assert identity_of(read_workflow(flow), market, None).fingerprint != before.fingerprint


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("my_metrics:Depth", "my_metrics:Deep", "line 11: .*metric 'my_metrics:Deep': module my_m"),
        ("my_metrics:Depth", "subprocess:Popen", "line 11: .*no module 'subprocess' in"),
        ("my_metrics:Depth", "yaml:Loader", "line 11: .*no module 'yaml' in"),
        ("my_metrics:Depth", "my_metrics:scale", "line 11: .*has no 'scale'"),
        ("scale: 2", "scale: two", 'line 11: .*scale: "two" should be a valid number'),
        (
            "first_rule.total",
            "first_rul.total",
            "line 17: .*unknown name.*did you mean 'first_rule",
        ),
        (">= 1}", ">= }", "line 17: .*cannot be read"),
        ("first_rule.total_trades", "total_trades", "line 17: .*belongs to no stage"),
        ("[total_return, depth]", "depth", "line 16: .*searches for several of: depth"),
        ("methods: {rule: front}", "methods: {rule: random}", "line 16: .*give one metric"),
    ],
)
def test_what_a_file_cannot_have_is_refused_with_its_line(flow, before, after, reason):
    assert before in FLOW
    flow.write_text(FLOW.replace(before, after))
    with pytest.raises(WorkflowError, match=reason):
        read_workflow(flow)
