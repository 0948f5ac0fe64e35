"""The text files of a run: what was searched, what came out, what to make of it."""

from pathlib import Path

from params_optimizer.orchestrator.outcome import Outcome, SearchOutcome
from params_optimizer.reports.document import document_of, summary_of
from params_optimizer.reports.render_text import text
from params_optimizer.reports.run import ReportedRun
from params_optimizer.storage import files


def write_summary(outcome: Outcome | SearchOutcome, folder: Path) -> None:
    """Write `{SYMBOL}_summary.txt`, and where the strategy has them `_variation_report.txt`."""
    run = ReportedRun(outcome, folder)
    files.write_text(run.path("summary.txt"), text(summary_of(run)))
    if run.variations:
        report = document_of(run, ["variations"])
        files.write_text(run.path("variation_report.txt"), text(report))
