"""Workflow files: both dialects load, and what is wrong is refused with its line."""

from pathlib import Path

import pytest

from params_optimizer.errors import WorkflowError
from params_optimizer.workflows.plan import read_workflow

GOOD = """\
optimization:
  targets:
    rule: {class: RuleParametersTarget, parameters: {rules: [rsi]}}
    detector: {class: regime_detector, parameters: {detector: trend}}
  methods:
    grid: {class: GridSearchMethod}
  metrics:
    sharpe: {class: SharpeRatioMetric}
  sequences:
    outer: {class: HierarchicalOptimization, parameters: {inner: sequential}}
  stages:
    - name: one
      sequence: outer
      targets: [rule]
      methods: {rule: grid}
    - {name: last, phase: oos_testing, days: 0.25}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "flow.yaml"
    path.write_text(text)
    return path


def test_the_files_of_users_load(shared):
    paths = (shared / "workflows").glob("[1-4]*.yaml")
    plans = {path.name[0]: read_workflow(path) for path in paths}
    names = {key: [stage.name for stage in plan.stages] for key, plan in plans.items()}
    assert names == {
        "1": ["optimization"],
        "2": ["optimization"],
        "3": ["component_optimization", "regime_optimization", "weight_optimization"],
        "4": ["detector", "rule parameters", "rule weights"],
    }
    assert plans["3"].stops == {"data_mining"}
    assert plans["3"].containers.pool_size == 10
    assert [note.split(": ")[2] for note in plans["3"].notes] == [
        "optimization.coordinator",
        "optimization.containers.type",
        "optimization.containers.resource_limits.cpu_shares",
        "optimization.phases.analysis.type",
        "optimization.workflow.0.components.0.container_spec",
        "optimization.workflow.0.components.1.container_spec",
        "optimization.workflow.1.method",
        "optimization.workflow.2.container_spec",
    ]
    assert "line 20" in plans["3"].notes[6]
    assert plans["3"].hypotheses_file is not None
    assert (plans["3"].oos_days, plans["4"].oos_days) == (0.3, 0.3)
    assert plans["4"].stages[1].options == {"regime_detector_target": "regime_detector"}


def test_a_good_file_is_good(tmp_path):
    plan = read_workflow(written(tmp_path, GOOD))
    assert plan.oos_days == 0.25
    assert plan.stages[0].targets == ("rule",)


WRONG = {
    "key": ("stages:", "stagse:", r"line 11: unknown key 'optimization.stagse'; did you mean"),
    "class": ("RuleParametersTarget", "RuleParameterTarget", "line 3: .*did you mean 'RuleParam"),
    "argument": (
        "{rules: [rsi]}",
        "{rule: [rsi]}",
        "line 3: .*key 'rule'; did you mean 'ru",
    ),
    "rule": ("[rsi]", "[rsy]", "line 3: .*rsi"),
    "detector": ("trend", "trendy", "line 4: .*choose one of"),
    "sequence": ("sequence: outer", "sequence: outr", "line 13: .*did you mean 'outer'"),
    "target": ("targets: [rule]", "targets: [rul]", "line 14: .*target 'rul' is not registered"),
    "method": ("{rule: grid}", "{rule: gird}", "line 15: .*did you mean 'grid'"),
    "method's target": ("{rule: grid}", "{ruel: grid}", "line 15: .*target 'ruel'"),
    "cycle": ("inner: sequential", "inner: outer", "line 10: .*circle: outer -> outer"),
    "inner": ("inner: sequential", "inner: other", "line 10: .*'other' is not registered"),
    "share": ("days: 0.25", "days: 1.5", "line 16: .*must be a share"),
    "twice": ("name: last", "name: one", "line 16: .*listed twice"),
    "phase": ("phase: oos_testing", "phase: oos", "line 16: .*data_mining"),
    "option": ("sequence: outer", "min_regime_data: 3", "line 13: .*means nothing to the sequence"),
    "days": ("phase: oos_testing, ", "", "line 16: .*belongs to the phase oos_testing"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_with_its_line(tmp_path, what):
    before, after, told = WRONG[what]
    assert before in GOOD
    with pytest.raises(WorkflowError, match=told) as caught:
        read_workflow(written(tmp_path, GOOD.replace(before, after)))
    assert "flow.yaml" in str(caught.value)


def test_detectors_are_judged_by_labels_and_rules_by_money(tmp_path):
    late = GOOD.replace("targets: [rule]", "targets: [detector]").replace("{rule: grid}", "{}")
    with pytest.raises(WorkflowError, match="does not fit 'detector'; use classification"):
        read_workflow(written(tmp_path, late))


def test_hypotheses_name_parameters_that_there_are(tmp_path):
    path = written(tmp_path, PHASES)
    idea = "hypotheses: [{name: a, parameters: {rsi.perod: 3}}]"
    (tmp_path / "ideas.yaml").write_text(idea)
    with pytest.raises(WorkflowError, match="has no parameter 'perod'; did you mean 'period'"):
        read_workflow(path)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("rsi.period: 2.5", "rsi.period: 2.5 must be a whole number"),
        ("rsi.weight: yes", "rsi.weight: 'yes' must be a number"),
        ("rsi.period: true", "rsi.period: True must be a whole number"),
        ("ma_crossover.direction: no", "ma_crossover.direction: 'no' must be one of"),
    ],
)
def test_values_of_hypotheses_are_of_the_kind_of_their_parameter(tmp_path, value, reason):
    path = written(tmp_path, PHASES)
    (tmp_path / "ideas.yaml").write_text(f"hypotheses: [{{name: a, parameters: {{{value}}}}}]")
    with pytest.raises(WorkflowError, match=reason):
        read_workflow(path)


def test_nothing_comes_after_the_days_kept_away(tmp_path):
    late = GOOD + "    - {name: too late, targets: [rule]}\n"
    with pytest.raises(WorkflowError, match=r"line 17: .*cannot come after oos_testing"):
        read_workflow(written(tmp_path, late))


PHASES = """\
optimization:
  phases:
    data_mining: {stop_after: true}
    oos_testing: {configurations: ideas.yaml}
  workflow:
    - stage: component_optimization
      components: [{name: rsi}]
