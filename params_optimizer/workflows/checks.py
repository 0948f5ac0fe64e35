"""What is wrong with a workflow file although every value of it is possible."""

from collections.abc import Sequence

from params_optimizer.errors import WorkflowError
from params_optimizer.workflows.model import (
    DATA_MINING,
    OOS_TESTING,
    PHASES,
    OptimizationModel,
)
from params_optimizer.workflows.reading import WorkflowDocument


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
            if not settings.save_checkpoints:
                raise self._error(
                    ("phases", phase, "save_checkpoints"),
                    "false: finished stages are always kept; leave the key out",
                )

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
            for phase, keys in (
                (OOS_TESTING, ("days", "configurations")),
                (DATA_MINING, ("targets", "sequence")),
            ):
                for key in keys:
                    if stage.phase != phase and getattr(stage, key):
                        raise self._error(("stages", at, key), f"belongs to the phase {phase} only")
        tests = [at for at, stage in enumerate(self._content.stages) if stage.phase == OOS_TESTING]
        if len(tests) > 1:
            raise self._error(
                ("stages", tests[1]), "is a second oos_testing; days are unseen only once"
            )

    def _error(self, place: tuple[str | int, ...], problem: str) -> WorkflowError:
        return WorkflowError(f"{self._document.at(('optimization', *place))}: {problem}")
