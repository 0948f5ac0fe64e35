"""Every file that a finished run leaves beside its results."""

from pathlib import Path

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.summary import write_summary
from params_optimizer.reports.tables import write_distribution, write_tables


def write_files(outcome: Outcome, folder: Path) -> None:
    """Write rankings, variation tables and summaries (DESIGN 4)."""
    write_tables(outcome, folder)
    write_distribution(outcome, folder)
    write_summary(outcome, folder)
