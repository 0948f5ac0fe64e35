"""A workbook as a file: written whole or not at all."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir

from params_optimizer.reports.excel.style import Pen
from params_optimizer.storage import files


def write_book(path: Path, fill: Callable[[Pen], None]) -> None:
    """Write the workbook whose sheets `fill` makes with the pen it is given.

    Memory grows with the compressed file alone.

    Raises:
        StorageError: the file cannot be written.
    """
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

    content = BytesIO()
    with files.explained(Path(gettempdir())):  # where sheets lie until the book is closed
        try:
            # The block closes the book after an error too: that removes its scratch files.
            with Workbook(content, {"constant_memory": True}) as book:
                book.use_zip64()
                fill(Pen(book))
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error  # a copy: no cycle
    files.write_bytes(path, content.getvalue())
