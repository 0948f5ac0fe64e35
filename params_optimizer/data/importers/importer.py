"""From a file of any known format to bars; formats are told apart by content."""

from pathlib import Path

from params_optimizer.data.importers import dukascopy, histdata, metatrader, parquet, tradingview
from params_optimizer.data.importers.bar_rows import ImportedBars, Rows, to_bars
from params_optimizer.data.importers.text import TextFormat, plain_text, read_rows
from params_optimizer.data.source_timezone import parse_source_timezone
from params_optimizer.errors import FormatError, MissingDataError, StorageError

# TradingView comes last: it takes any header with a time.
TEXT_FORMATS: tuple[TextFormat, ...] = (metatrader, histdata, dukascopy, tradingview)

_PACKED = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook; unpack it, or save it as CSV",
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as CSV",
}


def import_file(
    path: Path, source_timezone: str | None, *, one_minute: bool = True
) -> ImportedBars:
    """Bars of one file, in its order, with every row accounted for.

    Args:
        path: a TradingView, MetaTrader, HistData ASCII, Dukascopy or Parquet file.
        source_timezone: the clock of times without a zone (`source_timezone.OPTIONS`);
            a zone that the file carries wins over it.
        one_minute: refuse bars of a longer time frame.

    Raises:
        MissingDataError: there is no such file.
        StorageError: it cannot be read.
        UnknownFormatError: none of the formats.
        FormatError: a missing column, times with and without a zone,
            or another time frame than one minute.
        TimezoneNeededError: the times carry no zone and `source_timezone` is None.
        DataError: a damaged file, or no row of it is a usable bar.
        SettingsError: `source_timezone` is not a time zone.
    """
    zone = None if source_timezone is None else parse_source_timezone(source_timezone)
    return to_bars(path, _read(path), zone, one_minute=one_minute)


def _read(path: Path) -> Rows:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingDataError(f"{path}: there is no such file") from error
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}") from error
    if content.startswith(parquet.MAGIC):
        return parquet.read_rows(path, content)
    for magic, kind in _PACKED.items():
        if content.startswith(magic):
            raise FormatError(f"{path}: is {kind}")
    text = plain_text(content)
    if not text.strip():
        raise FormatError(f"{path}: is empty")
    return read_rows(path, text, TEXT_FORMATS)
