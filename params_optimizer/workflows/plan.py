"""From a workflow file to stages that can be followed; everything wrong is refused here.

Two dialects say the same in other words: components and stages by name, or parts of a
`workflow` with `phases`. Both become one plan.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from params_optimizer.config import Model
from params_optimizer.config.messages import explain, nearest
from params_optimizer.errors import OptimizerError, WorkflowError
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.workflows import registry
from params_optimizer.workflows.market import WEIGHT, by_rule, rule_named
from params_optimizer.workflows.model import (
    ComponentModel,
    ComponentStage,
    Containers,
    DataModel,
    Hypotheses,
    Hypothesis,
    OptimizationModel,
    Phase,
    RegimeStage,
    StageModel,
    WorkflowFile,
)
from params_optimizer.workflows.reading import Document, Place, read_document

PHASES = DATA_MINING, ANALYSIS, OOS_TESTING = get_args(Phase)
DEFAULT_OOS = 0.3
"""Share of the days, the last ones, that `oos_testing` keeps to itself unless the file says."""
_IDLE_KEYS = ("coordinator", "containers.type", "containers.resource_limits.cpu_shares")


@dataclass(frozen=True, slots=True)
class Stage:
    """One optimisation of the first phase."""

    name: str
    sequence: str
    targets: tuple[str, ...]
    methods: Mapping[str, str]
    metrics: Mapping[str, str]
    constraints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    stop_after: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a workflow file asks for. Components are made and ready to be registered.

    `oos_days` is a share (below 1) or number of the last days, None without such a phase;
    `stops` are the phases after which the process ends; `notes` say which keys mean nothing.
    """

    path: Path
    targets: Mapping[str, object]
    methods: Mapping[str, object]
    metrics: Mapping[str, object]
    sequences: Mapping[str, object]
    constraints: Mapping[str, object]
    stages: tuple[Stage, ...]
    reports: tuple[str, ...]
    oos_days: float | None
    hypotheses_file: Path | None
    stops: frozenset[str]
    containers: Containers
    data: DataModel
    seed: int
    notes: tuple[str, ...]


def read_plan(path: Path) -> Plan:
    """Read, check and translate a workflow file.

    Raises:
        WorkflowError: names the file, the line and the key.
    """
    document = read_document(path)
    said = _parsed(WorkflowFile, document).optimization
    _Checker(document, said).check()
    translated = _Translator(document, said)
    return translated.plan()


M = TypeVar("M", bound=Model)


def _parsed(model: type[M], document: Document) -> M:
    try:
        return model.model_validate(document.content, strict=False)
    except ValidationError as error:
        lines = []
        for one in error.errors(include_url=False):
            place = tuple(part for part in one["loc"] if part != "[key]")
            (line,) = explain(model, [one]) or ("",)
            lines.append(f"{document.path}: line {_line(document, place)}: {line}")
        raise WorkflowError("\n".join(dict.fromkeys(lines))) from error


def _line(document: Document, place: Place) -> int:
    # A discriminator stands in the location, but not in the file.
    for length in range(len(place), 0, -1):
        for tried in (place[:length], tuple(p for p in place[:length] if p not in _TAGS)):
            if tried in document.lines:
                return document.lines[tried]
    return 1


_TAGS = ("component_optimization", "regime_optimization", "weight_optimization")


