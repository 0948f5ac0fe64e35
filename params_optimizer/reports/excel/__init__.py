"""The workbook of a run, finished or not: one file for everything that people look at."""

from io import BytesIO
from pathlib import Path
from tempfile import gettempdir

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.excel.glossary import write_glossary
from params_optimizer.reports.excel.sheet import Sheet
from params_optimizer.reports.excel.style import Pen
from params_optimizer.reports.excel.summary import OTHER_SHEETS, write_summary
from params_optimizer.reports.excel.tables import tables_of, write_table
from params_optimizer.reports.excel.trades import best_trades, days_of, write_equity, write_trades
from params_optimizer.reports.excel.validation import write_validation
from params_optimizer.storage import files


def write_workbook(outcome: Outcome, path: Path, top_n: int) -> None:
    """Write the workbook; its tables hold the best `top_n` rows that `outcome` ranks.

    The run directory is the folder of `path`: what was validated is read from there. Figures
    have 16 significant digits, one more than Excel shows. Memory grows with the compressed
    file alone, about 3 MB for each 1,000 of `top_n`.

    Raises:
        StorageError: the file cannot be written.
        DamagedFileError: the results cannot be read any more.
    """
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

    content = BytesIO()
    with files.explained(Path(gettempdir())):  # where sheets lie until the book is closed
        try:
            # The block closes the book after an error too: that removes its scratch files.
            with Workbook(content, {"constant_memory": True}) as book:
                book.use_zip64()
                _fill(Pen(book), outcome, path, top_n)
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error  # a copy: no cycle
    files.write_bytes(path, content.getvalue())


def _fill(pen: Pen, outcome: Outcome, path: Path, most: int) -> None:
    folder, tables, trades = path.resolve().parent, tables_of(outcome, most), best_trades(outcome)
    # All of them first: charts and links name sheets that are filled later.
    names = ("Summary", *(table.name for table in tables), *OTHER_SHEETS)
    sheets = {name: Sheet(pen, name) for name in names}
    write_summary(sheets["Summary"], outcome, folder, tables, days_of(trades))
    for table in tables:
        write_table(sheets[table.name], outcome, table)
    write_validation(sheets["Validation"], outcome.study, folder)
    write_trades(sheets["Trades"], outcome, trades)
    write_equity(sheets["Equity"], outcome, trades)
    write_glossary(sheets["Columns"])
