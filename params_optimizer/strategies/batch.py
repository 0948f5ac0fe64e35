"""Batch evaluation: slices of a space in, finished columns out.

An optional ability of a strategy. What does not have it is evaluated set by set behind the
same protocol. Strategies do not import `search`; they see its parameter space through
`FiniteSpace`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.strategies.protocol import Value
from params_optimizer.strategies.trades import Border

Days = NDArray[np.int64]
"""Local dates, days since 1970-01-01, ascending."""
Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
"""Combination numbers, ascending, shape (rows,)."""

MIN_ROWS: Final = 1024
MAX_ROWS: Final = 16_384
SLICES: Final = 64
"""Slices that a small space is cut into: work for several processes, and few parts."""


class FiniteAxis(Protocol):
    """One digit of the combination number: parameters whose values change together."""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of the axis; one, unless they are joined."""

    @property
    def count(self) -> int | None:
        """How many values there are; never None in a finite space."""

    def row(self, place: int) -> tuple[Value, ...]:
        """The value of each parameter at `place`, from 0 to `count` - 1."""


class FiniteSpace(Protocol):
    """Combinations 0 to `len(space)` - 1 in mixed radix over the axes, the last one fastest."""

    @property
    def axes(self) -> Sequence[FiniteAxis]:
        """The axes, slowest first."""

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters, in the order of the axes."""

    def __len__(self) -> int:
        """How many places there are, those that relations rule out included."""

    def __getitem__(self, number: int) -> dict[str, Value]:
        """The parameter set with this number, allowed or not."""

    def columns(self, numbers: Numbers) -> dict[str, NDArray[Any]]:
        """The values of each parameter, shape (rows,): int64, float64, bool or object (text)."""

    def allowed(self, first: int, end: int) -> Numbers:
        """The combinations `first <= number < end` that have a row."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The parameter sets `first <= number < first + rows`; the slice with this `number`."""

    number: int
    first: int
    rows: int


class Slices(Protocol):
    """The slices of a space in order; their borders depend on the space alone."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Slice:
        """The slice with this number.

        Raises:
            IndexError: there is none.
        """

    def groups(self) -> Iterable[Sequence[Slice]]:
        """All slices, those together that cost less when the same process evaluates them."""


class DaySample(NamedTuple):
    """The local days of `zone` that are traded; None: all days of the bars.

    Trades that leave these days are treated as `border` says (`strategies.trades`).
    """

    zone: str
    days: Days | None = None
    border: Border = "close"


class BatchEvaluator(Protocol):
    """Evaluates parameter sets of slices on one sample of days, in one process.

    `numbers` are always those of the slice to evaluate.
    """

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the rows of metrics."""

    @property
    def failures(self) -> Mapping[int, str]:
        """Why parameter sets of the last call have no metrics, by number; theirs are NaN."""

    def metrics(self, slice_: Slice, numbers: Numbers, memory: Floats | None = None) -> Floats:
        """Metrics on the days of the evaluator, shape (measures, numbers).

        `memory`, of at least as many numbers, becomes the result.
        """

    def sample_metrics(
        self, slice_: Slice, numbers: Numbers, samples: Sequence[Days], border: Border
    ) -> Floats:
        """Metrics on other days, shape (samples, measures, numbers); samples may overlap."""

    def daily_r(self, slice_: Slice, numbers: Numbers, prefix: str = "") -> tuple[Days, Floats]:
        """Days with bars, and the R of the trades entered on each, shape (days, numbers).

        NaN where there is no trade. `prefix` names trades of some kind only, where the
        measures have such prefixes.
        """

    def block_sums(self, slice_: Slice, numbers: Numbers, blocks: Sequence[Days]) -> Floats:
        """Days with a trade, sum of R and sum of squared daily R, shape (3, blocks, numbers)."""


def columns_in(memory: Floats | None, sets: int, *shape: int) -> Floats:
    """An array of shape (*shape, sets); its memory is that which is given, if any."""
    size = sets * prod(shape)
    memory = np.empty(size) if memory is None else memory
    columns: Floats = memory[:size].reshape(*shape, sets)
    return columns


@runtime_checkable
class Batch(Protocol):
    """A strategy that evaluates many parameter sets of a space at once."""

    def slices(self, space: FiniteSpace) -> Slices:
        """How the space is cut."""

    def batch_evaluator(
        self, bars: Bars, space: FiniteSpace, sample: DaySample
    ) -> BatchEvaluator | None:
        """What evaluates the slices; None where the space holds values it cannot take."""


class EqualSlices:
    """Slices of `rows` numbers each, but the last."""

    def __init__(self, space: FiniteSpace, rows: int) -> None:
        self._count, self._rows = len(space), rows

    def __len__(self) -> int:
        return (self._count + self._rows - 1) // self._rows

    def __getitem__(self, number: int) -> Slice:
        """See `Slices`."""
        if not 0 <= number < len(self):
            raise IndexError(f"slice {number} of {len(self)}")
        first = number * self._rows
        return Slice(number, first, min(self._rows, self._count - first))

    def groups(self) -> Iterable[Sequence[Slice]]:
        """See `Slices`: neighbours share nothing that is not kept anyway."""
        return ([self[number]] for number in range(len(self)))


def equal_slices(space: FiniteSpace) -> EqualSlices:
    """Slices for strategies whose parameter sets share nothing but indicators."""
    return EqualSlices(space, min(max(len(space) // SLICES, MIN_ROWS), MAX_ROWS))


def block_sums_of(dates: Days, daily_r: Floats, blocks: Sequence[Days]) -> Floats:
    """See `BatchEvaluator.block_sums`; `daily_r` has shape (dates, sets), NaN without a trade."""
    traded = ~np.isnan(daily_r)
    r = np.where(traded, daily_r, 0.0)
    sums = np.empty((3, len(blocks), daily_r.shape[1]))
    for place, block in enumerate(blocks):
        rows = np.isin(dates, block)
        sums[0, place] = traded[rows].sum(axis=0)
        sums[1, place] = r[rows].sum(axis=0)
        sums[2, place] = (r[rows] ** 2).sum(axis=0)
    return sums
