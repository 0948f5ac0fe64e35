"""Strategies on indicators of closes, which parameter sets with the same periods share."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, Final, NamedTuple

import numpy as np

from params_optimizer.data.bars import Bars
from params_optimizer.engine.order_lists import OrderLists
from params_optimizer.strategies.batch import Floats, Numbers
from params_optimizer.strategies.indicators import Indicator, indicator_table
from params_optimizer.strategies.order_strategy import OrderStrategy
from params_optimizer.strategies.positions import number, sides, whole
from params_optimizer.strategies.protocol import Value

DIRECTION: Final = "direction"


class IndicatorSets(NamedTuple):
    """What kernels see of parameter sets.

    `close` has shape (bars,); a row of `values` holds an indicator at each close; `row`, shape
    (sets, indicators), are the rows of each set; `settings`, shape (sets, settings), its numbers.
    """

    close: Floats
    values: Floats
    row: Numbers
    settings: Floats


class IndicatorStrategy(OrderStrategy):
    """A kernel on indicators.

    `indicators` are kernels and the parameter that is their period; `settings` are the other
    parameters, in the order in which `IndicatorSets.settings` has them (`direction` as two
    numbers: long and short).
    """

    indicators: ClassVar[tuple[tuple[Indicator, str], ...]]
    settings: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def lists_nb(self) -> Callable[[IndicatorSets, int, OrderLists], int]:
        """Writes the orders of sets from a place on, as many as fit.

        Returns the place of the first set that is missing.
        """

    def read(self, key: str, value: Value) -> tuple[float, ...]:
        """See `OrderStrategy.read`."""
        if key == DIRECTION:
            return sides(self.name, value)
        if key in self.settings:
            return (number(self.name, key, value),)
        return (float(whole(self.name, key, value, 1)),)

    def lists(
        self, bars: Bars, numbers: Mapping[str, Floats], room: OrderLists
    ) -> Iterator[tuple[Numbers, OrderLists]]:
        """See `OrderStrategy.lists`."""
        table, close = indicator_table(bars), bars.m1.close
        periods = np.concatenate([numbers[key] for _, key in self.indicators], axis=1)
        settings = np.concatenate([numbers[key] for key in self.settings], axis=1)
        kinds = [indicator for indicator, _ in self.indicators]
        for places in _shared(periods, np.arange(len(periods)), len(table)):
            part = periods[places].astype(np.int64).tolist()
            keys = [key for row in part for key in zip(kinds, row, strict=True)]
            rows = table.rows(keys).reshape(places.size, len(kinds))
            sets = IndicatorSets(close, table.values, rows, settings[places])
            first = 0
            while first < places.size:
                end = self.lists_nb(sets, first, room)
                yield places[first:end], OrderLists(room.orders, room.begin[: end - first + 1])
                first = end


def _shared(periods: Floats, places: Numbers, room: int) -> Iterator[Numbers]:
    """Places of sets in parts that have at most `room` different indicators each.

    `periods` has shape (all sets, indicators).
    """
    part = periods[places]
    if part.size <= room:
        yield places
        return
    counts = [np.unique(column).size for column in part.T]
    if sum(counts) <= room:
        yield places
        return
    column = part[:, int(np.argmax(counts))]
    low = column <= np.unique(column)[max(counts) // 2 - 1]
    yield from _shared(periods, places[low], room)
    yield from _shared(periods, places[~low], room)
