"""The manager: what is registered, what runs, and what trials leave untouched."""

from dataclasses import dataclass

import numpy as np
import pytest

from params_optimizer.errors import SettingsError
from params_optimizer.workflows import searches
from params_optimizer.workflows.best import NOTHING
from params_optimizer.workflows.constraints import (
    ParameterConstraint,
    PerformanceConstraint,
    RelationshipConstraint,
)
from params_optimizer.workflows.events import (
    OptimizationProgress,
    OptimizationRequest,
    OptimizationResult,
)
from params_optimizer.workflows.manager import OptimizationManager
from params_optimizer.workflows.methods import (
    BayesianMethod,
    GeneticMethod,
    GridSearchMethod,
    ParticleSwarmMethod,
    RandomSearchMethod,
)
from params_optimizer.workflows.metrics import (
    ClassificationAccuracyMetric,
    SharpeRatioMetric,
    TotalReturnMetric,
)
from params_optimizer.workflows.rule_targets import (
    PositionSizingTarget,
    RegimeDetectorTarget,
    RuleParametersTarget,
    RuleWeightsTarget,
    StrategyTarget,
)
from params_optimizer.workflows.sequences import (
    ComponentQueue,
    HierarchicalOptimization,
    ParallelOptimization,
    RegimeSpecificOptimization,
    SequentialOptimization,
    WalkForwardOptimization,
)
from tests.workflows.market import Hill, hill

METHODS = {
    "grid": GridSearchMethod(),
    "random": RandomSearchMethod(121),
    "bayesian": BayesianMethod(60),
    "genetic": GeneticMethod(12, 10),
    "particle swarm": ParticleSwarmMethod(12, 10),
}


def manager_of(*targets, method=None, workers=1, market=None, **more):
    manager = OptimizationManager(market, workers=workers, **more)
    for place, target in enumerate(targets):
        manager.register_target(f"t{place}", target)
    manager.register_method("m", method or GridSearchMethod())
    return manager.register_metric("total_return", TotalReturnMetric())


@pytest.mark.parametrize("name", METHODS)
def test_every_method_finds_the_top(name):
    manager = manager_of(Hill(), method=METHODS[name])
    result = manager.run_optimization("sequential", ["t0"], backtest=hill)
    found = result["target_results"]["t0"]
    assert found["best_params"] == {"x": 7, "y": 3}
    assert found["best_score"] == 1.0
    assert result["sequence"] == "sequential"
    assert result["combined_result"]["best_params"] == {"t0": {"x": 7, "y": 3}}


def test_the_number_of_workers_changes_nothing():
    method = GeneticMethod(10, 4)
    results = [
        manager_of(Hill(), method=method, workers=workers).run_optimization(backtest=hill)
        for workers in (1, 2)
    ]
    assert results[0] == results[1]


def test_trials_leave_the_target_alone_but_for_the_best():
    target = Hill()
    manager = manager_of(target)
    manager.run_optimization(backtest=hill)
    assert target.given == [{"x": 7, "y": 3}]


def test_results_are_kept_by_name():
    manager = manager_of(Hill())
    first = manager.run_optimization(backtest=hill, name="first")
    assert manager.get_result("first") is first
    assert list(manager.get_all_results()) == ["first"]
    with pytest.raises(SettingsError, match="did you mean 'first'"):
        manager.get_result("frist")


def test_an_objective_function_is_a_plain_function():
    manager = manager_of(Hill()).register_constraint("c", RelationshipConstraint("x > y"))
    function = manager.create_objective_function("t0", backtest=hill)
    assert function({"x": 7, "y": 3}) == 1.0
    assert np.isnan(function({"x": 3, "y": 7}))


