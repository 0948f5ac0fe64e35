"""The text files of a run: what was searched, what came out, what to make of it."""

from pathlib import Path

from params_optimizer.orchestrator.outcome import Outcome, SearchOutcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.adaptive_run import AdaptiveRun
from params_optimizer.reports.document import document_of, summary_of
from params_optimizer.reports.grid_run import GridRun
from params_optimizer.reports.plan_summary import plan_summary
from params_optimizer.reports.render_text import text
from params_optimizer.reports.sections import variations
from params_optimizer.storage import files


def write_summary(outcome: Outcome, folder: Path) -> None:
    """Write `{SYMBOL}_summary.txt` and `{SYMBOL}_variation_report.txt`."""
    if not isinstance(outcome.plan, Study):
        files.write_text(folder / f"{outcome.plan.symbol}_summary.txt", plan_summary(outcome))
        return
    run = GridRun(outcome, folder)
    report = document_of(run, [variations.SECTION])
    files.write_text(run.path("summary.txt"), text(summary_of(run)))
    files.write_text(run.path("variation_report.txt"), text(report))


def write_search_summary(outcome: SearchOutcome, folder: Path) -> None:
    """Write `{SYMBOL}_summary.txt` of a search."""
    run = AdaptiveRun(outcome, folder)
    files.write_text(run.path("summary.txt"), text(summary_of(run)))
