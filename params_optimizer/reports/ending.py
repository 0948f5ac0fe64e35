"""What a run leaves on the screen: the ten best, where the files are, what to do next."""

import logging
import sys
from collections.abc import Iterator, Mapping

from params_optimizer.data.days import to_date
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.reports.document import summary_of
from params_optimizer.reports.render_text import show, text
from params_optimizer.reports.run import ReportedRun
from params_optimizer.storage.run_directory import RunDirectory
from params_optimizer.validation.windows import Schedule

log = logging.getLogger(__name__)


def show_ending(outcome: Outcome, directory: RunDirectory, command: str) -> None:
    """Print the summary, in colour on a terminal; then files and next steps as remarks.

    `command` is one about the same data, to which an action can be added.
    """
    print_summary(ReportedRun(outcome, directory.path))
    log.info("results: %s", directory.path)
    ranked = outcome.ranking.combination.size > 0
    steps = next_lines(outcome.plan, command, ranked=ranked)
    log.info("%s", "\n".join([*files_lines(outcome), "", *steps]))


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


def next_lines(plan: Plan, command: str, *, ranked: bool) -> Iterator[str]:
    """What can be asked after a run, as commands to copy; `ranked`: it has a best set."""
    yield "next:"
    steps = _steps(plan) if ranked else {"--info": "days, bars and the filters of the ranking"}
    for option, meaning in steps.items():
        yield f"  {meaning}:"
        yield f"    {command} {option}"


def _steps(plan: Plan) -> Mapping[str, str]:
    """Options that these data can answer."""
    steps = {
        f"--holdout-from {_last_quarter(plan)}": "what the best do on days they were not chosen on",
        "--walk-forward": "the same, window after window",
        "--robustness": "how likely the best is luck",
        "--generate-html": "one page with pictures of all this",
        "--generate-excel": "the same as a workbook",
        "--trades best": "every trade of the best one",
    }
    if plan.trading_days < Schedule().length:
        del steps["--walk-forward"]
    return steps


def _last_quarter(plan: Plan) -> str:
    """The day from which on about a quarter of the trading days lies."""
    days = plan.traded_days
    return to_date(int(days[days.size - max(days.size // 4, 1)])).isoformat()
