"""What one combination does on some trading days: its trades and their metrics."""

from collections.abc import Sequence

import numpy as np

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.params import Trade
from params_optimizer.validation.windows import Days, on_days

Figures = dict[str, float]
"""The metrics of R10 by name."""


def trades_on(study: Study, number: int, days: Days) -> list[Trade]:
    """Trades of combination `number` on `days`, in the order of days."""
    params = study.params(number)
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    levels = on_days(study, days).levels[window]
    return backtest(study.bars, params, study.spread, study.news, levels)


def figures_of(trades: Sequence[Trade]) -> Figures:
    """The metrics of R10 of trades in time order."""
    return metrics_of_r(np.array([trade.r for trade in trades], np.float64))