"""


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        ("data_mining: {days: 0.3}", "line 3: .*belongs to the phase oos_testing"),
        ("analysis: {configurations: x.yaml}", "line 3: .*belongs to the phase oos_testing"),
        ("data_mining: {save_checkpoints: false}", "line 3: .*always kept"),
        ("oos_testing: {stop_after: true}", "line 3: .*nothing comes after"),
    ],
)
def test_keys_that_mean_nothing_to_their_phase_are_refused(tmp_path, phase, reason):
    lines = PHASES.splitlines()
    text = "\n".join([*lines[:2], f"    {phase}", *lines[4:]])
    with pytest.raises(WorkflowError, match=reason):
        read_workflow(written(tmp_path, text))


@pytest.mark.parametrize("key", ["methods: {rule: grid}", "stop_after: true"])
def test_keys_that_mean_nothing_to_the_phase_of_a_stage_are_refused(tmp_path, key):
    text = GOOD.replace("phase: oos_testing", f"phase: oos_testing, {key}")
    with pytest.raises(WorkflowError, match=r"line 16: .*belongs to the phase data_mining"):
        read_workflow(written(tmp_path, text))


def test_a_stage_of_analysis_can_pause(tmp_path):
    pause = "    - {name: pause, phase: analysis, stop_after: true}\n    - {name: last"
    workflow = read_workflow(written(tmp_path, GOOD.replace("    - {name: last", pause)))
    assert workflow.stops == {"analysis"}


@pytest.mark.parametrize(
    "part",
    [
        "{stage: regime_optimization, regime_isolation: false}",
        "{stage: weight_optimization, use_signal_replay: false}",
    ],
)
def test_what_cannot_be_switched_off_is_refused(tmp_path, part):
    text = PHASES.replace("configurations: ideas.yaml", "") + f"    - {part}\n"
    with pytest.raises(WorkflowError, match=r"line 8: .*false cannot be kept"):
        read_workflow(written(tmp_path, text))


def test_hypotheses_can_be_written_in_the_pause_only_if_there_is_one(tmp_path):
    path = written(tmp_path, PHASES)
    assert read_workflow(path).hypotheses_file == tmp_path / "ideas.yaml"
    path.write_text(PHASES.replace("true", "false"))
    with pytest.raises(WorkflowError, match=r"ideas.yaml: there is no such file"):
        read_workflow(path)
    (tmp_path / "ideas.yaml").write_text("hypotheses: [{name: a, from: data_minning.best}]")
    with pytest.raises(WorkflowError, match=r"did you mean 'data_mining\.best'"):
        read_workflow(path)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("- stage: weight_optimization", "line 6: .*needs a component_optimization before"),
        ("- {stage: component_optimization, components: []}", "line 6"),
        ("- {stage: component_optimization, components: [{name: rsy}]}", "line 6: .*rsi"),
        ("- {stage: component_optimisation, components: [{name: rsi}]}", "line 6"),
        (
            "- {stage: component_optimization, components: [{name: rsi, method: x}]}",
            "line 6: .*'x'",
        ),
    ],
)
def test_parts_of_the_second_dialect_are_checked(tmp_path, part, told):
    text = PHASES[: PHASES.index("    - stage")] + f"    {part}\n"
    with pytest.raises(WorkflowError, match=told):
        read_workflow(written(tmp_path, text))


WALK = """\
optimization:
  targets:
    rule: {class: RuleParametersTarget, parameters: {rules: [rsi]}}
    weights: {class: RuleWeightsTarget, parameters: {rules: [rsi]}}
    detector: {class: RegimeDetectorTarget, parameters: {detector: trend}}
  metrics:
    total_return: {class: TotalReturnMetric}
    accuracy: {class: ClassificationAccuracyMetric}
  sequences:
    by: {class: RegimeSpecificOptimization}
    walk: {class: WalkForwardOptimization, parameters: {inner: by}}
    outer: {class: HierarchicalOptimization, parameters: {inner: walk_forward}}
  stages:
    - {name: first, targets: [rule]}
    - {name: second, sequence: walk_forward, targets: [weights]}
