"""HTML pages: of a run, and of two runs side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.actions.common import data_dir_of
from params_optimizer.config import Settings
from params_optimizer.console import DONE, say
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.study import Study


def write_run_page(study: "Study", directory: RunDirectory) -> None:
    """`--generate-html`: the page of a run, and its pictures."""
    from params_optimizer.orchestrator.run import outcome_so_far
    from params_optimizer.reports.html.page import write_page

    for path in write_page(outcome_so_far(directory, study), directory.path):
        say(f"wrote {path}")


def compare_runs(settings: Settings, one: str, other: str) -> int:
    """`--compare`: two runs of the output folder as one page."""
    from params_optimizer.reports.html.compare import write_comparison

    output = Path(settings.paths.output_dir)
    runs = [run_directory.named(output, name) for name in (one, other)]
    say(f"wrote {write_comparison(runs, data_dir_of(settings), output, say)}")
    return DONE
