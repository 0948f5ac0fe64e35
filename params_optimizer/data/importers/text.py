"""Text files of bars: encoding, header, columns; lines with other fields are counted."""

import codecs
import io
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.importers.bar_rows import Rows
from params_optimizer.data.importers.layout import (
    DELIMITERS,
    Layout,
    TextFormat,
    several_series,
    unquoted,
)
from params_optimizer.data.importers.number_texts import decimals, number_columns, numbers
from params_optimizer.data.importers.stamps import (
    NO_ZONE,
    ArrowArray,
    ArrowStrings,
    DateOrder,
    DateReading,
    Stamps,
    time_stamps,
)
from params_optimizer.errors import FormatError, UnknownFormatError

_LARGEST_LINE = 1 << 24
_FEWEST_FIELDS = 5  # a time and four prices
_TITLE_LINES = 4


def plain_text(content: bytes) -> bytes:
    """UTF-8 without byte order mark, and every line end as a newline."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", "replace").encode()
    elif content[1:2] == b"\0":
        content = content.decode("utf-16-le", "replace").encode()
    elif content[:1] == b"\0":
        content = content.decode("utf-16-be", "replace").encode()
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        content.decode()
    except UnicodeDecodeError:  # names of indicators in an old code page
        content = content.decode("latin-1").encode()
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content


def read_rows(
    path: Path,
    text: bytes,
    formats: tuple[TextFormat, ...],
    date_order: DateOrder | None = None,
) -> Rows:
    """Read `text`, as `plain_text` gives it, in the format that knows its first lines.

    `date_order` is what the user states about dates such as 01/02/2024.

    Raises:
        UnknownFormatError: none does.
        FormatError: a column is missing, the order of day and month cannot be determined, or
            the table contains several series.
    """
    above, lines = _first_lines(text)
    try:
        layouts = (text_format.layout(lines) for text_format in formats)
        layout = next((layout for layout in layouts if layout), None)
        if layout is not None:
            return _read_table(path, text, above, layout, date_order)
    except FormatError as error:
        message = str(error)
        raise FormatError(
            message if message.startswith(str(path)) else f"{path}: {message}"
        ) from error
    names = ", ".join(text_format.NAME for text_format in formats)
    begin = f"It begins with {lines[0]!r:.120}" if _is_text(text) else "It is a binary file"
    raise UnknownFormatError(
        f"{path}: is none of the known formats ({names}, Parquet); a table of bars begins "
        f"with the names of its columns, such as time,open,high,low,close. {begin}. If it is "
        f"not a table of bars, move it out of this folder"
    )


def _first_lines(text: bytes) -> tuple[int, list[str]]:
    """Number of blank lines and titles above the table, and the lines that follow them."""
    blank = len(text) - len(text.lstrip())
    start = text.rfind(b"\n", 0, blank) + 1  # the line may begin with a tab
    above = text.count(b"\n", 0, start)
    lines = [line.decode() for line in text[start : start + _LARGEST_LINE].split(b"\n", 9)[:9]]
    for titles, line in enumerate(lines[: _TITLE_LINES + 1]):
        if max(map(line.count, DELIMITERS)) + 1 >= _FEWEST_FIELDS:
            return above + titles, lines[titles:]
    return above, lines


def _is_text(text: bytes) -> bool:
    return not any(byte < 32 and not chr(byte).isspace() for byte in text[:1000])


def _read_table(
    path: Path, text: bytes, above: int, layout: Layout, date_order: DateOrder | None
) -> Rows:
    """Rows below the first `above` lines and the header."""
    if b'"' in text:
        text = unquoted(text, layout.delimiter)
    above += layout.header
    columns, skipped, first_malformed = _split(path, text, above, layout)
    lines = np.arange(above + 1, above + 1 + len(columns[layout.time[0]]) + len(skipped))
    lines = np.delete(lines, np.array(list(skipped), np.int64) - above - 1)
    filled = _filled([columns[place] for place in (*layout.time, *layout.prices)])
    if not filled.all():
        columns = {place: column.filter(filled) for place, column in columns.items()}
        lines = lines[filled]
    layout = _settled(layout, columns)
    reading = DateReading(date_order, layout.date_order)
    stamps = time_stamps([columns[place] for place in layout.time], reading)
    if layout.offset is not None:
        offset = np.where(stamps.offset == NO_ZONE, layout.offset, stamps.offset)
        stamps = Stamps(stamps.seconds, offset)
    prices = [columns[place] for place in layout.prices]
    spread = None if layout.spread is None else numbers(columns[layout.spread])
    return Rows(
        format=layout.format,
        stamps=stamps,
        prices=np.stack(number_columns(prices)),
        volume=_volume(layout, columns, lines.size),
        lines=lines,
        quote=lambda row: text.split(b"\n")[int(lines[row]) - 1].decode(),
        malformed=sum(skipped.values()),
        first_malformed=first_malformed,
        volume_name=_volume_name(layout),
        series=_series(layout, columns),
        spread=None if spread is None else spread * 10.0 ** -decimals(prices[3]),
        closes=layout.closes,
    )


def _settled(layout: Layout, columns: dict[int, ArrowStrings]) -> Layout:
    """The layout that the volumes decide for."""
    alternative = layout.with_volume
    if alternative is None:
        return layout
    with np.errstate(invalid="ignore"):
        busy = any((numbers(columns[place]) > 0).any() for place in alternative.volume)
    return replace(alternative, with_volume=None) if busy else layout


def _volume(layout: Layout, columns: dict[int, ArrowStrings], rows: int) -> NDArray[np.float64]:
    if not layout.volume:
        return np.ones(rows)
    total: NDArray[np.float64] = np.sum([numbers(columns[at]) for at in layout.volume], axis=0)
    return total


def _volume_name(layout: Layout) -> str | None:
    if not layout.volume:
        return None
    if not layout.names:
        return f"column {layout.volume[0] + 1}"
    return " + ".join(layout.names[place] for place in layout.volume)


def _series(layout: Layout, columns: dict[int, ArrowStrings]) -> tuple[str, ...]:
    """The value of each column that is the same in every row of one series.

    Raises:
        FormatError: such a column has several values.
    """
    import pyarrow.compute as pc

    values = []
    for place in layout.series:
        distinct: list[str] = [text for text in pc.unique(columns[place]).to_pylist() if text]
        if len(distinct) > 1:
            listed = ", ".join(distinct[:_TITLE_LINES]) + ", ..." * (len(distinct) > _TITLE_LINES)
            raise several_series(layout.names[place], listed)
        values += distinct
    return tuple(values)


def _split(
    path: Path, text: bytes, above: int, layout: Layout
) -> tuple[dict[int, ArrowStrings], dict[int, bool], tuple[int, str] | None]:
    """Columns of trimmed strings by place; lines of another width; the first of them.

    The lines are those with another number of fields: number -> whether there is a text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    skipped: dict[int, bool] = {}
    malformed: list[tuple[int, str]] = []

    def skip(row: csv.InvalidRow) -> Literal["skip"]:
        number, filled = int(row.number or 0), bool(row.text.strip())
        skipped[number] = filled
        if filled and not malformed:
            malformed.append((number, row.text))
        return "skip"

    used = layout.places
    names = [str(place) for place in range(layout.width)]
    try:
        table = csv.read_csv(
            io.BytesIO(text),
            # Lines are numbered only when one thread reads them.
            read_options=csv.ReadOptions(
                use_threads=False, column_names=names, block_size=_LARGEST_LINE, skip_rows=above
            ),
            parse_options=csv.ParseOptions(
                delimiter=layout.delimiter,
                quote_char=False,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[str(place) for place in sorted(used)],
            ),
        )
    except pa.ArrowException as error:
        raise FormatError(f"{path}: cannot be split into lines and columns: {error}") from error
    columns: dict[int, ArrowStrings] = {
        place: pc.utf8_trim_whitespace(table[str(place)].combine_chunks()) for place in used
    }
    return columns, skipped, malformed[0] if malformed else None


def _filled(columns: list[ArrowStrings]) -> NDArray[np.bool_]:
    """Which rows have a text in any of `columns`; the others are empty lines."""
    import pyarrow.compute as pc

    lengths: list[ArrowArray] = [pc.binary_length(column) for column in columns]
    filled: NDArray[np.bool_] = np.any([length.to_numpy() for length in lengths], axis=0)
    return filled
