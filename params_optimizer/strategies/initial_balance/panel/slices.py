"""How a grid is cut into pieces of work; the borders depend on the grid alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import overload

from params_optimizer.engine.metrics_calculator import LANE_BLOCK
from params_optimizer.strategies.initial_balance.axes import Axes

# Whatever the grid, so that a worker's memory does not grow with it. Half as many rows would
# cost half again of the kernel time of ten times the expanded grid, since lists of trades are
# found anew for each slice, and save 35 MB a worker.
_ROWS = 32_768
_MOST_WAYS = 1024


@dataclass(frozen=True, slots=True)
class Slice:
    """Combinations `first <= number < first + rows`: one trade window of one panel.

    `ib` and `wait` name the panel, `window` the trade window (places on the axes);
    `ways` is the stretch of ways to leave (see `panel.exits`).
    """

    number: int
    ib: int
    wait: int
    window: int
    ways: tuple[int, int]
    first: int
    rows: int

    @property
    def tile(self) -> tuple[int, int, tuple[int, int]]:
        """Slices of the same tile share signals and exits."""
        return self.ib, self.wait, self.ways


class Slices(Sequence[Slice]):
    """The slices of a grid in combination order, made when looked at."""

    def __init__(self, axes: Axes) -> None:
        self.ways = prod(map(len, (axes.rr_targets, axes.stop_modes, axes.trailings, axes.min_sls)))
        self.rows_per_way = prod(map(len, (axes.rebounds, axes.buffers, axes.distances)))
        self._waits, self._windows = len(axes.waits), len(axes.windows)
        panels = len(axes.ib_windows) * self._waits * self._windows
        self.combinations = panels * self.ways * self.rows_per_way
        most = min(max(_ROWS // self.rows_per_way, 1), _MOST_WAYS)
        # Tables are rounded up to blocks of lanes: borders between two blocks waste none.
        self._block = LANE_BLOCK if most >= LANE_BLOCK else 1
        self._blocks = -(-self.ways // self._block)
        self._pieces = -(-self._blocks // (most // self._block))
        self._count = panels * self._pieces

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: int) -> Slice: ...
    @overload
    def __getitem__(self, number: slice) -> list[Slice]: ...
    def __getitem__(self, number: int | slice) -> Slice | list[Slice]:
        """The slice with this number, counted in combination order."""
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(self._count))]
        if not 0 <= number < self._count:
            raise IndexError(f"slice {number} of {self._count}")
        rest, piece = divmod(number, self._pieces)
        panel_window = rest
        rest, window = divmod(rest, self._windows)
        ib, wait = divmod(rest, self._waits)
        low, high = self._border(piece), self._border(piece + 1)
        first = (panel_window * self.ways + low) * self.rows_per_way
        rows = (high - low) * self.rows_per_way
        return Slice(number, ib, wait, window, (low, high), first, rows)

    def _border(self, piece: int) -> int:
        """The way at which a piece begins; after the last one, the number of ways."""
        return min(piece * self._blocks // self._pieces * self._block, self.ways)

    def by_tile(self) -> Iterator[list[Slice]]:
        """Groups of slices that share signals and exits."""
        for panel in range(self._count // (self._windows * self._pieces)):
            begin = panel * self._windows * self._pieces
            for piece in range(self._pieces):
                numbers = range(begin + piece, begin + self._windows * self._pieces, self._pieces)
                yield [self[number] for number in numbers]
