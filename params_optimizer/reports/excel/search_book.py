"""The workbook of a search: one file for everything that people look at."""

from pathlib import Path

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel.book import write_book
from params_optimizer.reports.excel.glossary import write_glossary
from params_optimizer.reports.excel.search.columns import glossary_of
from params_optimizer.reports.excel.search.history import History, importances_of, write_history
from params_optimizer.reports.excel.search.pareto import write_front
from params_optimizer.reports.excel.search.summary import other_sheets, write_summary
from params_optimizer.reports.excel.search.tables import (
    FRONT_SHEET,
    Failures,
    tables_of,
    write_failures,
    write_trials,
)
from params_optimizer.reports.excel.search.trades import (
    BestTrades,
    write_best_equity,
    write_best_trades,
)
from params_optimizer.reports.excel.search.validation import write_validation
from params_optimizer.reports.excel.sheet import Sheet
from params_optimizer.reports.excel.style import Pen


def write_search_workbook(outcome: SearchOutcome, path: Path, top_n: int) -> None:
    """Write the workbook; its sheet of trials holds the best `top_n` of them.

    The folder of the search is that of `path`: what was validated is read from there.

    Raises:
        StorageError: the file cannot be written.
        StrategyError: the strategy cannot trade the parameters of the best trial any more.
    """
    write_book(path, lambda pen: _fill(pen, outcome, path.resolve().parent, top_n))


def _fill(pen: Pen, outcome: SearchOutcome, folder: Path, most: int) -> None:
    tables, trades = tables_of(outcome, most), BestTrades.of(outcome)
    history, decides = History.of(outcome), importances_of(outcome)
    # All of them first: charts and links name sheets that are filled later.
    names = ("Summary", *(table.name for table in tables), *other_sheets(outcome))
    sheets = {name: Sheet(pen, name) for name in names}
    days = [row["date"] for row in trades.rows]
    write_summary(sheets["Summary"], outcome, folder, tables, history, decides, days)
    for table in tables:
        if table.name == FRONT_SHEET:
            write_front(sheets[table.name], outcome, tables, table)
        else:
            write_trials(sheets[table.name], outcome, table)
    write_history(sheets["History"], outcome, history, decides)
    if "Failures" in sheets:
        write_failures(sheets["Failures"], outcome, Failures.of(outcome))
    write_validation(sheets["Validation"], outcome, folder)
    write_best_trades(sheets["Trades"], outcome, trades)
    write_best_equity(sheets["Equity"], outcome, trades)
    write_glossary(sheets["Columns"], glossary_of(outcome))