class _Translator:
    """Makes the components and stages of a checked file."""

    def __init__(self, document: Document, said: OptimizationModel) -> None:
        self._document, self._said = document, said
        self._targets = self._made("targets", said.targets)
        self._methods = self._made("methods", said.methods) or {"grid": registry.default("methods")}
        metrics = self._made("metrics", said.metrics)
        self._metrics = metrics or {"sharpe_ratio": registry.default("metrics")}
        self._sequences = {
            **self._made("sequences", said.sequences),
            **{
                name: made
                for name, made in registry.defaults("sequences").items()
                if name not in said.sequences
            },
        }
        self._constraints = self._made("constraints", said.constraints)

    def plan(self) -> Plan:
        """The plan, every name of it known."""
        if self._said.workflow:
            stages = tuple(self._parts())
        elif self._said.stages:
            stages = tuple(self._stages())
        else:
            stages = (self._only_stage(),)
        self._refuse_cycles()
        out = next((one for one in self._said.stages if one.phase == OOS_TESTING), None)
        phase = self._said.phases.get("oos_testing")
        wanted = out.days if out else (phase.days if phase else None)
        file = (out.configurations if out else None) or (phase.configurations if phase else None)
        return Plan(
            path=self._document.path,
            targets=self._targets,
            methods=self._methods,
            metrics=self._metrics,
            sequences=self._sequences,
            constraints=self._constraints,
            stages=stages,
            reports=self._reports(),
            oos_days=(wanted or DEFAULT_OOS) if out or phase else None,
            hypotheses_file=self._hypotheses(file, stages) if file else None,
            stops=frozenset(name for name, one in self._said.phases.items() if one.stop_after),
            containers=self._said.containers,
            data=self._said.data,
            seed=self._said.seed,
            notes=tuple(_idle(self._document)),
        )

    def _hypotheses(self, name: str, stages: tuple[Stage, ...]) -> Path:
        """The file of hypotheses; it may be written in a pause, else it has to be there."""
        path = self._document.path.parent / name
        pauses = any(self._said.phases[one].stop_after for one in self._said.phases)
        pauses |= any(stage.stop_after for stage in stages)
        if not path.exists() and pauses:
            return path
        known = [f"{stage}.best" for stage in (*(one.name for one in stages), DATA_MINING)]
        for one in read_hypotheses(path):
            _check_parameters(path, one)
            if one.found is not None and one.found not in known:
                raise WorkflowError(
                    f"{path}: hypothesis {one.name!r}: from {one.found!r} is nothing that the "
                    f"stages find{nearest(one.found, known)}; there are: {', '.join(known)}"
                )
        return path

    def _made(self, kind: str, said: Mapping[str, ComponentModel]) -> dict[str, Any]:
        return {
            name: self._make(kind, one, ("optimization", kind, name)) for name, one in said.items()
        }

    def _make(self, kind: str, said: ComponentModel, place: Place) -> object:
        try:
            return registry.make(kind, said.class_name, said.parameters)
        except registry.WrongArgumentError as error:
            where = self._document.at((*place, "parameters", error.name))
            raise WorkflowError(f"{where}: {error}") from error
        except OptimizerError as error:
            raise WorkflowError(f"{self._document.at(place)}: {error}") from error

    def _only_stage(self) -> Stage:
        if not self._targets:
            raise WorkflowError(
                f"{self._document.path}: optimization holds no targets, stages or workflow; "
                f"there is nothing to do"
            )
        declared = list(self._said.sequences) or ["sequential"]
        return self._stage(
            StageModel(name="optimization", targets=tuple(self._targets)), declared[0], None
        )

    def _stages(self) -> Iterator[Stage]:
        for at, one in enumerate(self._said.stages):
            if one.phase == DATA_MINING:
                yield self._stage(one, one.sequence or "sequential", at)

    def _stage(self, said: StageModel, sequence: str, at: int | None) -> Stage:
        place: Place = ("optimization",) if at is None else ("optimization", "stages", at)
        self._known("sequence", sequence, self._sequences, (*place, "sequence"))
        targets = said.targets or tuple(self._targets)
        for position, name in enumerate(targets):
            self._known("target", name, self._targets, (*place, "targets", position))
        for kind, chosen, there in (
            ("methods", said.methods, self._methods),
            ("metrics", said.metrics, self._metrics),
        ):
            for target, name in chosen.items():
                self._known("target", target, dict.fromkeys(targets), (*place, kind, target))
                self._known(kind.removesuffix("s"), name, there, (*place, kind, target))
        self._check_judges(said, targets, sequence, place)
        for target, names in said.constraints.items():
            for name in names:
                where = (*place, "constraints", target)
                self._known("constraint", name, self._constraints, where)
        detector = said.regime_detector_target
        if detector is not None:
            where = (*place, "regime_detector_target")
            self._known("target", detector, self._targets, where)
        options = {"regime_detector_target": detector, "min_regime_data": said.min_regime_data}
        return Stage(
            name=said.name,
            sequence=sequence,
            targets=targets,
            methods=said.methods,
            metrics=said.metrics,
            constraints=said.constraints,
            options={key: value for key, value in options.items() if value is not None},
            stop_after=said.stop_after,
        )

    def _check_judges(
        self, said: StageModel, targets: tuple[str, ...], sequence: str, place: Place
    ) -> None:
        """Detectors are judged by labels, all others by money."""
        for target in targets:
            detects = callable(getattr(self._targets[target], "classified", None))
            if detects and hasattr(self._sequences[sequence], "OPTIONS"):
                continue  # by regime, a detector is asked and not optimised
            name = said.metrics.get(target, next(iter(self._metrics)))
            if detects != callable(getattr(self._metrics[name], "accuracy", None)):
                where = self._document.at((*place, "metrics", target))
                way = "take classification_accuracy" if detects else "it judges detectors only"
                raise WorkflowError(f"{where}: metric {name!r} does not fit {target!r}; {way}")

    def _known(self, kind: str, name: str, there: Mapping[str, Any], place: Place) -> None:
        if name not in there:
            raise WorkflowError(
                f"{self._document.at(place)}: {kind} {name!r} is not registered"
                f"{nearest(name, there)}; there are: {', '.join(there) or 'none'}"
            )

    def _parts(self) -> Iterator[Stage]:
        """Stages of the dialect with `workflow`: rules, rules by regime, weights."""
        rules: list[str] = []
        by_regime: dict[str, Any] = {}
        for at, part in enumerate(self._said.workflow):
            place: Place = ("optimization", "workflow", at)
            if isinstance(part, ComponentStage):
                rules = [one.name for one in part.components]
                methods = {
                    one.name: self._method(one.method, (*place, "components", number, "method"))
                    for number, one in enumerate(part.components)
                }
                for number, name in enumerate(rules):
                    said = ComponentModel.model_validate(
                        {"class": "RuleParametersTarget", "parameters": {"rules": [name]}}
                    )
                    where = (*place, "components", number, "name")
                    self._targets[name] = self._make("targets", said, where)
                sequence = "parallel" if part.parallel else "component_queue"
                yield Stage(part.stage, sequence, tuple(rules), methods, {})
                continue
            if not rules:
                raise WorkflowError(
                    f"{self._document.at(place)}: {part.stage} needs a component_optimization "
                    f"before it"
                )
            method = self._method(part.method, (*place, "method"))
            if isinstance(part, RegimeStage):
                detector = {
                    "class": "RegimeDetectorTarget",
                    "parameters": {"detector": part.detector},
                }
                self._targets["regime_detector"] = self._make(
                    "targets", ComponentModel.model_validate(detector), place
                )
                by_regime = {
                    "regime_detector_target": "regime_detector",
                    "min_regime_data": part.min_samples_per_regime,
                }
                chosen = dict.fromkeys(rules, method)
                yield Stage(
                    part.stage, "regime_specific", tuple(rules), chosen, {}, options=by_regime
                )
            else:
                weights = {"class": "RuleWeightsTarget", "parameters": {"rules": rules}}
                self._targets["rule_weights"] = self._make(
                    "targets", ComponentModel.model_validate(weights), place
                )
                sequence = "regime_specific" if by_regime else "sequential"
                chosen = {"rule_weights": method}
                yield Stage(part.stage, sequence, ("rule_weights",), chosen, {}, options=by_regime)

    def _method(self, name: str, place: Place) -> str:
        """Register the method of this short name, and return it."""
        name = "grid" if name == "distributed" else name  # every search is spread over the pool
        if name not in self._methods:
            said = ComponentModel.model_validate({"class": name})
            self._methods[name] = self._make("methods", said, place)
        return name

    def _reports(self) -> tuple[str, ...]:
        asked = [one.generate_reports for one in self._said.phases.values()]
        asked += [one.generate_reports for one in self._said.stages]
        return tuple(dict.fromkeys(name for names in asked for name in names))

    def _refuse_cycles(self) -> None:
        for start in self._sequences:
            seen, name = [start], getattr(self._sequences[start], "inner", None)
            while name is not None:
                if name not in self._sequences:
                    place: Place = ("optimization", "sequences", seen[-1], "parameters", "inner")
                    self._known("sequence", name, self._sequences, place)
                if name in seen:
                    chain = " -> ".join([*seen, name])
                    where = self._document.at(("optimization", "sequences", start))
                    raise WorkflowError(f"{where}: the sequences run in a circle: {chain}")
                seen.append(name)
                name = getattr(self._sequences[name], "inner", None)


