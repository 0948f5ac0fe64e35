"""Result columns from disk: one row group at a time, or the rows of a few combinations."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage import parquet

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBER = "combination"
_COLUMNS_AT_ONCE = 16

Columns = dict[str, NDArray[Any]]
"""Column arrays of neighbouring combinations, each of shape (rows,)."""


class Results:
    """Rows of one or more Parquet files, in combination order."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Look at the footers.

        Raises:
            DamagedFileError: a file is missing or no Parquet file.
        """
        import pyarrow as pa

        self._groups: list[_Group] = []
        self._columns: list[str] = []
        self.metadata: dict[str, str] = {}
        self._rows = 0
        for path in paths:
            try:
                self._add(path)
            except DamagedFileError as error:
                raise DamagedFileError(f"{path}: {error}") from error
            except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
                raise DamagedFileError(f"{path}: is no readable Parquet file: {error}") from error

    def _add(self, path: Path) -> None:
        footer = parquet.read_footer(path)
        # A row group at a time: the decoded footer of a large file would fill the memory.
        singles = parquet.single_footers(footer)
        first = next(singles, None)
        about = _decoded(first or parquet.as_file(footer))
        metadata = about.metadata or {}
        self.metadata = {key.decode(): value.decode() for key, value in metadata.items()}
        names = about.schema.to_arrow_schema().names
        place = names.index(_NUMBER) if _NUMBER in names else None
        for single in chain([first] if first else [], singles):
            group = _decoded(single).row_group(0)
            self._rows += group.num_rows
            if not group.num_rows:
                continue
            numbers = None if place is None else group.column(place).statistics
            if numbers is None:
                raise DamagedFileError(f"holds no results: no column {_NUMBER!r} to find")
            self._groups.append(_Group(path, single, numbers.max))
            self._columns = self._columns or names

    def __len__(self) -> int:
        """Number of rows."""
        return self._rows

    @property
    def columns(self) -> list[str]:
        """Names of all columns, in the order of the file."""
        return list(self._columns)

    def pieces(self, columns: Sequence[str]) -> Iterator[Columns]:
        """The named columns, one row group at a time."""
        for group in self._groups:
            table = self._read(group, columns)
            yield {name: array(table[name]) for name in columns}

    def rows(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """All columns of the given combinations, in the order asked for.

        Raises:
            KeyError: a combination has no row here.
        """
        ends = [group.last for group in self._groups]
        by_group: dict[int, list[int]] = {}
        for number in numbers:
            by_group.setdefault(bisect_left(ends, number), []).append(number)
        rows: dict[int, dict[str, Any]] = {}
        for group, members in by_group.items():
            if group == len(ends):
                continue
            for row in self._rows_of(self._groups[group], members).to_pylist():
                rows[row[_NUMBER]] = row
        return [rows[number] for number in numbers]

    def lookup(self, column: str, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """One column of the given combinations, shape (numbers,); NaN where there is no row."""
        values = np.full(numbers.size, np.nan)
        ends = np.array([group.last for group in self._groups], np.int64)
        place = np.searchsorted(ends, numbers)
        for group in np.unique(place[place < ends.size]).tolist():
            table = self._read(self._groups[group], [_NUMBER, column])
            stored = array(table[_NUMBER])
            members = np.flatnonzero(place == group)
            at = np.minimum(np.searchsorted(stored, numbers[members]), stored.size - 1)
            present = stored[at] == numbers[members]
            values[members[present]] = array(table[column])[at[present]]
        return values

    def between(self, first: int, end: int) -> "pa.Table":
        """The stored rows of the combinations `first <= number < end`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        begin = bisect_left([group.last for group in self._groups], first)
        tables = []
        for group in self._groups[begin:]:
            table = self._read(group, None)
            inside = pc.and_(pc.greater_equal(table[_NUMBER], first), pc.less(table[_NUMBER], end))
            tables.append(table.filter(inside))
            if group.last >= end:
                break
        return pa.concat_tables(tables) if tables else pa.table({_NUMBER: pa.array([], pa.int64())})

    def table(self, numbers: Sequence[int]) -> "pa.Table":
        """Rows of neighbouring combinations, all in one row group, as a table."""
        group = self._groups[bisect_left([group.last for group in self._groups], numbers[0])]
        table = self._read(group, None)
        return taken(table, np.searchsorted(array(table[_NUMBER]), numbers))

    def _rows_of(self, group: "_Group", numbers: Sequence[int]) -> "pa.Table":
        """Rows of a group; some columns at a time, since all its rows of all columns are many."""
        import pyarrow as pa

        stored = array(self._read(group, [_NUMBER])[_NUMBER])
        places = np.flatnonzero(np.isin(stored, numbers))
        columns: dict[str, pa.ChunkedArray] = {}
        for begin in range(0, len(self._columns), _COLUMNS_AT_ONCE):
            names = self._columns[begin : begin + _COLUMNS_AT_ONCE]
            part = taken(self._read(group, names), places)
            columns |= dict(zip(part.column_names, part.columns, strict=True))
        return pa.table(columns)

    def _read(self, group: "_Group", columns: Sequence[str] | None) -> "pa.Table":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(group.path, metadata=_decoded(group.footer)) as file:
                table = file.read_row_group(0, columns=columns, use_threads=False)
            table.validate(full=True)  # invalid text would fail far from here
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            raise DamagedFileError(f"{group.path}: cannot be read any more: {error}") from error
        return table


class _Group(NamedTuple):
    """One row group: its file, a footer for it alone, and the last combination it holds."""

    path: Path
    footer: bytes
    last: int


def _decoded(content: bytes) -> Any:  # noqa: ANN401  pyarrow's FileMetaData
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.read_metadata(pa.BufferReader(content))


def taken(table: "pa.Table", places: NDArray[np.int64]) -> "pa.Table":
    """The rows of a table at these places."""
    return table.take(arrow(places))


def arrow(values: NDArray[Any]) -> "pa.Array":
    """A NumPy array as an Arrow one; `pa.array` would import pandas to look at it."""
    import pyarrow as pa

    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(
        kind, values.size, [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def array(column: "pa.ChunkedArray") -> NDArray[Any]:
    """A column as one NumPy array; text becomes an array of str objects."""
    import pyarrow as pa

    chunk = column.combine_chunks()
    if isinstance(chunk, pa.ChunkedArray):
        chunk = chunk.chunk(0)
    # `to_numpy` would import pandas, half a second for nothing.
    if pa.types.is_string(chunk.type):
        coded = chunk.dictionary_encode()
        words = np.array(coded.dictionary.to_pylist(), dtype=object)
        texts: NDArray[Any] = words[np.from_dlpack(coded.indices)]
        return texts
    if pa.types.is_boolean(chunk.type):
        return np.from_dlpack(chunk.cast(pa.uint8())).astype(np.bool_)
    values: NDArray[Any] = np.from_dlpack(chunk)
    return values