"""


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("", "", "line 15: .*test rule on days on which stage 'first'.*; add rule to the targets"),
        ("walk_forward, targets: [w", "outer, targets: [w", "line 15: .*add rule to the targets"),
        (
            "{name: first, targets: [rule]}",
            "{name: first, targets: [detector], metrics: {detector: accuracy}}",
            "line 15: .*test detector on days",
        ),
    ],
)
def test_no_stage_tests_windows_with_what_was_chosen_on_them(tmp_path, before, after, reason):
    text = WALK.replace(before, after) if before else WALK
    with pytest.raises(WorkflowError, match=reason):
        read_workflow(written(tmp_path, text))


def test_a_detector_that_a_walk_forward_asks_is_not_searched_before(tmp_path):
    text = WALK.replace("[rule]}", "[detector], metrics: {detector: accuracy}}").replace(
        "walk_forward, targets: [weights]", "walk, targets: [weights, detector]"
    )
    with pytest.raises(WorkflowError, match=r"line 15: .*remove it from 'first'"):
        read_workflow(written(tmp_path, text))


def test_a_walk_forward_that_searches_all_itself_follows_other_stages(tmp_path):
    workflow = read_workflow(written(tmp_path, WALK.replace("[weights]", "[rule, weights]")))
    assert [stage.sequence for stage in workflow.stages] == ["sequential", "walk_forward"]
