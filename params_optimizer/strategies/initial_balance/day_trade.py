"""What a kernel needs to trade a day, and what it writes down (R6, R9)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.data.news import NewsWindows
from params_optimizer.engine.exits import Position
from params_optimizer.engine.jit import kernel
from params_optimizer.strategies.initial_balance.placement import Order

TP, STOP, TIME, INVALID = range(4)
"""Places of the exit reasons in `params.EXIT_REASONS`."""


class Rules(NamedTuple):
    """The parameters of one combination that a kernel needs; see `params.Params`."""

    rr_target: float
    stop_at_eq: bool
    tsl_target: float
    tsl_sl: float
    min_sl: float
    rev_rb_enabled: bool
    rev_rb_pct: float
    buffer_pct: float
    distance_pct: float
    spread: float
    strict: bool
    slippage: float


class Signal(NamedTuple):
    """What is traded on a day (R6); `variation` is -1 where nothing is.

    `entry_time` is the earliest minute of the entry bar (R7.1). Under strict execution prices
    follow from that bar: `order.raw` is the limit of REV_RB and means nothing elsewhere.
    """

    variation: int
    entry_time: int
    order: Order


class TradeArrays(NamedTuple):
    """Trades as arrays of shape (trades,), in the order of days.

    Codes are places in `params.VARIATIONS` and `params.EXIT_REASONS`.
    """

    date: NDArray[np.int64]
    variation: NDArray[np.int64]
    long: NDArray[np.bool_]
    entry_time: NDArray[np.int64]
    entry_price: NDArray[np.float64]
    stop: NDArray[np.float64]
    target: NDArray[np.float64]
    exit_time: NDArray[np.int64]
    exit_price: NDArray[np.float64]
    exit_reason: NDArray[np.int64]
    r: NDArray[np.float64]


class Left(NamedTuple):
    """How a trade ends: bar index, price, and place of the reason."""

    bar: int
    price: float
    reason: int


@kernel
def empty_trades_nb(room: int) -> TradeArrays:
    """Room for so many trades, uninitialised."""
    return TradeArrays(
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.bool_),
        np.empty(room, np.int64),
        np.empty(room),
        np.empty(room),
        np.empty(room),
        np.empty(room, np.int64),
        np.empty(room),
        np.empty(room, np.int64),
        np.empty(room),
    )


@kernel
def first_trades_nb(trades: TradeArrays, count: int) -> TradeArrays:
    """The first `count` trades, same memory."""
    return TradeArrays(
        trades.date[:count],
        trades.variation[:count],
        trades.long[:count],
        trades.entry_time[:count],
        trades.entry_price[:count],
        trades.stop[:count],
        trades.target[:count],
        trades.exit_time[:count],
        trades.exit_price[:count],
        trades.exit_reason[:count],
        trades.r[:count],
    )


@kernel
def quiet_nb(decision: int, news: NewsWindows) -> bool:
    """Whether a decision time lies outside every news window (R6.2)."""
    before = np.searchsorted(news.start, decision, side="right") - 1
    return bool(before < 0 or news.end[before] < decision)


@kernel
def counts_nb(decision: int, close_time: int, news: NewsWindows) -> bool:
    """Whether a decision time is inside the window and outside the news (R6.1, R6.2)."""
    return decision <= close_time and quiet_nb(decision, news)


@kernel
def write_trade_nb(
    m1: M1,
    trades: TradeArrays,
    at: int,
    variation: int,
    position: Position,
    entry_bar: int,
    left: Left,
    r: float,
) -> None:
    """Record a trade (R9)."""
    trades.variation[at] = variation
    trades.long[at] = position.long
    trades.entry_time[at] = m1.time[entry_bar]
    trades.entry_price[at] = position.entry
    trades.stop[at] = position.stop
    trades.target[at] = position.target
    trades.exit_time[at] = m1.time[left.bar]
    trades.exit_price[at] = left.price
    trades.exit_reason[at] = left.reason
    trades.r[at] = r
