"""Strategies that tell the orders of many parameter sets in one call of a kernel."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.engine.order_lists import OrderLists, empty_lists
from params_optimizer.engine.positions import Orders
from params_optimizer.errors import StrategyError
from params_optimizer.strategies.batch import (
    BatchEvaluator,
    DaySample,
    FiniteSpace,
    Floats,
    Numbers,
    Slices,
    equal_slices,
)
from params_optimizer.strategies.order_evaluator import OrderEvaluator
from params_optimizer.strategies.positions import PositionStrategy, completed
from params_optimizer.strategies.protocol import Parameters, Value


class OrderStrategy(PositionStrategy):
    """Targets, orders and trades of one parameter set, or metrics of slices of them."""

    @property
    @abstractmethod
    def defaults(self) -> Parameters:
        """All parameters, and what they are where nothing is said."""

    @abstractmethod
    def read(self, key: str, value: Value) -> tuple[float, ...]:
        """A parameter as kernels see it.

        Raises:
            StrategyError: the value is impossible.
        """

    @abstractmethod
    def lists(
        self, bars: Bars, numbers: Mapping[str, Floats], room: OrderLists
    ) -> Iterator[tuple[Numbers, OrderLists]]:
        """Places of parameter sets, and their orders, written to `room`.

        `numbers` are all parameters as `read` makes them, shape (sets, numbers of a value).
        """

    def targets(self, bars: Bars, parameters: Parameters) -> NDArray[np.float64]:
        """See `PositionStrategy.targets`.

        Raises:
            StrategyError: unknown or impossible parameters.
        """
        orders = self._orders(bars, parameters)
        borders = np.concatenate([[0], orders.bar - 1, [bars.count]])
        return np.repeat(np.append(0.0, orders.target), np.diff(borders))

    def orders(self, bars: Bars, parameters: Parameters) -> Orders:
        """Where the wanted position changes.

        Raises:
            StrategyError: unknown or impossible parameters.
        """
        orders = self._orders(bars, parameters)
        filled = orders.bar < bars.count
        return Orders(orders.bar[filled], orders.target[filled])

    def order_lists(
        self, bars: Bars, columns: Mapping[str, NDArray[np.generic]], room: OrderLists
    ) -> Iterator[tuple[Numbers, OrderLists]]:
        """Places of parameter sets, and their orders; `room` holds those of the next ones then.

        `columns` are values of parameters, shape (sets,).
        """
        sets = len(next(iter(columns.values())))
        numbers = dict[str, Floats]()
        for key, default in self.defaults.items():
            column = columns.get(key, np.full(sets, default))
            values, place = np.unique(column, return_inverse=True)
            numbers[key] = np.array([self.read(key, value) for value in values.tolist()])[place]
        return self.lists(bars, numbers, room)

    def slices(self, space: FiniteSpace) -> Slices:
        """See `Batch`."""
        return equal_slices(space)

    def batch_evaluator(
        self, bars: Bars, space: FiniteSpace, sample: DaySample
    ) -> BatchEvaluator | None:
        """See `Batch`."""
        try:
            for axis in space.axes:
                for place in range(axis.count or 0):
                    values = dict(zip(axis.names, axis.row(place), strict=True))
                    completed(self.name, self.defaults, values)
                    for key, value in values.items():
                        self.read(key, value)
        except StrategyError:
            return None
        return OrderEvaluator(self, bars, space, sample)

    def _orders(self, bars: Bars, parameters: Parameters) -> Orders:
        """All orders of one set, one at the end of the bars included."""
        values = completed(self.name, self.defaults, parameters)
        numbers = {key: np.array([self.read(key, value)]) for key, value in values.items()}
        [(_, lists)] = self.lists(bars, numbers, empty_lists(bars.count, 1))
        count = lists.begin[1]
        return Orders(lists.orders.bar[:count], lists.orders.target[:count])
