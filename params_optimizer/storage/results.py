"""Result columns from disk: piece by piece, or the rows of a few combinations."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import DamagedFileError

if TYPE_CHECKING:
    import pyarrow as pa

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

        self._groups: list[tuple[Any, int]] = []
        rows: list[int] = []
        for path in paths:
            try:
                file = pq.ParquetFile(path)
            except (OSError, pa.ArrowException) as error:
                raise DamagedFileError(f"{path}: is no readable Parquet file: {error}") from error
            for group in range(file.num_row_groups):
                self._groups.append((file, group))
                rows.append(file.metadata.row_group(group).num_rows)
        self._paths = paths
        self._ends = list(accumulate(rows))

    def __len__(self) -> int:
        """Number of rows."""
        return self._ends[-1] if self._ends else 0

    @property
    def columns(self) -> list[str]:
        """Names of all columns, in the order of the file."""
        return list(self._groups[0][0].schema_arrow.names) if self._groups else []

    def pieces(self, columns: Sequence[str]) -> Iterator[Columns]:
        """The named columns, one piece a row group."""
        for group in range(len(self._groups)):
            table = self._read(group, columns)
            yield {name: _array(table[name]) for name in columns}

    def rows(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """All columns of the given combinations, in the order asked for.

        Every combination of the grid has to be there, so this needs complete results.
        """
        wanted: dict[int, list[int]] = {}
        for number in numbers:
            wanted.setdefault(bisect_right(self._ends, number), []).append(number)
        found: dict[int, dict[str, Any]] = {}
        for group, members in wanted.items():
            begin = self._ends[group - 1] if group else 0
            table = self._read(group, None).take([number - begin for number in members])
            found.update(zip(members, table.to_pylist(), strict=True))
        return [found[number] for number in numbers]

    def _read(self, group: int, columns: Sequence[str] | None) -> "pa.Table":
        import pyarrow as pa

        file, place = self._groups[group]
        try:
            return file.read_row_group(place, columns=columns, use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise DamagedFileError(f"{self._paths[0]}: cannot be read any more: {error}") from error


def _array(column: "pa.ChunkedArray") -> NDArray[Any]:
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
