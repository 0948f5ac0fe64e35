"""Import a file of any known format, recognised by its content."""

from pathlib import Path

from params_optimizer.data.importers import (
    binance,
    dukascopy,
    histdata,
    metatrader,
    parquet,
    tradestation,
    tradingview,
)
from params_optimizer.data.importers.archives import unpacked
from params_optimizer.data.importers.bar_rows import ImportedBars, Rows, Stamp, to_bars
from params_optimizer.data.importers.layout import TextFormat
from params_optimizer.data.importers.stamps import DateOrder
from params_optimizer.data.importers.text import plain_text, read_rows
from params_optimizer.data.source_timezone import parse_source_timezone
from params_optimizer.errors import FormatError, MissingDataError, StorageError

# TradingView comes last: it takes any header with a time.
TEXT_FORMATS: tuple[TextFormat, ...] = (
    metatrader,
    histdata,
    binance,
    dukascopy,
    tradestation,
    tradingview,
)


def import_file(
    path: Path,
    source_timezone: str | None,
    *,
    one_minute: bool = True,
    stamps: Stamp | None = None,
    date_order: DateOrder | None = None,
) -> ImportedBars:
    """Bars of one file, in its order, with every row accounted for.

    Args:
        path: a file of a known format, or a compressed one.
        source_timezone: the clock of times without a zone (`source_timezone.OPTIONS`);
            a zone that the file carries wins over it.
        one_minute: refuse bars of a longer time frame.
        stamps: whether times are those of the open or the close of a bar; None takes the
            open, and refuses formats that are known for the close.
        date_order: order of day and month in dates such as 01/02/2024; None takes the one
            that the dates show.

    Raises:
        MissingDataError: there is no such file.
        StorageError: it cannot be read.
        UnknownFormatError: none of the formats.
        FormatError: a missing column, times with and without a zone, several series of bars,
            several files in an archive, an unknown end of the bar or order of the date,
            or another time frame than one minute.
        TimezoneNeededError: the times carry no zone and `source_timezone` is None.
        DataError: a damaged file, or no row of it is a usable bar.
        SettingsError: `source_timezone` is not a time zone.
    """
    imported = import_files(
        path, source_timezone, one_minute=one_minute, stamps=stamps, date_order=date_order
    )
    if len(imported) > 1:
        raise FormatError(
            f"{path}: contains {len(imported)} files; unpack the archive and name one of them"
        )
    return imported[0]


def import_files(
    path: Path,
    source_timezone: str | None,
    *,
    one_minute: bool = True,
    stamps: Stamp | None = None,
    date_order: DateOrder | None = None,
) -> list[ImportedBars]:
    """The same for a file that may be an archive of several files."""
    zone = None if source_timezone is None else parse_source_timezone(source_timezone)
    return [
        to_bars(name, _rows(name, content, date_order), zone, one_minute=one_minute, stamps=stamps)
        for name, content in unpacked(path, _content(path))
    ]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MissingDataError(f"{path}: there is no such file") from error
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}") from error


def _rows(path: Path, content: bytes, date_order: DateOrder | None) -> Rows:
    if content.startswith(parquet.MAGIC):
        return parquet.read_rows(path, content, date_order)
    text = plain_text(content)
    if not text.strip():
        raise FormatError(f"{path}: is empty")
    return read_rows(path, text, TEXT_FORMATS, date_order)
