"""R1 to R9, or R15 in their place, put together: from bars to trades."""

from params_optimizer.data.bars import Bars
from params_optimizer.data.news import NewsWindows
from params_optimizer.strategies.initial_balance.params import (
    RULES,
    Execution,
    Params,
    Trade,
    Variation,
)
from params_optimizer.strategies.initial_balance.reference.candles import candles
from params_optimizer.strategies.initial_balance.reference.choice import chosen_signal
from params_optimizer.strategies.initial_balance.reference.day import Day, trading_days
from params_optimizer.strategies.initial_balance.reference.exits import ReferenceExit, leave
from params_optimizer.strategies.initial_balance.reference.placement import (
    ReferencePosition,
    place,
)
from params_optimizer.strategies.initial_balance.reference.strict_exits import (
    MarketCosts,
    leave_strictly,
)
from params_optimizer.strategies.initial_balance.reference.strict_orders import (
    chosen_order,
    strict_position,
)


def backtest(
    bars: Bars,
    params: Params,
    spread: float,
    news: NewsWindows,
    execution: Execution = RULES,
) -> list[Trade]:
    """The trades of one combination, in order of their days: at most one a day (R9).

    `spread` is the full spread in points of price.
    """
    costs = MarketCosts(spread, execution.slippage)
    trade_of = _strict_trade if execution.strict else _trade
    trades = (trade_of(day, params, costs, news) for day in trading_days(bars, params))
    return [trade for trade in trades if trade is not None]


def _trade(day: Day, params: Params, costs: MarketCosts, news: NewsWindows) -> Trade | None:
    """The trade of one day; without candles in the window there is none (R2.4)."""
    window, context = candles(day.window), candles(day.context)
    signal = chosen_signal(day, window, context, params, news)
    if signal is None:
        return None
    position = place(signal, day.window, params, costs.spread)
    left = leave(position, day.window, params, costs.spread)
    return _record(day, signal.variation, position, left)


def _strict_trade(day: Day, params: Params, costs: MarketCosts, news: NewsWindows) -> Trade | None:
    """The trade that an order sent at the moment of the decision would have made (R15)."""
    window, context = candles(day.window), candles(day.context)
    order = chosen_order(day, window, context, params, news)
    position = order and strict_position(order, day.window, params, costs)
    if order is None or position is None:
        return None
    left = leave_strictly(position, day.window, params, costs, at_limit=order.limit is not None)
    return _record(day, order.variation, position, left)


def _record(
    day: Day, variation: Variation, position: ReferencePosition, left: ReferenceExit
) -> Trade:
    return Trade(
        date=day.date,
        variation=variation,
        long=position.long,
        entry_time=day.window[position.entry_bar].time,
        entry_price=position.entry_price,
        stop=position.stop,
        target=position.target,
        exit_time=left.time,
        exit_price=left.price,
        exit_reason=left.reason,
        r=left.r,
    )
