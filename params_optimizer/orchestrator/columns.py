"""A slice's metrics as the table of result columns (DESIGN 4)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import COUNTS
from params_optimizer.orchestrator.study import Study
from params_optimizer.search.grid import ParameterGrid, Value
from params_optimizer.storage.parquet import table_bytes
from params_optimizer.storage.results import arrow
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
    columns: dict[str, pa.Array] = {"combination": arrow(numbers)}
    columns |= _key_columns(study.grid, piece)
    for name, values in zip(MEASURES, metrics, strict=True):
        columns[name] = arrow(values.astype(np.int32) if name in COUNT_COLUMNS else values)
    columns["total_profit"] = arrow(metrics[0] * study.risk_money)
    return pa.table(columns)


def _key_columns(grid: ParameterGrid, piece: Slice) -> "dict[str, pa.Array]":
    numbers = np.arange(piece.first, piece.first + piece.rows)
    places = []
    for digit in reversed(grid.digits):
        numbers, place = np.divmod(numbers, len(digit.values))
        places.append(place.astype(np.int32))
    columns: dict[str, pa.Array] = {}
    for digit, place in zip(grid.digits, reversed(places), strict=True):
        for position, key in enumerate(digit.keys):
            values = _arrow_values([value[position] for value in digit.values])
            columns[key] = values.take(arrow(place))
    return columns


def _arrow_values(values: Sequence[Value]) -> "pa.Array":
    """Values of one key: text, yes or no, 16-bit integers or float64."""
    import pyarrow as pa

    if all(isinstance(value, str) for value in values):
        words = [str(value).encode() for value in values]
        ends = np.cumsum([0, *map(len, words)]).astype(np.int32)
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(words))]
        return pa.Array.from_buffers(pa.string(), len(words), buffers)
    if all(isinstance(value, bool) for value in values):
        return arrow(np.array(values, np.uint8)).cast(pa.bool_())
    if all(isinstance(value, int) for value in values):
        return arrow(np.array(values, np.int16))
    return arrow(np.array(values, np.float64))
