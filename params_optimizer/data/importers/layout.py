"""Where a text format has its columns, and the header line that tells it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from params_optimizer.data.importers.column_names import Columns, columns_of, key_of, position
from params_optimizer.data.importers.stamps import DateOrder
from params_optimizer.errors import FormatError

DELIMITERS = (",", "\t", ";")

_CLOCK = re.compile(r"\d{1,2}:\d\d.*|\d{1,6}")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a format has its columns, counted from 0 in a line of `width` fields.

    `names` are those of the header, empty without one, and `header` the number of its lines.
    `offset` is that of every time (seconds east of UTC) where the format fixes it; `closes`:
    its times are known to be those of the close; `date_order` is the documented one.
    `with_volume` is the layout that holds where any volume is not 0.
    """

    format: str
    delimiter: str
    width: int
    time: tuple[int, ...]
    prices: tuple[int, ...]
    volume: tuple[int, ...] = ()
    series: tuple[int, ...] = ()
    spread: int | None = None
    names: tuple[str, ...] = ()
    header: int = 0
    offset: int | None = None
    closes: bool = False
    date_order: DateOrder | None = None
    with_volume: "Layout | None" = None

    @property
    def places(self) -> set[int]:
        """All columns that are read."""
        volume = (self.with_volume or self).volume
        spread = () if self.spread is None else (self.spread,)
        return {*self.time, *self.prices, *volume, *self.series, *spread}


class TextFormat(Protocol):
    """A text format, by its first lines."""

    NAME: str

    def layout(self, lines: Sequence[str]) -> Layout | None:
        """Where the columns are, or None if a file of this format begins otherwise."""


class Header:
    """The header line of a table, names without `<>` and quotes.

    `names` are in lower case; `keys` are for comparison, see `column_names.key_of`.
    """

    def __init__(self, line: str) -> None:
        self.delimiter = max(DELIMITERS, key=line.count)
        self.written = [
            name.strip().strip('"').strip().strip("<>")
            for name in unquoted(line.encode(), self.delimiter).decode().split(self.delimiter)
        ]
        self.names = [name.lower() for name in self.written]
        self.keys = [key_of(name) for name in self.written]

    def position(self, *spellings: str) -> int | None:
        """Place of the first of `spellings` that the header has."""
        return position(self.keys, *spellings)

    def layout(self, name: str, time: tuple[int, ...], offset: int | None = None) -> Layout:
        """Layout of the format `name` with the given time columns.

        Raises:
            FormatError: a price is missing.
        """
        columns = columns_of(self.keys)
        if not isinstance(columns, Columns):
            self.missing(columns)
        return Layout(
            format=name,
            delimiter=self.delimiter,
            width=len(self.names),
            time=time,
            prices=columns.prices,
            volume=columns.volume,
            series=columns.series,
            spread=columns.spread,
            names=tuple(self.written),
            header=1,
            offset=offset,
        )

    def missing(self, name: str) -> NoReturn:
        """Raise the error for a missing column `name`."""
        raise FormatError(f"has no column {name!r}; has: {', '.join(self.names)}")

    def is_clock(self, place: int, lines: Sequence[str]) -> bool:
        """Whether the first row has a clock time without a date at `place`; yes without a row."""
        if len(lines) < 2:
            return True
        fields = unquoted(lines[1].encode(), self.delimiter).decode().split(self.delimiter)
        return len(fields) <= place or bool(_CLOCK.fullmatch(fields[place].strip().strip('"')))


def several_series(column: str, values: str) -> FormatError:
    """The error about a table that contains the bars of several markets or time frames."""
    return FormatError(
        f"contains several series of bars: column {column!r} has the values {values}; split the "
        f"file, so that each file contains one series, and import one of them"
    )


def unquoted(text: bytes, delimiter: str) -> bytes:
    """Remove pairs of quotes; a delimiter inside them becomes a space."""
    mark = delimiter.encode()
    plain = re.sub(rb'"([^"\n' + mark + rb']*)"', rb"\1", text)
    return re.sub(rb'"[^"\n]*"', lambda match: match[0].strip(b'"').replace(mark, b" "), plain)
