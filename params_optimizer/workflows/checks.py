"""What is wrong with a workflow file although every value of it is possible."""

from collections.abc import Mapping, Sequence
from typing import Final

from params_optimizer.errors import WorkflowError
from params_optimizer.workflows.model import (
    ANALYSIS,
    DATA_MINING,
    OOS_TESTING,
    PHASES,
    OptimizationModel,
    Phase,
    PhaseModel,
)
from params_optimizer.workflows.reading import WorkflowDocument

_SEARCH_KEYS = ("targets", "sequence", "methods", "metrics", "constraints")
_PHASES_OF: Final[Mapping[str, tuple[Phase, ...]]] = {
    **dict.fromkeys(("days", "configurations"), (OOS_TESTING,)),
    **dict.fromkeys((*_SEARCH_KEYS, "regime_detector_target", "min_regime_data"), (DATA_MINING,)),
    "stop_after": (DATA_MINING, ANALYSIS),
}
"""Which phases a key of a stage belongs to."""


def check_file(document: WorkflowDocument, content: OptimizationModel) -> None:
    """Refuse the first contradiction.

    Raises:
        WorkflowError: names the file, the line and the key.
    """
    _Checker(document, content).check()


class _Checker:
    def __init__(self, document: WorkflowDocument, content: OptimizationModel) -> None:
        self._document, self._content = document, content

    def check(self) -> None:
        if self._content.workflow and self._content.stages:
            raise self._error(("stages",), "and workflow are alternatives; give one of them")
        self._refuse_twice([stage.name for stage in self._content.stages], "stages")
        self._refuse_twice([part.stage for part in self._content.workflow], "workflow")
        self._check_order()
        for phase, settings in self._content.phases.items():
            self._check_phase(phase, settings)
        for at, part in enumerate(self._content.workflow):
            for key in ("regime_isolation", "use_signal_replay"):
                if getattr(part, key, True) is False:
                    raise self._error(
                        ("workflow", at, key),
                        "false cannot be kept: each regime is searched alone, and signals are "
                        "computed once; leave the key out",
                    )

    def _check_phase(self, phase: Phase, settings: PhaseModel) -> None:
        if not settings.save_checkpoints:
            raise self._error(
                ("phases", phase, "save_checkpoints"),
                "false: finished stages are always kept; leave the key out",
            )
        for key in ("days", "configurations"):
            if phase != OOS_TESTING and getattr(settings, key):
                raise self._error(
                    ("phases", phase, key), f"belongs to the phase {OOS_TESTING} only"
                )
        if phase == OOS_TESTING and settings.stop_after:
            raise self._error(("phases", phase, "stop_after"), "nothing comes after this phase")

    def _refuse_twice(self, names: Sequence[str], key: str) -> None:
        for at, name in enumerate(names):
            if name in names[:at]:
                raise self._error((key, at), f"{name!r} is listed twice; give each its own name")

    def _check_order(self) -> None:
        """No stage may run after the days that are kept for the end have been seen."""
        last = 0
        for at, stage in enumerate(self._content.stages):
            rank = PHASES.index(stage.phase)
            if rank < last:
                raise self._error(
                    ("stages", at, "phase"),
                    f"{stage.phase} cannot come after {PHASES[last]}: it would have seen days "
                    f"that are kept for the end",
                )
            last = rank
            for key, phases in _PHASES_OF.items():
                if stage.phase not in phases and getattr(stage, key):
                    belongs = " or ".join(phases)
                    raise self._error(("stages", at, key), f"belongs to the phase {belongs} only")
        tests = [at for at, stage in enumerate(self._content.stages) if stage.phase == OOS_TESTING]
        if len(tests) > 1:
            raise self._error(
                ("stages", tests[1]), "is a second oos_testing; days are unseen only once"
            )

    def _error(self, place: tuple[str | int, ...], problem: str) -> WorkflowError:
        return WorkflowError(f"{self._document.at(('optimization', *place))}: {problem}")
