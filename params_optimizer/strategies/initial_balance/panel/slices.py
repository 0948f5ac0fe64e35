"""How a grid is cut into slices; the borders depend on the grid alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import overload

from params_optimizer.engine.metrics_calculator import LANE_BLOCK
from params_optimizer.strategies.batch import FiniteSpace, Slice
from params_optimizer.strategies.initial_balance.grid import GridAxes

# Whatever the grid, so that a worker's memory does not grow with it. Half as many rows would
# cost half again of the kernel time of ten times the expanded grid, since lists of trades are
# found anew for each slice, and save 35 MB a worker.
_ROWS = 32_768
_MAX_WAYS = 1024


@dataclass(frozen=True, slots=True)
class PanelSlice(Slice):
    """Combinations of one trade window of one panel.

    `ib` and `wait` name the panel, `window` the trade window (places on the axes);
    `ways` is the stretch of ways to leave (see `panel.exits`).
    """

    ib: int
    wait: int
    window: int
    ways: tuple[int, int]

    @property
    def tile(self) -> tuple[int, int, tuple[int, int]]:
        """Slices of the same tile share signals and exits."""
        return self.ib, self.wait, self.ways


class PanelSlices(Sequence[PanelSlice]):
    """The slices of a grid in combination order, made when they are asked for."""

    def __init__(self, space: FiniteSpace) -> None:
        axes = GridAxes.of(space)
        self.ways = prod(map(len, (axes.rr_targets, axes.stop_modes, axes.trailings, axes.min_sls)))
        self.rows_per_way = prod(map(len, (axes.rebounds, axes.buffers, axes.distances)))
        self._waits, self._windows = len(axes.waits), len(axes.windows)
        panels = len(axes.ib_windows) * self._waits * self._windows
        self.combinations = panels * self.ways * self.rows_per_way
        max_ways = min(max(_ROWS // self.rows_per_way, 1), _MAX_WAYS)
        # Tables are rounded up to blocks of lanes: borders between two blocks waste none.
        self._block = LANE_BLOCK if max_ways >= LANE_BLOCK else 1
        self._blocks = -(-self.ways // self._block)
        self._parts = -(-self._blocks // (max_ways // self._block))
        self._count = panels * self._parts

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: int) -> PanelSlice: ...
    @overload
    def __getitem__(self, number: slice) -> list[PanelSlice]: ...
    def __getitem__(self, number: int | slice) -> PanelSlice | list[PanelSlice]:
        """The slice with this number, counted in combination order."""
        if isinstance(number, slice):
            return [self[place] for place in range(*number.indices(self._count))]
        if not 0 <= number < self._count:
            raise IndexError(f"slice {number} of {self._count}")
        panel_window, part = divmod(number, self._parts)
        panel, window = divmod(panel_window, self._windows)
        ib, wait = divmod(panel, self._waits)
        low, high = self._border(part), self._border(part + 1)
        first = (panel_window * self.ways + low) * self.rows_per_way
        rows = (high - low) * self.rows_per_way
        return PanelSlice(number, first, rows, ib, wait, window, (low, high))

    def _border(self, part: int) -> int:
        """The way at which a part begins; after the last one, the number of ways."""
        return min(part * self._blocks // self._parts * self._block, self.ways)

    def groups(self) -> Iterator[list[PanelSlice]]:
        """Groups of slices that share signals and exits."""
        for panel in range(self._count // (self._windows * self._parts)):
            begin = panel * self._windows * self._parts
            for part in range(self._parts):
                numbers = range(begin + part, begin + self._windows * self._parts, self._parts)
                yield [self[number] for number in numbers]
