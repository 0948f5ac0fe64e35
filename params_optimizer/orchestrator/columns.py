"""A slice's metrics as the table of result columns (DESIGN 4)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import COUNTS
from params_optimizer.orchestrator.study import Study
from params_optimizer.search.space import ParameterSpace
from params_optimizer.storage.parquet import table_bytes
from params_optimizer.storage.results import arrow
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlice

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
    return table_bytes(
        table,
        metadata,
        dictionary=[*study.grid.names, *(name for name in MEASURES if name in COUNT_COLUMNS)],
        delta=["combination"],
    )


def result_table(study: Study, piece: PanelSlice, metrics: NDArray[np.float64]) -> "pa.Table":
    """All result columns of a slice: combination, keys, metrics, variations, money."""
    import pyarrow as pa

    numbers = np.arange(piece.first, piece.first + piece.rows)
    columns: dict[str, pa.Array] = {"combination": arrow(numbers)}
    columns |= _parameter_columns(study.grid, numbers)
    for name, values in zip(MEASURES, metrics, strict=True):
        columns[name] = arrow(values.astype(np.int32) if name in COUNT_COLUMNS else values)
    columns["total_profit"] = arrow(metrics[0] * study.risk_money)
    return pa.table(columns)


def _parameter_columns(space: ParameterSpace, numbers: NDArray[np.int64]) -> "dict[str, pa.Array]":
    columns: dict[str, pa.Array] = {}
    for axis, values, codes in space.coded(numbers):
        for (name, column), dtype in zip(values.items(), axis.dtypes, strict=True):
            # Texts are taken by Arrow: objects of Python would take most of the time.
            columns[name] = (
                _texts(column).take(arrow(codes))
                if dtype.kind == "O"
                else _numbers(column[codes].astype(dtype, copy=False))
            )
    return columns


def _texts(values: NDArray[Any]) -> "pa.Array":
    import pyarrow as pa

    words = [str(value).encode() for value in values]
    ends = np.cumsum([0, *map(len, words)]).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(words))]
    return pa.Array.from_buffers(pa.string(), len(words), buffers)


def _numbers(values: NDArray[Any]) -> "pa.Array":
    import pyarrow as pa

    if values.dtype == np.bool_:
        return arrow(values.view(np.uint8)).cast(pa.bool_())
    return arrow(values)
