"""The workbook of a run, finished or not: one file for everything that people look at."""

from pathlib import Path

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.excel.book import write_book
from params_optimizer.reports.excel.glossary import GRID_GROUPS, write_glossary
from params_optimizer.reports.excel.sheet import Sheet
from params_optimizer.reports.excel.style import Pen
from params_optimizer.reports.excel.summary import OTHER_SHEETS, write_summary
from params_optimizer.reports.excel.tables import tables_of, write_table
from params_optimizer.reports.excel.trades import (
    best_trades,
    days_of,
    write_best_equity,
    write_best_trades,
)
from params_optimizer.reports.excel.validation import write_validation


def write_workbook(outcome: Outcome, path: Path, top_n: int) -> None:
    """Write the workbook; its tables hold the best `top_n` rows that `outcome` ranks.

    The run directory is the folder of `path`: what was validated is read from there. Figures
    have 16 significant digits, one more than Excel shows. Memory grows with the compressed
    file alone, about 3 MB for each 1,000 of `top_n`.

    Raises:
        StorageError: the file cannot be written.
        DamagedFileError: the results cannot be read any more.
    """
    write_book(path, lambda pen: _fill(pen, outcome, path, top_n))


def _fill(pen: Pen, outcome: Outcome, path: Path, most: int) -> None:
    folder, tables, trades = path.resolve().parent, tables_of(outcome, most), best_trades(outcome)
    # All of them first: charts and links name sheets that are filled later.
    names = ("Summary", *(table.name for table in tables), *OTHER_SHEETS)
    sheets = {name: Sheet(pen, name) for name in names}
    write_summary(sheets["Summary"], outcome, folder, tables, days_of(trades))
    for table in tables:
        write_table(sheets[table.name], outcome, table)
    write_validation(sheets["Validation"], outcome.study, folder)
    write_best_trades(sheets["Trades"], outcome, trades)
    write_best_equity(sheets["Equity"], outcome, trades)
    write_glossary(sheets["Columns"], GRID_GROUPS)