@pytest.mark.parametrize(
    ("constraint", "best"),
    [
        (ParameterConstraint("x", high=4), {"x": 4, "y": 3}),
        (ParameterConstraint("y", choices=(0, 9)), {"x": 7, "y": 0}),
        (RelationshipConstraint("x + y <= 6"), {"x": 5, "y": 1}),
        (RelationshipConstraint(lambda values: values["x"] < 3), {"x": 2, "y": 3}),
        (lambda values: values["x"] < 3, {"x": 2, "y": 3}),
    ],
)
def test_constraints_hold(constraint, best):
    manager = manager_of(Hill()).register_constraint("c", constraint)
    result = manager.run_optimization(backtest=hill)
    assert result["target_results"]["t0"]["best_params"] == best


def test_a_constraint_that_nothing_meets_is_told():
    manager = manager_of(Hill())
    manager.register_constraint("c", PerformanceConstraint("total_trades >= 1"))
    with pytest.raises(SettingsError, match="none of 121 trials"):
        manager.run_optimization(backtest=hill)


@dataclass
class Fragile(Hill):
    def __init__(self):
        super().__init__()

    def set_parameters(self, parameters):
        super().set_parameters(parameters)
        if self.x == 7:
            raise RuntimeError("seven")


def test_a_trial_that_raises_does_not_stop_the_search():
    found = manager_of(Fragile()).run_optimization(backtest=hill)["target_results"]["t0"]
    assert found["best_params"]["x"] in {6, 8}
    assert found["without_a_figure"] == 11


def test_events_report_progress_and_answer_requests():
    manager, heard = manager_of(StrategyTarget("ma_crossover")), []
    for kind in (OptimizationProgress, OptimizationResult):
        manager.events.subscribe(kind, heard.append)
    manager.events.publish(OptimizationRequest(None, ("unknown",)))
    assert isinstance(heard[-1].error, SettingsError)
    manager = manager_of(Hill())
    manager.events.subscribe(OptimizationProgress, heard.append)
    end = manager.events.subscribe(OptimizationResult, heard.append)
    request = OptimizationRequest("sequential", ("t0",), options={"backtest": hill})
    manager.events.publish(request)
    assert [one.trials for one in heard if isinstance(one, OptimizationProgress)] == [64, 121]
    assert heard[-1].request is request
    assert heard[-1].result["target_results"]["t0"]["best_params"] == {"x": 7, "y": 3}
    end()
    manager.events.publish(request)
    assert not isinstance(heard[-1], OptimizationResult)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda m: m.run_optimization("sequental"), "did you mean 'sequential'"),
        (lambda m: m.run_optimization(None, ["t9"]), "target 't9' is not registered"),
        (lambda m: m.run_optimization(methods="grid"), "method 'grid' is not registered"),
        (lambda m: m.run_optimization(metrics={"t0": "x"}), "metric 'x' is not registered"),
        (lambda m: m.run_optimization(constraints={"t0": ["c"]}), "no constraint is registered"),
        (lambda m: m.run_optimization(min_regime_data=3), "takes no option 'min_regime_data'"),
        (lambda m: m.run_optimization("regime_specific"), "0 of the targets detect regimes"),
        (lambda m: m.register_target("t0", Hill()), "is registered already"),
        (lambda m: m.register_target("t1", object()), "lacks get_parameter_space.* and set_"),
        (lambda m: m.register_metric("x", object()), "lacks calculate and higher"),
        (lambda m: m.register_sequence("x", object()), "lacks run"),
        (lambda _: OptimizationManager().run_optimization(), "no target is registered"),
        (lambda _: GeneticMethod(population_size=1), "population_size: 1 should"),
        (lambda _: GeneticMethod(crossover_rate=2), "crossover_rate: 2 should"),
        (lambda _: ParameterConstraint("x", low=3, high=2), "low 3 is above high 2"),
        (lambda _: RuleWeightsTarget(["rsi"], (1.0, 0.0)), "weight_range"),
        (lambda _: RuleParametersTarget(["rsj"]), "rsi"),
        (lambda _: RegimeDetectorTarget("trends"), "choose one of"),
        (lambda _: WalkForwardOptimization(in_sample_days=0), "in_sample_days: 0 should"),
    ],
)
def test_what_is_wrong_is_refused_in_words(wrong, told):
    with pytest.raises((SettingsError, ValueError), match=told):
        wrong(manager_of(Hill()))


