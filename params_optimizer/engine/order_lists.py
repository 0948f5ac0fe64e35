"""Many lists of orders, side by side, to metrics on samples of days (docs/strategies.md).

One call evaluates what a slice of parameter sets orders; nothing of a single set returns to
Python. A sample of days is a list of stretches of bars; a trade belongs to the stretch in
which it is entered, and what leaves its stretch is treated by a border policy.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.engine.jit import kernel
from params_optimizer.engine.metrics_calculator import list_metrics_nb
from params_optimizer.engine.positions import (
    AccountPosition,
    Costs,
    Orders,
    after_order_nb,
    flat_nb,
    left_nb,
    result_nb,
)

CLOSE, CARRY, DROP = range(3)
"""Border policies: places in `strategies.trades.BORDERS`."""


class OrderLists(NamedTuple):
    """Lists one after the other: `orders[begin[i]:begin[i + 1]]` are those of list `i`.

    An order at the end of the bars is never filled.
    """

    orders: Orders
    begin: NDArray[np.int64]


class Samples(NamedTuple):
    """Stretches `first <= bar < end`; those of sample `i` from `begin[i]` to `begin[i + 1]`."""

    first: NDArray[np.int64]
    end: NDArray[np.int64]
    begin: NDArray[np.int64]


class Entries(NamedTuple):
    """Trades of one list in order: bars of entry, and R."""

    bar: NDArray[np.int64]
    r: NDArray[np.float64]


def empty_lists(room: int, lists: int) -> OrderLists:
    """Room for at most `lists` lists with `room` orders in all."""
    orders = Orders(np.empty(room, np.int64), np.empty(room))
    return OrderLists(orders, np.zeros(lists + 1, np.int64))


@kernel
def fits_nb(lists: OrderLists, place: int, bars: int) -> bool:
    """Whether a list of at most `bars` orders fits at `place`, behind those before it."""
    return place < lists.begin.size - 1 and lists.begin[place] + bars <= lists.orders.bar.size


@kernel
def order_nb(orders: Orders, count: int, bar: int, target: float) -> int:
    """Add the order of a target wanted at the close of `bar`; the number of orders then."""
    orders.bar[count], orders.target[count] = bar + 1, target
    return count + 1


@kernel
def metrics_of_lists_nb(
    m1: M1,
    lists: OrderLists,
    costs: Costs,
    samples: Samples,
    border: int,
    rows: NDArray[np.int64],
    metrics: NDArray[np.float64],
) -> None:
    """Write metrics, shape (samples, 15, all rows), of the lists at the places `rows`."""
    entries = _entries_nb(lists)
    for place in range(rows.size):
        orders = list_nb(lists, place)
        for sample in range(samples.begin.size - 1):
            count = entries_nb(m1, orders, costs, samples, sample, border, entries)
            row = rows[place]
            list_metrics_nb(entries.r[:count], metrics[sample, :, row : row + 1])


@kernel
def daily_r_of_lists_nb(
    m1: M1,
    lists: OrderLists,
    costs: Costs,
    samples: Samples,
    border: int,
    day: NDArray[np.int64],
    rows: NDArray[np.int64],
    daily_r: NDArray[np.float64],
) -> None:
    """Add the R of the first sample to the day of entry, shape (days, all rows), NaN before.

    `day` is the place of each bar's day; shape (bars,).
    """
    entries = _entries_nb(lists)
    for place in range(rows.size):
        count = entries_nb(m1, list_nb(lists, place), costs, samples, 0, border, entries)
        for trade in range(count):
            at = day[entries.bar[trade]]
            total = daily_r[at, rows[place]]
            daily_r[at, rows[place]] = (0.0 if np.isnan(total) else total) + entries.r[trade]


@kernel
def list_nb(lists: OrderLists, place: int) -> Orders:
    """The orders of one list."""
    first, end = lists.begin[place], lists.begin[place + 1]
    return Orders(lists.orders.bar[first:end], lists.orders.target[first:end])


@kernel
def _entries_nb(lists: OrderLists) -> Entries:
    """Room for the trades of the longest list."""
    longest = 0
    for place in range(lists.begin.size - 1):
        longest = max(longest, lists.begin[place + 1] - lists.begin[place])
    return Entries(np.empty(longest, np.int64), np.empty(longest))


@kernel
def entries_nb(
    m1: M1,
    orders: Orders,
    costs: Costs,
    samples: Samples,
    sample: int,
    border: int,
    entries: Entries,
) -> int:
    """Write the trades that are entered on a sample of days; their number."""
    stretch, last = samples.begin[sample], samples.begin[sample + 1]
    position = flat_nb()
    count, entry, counts = 0, 0, False
    for order in range(orders.bar.size):
        bar, target = orders.bar[order], orders.target[order]
        if bar >= m1.open.size:
            break
        if counts and bar >= samples.end[stretch] and border != CARRY:
            if border == CLOSE:
                price = m1.close[samples.end[stretch] - 1]
                count = _add_nb(entries, count, entry, position, price, costs)
            counts = False
        leaves = position.target * target <= 0.0
        if leaves and counts:
            count = _add_nb(entries, count, entry, position, m1.open[bar], costs)
            counts = False
        position = after_order_nb(position, target, m1.open[bar], costs.capital)
        if leaves and target != 0.0:
            while stretch < last and samples.end[stretch] <= bar:
                stretch += 1
            entry, counts = bar, stretch < last and samples.first[stretch] <= bar
    if counts:
        end = m1.close.size if border == CARRY else samples.end[stretch]
        if border != DROP or end == m1.close.size:
            count = _add_nb(entries, count, entry, position, m1.close[end - 1], costs)
    return count


@kernel
def _add_nb(
    entries: Entries, count: int, entry: int, position: AccountPosition, price: float, costs: Costs
) -> int:
    """Add a trade that is left at `price`."""
    entries.bar[count] = entry
    entries.r[count] = result_nb(position, left_nb(position, price), costs)
    return count + 1
