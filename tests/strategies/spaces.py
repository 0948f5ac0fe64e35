"""A finite space of listed values, as batch evaluation sees spaces."""

from collections.abc import Sequence

import numpy as np


class Axis:
    def __init__(self, name: str, values: Sequence) -> None:
        self.names, self.values, self.count = (name,), list(values), len(values)

    def row(self, place: int) -> tuple:
        return (self.values[place],)


class Space:
    """All combinations of the values of its axes, the last one fastest."""

    def __init__(self, **axes: Sequence) -> None:
        self.axes = [Axis(name, values) for name, values in axes.items()]
        self.names = tuple(axes)

    def __len__(self) -> int:
        return int(np.prod([axis.count for axis in self.axes]))

    def __getitem__(self, number: int) -> dict:
        return {name: column[0] for name, column in self._columns(np.array([number])).items()}

    def columns(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        return {
            name: np.array(values, object if isinstance(values[0], str) else None)
            for name, values in self._columns(numbers).items()
        }

    def _columns(self, numbers: np.ndarray) -> dict[str, list]:
        columns = {}
        for axis in reversed(self.axes):
            numbers, places = np.divmod(numbers, axis.count)
            columns[axis.names[0]] = [axis.values[place] for place in places]
        return dict(reversed(columns.items()))

    def allowed(self, first: int, end: int) -> np.ndarray:
        return np.arange(first, end)
