"""Batch evaluation: what a strategy that answers for many parameter sets at once works on.

Strategies do not import `search`; they see its parameter space through `FiniteSpace`.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from params_optimizer.strategies.protocol import Value

Numbers = NDArray[np.int64]
"""Combination numbers, ascending, shape (rows,)."""


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

    def columns(self, numbers: Numbers) -> dict[str, NDArray[Any]]:
        """The values of each parameter, shape (rows,): int64, float64, bool or object (text)."""

    def allowed(self, first: int, end: int) -> Numbers:
        """The combinations `first <= number < end` that have a row."""
