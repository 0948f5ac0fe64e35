"""The standard figures of a track record, one name each, for tables."""

import numpy as np

from params_optimizer.workflows import metrics
from params_optimizer.workflows.market import TrackRecord

_METRICS: dict[str, metrics.Metric] = {
    "total_return": metrics.TotalReturnMetric(),
    "annualized_return": metrics.AnnualizedReturnMetric(),
    "volatility": metrics.VolatilityMetric(),
    "sharpe_ratio": metrics.SharpeRatioMetric(),
    "sortino_ratio": metrics.SortinoRatioMetric(),
    "max_drawdown": metrics.MaxDrawdownMetric(),
    "calmar_ratio": metrics.CalmarRatioMetric(),
    "profit_factor": metrics.ProfitFactorMetric(),
    "win_rate": metrics.WinRateMetric(),
}
FIGURES = ("trades", *_METRICS)


def figures(record: TrackRecord) -> dict[str, float | None]:
    """`FIGURES` of a record; None for what is not defined."""
    found: dict[str, float | None] = {"trades": int(record.trades.r.size)}
    for name, metric in _METRICS.items():
        value = metric.calculate(record.equity, record.trades)
        found[name] = float(value) if np.isfinite(value) else None
    return found
