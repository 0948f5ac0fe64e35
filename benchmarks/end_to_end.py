"""Whole commands as a user types them, from process start to the last file."""

import os
import shutil
import sys
from pathlib import Path

from benchmarks.market import CHECKOUT, Market, shipped
from benchmarks.measures import MEGABYTES, SECONDS, Measure
from benchmarks.memory import Finished, run
from params_optimizer.storage import files

_PROGRAM = [sys.executable, "-m", "params_optimizer.run_optimizer"]


class Program:
    """The command line of the product on one market, with shipped settings and no news."""

    def __init__(self, market: Market, scratch: Path) -> None:
        self._market, self._scratch = market, scratch
        self._config = scratch / "config.json"
        files.write_text(self._config, shipped().model_dump_json(indent=1))

    def search(self, grid: str, *extra: str, cache: Path | None = None) -> Finished:
        """One run of `grid`; see `run`."""
        return self.run("--grid", grid, *extra, cache=cache)

    def run(self, *options: str, cache: Path | None = None) -> Finished:
        """One run; `cache` is another folder of compiled kernels than the user's.

        Raises:
            CommandFailedError: the run failed.
        """
        output = self._scratch / "output"
        arguments = [*self._symbol(), *options, "--no-resume", "--output-dir", str(output)]
        environment = dict(os.environ)
        if cache:
            environment["PARAMS_OPTIMIZER_CACHE"] = str(cache)
        try:
            return run([*_PROGRAM, *arguments], CHECKOUT, environment)
        finally:
            shutil.rmtree(output, ignore_errors=True)

    def first_search(self, grid: str) -> Finished:
        """The same with nothing compiled yet."""
        cache = self._scratch / "cache"
        try:
            return self.search(grid, cache=cache)
        finally:
            shutil.rmtree(cache, ignore_errors=True)

    def help(self) -> float:
        """Seconds of `--help`."""
        return run([*_PROGRAM, "--help"], CHECKOUT, os.environ, watch=False).seconds

    def info(self) -> float:
        """Seconds of `--info`, with its measured estimate."""
        arguments = [*_PROGRAM, *self._symbol(), "--info"]
        return run(arguments, CHECKOUT, os.environ, watch=False).seconds

    def _symbol(self) -> list[str]:
        data_dir, config = str(self._market.data_dir.resolve()), str(self._config)
        return ["--symbol", self._market.symbol, "--data-dir", data_dir, "--config", config]


def measure(program: Program, grids: list[str], runs: int) -> list[Measure]:
    """Wall time and peak memory of each grid, and of the first run ever of the last one."""
    found = []
    for grid in grids:
        rounds = [program.search(grid) for _ in range(runs)]
        found += _measures(grid, rounds)
    rounds = [program.first_search(grids[-1]) for _ in range(runs)]
    return found + _measures(f"{grids[-1]}_first_run", rounds)


def measure_start(program: Program, runs: int) -> list[Measure]:
    """Seconds of the commands that have to answer at once."""
    commands = {"help": program.help, "info": program.info}
    return [
        Measure(f"start.{name}", SECONDS, tuple(command() for _ in range(runs)))
        for name, command in commands.items()
    ]


def _measures(name: str, rounds: list[Finished]) -> list[Measure]:
    seconds, peaks = zip(*((run.seconds, run.peak) for run in rounds), strict=True)
    return [
        Measure(f"end_to_end.{name}_seconds", SECONDS, seconds),
        Measure(f"end_to_end.{name}_memory", MEGABYTES, peaks),
    ]