class _Checker:
    """What is wrong with a file although every value of it is possible."""

    def __init__(self, document: Document, said: OptimizationModel) -> None:
        self._document, self._said = document, said

    def check(self) -> None:
        """Raise at the first contradiction."""
        if self._said.workflow and self._said.stages:
            raise self._error(("stages",), "and workflow are two ways to say it; give one")
        self._refuse_twice([one.name for one in self._said.stages], "stages")
        self._refuse_twice([one.stage for one in self._said.workflow], "workflow")
        self._check_order()
        for phase, one in self._said.phases.items():
            if not one.save_checkpoints:
                raise self._error(
                    ("phases", phase, "save_checkpoints"),
                    "false: finished stages are always kept; leave the key out",
                )

    def _refuse_twice(self, names: Sequence[str], key: str) -> None:
        for at, name in enumerate(names):
            if name in names[:at]:
                raise self._error((key, at), f"{name!r} stands there twice; name stages apart")

    def _check_order(self) -> None:
        """Nothing may look after the days that are kept for the end have been seen."""
        last = -1
        for at, one in enumerate(self._said.stages):
            rank = PHASES.index(one.phase)
            if rank < last:
                raise self._error(
                    ("stages", at, "phase"),
                    f"{one.phase} cannot come after {PHASES[last]}: it would have seen days "
                    f"that are kept for the end",
                )
            last = rank
            if one.phase != OOS_TESTING and (one.days or one.configurations):
                key = "days" if one.days else "configurations"
                raise self._error(("stages", at, key), "belongs to the phase oos_testing only")
            if one.phase != DATA_MINING and (one.targets or one.sequence):
                key = "targets" if one.targets else "sequence"
                raise self._error(("stages", at, key), "belongs to the phase data_mining only")
        finals = [at for at, one in enumerate(self._said.stages) if one.phase == OOS_TESTING]
        if len(finals) > 1:
            raise self._error(
                ("stages", finals[1]), "is a second oos_testing; days are unseen once"
            )

    def _error(self, place: Place, problem: str) -> WorkflowError:
        return WorkflowError(f"{self._document.at(('optimization', *place))}: {problem}")