SMALL = RandomSearchMethod(12)
RULES = {
    "rules": RuleParametersTarget(["ma_crossover", "rsi"]),
    "weights": RuleWeightsTarget(["ma_crossover", "rsi"]),
    "size": PositionSizingTarget(),
}


def rules_manager(market, *, folder=None, key="", **sequences):
    manager = OptimizationManager(market, seed=3, folder=folder, key=key)
    manager.register_method("random", SMALL)
    manager.register_metric("total_return", TotalReturnMetric())
    for name, target in RULES.items():
        manager.register_target(name, target)
    manager.register_target("detector", RegimeDetectorTarget("volatility"))
    for name, sequence in sequences.items():
        manager.register_sequence(name, sequence)
    return manager


def test_later_targets_build_on_earlier_ones(market):
    result = rules_manager(market).run_optimization("sequential", list(RULES))
    known = result["combined_result"]["known"]["general"]
    assert set(known) == set(RULES)
    assert result["target_results"]["rules"]["parts"].keys() == {"ma_crossover", "rsi"}
    # The last target is judged with what the others found, and so is everything together.
    assert result["combined_result"]["score"] == result["target_results"]["size"]["best_score"]


@pytest.mark.parametrize(
    ("sequence", "targets"),
    [
        (ParallelOptimization(), ["rules", "weights"]),
        (ComponentQueue(), ["rules", "weights"]),
        (HierarchicalOptimization((("rules",), ("weights", "size")), rounds=2), list(RULES)),
    ],
    ids=["parallel", "queue", "hierarchical"],
)
def test_other_orders_know_all_targets_in_the_end(market, sequence, targets):
    result = rules_manager(market, mine=sequence).run_optimization("mine", targets)
    assert set(result["target_results"]) == set(targets)
    assert set(result["combined_result"]["known"]["general"]) == set(targets)
    assert result["combined_result"]["score"] is not None


def test_a_component_that_fails_does_not_stop_the_queue(market):
    targets = ["size", "rules"]  # a size of nothing
    result = rules_manager(market).run_optimization("component_queue", targets)
    assert "name no rule" in result["target_results"]["size"]["error"]
    assert "best_params" in result["target_results"]["rules"]


def test_regimes_get_their_own_parameters_and_thin_ones_none(market):
    manager = rules_manager(market, by=RegimeSpecificOptimization(min_regime_data=400))
    result = manager.run_optimization("by", ["rules", "detector"])
    assert result["regimes"] == ["low", "normal", "high"]
    found = result["regime_results"]
    thin = {name for name, one in found.items() if one["bars"] < 400}
    assert thin == {name for name, one in found.items() if "skipped" in one}
    own = set(result["combined_result"]["known"]["by_regime"])
    assert own == set(found) - thin
    assert own, "the days of this market have at least one large regime"


def test_walk_forward_nests_other_sequences(market):
    walk = WalkForwardOptimization(40, 20, inner="by")
    manager = rules_manager(market, walk=walk, by=RegimeSpecificOptimization(min_regime_data=100))
    windows = manager.run_optimization("walk", ["rules", "detector"])["windows"]
    assert [one["in_sample_first"] for one in windows] == sorted(
        one["in_sample_first"] for one in windows
    )
    assert len(windows) == 4
    for one in windows:
        assert one["in_sample_last"] < one["out_sample_first"]
        assert "regime_results" in one
        assert one["out_of_sample"]["score"] is not None


def test_options_and_detectors_reach_sequences_inside_others(market):
    walk = WalkForwardOptimization(60, 30, inner="by")
    by = RegimeSpecificOptimization(regime_detector_target="detector")
    result = rules_manager(market, walk=walk, by=by).run_optimization(
        "walk", ["rules"], min_regime_data=10**6
    )
    regimes = [
        regime for window in result["windows"] for regime in window["regime_results"].values()
    ]
    assert regimes
    assert all("min_regime_data 1000000" in regime["skipped"] for regime in regimes)


