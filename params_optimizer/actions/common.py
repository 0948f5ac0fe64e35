"""What several actions need of the arguments and settings."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.config import Settings

if TYPE_CHECKING:
    from params_optimizer.orchestrator.study import Dates
    from params_optimizer.validation.windows import Schedule

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