def _check_parameters(path: Path, said: Hypothesis) -> None:
    """Refuse rules and parameters that there are not."""
    for rule, own in by_rule(said.parameters).items():
        try:
            rule_named(rule)
        except OptimizerError as error:
            raise WorkflowError(f"{path}: hypothesis {said.name!r}: {error}") from error
        known = [*strategy_named(rule).space()["parameters"], WEIGHT]
        for name in own:
            if name not in known:
                raise WorkflowError(
                    f"{path}: hypothesis {said.name!r}: {rule} has no parameter {name!r}"
                    f"{nearest(name, known)}; it has: {', '.join(known)}"
                )


def hypotheses_of(plan: Plan) -> tuple[Hypothesis, ...]:
    """The hypotheses of a plan as their file says now; none where it names no file.

    Raises:
        WorkflowError: the file is missing or wrong.
    """
    if plan.hypotheses_file is None:
        return ()
    found = read_hypotheses(plan.hypotheses_file)
    for one in found:
        _check_parameters(plan.hypotheses_file, one)
    return found


def read_hypotheses(path: Path) -> tuple[Hypothesis, ...]:
    """Read and check a file of hypotheses.

    Raises:
        WorkflowError: names the file, the line and the key.
    """
    document = read_document(path)
    found = _parsed(Hypotheses, document).hypotheses
    for at, one in enumerate(found):
        if (one.found is None) == (not one.parameters):
            raise WorkflowError(
                f"{document.at(('hypotheses', at))}: give either from or parameters"
            )
        if one.name in [before.name for before in found[:at]]:
            raise WorkflowError(
                f"{document.at(('hypotheses', at))}: {one.name!r} stands there twice"
            )
    return found


def _idle(document: Document) -> Iterator[str]:
    """Keys that are read for the sake of older files and mean nothing here."""
    for place in document.lines:
        text = ".".join(str(part) for part in place[1:])
        idle = text in _IDLE_KEYS or (len(place) > 1 and place[-1] == "container_spec")
        if idle:
            yield f"{document.at(place)}: means nothing here and is passed over"
