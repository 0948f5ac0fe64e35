"""`--info`: what lies there, what a run would search, how long it would take."""

from pathlib import Path
from time import perf_counter

from params_optimizer.config import Settings
from params_optimizer.data.bars import optimized_file
from params_optimizer.data.status import data_status, render
from params_optimizer.orchestrator.master import worker_count
from params_optimizer.orchestrator.study import Dates, Say, Study, make_study
from params_optimizer.reports.terminal import duration
from params_optimizer.search.grid import load_grid
from params_optimizer.strategies.initial_balance.panel.slices import Slices

_BYTES_PER_ROW = 150
"""Of the results file: measured 140 to 150 on real and generated bars."""

_WRITING = 1.5e-6
_START = 2.0
"""Seconds for one row on its way to the disk, and for everything before and after."""


def info(
    settings: Settings, symbol: str, data_dir: Path, dates: Dates, spread: float | None, say: Say
) -> str:
    """Everything about one symbol as text."""
    market = settings.symbol(symbol)
    lines = [render(data_status(data_dir, symbol, market, settings.news_filter)), ""]
    grid = load_grid(settings, market)
    lines.append(f"grid           {settings.grid_mode}: {len(grid):,} combinations")
    if optimized_file(data_dir, symbol).exists():
        study = make_study(settings, symbol, data_dir, say, dates=dates, spread=spread, grid=grid)
        lines += _run_lines(study, settings, say)
    return "\n".join(lines)


def _run_lines(study: Study, settings: Settings, say: Say) -> list[str]:
    first, last = study.span
    workers = worker_count(study, settings.parallelization.num_workers, say)
    seconds = estimate(study, workers)
    return [
        f"trading days   {study.trading_days:,} ({first} to {last})",
        f"spread         {study.spread:g} points",
        f"a run takes    about {duration(seconds)} with {workers} workers and "
        f"{len(study.grid) * _BYTES_PER_ROW / 1e6:,.0f} MB (measured on a sample of the grid)",
    ]


def estimate(study: Study, workers: int) -> float:
    """Seconds a run would take, from evaluating two slices of its grid."""
    slices, engine = Slices(study.grid.axes), study.engine()
    tiles = slices.by_tile()
    tile = next(tiles)
    engine.metrics(tile[0])  # compiles, or loads compiled code: not part of the measure
    engine = study.engine()
    began = perf_counter()
    engine.metrics(tile[0])
    prepared = perf_counter()
    engine.metrics(tile[-1])
    walked = perf_counter() - prepared
    preparation = max(prepared - began - walked, 0.0)
    tile_count = len(slices) / len(tile)
    work = preparation * tile_count + walked * len(slices) + _WRITING * len(study.grid)
    return work / workers + _START