def test_sequences_in_a_circle_are_refused(market):
    outer = HierarchicalOptimization(inner="inner")
    inner = WalkForwardOptimization(inner="outer")
    with pytest.raises(SettingsError, match="circle: outer -> inner -> outer"):
        rules_manager(market, outer=outer, inner=inner).run_optimization("outer", ["rules"])


def test_a_search_that_was_finished_is_not_done_again(market, tmp_path, monkeypatch):
    def run():
        manager = OptimizationManager(market, folder=tmp_path, key="k")
        manager.register_target("rule", RuleParametersTarget(["rsi"]))
        manager.register_method("random", SMALL)
        return manager.register_metric("m", SharpeRatioMetric()).run_optimization()

    first = run()
    monkeypatch.setattr(searches, "run_search", None)
    assert run() == first


def test_sequences_are_equal_however_they_are_named(market):
    by_name = rules_manager(market).run_optimization("sequential", ["rules"])
    own = rules_manager(market, sequential=SequentialOptimization())
    assert own.run_optimization("sequential", ["rules"]) == by_name


def test_a_later_call_builds_on_what_earlier_ones_found(market):
    manager = rules_manager(market)
    rules = manager.run_optimization("sequential", ["rules"])["target_results"]["rules"]
    later = manager.run_optimization("sequential", ["weights"])
    together = rules_manager(market).run_optimization("sequential", ["rules", "weights"])
    assert later["combined_result"]["known"]["general"]["rules"] == rules["best_params"]
    assert later["combined_result"] == together["combined_result"]
    alone = rules_manager(market).run_optimization("sequential", ["weights"], best=NOTHING)
    assert alone["combined_result"]["score"] != later["combined_result"]["score"]


def test_a_kept_search_is_not_taken_for_another_of_its_name(market, tmp_path):
    def manager(*targets):
        manager = rules_manager(market, folder=tmp_path, key="k")
        for target in targets:
            manager.run_optimization("sequential", [target])
        return manager

    after_rules = manager("rules").run_optimization("sequential", ["weights"])
    afresh = manager().run_optimization("sequential", ["weights"])
    assert afresh["target_results"] != after_rules["target_results"]
    assert manager("rules").run_optimization("sequential", ["weights"]) == after_rules


def test_no_window_tests_what_was_chosen_on_its_days(market):
    manager = rules_manager(market, walk=WalkForwardOptimization(40, 20))
    manager.run_optimization("sequential", ["rules"])
    with pytest.raises(SettingsError, match=r"parameters of rules were chosen before.*add rules"):
        manager.run_optimization("walk", ["weights"])
    together = manager.run_optimization("walk", ["rules", "weights"])
    afresh = rules_manager(market, walk=WalkForwardOptimization(40, 20))
    assert together == afresh.run_optimization("walk", ["rules", "weights"])


def test_a_detector_that_was_chosen_on_the_days_of_windows_is_refused(market):
    walk = WalkForwardOptimization(40, 20, inner="by")
    manager = rules_manager(market, walk=walk, by=RegimeSpecificOptimization(min_regime_data=100))
    manager.register_metric("accuracy", ClassificationAccuracyMetric())
    manager.run_optimization("sequential", ["detector"], metrics="accuracy")
    with pytest.raises(SettingsError, match="parameters of detector were chosen before"):
        manager.run_optimization("walk", ["rules", "detector"])


def test_what_is_found_anew_holds_in_all_regimes(market):
    manager = rules_manager(market, by=RegimeSpecificOptimization(min_regime_data=100))
    first = manager.run_optimization("by", ["rules", "detector"])["combined_result"]["known"]
    assert any("rules" in targets for targets in first["by_regime"].values())
    second = manager.run_optimization("sequential", ["rules"])["combined_result"]["known"]
    assert not any("rules" in targets for targets in second["by_regime"].values())
