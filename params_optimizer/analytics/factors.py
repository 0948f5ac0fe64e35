"""The factors of a grid: its digits under names and labels that people read."""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import prod
from typing import NamedTuple

from params_optimizer.search.grid import Digit, ParameterGrid, Value

_PAIRS = {"ib_start": "ib_window", "tsl_target": "trailing", "rev_rb_enabled": "rev_rb"}


class Factor(NamedTuple):
    """A digit of the combination number: its name, and a label for each of its values.

    IB window, trailing pair and rev_rb pair are one factor each, since their keys alone do
    not make a full factorial.
    """

    name: str
    labels: tuple[str, ...]


def name_of(digit: Digit) -> str:
    """The factor's name: the key of the digit, or a name for the keys that change together."""
    return _PAIRS.get(digit.keys[0], digit.keys[0])


def factors_of(grid: ParameterGrid) -> list[Factor]:
    """The factors of a grid in the order of its digits, the slowest first."""
    found = []
    for digit in grid.digits:
        zones = {values[-1] for values in digit.values}
        labels = (_label(name_of(digit), values, zoned=len(zones) > 1) for values in digit.values)
        found.append(Factor(name_of(digit), tuple(labels)))
    return found


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
