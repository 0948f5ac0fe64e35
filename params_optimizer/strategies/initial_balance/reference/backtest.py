"""R1 to R9 put together: from bars to trades."""

from params_optimizer.data.bars import Bars
from params_optimizer.data.news import NewsWindows
from params_optimizer.strategies.initial_balance.params import Params, Trade
from params_optimizer.strategies.initial_balance.reference.candles import candles
from params_optimizer.strategies.initial_balance.reference.choice import chosen_signal
from params_optimizer.strategies.initial_balance.reference.day import Day, trading_days
from params_optimizer.strategies.initial_balance.reference.exits import leave
from params_optimizer.strategies.initial_balance.reference.placement import place


def backtest(bars: Bars, params: Params, spread: float, news: NewsWindows) -> list[Trade]:
    """The trades of one combination, in order of their days: at most one a day (R9).

    `spread` is the full spread in points of price.
    """
    trades = (_trade(day, params, spread, news) for day in trading_days(bars, params))
    return [trade for trade in trades if trade is not None]


def _trade(day: Day, params: Params, spread: float, news: NewsWindows) -> Trade | None:
    """The trade of one day; without candles in the window there is none (R2.4)."""
    window, context = candles(day.window), candles(day.context)
    signal = chosen_signal(day, window, context, params, news)
    if signal is None:
        return None
    position = place(signal, day.window, params, spread)
    left = leave(position, day.window, params, spread)
    return Trade(
        date=day.date,
        variation=signal.variation,
        long=signal.long,
        entry_time=day.window[position.entry_bar].time,
        entry_price=position.entry_price,
        stop=position.stop,
        target=position.target,
        exit_time=left.time,
        exit_price=left.price,
        exit_reason=left.reason,
        r=left.r,
    )
