"""`--info`: what lies there, what a run would search, how long it would take."""

from pathlib import Path

from params_optimizer.config import Settings
from params_optimizer.data.loader import optimized_file
from params_optimizer.data.status import data_status, render
from params_optimizer.orchestrator.estimate import Estimate, estimate
from params_optimizer.orchestrator.exhaustive import worker_count
from params_optimizer.orchestrator.plan import Dates, Plan
from params_optimizer.orchestrator.study import Study, load_grid, make_study
from params_optimizer.reports.execution_texts import execution_text
from params_optimizer.reports.forms import count_of
from params_optimizer.reports.progress_texts import duration
from params_optimizer.storage.run_directory import RunDirectory


def info(
    settings: Settings, symbol: str, data_dir: Path, dates: Dates, spread: float | None
) -> str:
    """Everything about one symbol as text."""
    market = settings.symbol(symbol)
    lines = [render(data_status(data_dir, symbol, market, settings.news_filter)), ""]
    grid = load_grid(settings, market)
    lines.append(f"grid           {settings.grid_mode}: {len(grid):,} combinations")
    if optimized_file(data_dir, symbol).exists():
        study = make_study(settings, symbol, data_dir, dates=dates, spread=spread, grid=grid)
        lines += _run_lines(study, settings)
    return "\n".join(lines)


def _run_lines(study: Study, settings: Settings) -> list[str]:
    first, last = study.span
    study.prepare()
    workers = worker_count(study, settings.parallelization.num_workers)
    return [
        f"trading days   {study.trading_days:,} ({first} to {last})",
        f"execution      {execution_text(study.strategy)}",
        f"spread         {study.spread:g} points",
        f"a run          {expectation(estimate(study), workers)}",
    ]


def expectation(expected: Estimate, workers: int) -> str:
    """Rows, bytes and time of a run in words."""
    seconds = expected.wall_seconds(workers)
    size = f"{expected.rows:,} rows, about {expected.result_bytes / 1e6:,.0f} MB"
    if seconds is None:
        return size
    return (
        f"{size} and {duration(seconds)} (minutes:seconds) with {count_of(workers, 'worker')}, "
        f"measured on a sample"
    )


def origin(plan: Plan, directory: RunDirectory) -> str:
    """What a run is made from and with, for those who want to know more."""
    manifest = directory.manifest()
    libraries = ", ".join(f"{name} {number}" for name, number in manifest["libraries"].items())
    lines = [f"{key:<12} {value}" for key, value in plan.fingerprint.items()]
    return "\n".join(["made from:", *lines, f"slices       {manifest['slices']:,}", libraries])
