"""Positions: wanted at a close, filled at the next open (docs/strategies.md, P1 to P6).

A *target* is the share of the initial capital that is invested: -1 all of it short, 0
nothing, 1 all of it long. Its changes are *orders*; orders are filled, and what lies
between leaving 0 (or changing sides) and coming back to it is one trade.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.engine.jit import kernel


class Costs(NamedTuple):
    """Commission as a fraction of each fill's value, initial capital, and money of 1 R.

    `half_spread` is what a unit pays at each fill, in points of price.
    """

    commission: float
    capital: float
    risk_money: float
    half_spread: float = 0.0


class Orders(NamedTuple):
    """Changes of the target, shape (orders,): the bar whose open fills them, the new target."""

    bar: NDArray[np.int64]
    target: NDArray[np.float64]


class PositionTrades(NamedTuple):
    """Trades in order of entry, shape (trades,), the columns of `strategies.protocol.Trades`."""

    entry_time: NDArray[np.int64]
    exit_time: NDArray[np.int64]
    direction: NDArray[np.int64]
    entry_price: NDArray[np.float64]
    exit_price: NDArray[np.float64]
    r: NDArray[np.float64]


class Leg(NamedTuple):
    """Units bought or sold in the course of a trade, and their average price."""

    units: float
    price: float


class AccountPosition(NamedTuple):
    """What is held: target, units (below 0: short), and both legs of the trade."""

    target: float
    units: float
    into: Leg
    out: Leg


@kernel
def flat_nb() -> AccountPosition:
    """Nothing held."""
    return AccountPosition(0.0, 0.0, Leg(0.0, 0.0), Leg(0.0, 0.0))


@kernel
def orders_nb(target: NDArray[np.float64]) -> Orders:
    """The orders that targets at each close, shape (bars,), lead to (P1).

    The target of the last bar has no next open and is never filled.
    """
    room = 0
    current = 0.0
    for bar in range(target.size - 1):
        room += target[bar] != current
        current = target[bar]
    orders = Orders(np.empty(room, np.int64), np.empty(room))
    count, current = 0, 0.0
    for bar in range(target.size - 1):
        if target[bar] != current:
            current = target[bar]
            orders.bar[count], orders.target[count] = bar + 1, current
            count += 1
    return orders


@kernel
def change_nb(units: float, current: float, target: float, capital: float, price: float) -> float:
    """Units to buy (above 0) or sell to get from target `current` to `target` (P2, P3)."""
    if current * target > 0.0:
        if abs(target) > abs(current):
            return (target - current) * capital / price
        return units * ((target - current) / current)
    return target * capital / price - units


@kernel
def more_nb(leg: Leg, units: float, price: float) -> Leg:
    """A leg after one more fill."""
    total = leg.units + units
    return Leg(total, leg.price + (price - leg.price) * (units / total))


@kernel
def after_order_nb(
    position: AccountPosition, target: float, price: float, capital: float
) -> AccountPosition:
    """The position after an order; one that leaves 0 or changes sides begins a trade."""
    current = position.target
    change = change_nb(position.units, current, target, capital, price)
    units = position.units + change if target != 0.0 else 0.0
    if current * target > 0.0:
        if abs(target) > abs(current):
            return AccountPosition(
                target, units, more_nb(position.into, abs(change), price), position.out
            )
        return AccountPosition(
            target, units, position.into, more_nb(position.out, abs(change), price)
        )
    return AccountPosition(target, units, Leg(abs(units), price), Leg(0.0, 0.0))


@kernel
def left_nb(position: AccountPosition, price: float) -> Leg:
    """All that has gone out of a trade when the rest of it is left at `price`."""
    return more_nb(position.out, abs(position.units), price)


@kernel
def result_nb(position: AccountPosition, out: Leg, costs: Costs) -> float:
    """R of a trade of which all that came in has gone out (P4)."""
    into = position.into
    direction = 1.0 if position.target > 0.0 else -1.0
    gross = direction * (out.price - into.price) * into.units
    paid = costs.commission * into.units * (into.price + out.price)
    crossed = 2.0 * costs.half_spread * into.units
    return (gross - paid - crossed) / costs.risk_money


@kernel
def position_trades_nb(m1: M1, orders: Orders, costs: Costs) -> PositionTrades:
    """The trades that orders make; one still open at the end is closed at the last close (P5)."""
    room = orders.bar.size
    trades = PositionTrades(
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room),
        np.empty(room),
        np.empty(room),
    )
    count, position = -1, flat_nb()
    for order in range(room):
        bar, target = orders.bar[order], orders.target[order]
        price = m1.open[bar]
        leaves = position.target * target <= 0.0
        if leaves and position.target != 0.0:
            _leave_nb(trades, count, m1.time[bar], position, price, costs)
        position = after_order_nb(position, target, price, costs.capital)
        if leaves and target != 0.0:
            count += 1
            trades.entry_time[count] = m1.time[bar]
            trades.direction[count] = 1 if target > 0.0 else -1
    if position.target != 0.0:
        _leave_nb(trades, count, m1.time[-1], position, m1.close[-1], costs)
    return PositionTrades(
        trades.entry_time[: count + 1],
        trades.exit_time[: count + 1],
        trades.direction[: count + 1],
        trades.entry_price[: count + 1],
        trades.exit_price[: count + 1],
        trades.r[: count + 1],
    )


@kernel
def _leave_nb(
    trades: PositionTrades,
    trade: int,
    time: int,
    position: AccountPosition,
    price: float,
    costs: Costs,
) -> None:
    """Write the exit and the result of a trade."""
    out = left_nb(position, price)
    trades.exit_time[trade] = time
    trades.entry_price[trade], trades.exit_price[trade] = position.into.price, out.price
    trades.r[trade] = result_nb(position, out, costs)


@kernel
def paid_nb(units: float, price: float, costs: Costs) -> float:
    """What a fill of so many units costs (P4)."""
    return costs.commission * abs(units) * price + costs.half_spread * abs(units)


@kernel
def equity_nb(m1: M1, orders: Orders, costs: Costs) -> NDArray[np.float64]:
    """Worth of the account at each close, shape (bars,); the last one after closing (P6)."""
    equity = np.empty(m1.time.size)
    cash, units, current, order = costs.capital, 0.0, 0.0, 0
    for bar in range(m1.time.size):
        if order < orders.bar.size and orders.bar[order] == bar:
            price, target = m1.open[bar], orders.target[order]
            change = change_nb(units, current, target, costs.capital, price)
            cash -= change * price + paid_nb(change, price, costs)
            units = units + change if target != 0.0 else 0.0
            current = target
            order += 1
        equity[bar] = cash + units * m1.close[bar]
    if m1.time.size:
        equity[-1] -= paid_nb(units, m1.close[-1], costs)
    return equity
