"""What a workflow file says and cannot be kept; each note names the line."""

from collections.abc import Iterator, Mapping
from typing import Final

from params_optimizer.errors import WorkflowError
from params_optimizer.orchestrator.machine import limits_memory
from params_optimizer.workflows.reading import WorkflowDocument

DISTRIBUTED: Final = "distributed"

_ISOLATED = "is ignored: every trial works on its own copy"
_NOTES: Final[Mapping[str, str]] = {
    "coordinator": "is ignored: the stages say what is done",
    "containers.type": _ISOLATED,
    "containers.resource_limits.cpu_shares": "cannot be kept and is ignored: a worker takes up to "
    "one core; pool_size says how many there are",
    "phases.analysis.type": "is ignored: stop_after makes a pause",
}
"""What is said of keys of older files that are read and have no effect."""


def notes_of(document: WorkflowDocument) -> Iterator[str]:
    """A note for each key that is read and has no effect, or another one than its name says.

    Raises:
        WorkflowError: a limit of memory on a system that has none.
    """
    for place in document.lines:
        key = ".".join(map(str, place[1:]))
        if key in _NOTES:
            yield f"{document.at(place)}: {_NOTES[key]}"
        elif place[-1:] == ("container_spec",):
            yield f"{document.at(place)}: {_ISOLATED}"
        elif place[-1:] == ("method",) and document.value(place) == DISTRIBUTED:
            grid = "is the grid of this machine; every search is spread over its workers"
            yield f"{document.at(place)}: {DISTRIBUTED} {grid}"
        elif place[-1:] == ("memory_mb",) and not limits_memory():
            raise WorkflowError(f"{document.at(place)}: cannot be kept on this system; remove it")
