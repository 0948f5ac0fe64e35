"""What a run leaves on the screen: the ten best, where the files are, what to do next."""

import logging
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.subject import heading
from params_optimizer.reports.summary import TOP, ranked, summary, verdict
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

log = logging.getLogger(__name__)

MEDALS = ("bold yellow", "bold white", "bold dark_orange3")
_COLUMNS = (
    ("total_r", "total R", "{:,.2f}", 0),
    ("total_trades", "trades", "{:,}", 0),
    ("winrate", "win %", "{:.1f}", 66),
    ("profit_factor", "profit factor", "{:.2f}", 92),
    ("sharpe_ratio", "Sharpe", "{:.2f}", 0),
    ("max_drawdown", "drawdown", "{:.2f}", 78),
    ("rr_target", "target R", "{:g}", 120),
    ("tsl_target", "trailing R", "{:g}", 120),
    ("stop_mode", "stop", "{}", 120),
)
"""Column, name, form, and the least width of the terminal at which it is shown."""


def show_ending(outcome: Outcome, directory: RunDirectory, command: str) -> None:
    """Print the summary, in colour on a terminal; then files and next steps as remarks.

    `command` is one about the same data, to which an action can be added.
    """
    if sys.stdout.isatty():
        from rich.console import Console

        print_summary(outcome, Console())
    else:
        print(summary(outcome))  # noqa: T201  a result
    log.info("results: %s", directory.path)
    log.info("%s", "\n".join([*files_lines(outcome), "", *next_lines(outcome, command)]))


def print_summary(outcome: Outcome, console: "Console") -> None:
    """The same as the summary file, laid out for the width of the terminal."""
    from rich.text import Text

    first, *others = heading(outcome.study)
    console.print(Text(f"\n{first}", style="bold"))
    for line in others:
        loud = "GENERATED" in line or "WARNING" in line
        console.print(Text(line, style="bold yellow" if loud else "dim"))
    console.print(Text(f"\n{ranked(outcome)}"))
    numbers = outcome.ranking.combination[:TOP].tolist()
    if not numbers:
        console.print(Text("\nNo combination has enough trades to be ranked.", style="bold yellow"))
        return
    rows = outcome.rows(numbers)
    console.print(top_table(rows, outcome.ranking.score[:TOP].tolist(), console.width))
    for line in verdict(outcome, rows[0]):
        console.print(Text(line))
    console.print()


def top_table(rows: list[dict[str, Any]], scores: list[float], width: int) -> "Table":
    """The best combinations; a narrow terminal gets the most telling columns."""
    from rich import box
    from rich.table import Table

    shown = [column for column in _COLUMNS if width >= column[3]]
    table = Table(box=box.SIMPLE_HEAD, header_style="bold cyan", collapse_padding=True)
    for name in ("#", "combination", "score", *(label for _, label, _, _ in shown)):
        table.add_column(name, justify="right", no_wrap=True)
    for place, (row, score) in enumerate(zip(rows, scores, strict=True)):
        cells = [form.format(row[name]) for name, _, form, _ in shown]
        style = MEDALS[place] if place < len(MEDALS) else ""
        table.add_row(
            str(place + 1), f"{row['combination']:,}", f"{score:.4f}", *cells, style=style
        )
    return table


def files_lines(outcome: Outcome) -> Iterator[str]:
    """The files that people open first."""
    symbol = outcome.study.symbol
    rows = "every combination" if outcome.study.most is None else "the best combinations"
    names = {
        f"{symbol}_summary.txt": "this summary",
        f"{symbol}_top_100.csv": "the 100 best by score",
        f"{symbol}_variations_summary.csv": "OCAE, TCWE, Reverse, REV_RB side by side",
        f"{symbol}_full_results.parquet": f"{rows}, all figures",
        "run.log": "what was said, and when",
    }
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
    first, last = outcome.study.span
    return (last - (last - first) / 4).isoformat()
