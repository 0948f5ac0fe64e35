"""Two workers against one, through the pool that runs use."""

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.measures import SECONDS, Measure, ratio, transposed
from params_optimizer.orchestrator.master import Master
from params_optimizer.orchestrator.progress import Progress
from params_optimizer.orchestrator.signals import StopRequest
from params_optimizer.orchestrator.stages import AllRows, Metrics, Stage
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.panel.slices import Slice


class KernelOnly:
    """A stage that evaluates every slice and keeps nothing of it."""

    name = "kernel"

    def part(self, study: Study, piece: Slice, metrics: Metrics) -> bytes:
        """No bytes."""
        del study, piece, metrics
        return b""


_STAGES: dict[str, Stage] = {"kernel": KernelOnly(), "all": AllRows()}
_MEMORY = Path("/dev/shm")  # noqa: S108  a file system in memory, where there is one


def measure(study: Study, runs: int) -> list[Measure]:
    """Wall time of the kernels alone, and with columns and parts, by 1 and 2 workers."""
    study.warm_up(lambda _: None)
    rounds = [
        {
            f"{name}_{workers}": _seconds(study, stage, workers)
            for name, stage in _STAGES.items()
            for workers in (1, 2)
        }
        for _ in range(runs)
    ]
    found = transposed(rounds, "workers", SECONDS)
    by_name = {measure.name: measure for measure in found}
    return found + [
        ratio(f"workers.{name}_ratio", by_name[f"workers.{name}_1"], by_name[f"workers.{name}_2"])
        for name in _STAGES
    ]


def _seconds(study: Study, stage: Stage, workers: int) -> float:
    # Even an empty part waits for the disk, which is no part of the kernels.
    in_memory = stage.name == KernelOnly.name and _MEMORY.is_dir()
    with TemporaryDirectory(dir=_MEMORY if in_memory else None) as folder:
        parts = Path(folder) / "parts"
        parts.mkdir()
        checkpoint = Path(folder) / "checkpoint.json"
        progress = Progress(study.symbol, len(study.grid), 1, checkpoint, 100, lambda _: None)
        began = perf_counter()
        Master(study, stage, parts, workers, print).run(progress, StopRequest())
        return perf_counter() - began
