"""Every file that a finished run leaves beside its results."""

from pathlib import Path

from params_optimizer.orchestrator.outcome import Outcome, SearchOutcome
from params_optimizer.reports.search import write_search
from params_optimizer.reports.summary import write_summary
from params_optimizer.reports.tables import write_distribution, write_tables


def write_files(outcome: Outcome, folder: Path) -> None:
    """Write rankings, variation tables and summaries (DESIGN 4)."""
    write_tables(outcome, folder)
    write_distribution(outcome, folder)
    write_summary(outcome, folder)


def write_search_files(outcome: SearchOutcome, folder: Path) -> None:
    """The same of a search: its table, ranking, history and summary."""
    write_search(outcome, folder)
    write_summary(outcome, folder)
