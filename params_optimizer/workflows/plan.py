"""From a workflow file to stages that can be followed; everything wrong is refused here.

Two dialects say the same in other words: components and stages by name, or parts of a
`workflow` with `phases`. Both become one `Workflow`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from params_optimizer.config.messages import nearest
from params_optimizer.errors import OptimizerError, SettingsError, WorkflowError
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
from params_optimizer.workflows.sequences import (
    RegimeSpecificOptimization,
    WalkForwardOptimization,
    chain_of,
)

DEFAULT_OOS = 0.3
"""Share of the days, the last ones, that `oos_testing` keeps unless the file says otherwise."""
_ROOT = "optimization"


@dataclass(frozen=True, slots=True)
class WorkflowStage:
    """One optimisation of the first phase."""

    name: str
    sequence: str
    targets: tuple[str, ...]
    methods: Mapping[str, str]
    metrics: Mapping[str, str] = field(default_factory=dict)
    constraints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    stop_after: bool = False


@dataclass(frozen=True, slots=True)
class Workflow:
    """What a workflow file asks for.

    `components` maps kinds (targets, methods, metrics, sequences, constraints) to components
    by name. `oos_days` is a share (below 1) or number of the last days, None without such a
    phase; `stops` are the phases after which the process ends; `notes` name ignored keys.
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
                name: self._make(kind, component, (_ROOT, kind, name))
                for name, component in getattr(content, kind).items()
            }
            for kind in registry.COMPONENTS
        }
        for kind, name in (("methods", "grid"), ("metrics", "sharpe_ratio")):
            if not self._components[kind]:
                self._components[kind][name] = registry.make(kind, name, {})
        for name, sequence in registry.default_sequences().items():
            self._components["sequences"].setdefault(name, sequence)

    def workflow(self) -> Workflow:
        """The workflow, every name of it checked."""
        content = self._content
        stages = tuple(self._parts() if content.workflow else self._stages())
        for name in self._components["sequences"]:
            self._chain(name)
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
        before: dict[str, str] = {}
        for at, stage in enumerate(content.stages):
            if stage.phase == DATA_MINING:
                place: Place = (_ROOT, "stages", at)
                planned = self._stage(stage, stage.sequence or "sequential", place)
                self._refuse_foresight(planned, before, place)
                before |= dict.fromkeys(planned.targets, stage.name)
                yield planned
        if content.stages:
            return
        if not content.targets:
            raise WorkflowError(
                f"{self._document.path}: optimization holds no targets, stages or workflow; "
                f"there is nothing to do"
            )
        only = StageModel(name=_ROOT, targets=tuple(content.targets))
        yield self._stage(only, next(iter(content.sequences), "sequential"), (_ROOT,))

    def _stage(self, stage: StageModel, sequence: str, place: Place) -> WorkflowStage:
        self._check("sequences", sequence, (*place, "sequence"))
        targets = stage.targets or tuple(self._components["targets"])
        for position, name in enumerate(targets):
            self._check("targets", name, (*place, "targets", position))
        for kind in ("methods", "metrics"):
            for target, name in getattr(stage, kind).items():
                self._check("targets", target, (*place, kind, target), targets)
                self._check(kind, name, (*place, kind, target))
        self._check_metrics(stage, targets, sequence, place)
        for target, names in stage.constraints.items():
            self._check("targets", target, (*place, "constraints", target), targets)
            for name in names:
                self._check("constraints", name, (*place, "constraints", target))
        detector = stage.regime_detector_target
        if detector is not None:
            self._check("targets", detector, (*place, "regime_detector_target"))
        options = {"regime_detector_target": detector, "min_regime_data": stage.min_regime_data}
        options = {key: value for key, value in options.items() if value is not None}
        accepted = {key for item in self._chain(sequence) for key in getattr(item, "OPTIONS", ())}
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
            stop_after=stage.stop_after,
        )

    def _refuse_foresight(
        self, stage: WorkflowStage, before: Mapping[str, str], place: Place
    ) -> None:
        """No window of a walk-forward may test what an earlier stage chose on its days.

        `before` maps the targets of earlier stages to these. What the stage searches itself is
        searched anew in each window; a detector of regimes is only asked there.
        """
        chain = self._chain(stage.sequence)
        if not any(isinstance(sequence, WalkForwardOptimization) for sequence in chain):
            return
        asked = any(isinstance(sequence, RegimeSpecificOptimization) for sequence in chain)
        for target, earlier in before.items():
            detects = asked and hasattr(self._components["targets"][target], "labels")
            if detects or target not in stage.targets:
                way_out = (
                    f"remove it from {earlier!r}: without a search its default parameters hold"
                    if detects
                    else f"add {target} to the targets here, so that each window searches it "
                    f"anew, or move this stage before {earlier!r}"
                )
                raise WorkflowError(
                    f"{self._document.at((*place, 'targets'))}: walk_forward would test {target} "
                    f"on days on which stage {earlier!r} chose its parameters; {way_out}"
                )

    def _chain(self, name: str) -> list[Any]:
        """A sequence and those that it runs inside."""
        try:
            return chain_of(name, self._components["sequences"])
        except SettingsError as error:
            place = self._document.at((_ROOT, "sequences", name))
            raise WorkflowError(f"{place}: {error}") from error

    def _check_metrics(
        self, stage: StageModel, targets: tuple[str, ...], sequence: str, place: Place
    ) -> None:
        """Detectors are judged by labels, all others by money."""
        metrics = self._components["metrics"]
        by_regime = any(hasattr(item, "OPTIONS") for item in self._chain(sequence))
        for target in targets:
            detects = hasattr(self._components["targets"][target], "classified")
            if detects and by_regime:
                continue  # the detector is asked and not optimised
            name = stage.metrics.get(target, next(iter(metrics)))
            if detects != hasattr(metrics[name], "accuracy"):
                where = self._document.at((*place, "metrics", target))
                hint = "use classification_accuracy" if detects else "it judges detectors only"
                raise WorkflowError(f"{where}: metric {name!r} does not fit {target!r}; {hint}")

    def _check(
        self, kind: str, name: str, place: Place, names: tuple[str, ...] | None = None
    ) -> None:
        """Refuse the name of a component that is not registered."""
        names = tuple(self._components[kind]) if names is None else names
        if name not in names:
            raise WorkflowError(
                f"{self._document.at(place)}: {kind.removesuffix('s')} {name!r} is not registered"
                f"{nearest(name, names)}; there are: {', '.join(names) or 'none'}"
            )

    def _parts(self) -> Iterator[WorkflowStage]:
        """Stages of the dialect with `workflow`: rules, rules by regime, weights."""
        rules: tuple[str, ...] = ()
        by_regime: dict[str, Any] = {}
        for at, part in enumerate(self._content.workflow):
            place: Place = (_ROOT, "workflow", at)
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
