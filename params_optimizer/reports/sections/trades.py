"""The trades of the winner."""

from collections.abc import Iterator
from dataclasses import replace

from params_optimizer.reports.blocks import Block, Table
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import Section, has_winner
from params_optimizer.reports.trade_charts import LAST_TRADES


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The last ones with their charts; all of them in a workbook."""
    count, number = len(run.best_trades), run.best[run.unit] if run.best else 0
    listed = f"all {count:,}" if count <= LAST_TRADES else f"the last {LAST_TRADES} of {count:,}"
    if (figure := run.chart()) is not None:
        caption = f"{listed[0].upper()}{listed[1:]}; --trades best writes every one."
        yield replace(figure, captions=[caption])
    title = f"{run.market}: {count:,} trades of {run.unit} {number:,}, the best by {run.order}"
    yield Table(run.trade_columns, run.best_trades, title, preview=0, sheet="Trades")


SECTION = Section("trades", "Trades", "Trades", has_winner, blocks)
