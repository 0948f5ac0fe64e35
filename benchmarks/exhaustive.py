"""Every parameter set of a moving-average crossover beside the expanded grid, in one run.

About 120,000 sets on hourly bars, two workers, from process start to the last file. What the
slices of a small space give is compared with the same sets alone first (`benchmarks.slices`).
The aim is a ratio of 2.5, and less than 400 MB for the largest process.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks import slices
from benchmarks.end_to_end import Program
from benchmarks.measures import MEGABYTES, SECONDS, Measure, ratio
from benchmarks.memory import Finished
from params_optimizer.storage import files


def measure(program: Program, runs: int, scratch: Path) -> list[Measure]:
    """Wall time and the largest process of pairs of runs, one after the other.

    Raises:
        OptimizerError: slices differ from their sets alone.
        CommandFailedError: a run failed.
    """
    slices.measure(1)
    axes = {
        "fast": {"type": "int", "low": 2, "high": 200},
        "slow": {"type": "int", "low": 10, "high": 700},
    }
    space = _space(scratch / "crossovers.json", axes, "fast < slow")
    pairs = [
        (
            _every_set(program, "ma_crossover", space),
            program.search("expanded", "--workers", "2"),
        )
        for _ in range(runs)
    ]
    crossovers, expanded = zip(*pairs, strict=True)
    seconds = _seconds("crossovers", crossovers), _seconds("expanded", expanded)
    largest = tuple(run.largest for run in crossovers)
    return [
        *seconds,
        ratio("exhaustive.crossovers_over_expanded", *seconds),
        Measure("exhaustive.crossovers_largest_process", MEGABYTES, largest),
    ]


def measure_large(program: Program, scratch: Path) -> list[Measure]:
    """Ten million sets of an RSI of which the best 1000 are kept; once, for minutes."""
    levels = {"lower": (10.0, 45.0, 0.5), "upper": (55.0, 90.0, 0.5), "exit_level": (40, 60.4, 0.3)}
    axes: dict[str, object] = {"period": {"type": "int", "low": 2, "high": 30}}
    for name, (low, high, step) in levels.items():
        axes[name] = {"type": "float", "low": low, "high": high, "step": step}
    space = _space(scratch / "levels.json", axes)
    run = _every_set(program, "rsi", space, "--keep", "top:1000")
    return [
        Measure("large.levels_seconds", SECONDS, (run.seconds,)),
        Measure("large.levels_largest_process", MEGABYTES, (run.largest,)),
    ]


def _every_set(program: Program, strategy: str, space: Path, *extra: str) -> Finished:
    own = ("--method", "grid", "--strategy", strategy, "--time-frame", "H1")
    return program.run(*own, "--space", str(space), "--workers", "2", *extra)


def _space(path: Path, axes: Mapping[str, object], *constraints: str) -> Path:
    content = {"parameters": axes, "constraints": constraints}
    files.write_text(path, json.dumps(content))
    return path


def _seconds(name: str, runs: tuple[Finished, ...]) -> Measure:
    return Measure(f"exhaustive.{name}_seconds", SECONDS, tuple(run.seconds for run in runs))
