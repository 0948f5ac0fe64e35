"""One parameter set of a strategy on all bars or some days, under each border policy."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import to_day
from params_optimizer.data.trading_days import trading_days
from params_optimizer.orchestrator.plan import Dates
from params_optimizer.strategies.ensemble.strategy import Ensemble
from params_optimizer.strategies.protocol import Parameters, Strategy, Trades
from params_optimizer.strategies.trades import BORDERS, Border, Stretches


class TestedSet(NamedTuple):
    """Trades by border policy; all the same where no border is crossed.

    `days` is the number of days where not all of the bars were asked for, else None.
    """

    parameters: Parameters
    trades: Mapping[Border, Trades]
    days: int | None


def trades_of_set(
    strategy: Strategy, bars: Bars, parameters: Parameters, dates: Dates, zone: str
) -> TestedSet:
    """Trades on the days from `dates.first` to `dates.last` of `zone`.

    The border is that of these days; on all bars it is that of the regimes of an ensemble.

    Raises:
        StrategyError: the strategy cannot take these parameters.
    """
    if dates == Dates():
        if isinstance(strategy, Ensemble) and strategy.regimes is not None:
            return TestedSet(
                parameters,
                {border: strategy.under(border).trades(bars, parameters) for border in BORDERS},
                None,
            )
        whole = strategy.trades(bars, parameters)
        return TestedSet(parameters, dict.fromkeys(BORDERS, whole), None)
    days = trading_days(bars, zone).date
    first = to_day(dates.first) if dates.first else days[0]
    last = to_day(dates.last) if dates.last else days[-1]
    tested_days = days[(days >= first) & (days <= last)]
    stretches, whole = Stretches(bars, tested_days, zone), strategy.trades(bars, parameters)
    trades = {
        border: stretches.trades(strategy, parameters, border, whole=whole) for border in BORDERS
    }
    return TestedSet(parameters, trades, int(np.size(tested_days)))
