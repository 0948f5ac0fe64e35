"""`checkpoint.json`: how far an unfinished run is, for people and for scripts that watch it.

A run never reads it. It is small at any size of the run, and a finished run has none.
"""

import json
import os
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Literal

from params_optimizer.errors import OptimizerError
from params_optimizer.orchestrator.manifest import timestamp
from params_optimizer.orchestrator.signals import Interrupted, StopRequest, stop_requests
from params_optimizer.storage import files
from params_optimizer.storage.run_directory import COMPLETE, FAILED, Manifest, RunDirectory

Status = Literal["running", "stopped", "failed"]
_RATE_SECONDS = 30.0
_SECONDS = 1.0


class Rate:
    """How fast a count has grown during the last half a minute."""

    def __init__(self, completed: int) -> None:
        self._marks = deque([(time.monotonic(), completed)])

    def update(self, completed: int) -> None:
        """Note the count now."""
        moment = time.monotonic()
        self._marks.append((moment, completed))
        while len(self._marks) > 2 and moment - self._marks[0][0] > _RATE_SECONDS:
            self._marks.popleft()

    def now(self) -> float:
        """The growth per second up to this moment."""
        (began, first), (_, last) = self._marks[0], self._marks[-1]
        seconds = time.monotonic() - began
        return (last - first) / seconds if seconds > 0 else 0.0


class Checkpoint:
    """The file `name` of one run: `completed` of `total` are done, whatever it counts."""

    def __init__(self, directory: RunDirectory, name: str, manifest: Manifest) -> None:
        self._directory, self._path = directory, directory.path / name
        self._state: dict[str, Any] = {
            "symbol": manifest.get("symbol"),
            "method": manifest.get("method", manifest.get("kind")),
            "status": "running",
            "pid": os.getpid(),
            "updated": None,
            "completed_count": 0,
            "total_combinations": None,
            "rate": 0.0,
            "eta_seconds": None,
            "best_so_far": None,
        }
        self._written = float("-inf")

    @property
    def due(self) -> bool:
        """Whether the file is older than a second."""
        return time.monotonic() - self._written >= _SECONDS

    def write(
        self,
        completed: int,
        total: int,
        rate: float,
        best: Mapping[str, object] | None,
        status: Status = "running",
    ) -> None:
        """Replace the file; `rate` is per second."""
        eta = round((total - completed) / rate, 1) if rate else None
        self._state |= {
            "completed_count": completed,
            "total_combinations": total,
            "rate": round(rate, 1),
            "eta_seconds": eta,
            "best_so_far": best,
        }
        self.end(status)

    def end(self, status: Status) -> None:
        """Replace the file: the same counts, and how the process ended.

        Raises:
            RunError: this process does not hold the directory any more.
        """
        self._directory.refuse_another()
        self._state |= {"status": status, "updated": timestamp()}
        files.write_text(self._path, json.dumps(self._state, indent=1) + "\n")
        self._written = time.monotonic()

    def remove(self) -> None:
        """Delete the file of a run that is complete."""
        if self._path.exists():
            files.remove(self._path)


@contextmanager
def at_work(directory: RunDirectory, name: str) -> Iterator[tuple[StopRequest, Checkpoint]]:
    """Hold a run directory; checkpoint and manifest say how the block ended.

    `name` is that of the checkpoint.

    Raises:
        LockedError: another process works in the directory.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    with stop_requests() as stop, directory.locked():
        directory.remove_temporaries()
        checkpoint = Checkpoint(directory, name, directory.manifest())
        try:
            yield stop, checkpoint
        except (Interrupted, KeyboardInterrupt):
            _end(directory, checkpoint, "stopped")
            raise
        except Exception:
            _end(directory, checkpoint, "failed")
            raise


def complete(directory: RunDirectory, checkpoint: Checkpoint, facts: Mapping[str, object]) -> None:
    """Mark a run as complete; `facts` join its manifest."""
    checkpoint.remove()
    ended = {"status": COMPLETE, "ended": timestamp(), **facts}
    directory.write_manifest({**directory.manifest(), **ended})


def _end(directory: RunDirectory, checkpoint: Checkpoint, status: Status) -> None:
    with suppress(OptimizerError):  # the error that brought us here is the one to tell
        manifest = directory.manifest()
        if manifest.get("status") == COMPLETE:
            return
        checkpoint.end(status)
        if status == "failed":
            directory.write_manifest({**manifest, "status": FAILED, "ended": timestamp()})
