"""Result columns from disk: piece by piece, or the rows of a few combinations."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import DamagedFileError

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBER = "combination"

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
        import pyarrow.parquet as pq

        self._groups: list[_Group] = []
        self.metadata: dict[str, str] = {}
        self._rows = 0
        for path in paths:
            try:
                file = pq.ParquetFile(path)
                self._add(file, path)
            except (OSError, pa.ArrowException) as error:
                raise DamagedFileError(f"{path}: is no readable Parquet file: {error}") from error

    def _add(self, file: Any, path: Path) -> None:  # noqa: ANN401  a pyarrow ParquetFile
        metadata = file.metadata
        said = metadata.metadata or {}
        self.metadata = {key.decode(): value.decode() for key, value in said.items()}
        self._rows += metadata.num_rows
        names = file.schema_arrow.names
        place = names.index(_NUMBER) if _NUMBER in names else None
        for group in range(metadata.num_row_groups):
            if not metadata.row_group(group).num_rows:
                continue
            numbers = None if place is None else metadata.row_group(group).column(place).statistics
            if numbers is None:
                raise DamagedFileError(f"{path}: holds no results: no column {_NUMBER!r} to find")
            self._groups.append(_Group(file, group, path, numbers.max))

    def __len__(self) -> int:
        """Number of rows."""
        return self._rows

    @property
    def columns(self) -> list[str]:
        """Names of all columns, in the order of the file."""
        return list(self._groups[0].file.schema_arrow.names) if self._groups else []

    def pieces(self, columns: Sequence[str]) -> Iterator[Columns]:
        """The named columns, one piece a row group."""
        for group in self._groups:
            table = self._read(group, columns)
            yield {name: array(table[name]) for name in columns}

    def rows(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """All columns of the given combinations, in the order asked for.

        Raises:
            KeyError: a combination has no row here.
        """
        import pyarrow as pa

        ends = [group.last for group in self._groups]
        wanted: dict[int, list[int]] = {}
        for number in numbers:
            wanted.setdefault(bisect_left(ends, number), []).append(number)
        found: dict[int, dict[str, Any]] = {}
        for group, members in wanted.items():
            if group == len(ends):
                continue
            table = self._read(self._groups[group], None)
            places = np.flatnonzero(np.isin(array(table[_NUMBER]), members))
            for row in table.take(pa.array(places.tolist(), pa.int64())).to_pylist():
                found[row[_NUMBER]] = row
        return [found[number] for number in numbers]

    def between(self, first: int, end: int) -> "pa.Table":
        """Rows of the combinations `first <= number < end` that are here."""
        import pyarrow as pa
        import pyarrow.compute as pc

        begin = bisect_left([group.last for group in self._groups], first)
        found = []
        for group in self._groups[begin:]:
            table = self._read(group, None)
            inside = pc.and_(pc.greater_equal(table[_NUMBER], first), pc.less(table[_NUMBER], end))
            found.append(table.filter(inside))
            if group.last >= end:
                break
        return pa.concat_tables(found) if found else pa.table({_NUMBER: pa.array([], pa.int64())})

    def table(self, numbers: Sequence[int]) -> "pa.Table":
        """Rows of neighbouring combinations, all in one row group, as a table."""
        group = self._groups[bisect_left([one.last for one in self._groups], numbers[0])]
        table = self._read(group, None)
        return table.take(np.searchsorted(array(table[_NUMBER]), numbers).tolist())

    def _read(self, group: "_Group", columns: Sequence[str] | None) -> "pa.Table":
        import pyarrow as pa

        try:
            return group.file.read_row_group(group.place, columns=columns, use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise DamagedFileError(f"{group.path}: cannot be read any more: {error}") from error


class _Group(NamedTuple):
    """One row group: file, place in it, and the last combination that it holds."""

    file: Any
    place: int
    path: Path
    last: int


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
