"""Two workers against one, through the pool that runs use."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.measures import SECONDS, Measure, ratio, transposed
from params_optimizer.orchestrator.checkpoint import Checkpoint
from params_optimizer.orchestrator.columns import EvaluatedSlice, TableSpec
from params_optimizer.orchestrator.exhaustive import Parts
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.progress import Progress
from params_optimizer.orchestrator.signals import StopRequest
from params_optimizer.orchestrator.stages import AllRows, Stage
from params_optimizer.orchestrator.study import Study
from params_optimizer.storage.run_directory import RunDirectory


class KernelOnly:
    """A stage that evaluates every slice and keeps nothing of it."""

    name = "kernel"

    def part(self, spec: TableSpec, evaluated: EvaluatedSlice) -> bytes:
        """No bytes."""
        del spec, evaluated
        return b""


_STAGES: dict[str, Stage] = {"kernel": KernelOnly(), "all": AllRows()}
_MEMORY = Path("/dev/shm")  # noqa: S108  a file system in memory, where there is one


def measure(study: Study, runs: int) -> list[Measure]:
    """Wall time of the kernels alone, and with columns and parts, by 1 and 2 workers.

    On a machine that others use, wall time says little of two workers. Beside it stands the
    processor time of all workers: what it grows by with a second one is what is lost.
    """
    study.prepare()
    rounds = [
        {
            f"{name}_{kind}{workers}": seconds
            for name, stage in _STAGES.items()
            for workers in (1, 2)
            for kind, seconds in _seconds(study, stage, workers).items()
        }
        for _ in range(runs)
    ]
    found = transposed(rounds, "workers", SECONDS)
    by_name = {measure.name.removeprefix("workers."): measure for measure in found}
    return [
        *found,
        *(
            ratio(f"workers.{name}_ratio", by_name[f"{name}_1"], by_name[f"{name}_2"])
            for name in _STAGES
        ),
        *(
            ratio(f"workers.{name}_cpu_growth", by_name[f"{name}_cpu_2"], by_name[f"{name}_cpu_1"])
            for name in _STAGES
            if f"{name}_cpu_1" in by_name
        ),
    ]


def _seconds(study: Study, stage: Stage, workers: int) -> dict[str, float]:
    """Wall time as "", processor time of the workers, which have ended by then, as "cpu_".

    Windows does not tell the latter.
    """
    # Even an empty part waits for the disk, which is no part of the kernels.
    in_memory = stage.name == KernelOnly.name and _MEMORY.is_dir()
    with TemporaryDirectory(dir=_MEMORY if in_memory else None) as folder:
        parts = Path(folder) / "parts"
        parts.mkdir()
        directory = RunDirectory(Path(folder))
        checkpoint = Checkpoint(directory, "checkpoint.json", new_manifest(study))
        progress = Progress(len(study.grid), 1, checkpoint, 100, lambda _: None)
        began, before = perf_counter(), _workers_time()
        Parts(study, stage, parts).make(workers, progress, StopRequest())
        seconds, spent = perf_counter() - began, _workers_time() - before
        return {"": seconds} | ({"cpu_": spent} if spent else {})


def _workers_time() -> float:
    """Processor time of all processes that this one has started and that have ended."""
    if sys.platform == "win32":
        return 0.0
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
