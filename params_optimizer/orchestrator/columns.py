"""The table of a run: which columns it has, and how its rows become Parquet (DESIGN 4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import COUNTS
from params_optimizer.search.eligibility import Eligibility
from params_optimizer.search.space import ParameterSpace
from params_optimizer.storage.parquet import table_bytes
from params_optimizer.storage.results import arrow
from params_optimizer.strategies.batch import Floats, Numbers, Slice

if TYPE_CHECKING:
    import pyarrow as pa

COMPLETE, FAILED, TIMEOUT = "complete", "failed", "timeout"


class Failure(NamedTuple):
    """Why a parameter set has no metrics: its state (`FAILED`, `TIMEOUT`) and the reason."""

    state: str
    reason: str


class EvaluatedSlice(NamedTuple):
    """A slice, its combinations that have a row, and their metrics of shape (measures, rows).

    Metrics of those with a failure are NaN.
    """

    slice_: Slice
    numbers: Numbers
    metrics: Floats
    failures: Mapping[int, Failure] = {}


class SliceColumns(Mapping[str, NDArray[Any]]):
    """Parameters and measures of sets of a slice by name, arrays of shape (sets,)."""

    def __init__(
        self, space: ParameterSpace, numbers: Numbers, measures: Sequence[str], metrics: Floats
    ) -> None:
        """The columns of the sets `numbers`; `metrics` has shape (measures, sets)."""
        self._space, self._numbers = space, numbers
        self._measures, self._metrics = measures, metrics

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name in self._measures:
            column: Floats = self._metrics[self._measures.index(name)]
            return column
        return self._space.columns(self._numbers, [name])[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._space.names, *self._measures))

    def __len__(self) -> int:
        return len(self._space.names) + len(self._measures)


@dataclass(frozen=True)
class TableSpec:
    """What the table of a run holds, and how its rows compete.

    `risk_money` is what 1 R is worth, `key` the fingerprint of the run, `limit` how many of
    the best rows are kept, overall and per variation (None: all rows). `stated`: the columns
    `state` and `reason` tell which parameter sets could not be evaluated.
    """

    space: ParameterSpace
    eligibility: Eligibility
    risk_money: float
    key: str
    limit: int | None = None
    stated: bool = False
    measures: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "measures", self.eligibility.measures)

    @cached_property
    def counts(self) -> frozenset[str]:
        """Measures that are integers."""
        scopes = self.eligibility.scopes
        return frozenset(scope.column(metric) for scope in scopes for metric in COUNTS)

    def table(self, evaluated: EvaluatedSlice) -> "pa.Table":
        """All result columns: combination, parameters, state, metrics, variations, money."""
        import pyarrow as pa

        _, numbers, metrics, failures = evaluated
        columns: dict[str, pa.Array] = {"combination": arrow(numbers)}
        columns |= _parameter_columns(self.space, numbers)
        if self.stated:
            columns |= _state_columns(numbers, failures)
        for name, values in zip(self.measures, metrics, strict=True):
            columns[name] = arrow(_integers(values) if name in self.counts else values)
        total_r = metrics[self.measures.index("total_r")]
        columns["total_profit"] = arrow(total_r * self.risk_money)
        return pa.table(columns)

    def content(self, table: "pa.Table", metadata: Mapping[str, str]) -> bytes:
        """The Parquet bytes of result rows; the encodings suit what repeats.

        Dictionaries for the other metrics of a variation would take half of the writing time
        and make the file no smaller: Snappy finds what repeats there.
        """
        states = ("state", "reason") if self.stated else ()
        counts = (name for name in self.measures if name in self.counts)
        dictionary = [*self.space.names, *states, *counts]
        return table_bytes(table, metadata, dictionary=dictionary, delta=["combination"])


def _integers(values: Floats) -> NDArray[np.int32]:
    """Counts; those of parameter sets that could not be evaluated are 0."""
    missing = np.isnan(values)
    return (np.where(missing, 0.0, values) if missing.any() else values).astype(np.int32)


def _state_columns(numbers: Numbers, failures: Mapping[int, Failure]) -> "dict[str, pa.Array]":
    import pyarrow as pa

    complete = Failure(COMPLETE, "")
    rows = [failures.get(number, complete) for number in numbers.tolist()]
    return {
        "state": pa.array([row.state for row in rows], pa.string()),
        "reason": pa.array([row.reason for row in rows], pa.string()),
    }


def _parameter_columns(space: ParameterSpace, numbers: Numbers) -> "dict[str, pa.Array]":
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
