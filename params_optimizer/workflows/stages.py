"""Stages of a workflow, and what can be wrong with their names and their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from params_optimizer.config.messages import nearest
from params_optimizer.errors import SettingsError, SpaceError, WorkflowError
from params_optimizer.workflows.conditions import parse_condition
from params_optimizer.workflows.model import StageModel
from params_optimizer.workflows.optimizer import Assignment
from params_optimizer.workflows.reading import Place, WorkflowDocument
from params_optimizer.workflows.sequences import (
    RegimeSpecificOptimization,
    WalkForwardOptimization,
    chain_of,
)

ROOT: Final = "optimization"


@dataclass(frozen=True, slots=True)
class WorkflowStage:
    """One optimisation of the first phase."""

    name: str
    sequence: str
    targets: tuple[str, ...]
    methods: Mapping[str, str]
    metrics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constraints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    when: str | None = None
    stop_after: bool = False


class StageChecker:
    """Refuses stages that cannot be followed.

    `components` maps kinds to components by name. All checks raise `WorkflowError` with the
    line of the key.
    """

    def __init__(
        self, document: WorkflowDocument, components: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._document, self._components = document, components

    def condition(self, stage: WorkflowStage, before: Sequence[str], place: Place) -> None:
        """Refuse a condition that names anything but figures of earlier stages."""
        if stage.when is None:
            return
        try:
            parse_condition(stage.when, before)
        except SpaceError as error:
            raise WorkflowError(f"{self._document.at((*place, 'when'))}: {error}") from error

    def foresight(self, stage: WorkflowStage, before: Mapping[str, str], place: Place) -> None:
        """No window of a walk-forward may test what an earlier stage chose on its days.

        `before` maps the targets of earlier stages to these. What the stage searches itself is
        searched anew in each window; a detector of regimes is only asked there.
        """
        chain = self.chain(stage.sequence)
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

    def chain(self, name: str) -> list[Any]:
        """A sequence and those that it runs inside."""
        try:
            return chain_of(name, self._components["sequences"])
        except SettingsError as error:
            place = self._document.at((ROOT, "sequences", name))
            raise WorkflowError(f"{place}: {error}") from error

    def metrics(
        self, stage: StageModel, targets: tuple[str, ...], sequence: str, place: Place
    ) -> None:
        """Detectors are judged by labels, all others by money."""
        metrics = self._components["metrics"]
        by_regime = any(hasattr(item, "OPTIONS") for item in self.chain(sequence))
        for target in targets:
            detects = hasattr(self._components["targets"][target], "classified")
            if detects and by_regime:
                continue  # the detector is asked and not optimised
            where = self._document.at((*place, "metrics", target))
            names = stage.metrics.get(target, (next(iter(metrics)),))
            for name in names:
                if detects != hasattr(metrics[name], "accuracy"):
                    hint = "use classification_accuracy" if detects else "it judges detectors only"
                    raise WorkflowError(f"{where}: metric {name!r} does not fit {target!r}; {hint}")
            method = stage.methods.get(target, next(iter(self._components["methods"])))
            chosen = {name: metrics[name] for name in names}
            try:
                Assignment(
                    None, method, self._components["methods"][method], chosen
                ).check_metrics()
            except SettingsError as error:
                raise WorkflowError(f"{where}: {error}") from error

    def name(
        self, kind: str, name: str, place: Place, names: tuple[str, ...] | None = None
    ) -> None:
        """Refuse the name of a component that is not registered."""
        names = tuple(self._components[kind]) if names is None else names
        if name not in names:
            raise WorkflowError(
                f"{self._document.at(place)}: {kind.removesuffix('s')} {name!r} is not registered"
                f"{nearest(name, names)}; there are: {', '.join(names) or 'none'}"
            )
