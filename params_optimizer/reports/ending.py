"""What a run leaves on the screen: the ten best, where the files are, what to do next."""

import logging
import sys
from collections.abc import Iterator

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.document import summary_of
from params_optimizer.reports.grid_run import GridRun
from params_optimizer.reports.plan_summary import plan_summary
from params_optimizer.reports.render_text import show, text
from params_optimizer.reports.run import ReportedRun
from params_optimizer.storage.run_directory import RunDirectory

log = logging.getLogger(__name__)


def show_ending(outcome: Outcome, directory: RunDirectory, command: str) -> None:
    """Print the summary, in colour on a terminal; then files and next steps as remarks.

    `command` is one about the same data, to which an action can be added.
    """
    if isinstance(outcome.plan, Study):
        print_summary(GridRun(outcome, directory.path))
    else:
        print(plan_summary(outcome))  # noqa: T201  a result
    log.info("results: %s", directory.path)
    log.info("%s", "\n".join([*files_lines(outcome), "", *next_lines(outcome, command)]))


def print_summary(run: ReportedRun) -> None:
    """Print what the text of a run holds, in colour on a terminal."""
    summary = summary_of(run)
    if sys.stdout.isatty():
        from rich.console import Console

        console = Console()
        show(summary, console)
        console.print()
    else:
        print(text(summary))  # noqa: T201  a result; and an empty line


def files_lines(outcome: Outcome) -> Iterator[str]:
    """The files that people open first."""
    symbol = outcome.plan.symbol
    rows = "every combination" if outcome.plan.most is None else "the best combinations"
    names = {
        f"{symbol}_summary.txt": "this summary",
        f"{symbol}_top_100.csv": "the 100 best by score",
        f"{symbol}_variations_summary.csv": "OCAE, TCWE, Reverse, REV_RB side by side",
        f"{symbol}_full_results.parquet": f"{rows}, all figures",
        "run.log": "what was said, and when",
    }
    if not outcome.variations:
        del names[f"{symbol}_variations_summary.csv"]
    width = max(map(len, names))
    yield from (f"  {name:<{width}}  {meaning}" for name, meaning in names.items())


def next_lines(outcome: Outcome, command: str) -> Iterator[str]:
    """What makes sense after this run, as commands to copy."""
    steps = {}
    if outcome.ranking.combination.size:
        middle = _last_quarter(outcome)
        steps = {
            f"--holdout-from {middle}": "what the best do on days they were not chosen on",
            "--walk-forward": "the same, window after window",
            "--robustness": "how likely the best is luck",
            "--generate-html": "one page with pictures of all this",
            "--generate-excel": "the same as a workbook",
            "--trades best": "every trade of the best one",
        }
    else:
        steps = {"--info": "days, bars and grid; min_trades decides what is ranked"}
    width = max(map(len, steps))
    yield "next:"
    yield f"  {command} ..."
    yield from (f"  {option:<{width}}  {meaning}" for option, meaning in steps.items())


def _last_quarter(outcome: Outcome) -> str:
    """The day from which on about a quarter of the trading days lies."""
    first, last = outcome.plan.span
    return (last - (last - first) / 4).isoformat()
