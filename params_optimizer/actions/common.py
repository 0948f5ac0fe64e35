"""What several actions need of the arguments and settings."""

import logging
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer import __version__, console
from params_optimizer.config import Settings
from params_optimizer.console import RECORD, Level
from params_optimizer.data.marker import is_generated
from params_optimizer.environment import program, quoted
from params_optimizer.requests.fields import DayFields, ScheduleFields
from params_optimizer.requests.validation import VALIDATIONS
from params_optimizer.storage.run_directory import SAMPLE

if TYPE_CHECKING:
    from params_optimizer.orchestrator.plan import Dates
    from params_optimizer.storage.run_directory import RunDirectory
    from params_optimizer.validation.windows import Schedule

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """The settings of a command, the places that it names, and its options by field."""

    settings: Settings
    places: Mapping[str, object]
    options: Mapping[str, str]

    @property
    def data_dir(self) -> Path:
        """Root of raw and prepared data and of the news."""
        return Path(self.settings.paths.data_dir)

    @property
    def output(self) -> Path:
        """Where run directories lie; those of generated data apart, unless a place is named."""
        folder = Path(self.settings.paths.output_dir)
        if "output_dir" in self.places or not is_generated(self.data_dir):
            return folder
        return folder / SAMPLE

    @property
    def sample_root(self) -> Path:
        """Where generated data lies, apart from real data."""
        return self.data_dir / SAMPLE

    def under(self, settings: Settings) -> "Context":
        """The same with other settings."""
        return replace(self, settings=settings)

    def on(self, data_dir: Path) -> "Context":
        """The same with another data folder."""
        paths = self.settings.paths.model_copy(update={"data_dir": str(data_dir)})
        settings = self.settings.model_copy(update={"paths": paths})
        return replace(self, settings=settings, places={**self.places, "data_dir": str(data_dir)})

    def option(self, field: str) -> str:
        """The option that fills a field, for messages."""
        return self.options.get(field, field)

    def command(self, *about: str) -> str:
        """A command about a symbol or run, on the same data and settings, to add an action to."""
        places = [
            part
            for name, value in self.places.items()
            for part in (f"--{name.replace('_', '-')}", str(value))
        ]
        return f"{program()} {quoted([*about, *places])}"


def show(text: str) -> None:
    """Print a result, as opposed to what is said about the work."""
    print(text)  # noqa: T201


def dates_of(request: DayFields) -> "Dates":
    """The days that a request leaves."""
    from params_optimizer.orchestrator.plan import Dates

    return Dates(request.first, request.last)


def schedule_of(request: ScheduleFields) -> "Schedule":
    """The windows that a request asks for."""
    from params_optimizer.validation.windows import Schedule

    return Schedule(
        **request.model_dump(include=set(ScheduleFields.model_fields), exclude_none=True)
    )


def quiet() -> bool:
    """Whether only warnings, errors and answers are wanted."""
    return console.level() is Level.QUIET


def keep_run_log(directory: "RunDirectory") -> None:
    """Keep what this command says in the log of a run, from its first remark on."""
    from params_optimizer.storage.run_log import RunLog

    console.keep_log(RunLog(directory.path))
    log.log(
        RECORD,
        "%s (params_optimizer %s, process %s on %s)",
        this_command(),
        __version__,
        os.getpid(),
        platform.node(),
    )


def this_command() -> str:
    """The command line of this process, as its shell takes it."""
    optimizer = Path(sys.argv[0]).stem == "run_optimizer"
    started = program() if optimizer else quoted([Path(sys.argv[0]).name])
    return f"{started} {quoted(sys.argv[1:])}"


_FINDINGS = ("holdout", "walk_forward", "regimes", "robustness", *VALIDATIONS)
_MADE_OF_THEM = {"report.html": "--generate-html", "analysis.xlsx": "--generate-excel"}


def say_what_is_stale(symbol: str, folder: Path) -> None:
    """Page and workbook show what was there when they were made: name the older ones."""
    paths = (folder / f"{symbol}_{name}.json" for name in _FINDINGS)
    newest = max((path.stat().st_mtime_ns for path in paths if path.exists()), default=0)
    for name, option in _MADE_OF_THEM.items():
        path = folder / f"{symbol}_{name}"
        if path.exists() and path.stat().st_mtime_ns < newest:
            log.info("note: %s shows the run before this; %s makes it anew", path.name, option)
