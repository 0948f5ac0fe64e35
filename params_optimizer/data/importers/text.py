"""Text files of bars: encoding, header, columns; lines with other fields are counted."""

import codecs
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.importers.bar_rows import Rows
from params_optimizer.data.importers.stamps import NO_ZONE, ArrowArray, ArrowStrings, Stamps
from params_optimizer.errors import FormatError, UnknownFormatError

PRICES = ("open", "high", "low", "close")
VOLUMES = ("tick_volume", "tickvol", "volume", "vol")  # the first one there is taken

_DELIMITERS = (",", "\t", ";")
_LARGEST_LINE = 1 << 24
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a format has its columns, counted from 0 in a line of `width` fields.

    `offset` is that of every time (seconds east of UTC) where the format fixes it.
    """

    delimiter: str
    width: int
    time: tuple[int, ...]
    prices: tuple[int, ...]
    volume: int | None
    header: bool = True
    offset: int | None = None


class TextFormat(Protocol):
    """A text format: what its first line looks like, and how it writes times."""

    NAME: str

    def layout(self, first_line: str) -> Layout | None:
        """Where the columns are, or None if a file of this format begins otherwise."""

    def stamps(self, columns: list[ArrowStrings]) -> Stamps:
        """Times of the time columns, which are Arrow string arrays."""


class Header:
    """The first line of a table, names in lower case and without `<>` and quotes."""

    def __init__(self, line: str) -> None:
        self.delimiter = max(_DELIMITERS, key=line.count)
        self.names = [
            name.strip().strip('"').strip().strip("<>").lower()
            for name in _unquoted(line.encode(), self.delimiter).decode().split(self.delimiter)
        ]

    def position(self, *names: str) -> int | None:
        """Place of the first of `names` that the header has."""
        return next((self.names.index(name) for name in names if name in self.names), None)

    def layout(self, time: tuple[int, ...], offset: int | None = None) -> Layout:
        """Layout with the given time columns.

        Raises:
            FormatError: a price is missing.
        """
        for name in PRICES:
            if name not in self.names:
                self.missing(name)
        prices = tuple(self.names.index(name) for name in PRICES)
        volume = self.position(*VOLUMES)
        return Layout(self.delimiter, len(self.names), time, prices, volume, offset=offset)

    def missing(self, name: str) -> NoReturn:
        """Raise the error for a missing column `name`."""
        raise FormatError(f"has no column {name!r}; has: {', '.join(self.names)}")


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


def read_rows(path: Path, text: bytes, formats: tuple[TextFormat, ...]) -> Rows:
    """Read `text`, as `plain_text` gives it, in the format that knows its first line.

    Raises:
        UnknownFormatError: none does.
        FormatError: a column is missing.
    """
    blank = len(text) - len(text.lstrip())
    start = text.rfind(b"\n", 0, blank) + 1  # the line may begin with a tab
    end = text.find(b"\n", start)
    first_line = text[start : end if end >= 0 else None].decode()
    try:
        layouts = ((text_format, text_format.layout(first_line)) for text_format in formats)
        match = next(((text_format, layout) for text_format, layout in layouts if layout), None)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    if match is None:
        names = ", ".join(text_format.NAME for text_format in formats)
        raise UnknownFormatError(
            f"{path}: is none of the known formats ({names}, Parquet); a table of bars begins "
            f"with the names of its columns, such as time,open,high,low,close. It begins with "
            f"{first_line!r:.120}. If it is not a table of bars, move it out of this folder"
        )
    text_format, layout = match
    above = text.count(b"\n", 0, start) + layout.header
    return _read_table(path, text, above, text_format, layout)


def numbers(strings: ArrowStrings) -> NDArray[np.float64]:
    """Correctly rounded numbers of an Arrow string array; NaN where the text is not a number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values: ArrowArray = strings.cast(pa.float64())
    except pa.ArrowInvalid:
        is_number = pc.match_substring_regex(strings, _NUMBER)
        values = pc.if_else(is_number, strings, "nan").cast(pa.float64())
    return np.asarray(values.to_numpy(), np.float64)


def _read_table(
    path: Path, text: bytes, above: int, text_format: TextFormat, layout: Layout
) -> Rows:
    """Rows below the first `above` lines."""
    if b'"' in text:
        text = _unquoted(text, layout.delimiter)
    columns, skipped, first_malformed = _split(path, text, above, layout)
    lines = np.arange(above + 1, above + 1 + len(columns[layout.time[0]]) + len(skipped))
    lines = np.delete(lines, np.array(list(skipped), np.int64) - above - 1)
    filled = _filled([columns[place] for place in (*layout.time, *layout.prices)])
    if not filled.all():
        columns = {place: column.filter(filled) for place, column in columns.items()}
        lines = lines[filled]
    stamps = text_format.stamps([columns[place] for place in layout.time])
    if layout.offset is not None:
        offset = np.where(stamps.offset == NO_ZONE, layout.offset, stamps.offset)
        stamps = Stamps(stamps.seconds, offset)
    return Rows(
        format=text_format.NAME,
        stamps=stamps,
        prices=np.stack([numbers(columns[place]) for place in layout.prices]),
        volume=np.ones(lines.size) if layout.volume is None else numbers(columns[layout.volume]),
        lines=lines,
        quote=lambda row: text.split(b"\n")[int(lines[row]) - 1].decode(),
        malformed=sum(skipped.values()),
        first_malformed=first_malformed,
    )


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

    used = {*layout.time, *layout.prices} | (
        {layout.volume} if layout.volume is not None else set()
    )
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


def _unquoted(text: bytes, delimiter: str) -> bytes:
    """Remove pairs of quotes and any delimiter inside them."""
    mark = delimiter.encode()
    plain = re.sub(rb'"([^"\n' + mark + rb']*)"', rb"\1", text)
    return re.sub(rb'"[^"\n]*"', lambda match: match[0].strip(b'"').replace(mark, b" "), plain)
