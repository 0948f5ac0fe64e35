"""R10: the figures of a list of trades."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby
from math import nan, sqrt

SMALLEST_DEVIATION = 1e-6
SMALLEST_DRAWDOWN = 1e-9
SMALLEST_LOSS = 1e-9
TRADING_DAYS_PER_YEAR = 252
ALL_WON = 999.0
"""Sortino ratio of a positive mean without any loss."""


def metrics(r_values: Sequence[float]) -> dict[str, float | int]:
    """All figures of R10, in its order, of R values in time order."""
    wins = [r for r in r_values if r > 0]
    losses = [r for r in r_values if r < 0]
    decided = len(wins) + len(losses)
    drawdown = _max_drawdown(r_values)
    total = float(sum(r_values))
    return {
        "total_r": total,
        "total_trades": len(r_values),
        "winning_trades": len(wins),
        "losing_trades": len(losses),
        "winrate": 100 * len(wins) / decided if decided else 0.0,
        "avg_trade_r": _mean(r_values),
        "sharpe_ratio": _per_deviation(_mean(r_values), _deviation(r_values)),
        "sortino_ratio": _sortino(r_values, losses),
        "profit_factor": _profit_factor(wins, losses),
        "max_drawdown": drawdown,
        "calmar_ratio": total / drawdown if drawdown >= SMALLEST_DRAWDOWN else 0.0,
        "avg_r_wins": _mean(wins),
        "avg_r_losses": _mean(losses),
        "max_consec_wins": _longest_streak(r > 0 for r in r_values),
        "max_consec_losses": _longest_streak(r < 0 for r in r_values),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _deviation(values: Sequence[float]) -> float:
    """Sample standard deviation (ddof 1); undefined (nan) below two values."""
    if len(values) < 2:
        return nan
    mean = _mean(values)
    return sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _per_deviation(mean: float, deviation: float) -> float:
    """Mean / deviation * sqrt(252); 0 where the deviation is undefined or counts as zero."""
    if not deviation >= SMALLEST_DEVIATION:
        return 0.0
    return mean / deviation * sqrt(TRADING_DAYS_PER_YEAR)


def _sortino(r_values: Sequence[float], losses: Sequence[float]) -> float:
    """Like Sharpe, with the deviation of the losses; 0 below two trades."""
    mean = _mean(r_values)
    if len(r_values) >= 2 and not losses:
        return ALL_WON if mean > 0 else 0.0
    return _per_deviation(mean, _deviation(losses))


def _profit_factor(wins: Sequence[float], losses: Sequence[float]) -> float:
    gross_loss = abs(sum(losses))
    return sum(wins) / gross_loss if gross_loss >= SMALLEST_LOSS else 0.0


def _max_drawdown(r_values: Sequence[float]) -> float:
    """Largest fall of cumulative R from its peak, the first value being the first peak."""
    cumulative = list(accumulate(r_values))
    peaks = accumulate(cumulative, max)
    return max((peak - value for peak, value in zip(peaks, cumulative, strict=True)), default=0.0)


def _longest_streak(marks: Iterable[bool]) -> int:
    return max((len(list(run)) for marked, run in groupby(marks) if marked), default=0)
