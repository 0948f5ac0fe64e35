"""What several actions need of the arguments and settings."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.config import Settings

if TYPE_CHECKING:
    from params_optimizer.orchestrator.study import Dates

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
