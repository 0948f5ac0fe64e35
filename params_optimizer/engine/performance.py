"""Performance of an account from its equity at each close, annualised from the time frame."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

MINUTES_PER_YEAR: Final = 365.25 * 1440


def bars_per_year(time: NDArray[np.int64]) -> float:
    """Bars of this time frame in a year, counted on the bars: closed hours do not count.

    `time` are the opening minutes, shape (bars,); 0 below two bars.
    """
    if time.size < 2:
        return 0.0
    return float((time.size - 1) * MINUTES_PER_YEAR / (time[-1] - time[0]))


def returns(equity: NDArray[np.float64], capital: float) -> NDArray[np.float64]:
    """Return of each bar, shape (bars,), as a share of the initial capital (no compounding)."""
    return np.diff(equity, prepend=capital) / capital


def performance(
    equity: NDArray[np.float64], time: NDArray[np.int64], capital: float
) -> dict[str, float]:
    """Return, volatility and Sharpe ratio a year, and the largest fall, as fractions.

    `annual_return` is the mean return of a bar times `bars_per_year`; `annual_volatility` the
    sample deviation (ddof 1) times its root; `annual_sharpe` their ratio, 0 without deviation;
    `max_drawdown` the largest fall of equity from its peak (at least the initial capital), as
    a share of the initial capital.
    """
    gains, year = returns(equity, capital), bars_per_year(time)
    mean = float(gains.mean()) if gains.size else 0.0
    deviation = float(gains.std(ddof=1)) if gains.size > 1 else 0.0
    peak = np.maximum.accumulate(np.append(capital, equity))[1:]
    return {
        "total_return": float(gains.sum()),
        "annual_return": mean * year,
        "annual_volatility": deviation * year**0.5,
        "annual_sharpe": mean / deviation * year**0.5 if deviation > 0.0 else 0.0,
        "max_drawdown": float((peak - equity).max(initial=0.0)) / capital,
        "bars_per_year": year,
    }
