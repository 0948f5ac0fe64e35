"""A slice's metrics as the table of result columns (DESIGN 4)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics import COUNTS
from params_optimizer.orchestrator.study import Study
from params_optimizer.search.grid import ParameterGrid
from params_optimizer.storage.parquet import table_bytes
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES
from params_optimizer.strategies.initial_balance.panel.slices import Slice

if TYPE_CHECKING:
    import pyarrow as pa

COUNT_COLUMNS = frozenset(
    name
    for name in MEASURES
    for metric in COUNTS
    if name in (metric,) or name.endswith("_" + metric)
)
"""Result columns that are whole numbers."""


def rows_bytes(study: Study, table: "pa.Table", metadata: Mapping[str, str]) -> bytes:
    """The Parquet bytes of result rows; the encodings suit what repeats.

    Dictionaries for the other metrics of a variation would take half of the writing time
    and make the file no smaller: Snappy finds what repeats there.
    """
    keys = [key for digit in study.grid.digits for key in digit.keys]
    return table_bytes(
        table,
        metadata,
        dictionary=[*keys, *(name for name in MEASURES if name in COUNT_COLUMNS)],
        delta=["combination"],
    )


def result_table(study: Study, piece: Slice, metrics: NDArray[np.float64]) -> "pa.Table":
    """All result columns of a slice: combination, keys, metrics, variations, money."""
    import pyarrow as pa

    numbers = np.arange(piece.first, piece.first + piece.rows)
    columns: dict[str, pa.Array] = {"combination": _column(numbers)}
    columns |= _key_columns(study.grid, piece)
    for name, values in zip(MEASURES, metrics, strict=True):
        columns[name] = _column(values.astype(np.int32) if name in COUNT_COLUMNS else values)
    columns["total_profit"] = _column(metrics[0] * study.risk_money)
    return pa.table(columns)


def _column(values: NDArray[Any]) -> "pa.Array":
    """A NumPy array as an Arrow one; `pa.array` would import pandas to look at it."""
    import pyarrow as pa

    kind = pa.from_numpy_dtype(values.dtype)
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, values.size, [None, buffer])


def _key_columns(grid: ParameterGrid, piece: Slice) -> "dict[str, pa.Array]":
    import pyarrow as pa

    numbers = np.arange(piece.first, piece.first + piece.rows)
    places = []
    for digit in reversed(grid.digits):
        numbers, place = np.divmod(numbers, len(digit.values))
        places.append(place.astype(np.int32))
    columns: dict[str, pa.Array] = {}
    for digit, place in zip(grid.digits, reversed(places), strict=True):
        for position, key in enumerate(digit.keys):
            values = pa.array([value[position] for value in digit.values])
            if pa.types.is_integer(values.type):
                values = values.cast(pa.int16())
            columns[key] = values.take(_column(place))
    return columns
