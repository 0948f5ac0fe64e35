"""The trades of the winner."""

from collections.abc import Iterator
from dataclasses import replace

from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.blocks import Block, Figure, Table
from params_optimizer.reports.day_charts import days_figure
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import Section, has_winner
from params_optimizer.reports.trade_charts import LAST_TRADES, trades_figure
from params_optimizer.reports.trades import price_digits
from params_optimizer.strategies.initial_balance.params import Params


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The last ones with their charts; all of them in a workbook."""
    count, number = len(run.best_trades), run.best[run.unit] if run.best else 0
    listed = f"all {count:,}" if count <= LAST_TRADES else f"the last {LAST_TRADES} of {count:,}"
    if run.best_trades:
        caption = f"{listed[0].upper()}{listed[1:]}; --trades best writes every one."
        yield replace(_chart(run), captions=[caption])
    title = f"{run.market}: {count:,} trades of {run.unit} {number:,}, the best by {run.order}"
    yield Table(run.trade_columns, run.best_trades, title, preview=0, sheet="Trades")


def _chart(run: ReportedRun) -> Figure:
    """The last trades of the winner, each with the candles around it."""
    digits, best = price_digits(run.plan), run.best or {}
    if isinstance(run.plan, Study):
        return days_figure(run.plan, Params(**run.settings_of(best)), run.best_trades, digits)
    return trades_figure(run.plan.bars, run.best_trades, run.plan.sample.zone, digits)


SECTION = Section("trades", "Trades", "Trades", has_winner, blocks)
