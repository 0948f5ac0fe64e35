"""The factors of a grid: its axes under labels that people read."""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import prod
from typing import NamedTuple

from params_optimizer.config.space import Value
from params_optimizer.search.space import ParameterSpace


class Factor(NamedTuple):
    """An axis of a grid: its name, and a label for each of its values.

    Joined parameters are one factor, since they alone do not make a full factorial.
    """

    name: str
    labels: tuple[str, ...]


def factors_of(grid: ParameterSpace) -> list[Factor]:
    """The factors of a grid in the order of its axes, the slowest first."""
    factors = []
    for axis in grid.axes:
        rows = axis.rows()
        zoned = len({row[-1] for row in rows}) > 1
        labels = (_label(axis.name, row, zoned=zoned) for row in rows)
        factors.append(Factor(axis.name, tuple(labels)))
    return factors


def cuts(shape: Sequence[int]) -> tuple[int, int]:
    """Where to cut the digits into three runs so that the tables of two runs stay small.

    Any two factors lie in two of the three runs: sums by (a, b), (b, c) and (a, c) hold
    those of every pair.
    """

    def cells(cut: tuple[int, int]) -> int:
        a, b, c = prod(shape[: cut[0]]), prod(shape[cut[0] : cut[1]]), prod(shape[cut[1] :])
        return a * b + b * c + a * c

    return min(combinations_with_replacement(range(len(shape) + 1), 2), key=cells)


def _label(name: str, values: tuple[Value, ...], *, zoned: bool) -> str:
    if name == "ib_window":
        window = f"{values[0]}–{values[1]}"
        return f"{window} {values[2]}" if zoned else window
    if name == "trailing":
        return f"{values[0]:g} / {values[1]:g}" if values[0] else "off"
    if name == "rev_rb":
        return f"{values[1]:g}" if values[0] else "off"
    return f"{values[0]:g}" if isinstance(values[0], float) else str(values[0])
