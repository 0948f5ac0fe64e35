"""From a workflow file to stages that can be followed; everything wrong is refused here.

Two dialects say the same in other words: components and stages by name, or parts of a
`workflow` with `phases`. Both become one `Workflow`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from params_optimizer.errors import OptimizerError, WorkflowError
from params_optimizer.workflows import registry
from params_optimizer.workflows.arguments import WrongArgumentsError
from params_optimizer.workflows.checks import check_file
from params_optimizer.workflows.hypotheses import read_hypotheses
from params_optimizer.workflows.model import (
    ANALYSIS,
    DATA_MINING,
    OOS_TESTING,
    ComponentModel,
    ComponentStage,
    Containers,
    DataModel,
    OptimizationModel,
    PhaseModel,
    RegimeStage,
    StageModel,
    WeightStage,
    WorkflowFile,
    parsed,
)
from params_optimizer.workflows.notes import DISTRIBUTED, notes_of
from params_optimizer.workflows.reading import Place, WorkflowDocument, read_document
from params_optimizer.workflows.stages import ROOT, StageChecker, WorkflowStage

_CODE_KEYS = ("class", "rules", "strategy", "name")
DEFAULT_OOS = 0.3
"""Share of the days, the last ones, that `oos_testing` keeps unless the file says otherwise."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """What a workflow file asks for.

    `components` maps kinds (targets, methods, metrics, sequences, constraints) to components
    by name. `oos_days` is a share (below 1) or number of the last days, None without such a
    phase; `stops` are the phases after which the process ends; `code` is what the file names as
    `module:Name`; `notes` name ignored keys.
    """

    path: Path
    components: Mapping[str, Mapping[str, Any]]
    stages: tuple[WorkflowStage, ...]
    reports: tuple[str, ...]
    oos_days: float | None
    hypotheses_file: Path | None
    stops: frozenset[str]
    containers: Containers
    data: DataModel
    seed: int
    code: tuple[str, ...]
    notes: tuple[str, ...]


def read_workflow(path: Path) -> Workflow:
    """Read, check and translate a workflow file.

    Raises:
        WorkflowError: names the file, the line and the key.
    """
    document = read_document(path)
    content = parsed(WorkflowFile, document).optimization
    check_file(document, content)
    return _Translator(document, content).workflow()


class _Translator:
    """Makes the components and stages of a checked file."""

    def __init__(self, document: WorkflowDocument, content: OptimizationModel) -> None:
        self._document, self._content = document, content
        self._components: dict[str, dict[str, Any]] = {
            kind: {
                name: self._make(kind, component, (ROOT, kind, name))
                for name, component in getattr(content, kind).items()
            }
            for kind in registry.COMPONENTS
        }
        for kind, name in (("methods", "grid"), ("metrics", "sharpe_ratio")):
            if not self._components[kind]:
                self._components[kind][name] = registry.make(kind, name, {})
        for name, sequence in registry.default_sequences().items():
            self._components["sequences"].setdefault(name, sequence)
        self._checker = StageChecker(document, self._components)

    def workflow(self) -> Workflow:
        """The workflow, every name of it checked."""
        content = self._content
        stages = tuple(self._parts() if content.workflow else self._stages())
        for name in self._components["sequences"]:
            self._checker.chain(name)
        tests: list[StageModel | PhaseModel] = [
            stage for stage in content.stages if stage.phase == OOS_TESTING
        ]
        if OOS_TESTING in content.phases:
            tests.append(content.phases[OOS_TESTING])
        days = next((test.days for test in tests if test.days), DEFAULT_OOS)
        file = next((test.configurations for test in tests if test.configurations), None)
        reports = [name for phase in content.phases.values() for name in phase.generate_reports]
        reports += [name for stage in content.stages for name in stage.generate_reports]
        return Workflow(
            path=self._document.path,
            components=self._components,
            stages=stages,
            reports=tuple(dict.fromkeys(reports)),
            oos_days=days if tests else None,
            hypotheses_file=self._hypotheses(file, stages) if file else None,
            stops=frozenset(
                [name for name, phase in content.phases.items() if phase.stop_after]
                + [
                    stage.phase
                    for stage in content.stages
                    if stage.stop_after and stage.phase == ANALYSIS
                ]
            ),
            containers=content.containers,
            data=content.data,
            seed=content.seed,
            code=code_in(self._document),
            notes=tuple(notes_of(self._document)),
        )

    def _hypotheses(self, name: str, stages: tuple[WorkflowStage, ...]) -> Path:
        """The file of hypotheses; it may be written in a pause, otherwise it must exist."""
        path = self._document.path.parent / name
        pauses = any(phase.stop_after for phase in self._content.phases.values())
        if path.exists() or not (pauses or any(stage.stop_after for stage in stages)):
            read_hypotheses(path, [stage.name for stage in stages])
        return path

    def _make(self, kind: str, component: ComponentModel, place: Place) -> Any:  # noqa: ANN401
        try:
            return registry.make(kind, component.class_name, component.parameters)
        except WrongArgumentsError as error:
            place = (*place, "parameters")
            dotted = ".".join(map(str, place))
            raise WorkflowError(
                "\n".join(
                    f"{self._document.line((*place, *keys))}: {dotted}: {reason}"
                    for keys, reason in error.problems
                )
            ) from error
        except OptimizerError as error:
            raise WorkflowError(f"{self._document.at(place)}: {error}") from error

    def _stages(self) -> Iterator[WorkflowStage]:
        """Stages by name; without any, all targets in one, in the first sequence declared."""
        content = self._content
        before, earlier = dict[str, str](), list[str]()
        for at, stage in enumerate(content.stages):
            if stage.phase == DATA_MINING:
                place: Place = (ROOT, "stages", at)
                planned = self._stage(stage, stage.sequence or "sequential", place)
                self._checker.condition(planned, earlier, place)
                self._checker.foresight(planned, before, place)
                earlier.append(stage.name)
                before |= dict.fromkeys(planned.targets, stage.name)
                yield planned
        if content.stages:
            return
        if not content.targets:
            raise WorkflowError(
                f"{self._document.path}: optimization holds no targets, stages or workflow; "
                f"there is nothing to do"
            )
        only = StageModel(name=ROOT, targets=tuple(content.targets))
        yield self._stage(only, next(iter(content.sequences), "sequential"), (ROOT,))

    def _stage(self, stage: StageModel, sequence: str, place: Place) -> WorkflowStage:
        self._checker.name("sequences", sequence, (*place, "sequence"))
        targets = stage.targets or tuple(self._components["targets"])
        for position, name in enumerate(targets):
            self._checker.name("targets", name, (*place, "targets", position))
        for kind in ("methods", "metrics"):
            for target, names in getattr(stage, kind).items():
                self._checker.name("targets", target, (*place, kind, target), targets)
                for name in (names,) if isinstance(names, str) else names:
                    self._checker.name(kind, name, (*place, kind, target))
        self._checker.metrics(stage, targets, sequence, place)
        for target, names in stage.constraints.items():
            self._checker.name("targets", target, (*place, "constraints", target), targets)
            for name in names:
                self._checker.name("constraints", name, (*place, "constraints", target))
        detector = stage.regime_detector_target
        if detector is not None:
            self._checker.name("targets", detector, (*place, "regime_detector_target"))
        options = {"regime_detector_target": detector, "min_regime_data": stage.min_regime_data}
        options = {key: value for key, value in options.items() if value is not None}
        accepted = {
            key for item in self._checker.chain(sequence) for key in getattr(item, "OPTIONS", ())
        }
        for key in options.keys() - accepted:
            raise WorkflowError(
                f"{self._document.at((*place, key))}: means nothing to the sequence {sequence!r}; "
                f"remove it, or name a sequence that is regime_specific"
            )
        return WorkflowStage(
            name=stage.name,
            sequence=sequence,
            targets=targets,
            methods=stage.methods,
            metrics=stage.metrics,
            constraints=stage.constraints,
            options=options,
            when=stage.when,
            stop_after=stage.stop_after,
        )

    def _parts(self) -> Iterator[WorkflowStage]:
        """Stages of the dialect with `workflow`: rules, rules by regime, weights."""
        rules: tuple[str, ...] = ()
        by_regime: dict[str, Any] = {}
        for at, part in enumerate(self._content.workflow):
            place: Place = (ROOT, "workflow", at)
            if isinstance(part, ComponentStage):
                rules = tuple(rule.name for rule in part.components)
                yield self._rules(part, rules, place)
                continue
            if not rules:
                raise WorkflowError(
                    f"{self._document.at(place)}: {part.stage} needs a component_optimization "
                    f"before it"
                )
            if isinstance(part, RegimeStage):
                by_regime = {
                    "regime_detector_target": "regime_detector",
                    "min_regime_data": part.min_samples_per_regime,
                }
            yield self._part(part, rules, by_regime, place)

    def _rules(self, part: ComponentStage, rules: tuple[str, ...], place: Place) -> WorkflowStage:
        """Each rule alone, by its method."""
        methods = {}
        for at, rule in enumerate(part.components):
            where = (*place, "components", at)
            methods[rule.name] = self._method(rule.method, (*where, "method"))
            arguments = {"rules": [rule.name]}
            self._add_target(rule.name, "RuleParametersTarget", arguments, (*where, "name"))
        sequence = "parallel" if part.parallel else "component_queue"
        return WorkflowStage(part.stage, sequence, rules, methods)

    def _part(
        self,
        part: RegimeStage | WeightStage,
        rules: tuple[str, ...],
        by_regime: Mapping[str, Any],
        place: Place,
    ) -> WorkflowStage:
        """The rules again by regime, or their weights."""
        method = self._method(part.method, (*place, "method"))
        if isinstance(part, RegimeStage):
            arguments: dict[str, Any] = {"detector": part.detector}
            self._add_target("regime_detector", "RegimeDetectorTarget", arguments, place)
            targets = rules
        else:
            arguments = {"rules": list(rules)}
            self._add_target("rule_weights", "RuleWeightsTarget", arguments, place)
            targets = ("rule_weights",)
        sequence = "regime_specific" if by_regime else "sequential"
        methods = dict.fromkeys(targets, method)
        return WorkflowStage(part.stage, sequence, targets, methods, options=by_regime)

    def _add_target(
        self, name: str, class_name: str, arguments: Mapping[str, Any], place: Place
    ) -> None:
        component = ComponentModel.model_validate({"class": class_name, "parameters": arguments})
        self._components["targets"][name] = self._make("targets", component, place)

    def _method(self, name: str, place: Place) -> str:
        """Register the method of this short name, and return it."""
        name = "grid" if name == DISTRIBUTED else name
        if name not in self._components["methods"]:
            component = ComponentModel.model_validate({"class": name})
            self._components["methods"][name] = self._make("methods", component, place)
        return name


def code_in(document: WorkflowDocument) -> tuple[str, ...]:
    """Every `module:Name` in a file, without importing any."""
    return tuple(sorted(set(_code(document.content))))


def _code(content: Any, key: str = "") -> Iterator[str]:  # noqa: ANN401  any plain value
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _code(value, name)
    elif isinstance(content, list):
        for value in content:
            yield from _code(value, key)
    elif key in _CODE_KEYS and re.fullmatch(r"[\w.]+:[\w.]+", str(content)):
        yield str(content)
