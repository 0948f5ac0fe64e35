"""Larger grids: what ten times the combinations cost, and a hundred million."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.end_to_end import Program
from benchmarks.kernels import panel_seconds
from benchmarks.market import Market, shipped
from benchmarks.measures import MEGABYTES, SECONDS, Measure, ratio
from params_optimizer.config import GridValues
from params_optimizer.storage import files


def named(grid: str) -> GridValues:
    """The values of a grid with a name."""
    grids = shipped().grids
    return {"standard": grids.standard, "expanded": grids.expanded}[grid]


def ten_times(grid: GridValues) -> GridValues:
    """Ten times the combinations: twice the buffers, five times the distances."""
    return grid.model_copy(
        update={
            "ib_buffer_pct": refined(grid.ib_buffer_pct, 2),
            "max_distance_pct": refined(grid.max_distance_pct, 5),
        }
    )


def hundred_million() -> GridValues:
    """101,376,000 combinations: the expanded grid, finer in four keys."""
    grid = named("expanded")
    return grid.model_copy(
        update={
            "rr_target": refined(grid.rr_target, 24 / 7),
            "ib_buffer_pct": refined(grid.ib_buffer_pct, 4),
            "max_distance_pct": refined(grid.max_distance_pct, 5),
        }
    )


def refined(values: Sequence[float], times: float) -> tuple[float, ...]:
    """`times` as many values, evenly spaced from the least to the greatest."""
    count = round(len(values) * times)
    low, high = min(values), max(values)
    return tuple(round(low + (high - low) * place / (count - 1), 6) for place in range(count))


def measure(market: Market, program: Program, grid: str, runs: int, scratch: Path) -> list[Measure]:
    """Kernel time and peak memory of `grid` and of ten times it, and their quotients."""
    larger = ten_times(named(grid))
    file = _write(larger, scratch / f"{grid}_x10.json")
    small, large = market.study(grid), market.study(larger)
    panel_seconds(small, slices=1)
    pairs = [(panel_seconds(small), panel_seconds(large)) for _ in range(runs)]
    kernels = _pair("kernel", SECONDS, grid, pairs)
    runs_of = [(program.search(grid), program.search(str(file)))]
    memory = _pair("memory", MEGABYTES, grid, [(one.peak, ten.peak) for one, ten in runs_of])
    seconds = _pair("run", SECONDS, grid, [(one.seconds, ten.seconds) for one, ten in runs_of])
    return [
        *kernels,
        ratio("grids.kernel_time_ratio", kernels[1], kernels[0]),
        *memory,
        ratio("grids.memory_ratio", memory[1], memory[0]),
        *seconds,
    ]


def measure_large(program: Program, scratch: Path) -> list[Measure]:
    """A hundred million combinations of which the best 1000 are kept; once, for minutes."""
    file = _write(hundred_million(), scratch / "hundred_million.json")
    finished = program.search(str(file), "--keep", "top:1000")
    return [
        Measure("large.seconds", SECONDS, (finished.seconds,)),
        Measure("large.memory", MEGABYTES, (finished.peak,)),
    ]


def _pair(name: str, unit: str, grid: str, pairs: list[tuple[float, float]]) -> list[Measure]:
    small, large = zip(*pairs, strict=True)
    return [
        Measure(f"grids.{name}_{grid}", unit, small),
        Measure(f"grids.{name}_{grid}_x10", unit, large),
    ]


def _write(grid: GridValues, path: Path) -> Path:
    files.write_text(path, grid.model_dump_json(indent=1, exclude_none=True))
    return path
