"""What several actions need of the arguments and settings."""

import argparse
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer import __version__, console
from params_optimizer.config import Settings
from params_optimizer.console import Level, say

if TYPE_CHECKING:
    from params_optimizer.orchestrator.study import Dates
    from params_optimizer.storage.run_directory import RunDirectory
    from params_optimizer.validation.windows import Schedule

PROGRAM = "python -m params_optimizer.run_optimizer"
Arguments = argparse.Namespace


def show(text: str) -> None:
    """Print a result, as opposed to what is said about the work."""
    print(text)  # noqa: T201


def data_dir_of(settings: Settings) -> Path:
    """The data root of the settings."""
    return Path(settings.paths.data_dir)


def sample_root(settings: Settings) -> Path:
    """Where generated data lies, apart from real data."""
    return data_dir_of(settings) / "sample"


def dates_of(arguments: Arguments) -> "Dates":
    """The dates that `--from` and `--to` leave."""
    from params_optimizer.orchestrator.study import Dates

    return Dates(arguments.first, arguments.last)


def schedule_of(arguments: Arguments) -> "Schedule":
    """The windows that `--in-sample-days` and its kin ask for.

    Raises:
        SettingsError: numbers that make no window.
    """
    from params_optimizer.validation.windows import Schedule

    return Schedule(
        arguments.in_sample_days,
        arguments.out_sample_days,
        arguments.step_days,
        arguments.anchored,
        arguments.purge_days,
    )


def quiet() -> bool:
    """Whether only warnings, errors and answers are wanted."""
    return console.level() is Level.QUIET


def keep_run_log(directory: "RunDirectory") -> None:
    """Keep what this command says in the log of a run, from its first remark on."""
    from params_optimizer.storage.run_log import RunLog

    console.keep_log(RunLog(directory.path))
    say(
        f"{this_command()} "
        f"(params_optimizer {__version__}, process {os.getpid()} on {platform.node()})",
        Level.LOG,
    )


def this_command() -> str:
    """The command line of this process, as its shell takes it."""
    own = Path(sys.argv[0]).stem == "run_optimizer"
    program = PROGRAM if own else _joined([Path(sys.argv[0]).name])
    return f"{program} {_joined(sys.argv[1:])}"


def command_of(arguments: Arguments) -> str:
    """A command about the same symbol, data and settings, to add an action to."""
    places = {
        "--data-dir": arguments.data_dir,
        "--output-dir": arguments.output_dir,
        "--config": arguments.config,
    }
    given = [part for name, value in places.items() if value for part in (name, str(value))]
    return f"{PROGRAM} {_joined(['--symbol', arguments.symbol, *given])}"


def _joined(parts: list[str]) -> str:
    """Arguments as the shell of this system takes them."""
    return subprocess.list2cmdline(parts) if os.name == "nt" else shlex.join(parts)


_VALIDATIONS = ("holdout", "walk_forward", "regimes", "robustness")
_MADE_OF_THEM = {"report.html": "--generate-html", "analysis.xlsx": "--generate-excel"}


def say_what_is_stale(symbol: str, folder: Path) -> None:
    """Page and workbook show what was there when they were made: name the older ones."""
    found = (folder / f"{symbol}_{name}.json" for name in _VALIDATIONS)
    newest = max((one.stat().st_mtime_ns for one in found if one.exists()), default=0)
    for name, option in _MADE_OF_THEM.items():
        path = folder / f"{symbol}_{name}"
        if path.exists() and path.stat().st_mtime_ns < newest:
            say(f"note: {path.name} shows the run before this; {option} makes it anew")
