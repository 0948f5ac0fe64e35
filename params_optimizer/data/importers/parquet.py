"""Parquet tables of bars, from pandas or from this program.

The time column contains timestamps (with a zone, or without), unix time as numbers, or
texts as in a TradingView file. The index of a pandas frame is found too.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import GENERATED, METADATA_KEY
from params_optimizer.data.importers.bar_rows import Rows
from params_optimizer.data.importers.column_names import (
    PRICES,
    TIMES,
    Columns,
    columns_of,
    key_of,
    position,
)
from params_optimizer.data.importers.layout import several_series
from params_optimizer.data.importers.number_texts import numbers
from params_optimizer.data.importers.stamps import (
    NO_ZONE,
    UNREADABLE,
    ArrowArray,
    DateOrder,
    DateReading,
    Stamps,
    free_stamps,
    unix_seconds,
    whole_seconds,
)
from params_optimizer.errors import DataError, FormatError

NAME = "Parquet"
MAGIC = b"PAR1"

_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def read_rows(path: Path, content: bytes, date_order: DateOrder | None = None) -> Rows:
    """Rows of a Parquet file; `date_order` as in `text.read_rows`.

    Raises:
        DataError: the file is damaged.
        FormatError: a column is missing, its type cannot be read as times or prices, or the
            table contains several series.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        names, series = _columns(path, file.schema_arrow.names)
        table = file.read(columns=[*names.values(), *series])
        table.validate(full=True)  # checks that strings are valid UTF-8
        metadata = file.schema_arrow.metadata or {}
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise DataError(
            f"{path}: is a damaged Parquet file ({str(error).splitlines()[0]}); get it again"
        ) from error
    columns = {column: _array(table[source]) for column, source in names.items()}
    volume = columns.pop("volume", None)
    return Rows(
        format=NAME,
        stamps=_stamps(path, names["time"], columns["time"], DateReading(date_order)),
        prices=np.stack([_numbers(path, name, columns[name]) for name in PRICES]),
        volume=np.ones(table.num_rows) if volume is None else _numbers(path, "volume", volume),
        lines=np.arange(1, table.num_rows + 1),
        quote=lambda row: str(table.slice(row, 1).to_pylist()[0]),
        place="row",
        generated=metadata.get(METADATA_KEY) == GENERATED,
        volume_name=names.get("volume"),
        series=_series(path, {name: _array(table[name]) for name in series}),
    )


def _columns(path: Path, names: list[str]) -> tuple[dict[str, str], list[str]]:
    """Names in the file of `time`, the prices and, where there is one, `volume`; of series."""
    keys = ["__index_level_0__" if name == "__index_level_0__" else key_of(name) for name in names]
    time, columns = position(keys, *TIMES, "__index_level_0__"), columns_of(keys)
    if time is None or not isinstance(columns, Columns):
        missing = "time" if time is None or isinstance(columns, Columns) else columns
        raise FormatError(f"{path}: has no column {missing!r}; has: {', '.join(names)}")
    sources = {"time": names[time]}
    sources |= {name: names[at] for name, at in zip(PRICES, columns.prices, strict=True)}
    if columns.volume:
        sources["volume"] = names[columns.volume[0]]
    series = [names[at] for at in columns.series]
    repeated = [name for name in (*sources.values(), *series) if names.count(name) > 1]
    if repeated:
        raise FormatError(f"{path}: has the column {repeated[0]!r} twice; keep one of them")
    return sources, series


def _series(path: Path, columns: dict[str, ArrowArray]) -> tuple[str, ...]:
    import pyarrow.compute as pc

    values: list[str] = []
    for name, column in columns.items():
        distinct = [str(value) for value in pc.unique(column).to_pylist() if value is not None]
        if len(distinct) > 1:
            listed = ", ".join(distinct[:4]) + ", ..." * (len(distinct) > 4)
            raise FormatError(f"{path}: {several_series(name, listed)}")
        values += distinct
    return tuple(values)


def _array(column: ArrowArray) -> ArrowArray:
    """One array of a column that comes in pieces, dictionaries looked up."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _stamps(path: Path, name: str, times: ArrowArray, reading: DateReading) -> Stamps:
    import pyarrow as pa

    kind = times.type
    if _is_text(kind):
        return free_stamps(times.cast(pa.string()).fill_null(""), reading)
    if pa.types.is_timestamp(kind):
        offset = NO_ZONE if kind.tz is None else 0
        seconds = whole_seconds(_whole_numbers(times.cast(pa.int64())), _UNITS[kind.unit])
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        offset = 0
        seconds = unix_seconds(_whole_numbers(times))
    else:
        raise FormatError(
            f"{path}: column {name!r} has type {kind}; it must contain timestamps, unix time or "
            f"ISO 8601 text"
        )
    seconds[times.is_null().to_numpy(zero_copy_only=False)] = UNREADABLE
    return Stamps(seconds, np.full(seconds.size, offset, np.int64))


def _whole_numbers(array: ArrowArray) -> NDArray[np.int64]:
    """Integers unchanged; fractions, infinities and nulls as 0, which is not a valid time."""
    values: NDArray[Any] = array.fill_null(0).to_numpy(zero_copy_only=False)
    if values.dtype.kind == "f":
        values = values.astype(np.float64)  # float16 knows no number as large as the limit
        whole = (np.abs(values) < 2**62) & (values == np.floor(values))  # False for NaN
        values = np.where(whole, values, 0)
    elif values.dtype.kind == "u":
        values = np.minimum(values, np.iinfo(np.int64).max)
    return values.astype(np.int64, copy=True)


def _numbers(path: Path, name: str, values: ArrowArray) -> NDArray[np.float64]:
    import pyarrow as pa

    if _is_text(values.type):
        return numbers(values.cast(pa.string()).fill_null(""))
    try:
        column = values.cast(pa.float64(), safe=False).fill_null(float("nan"))
    except pa.ArrowException as error:
        raise FormatError(f"{path}: column {name!r} has type {values.type}, not numbers") from error
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)


def _is_text(kind: ArrowArray) -> bool:
    import pyarrow as pa

    predicates = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(is_type(kind) for is_type in predicates)
