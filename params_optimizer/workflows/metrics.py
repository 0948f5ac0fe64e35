"""What an optimisation makes large or small: figures of an equity curve and its trades.

A metric is anything with `calculate` and `higher_is_better`; the ones here are those that
traders ask for. An undefined figure (no trade, no deviation, a ruined account) is NaN, which no
optimisation ever takes for a result. What divides by losses is infinite for a profit without
them, and ranks above any number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config.base import Positive
from params_optimizer.errors import SettingsError
from params_optimizer.strategies.protocol import Trades
from params_optimizer.workflows.arguments import checked

Equity = NDArray[np.float64]
"""Money at the end of each day, shape (days + 1,); the first value is the initial capital."""


class Metric(Protocol):
    """One figure of a result."""

    @property
    def higher_is_better(self) -> bool:
        """Which way the optimisation goes."""

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """The figure; NaN where it is not defined."""


@dataclass(frozen=True, slots=True)
class _Metric:
    higher_is_better: ClassVar[bool] = True


@checked
@dataclass(frozen=True, slots=True)
class TotalReturnMetric(_Metric):
    """Last over first equity, minus 1."""

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """A fraction: 0.1 is 10 %."""
        del trades
        return float(equity_curve[-1] / equity_curve[0] - 1)


@dataclass(frozen=True, slots=True)
class _Annualised(_Metric):
    """`annualization_factor`: equity values a year, 252 for one a trading day."""

    annualization_factor: Positive = 252.0


@checked
@dataclass(frozen=True, slots=True)
class AnnualizedReturnMetric(_Annualised):
    """The yearly return that compounds to the total one."""

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """A fraction a year; -1 where everything was lost."""
        del trades
        steps = equity_curve.size - 1
        if not steps:
            return np.nan
        growth = max(equity_curve[-1] / equity_curve[0], 0.0)
        return float(growth ** (self.annualization_factor / steps) - 1)


@checked
@dataclass(frozen=True, slots=True)
class VolatilityMetric(_Annualised):
    """Yearly standard deviation (ddof 1) of the returns; less is better."""

    higher_is_better: ClassVar[bool] = False

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """A fraction a year."""
        del trades
        changes = returns(equity_curve)
        if changes.size < 2:
            return np.nan
        return float(changes.std(ddof=1) * np.sqrt(self.annualization_factor))


@checked
@dataclass(frozen=True, slots=True)
class MaxDrawdownMetric(_Metric):
    """The largest fall of equity from its peak so far, as a fraction of the peak."""

    higher_is_better: ClassVar[bool] = False

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """0 to 1, or above where more than everything was lost."""
        del trades
        return drawdown(equity_curve)


@checked
@dataclass(frozen=True, slots=True)
class SharpeRatioMetric(_Annualised):
    """Mean excess return over its standard deviation (ddof 1), a year (Sharpe 1994).

    `risk_free_rate` is a fraction a year.
    """

    risk_free_rate: float = 0.0

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """NaN below two returns or without deviation."""
        del trades
        excess = returns(equity_curve) - self.risk_free_rate / self.annualization_factor
        return _ratio(excess, excess, self.annualization_factor)


@checked
@dataclass(frozen=True, slots=True)
class SortinoRatioMetric(_Annualised):
    """As the Sharpe ratio, but over the root mean square of the negative excess returns.

    `risk_free_rate` is a fraction a year (Sortino and Price 1994, with that rate as target).
    """

    risk_free_rate: float = 0.0

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """Infinite with a mean above 0 and no negative excess return, NaN without either."""
        del trades
        excess = returns(equity_curve) - self.risk_free_rate / self.annualization_factor
        downside = np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2)) if excess.size else 0.0
        if not downside > 0:  # NaN for a ruined account
            return np.inf if downside == 0 and excess.sum() > 0 else np.nan
        return float(excess.mean() / downside * np.sqrt(self.annualization_factor))


@checked
@dataclass(frozen=True, slots=True)
class CalmarRatioMetric(_Annualised):
    """Annualised return over the largest drawdown (Young 1991)."""

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """Infinite with a gain and no drawdown, NaN without either."""
        yearly = AnnualizedReturnMetric(self.annualization_factor).calculate(equity_curve, trades)
        fall = drawdown(equity_curve)
        if fall > 0:
            return yearly / fall
        return np.inf if yearly > 0 else np.nan


@checked
@dataclass(frozen=True, slots=True)
class ProfitFactorMetric(_Metric):
    """Gross win over gross loss of the trades."""

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """NaN without a trade that won or lost, infinite without one that lost."""
        del equity_curve
        gains, losses = trades.r[trades.r > 0].sum(), -trades.r[trades.r < 0].sum()
        if losses <= 0:
            return np.inf if gains > 0 else np.nan
        return float(gains / losses)


@checked
@dataclass(frozen=True, slots=True)
class WinRateMetric(_Metric):
    """Share of winners among the trades that won or lost."""

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """0 to 1; NaN without such a trade."""
        del equity_curve
        winners, losers = np.count_nonzero(trades.r > 0), np.count_nonzero(trades.r < 0)
        return winners / (winners + losers) if winners + losers else np.nan


@checked
@dataclass(frozen=True, slots=True)
class ClassificationAccuracyMetric(_Metric):
    """Share of days that a regime detector names as they turned out to be.

    It judges labels, not money: only targets that classify can be optimised by it.
    """

    def calculate(self, equity_curve: Equity, trades: Trades) -> float:
        """Nothing: a trade list says nothing about labels.

        Raises:
            SettingsError: always.
        """
        del equity_curve, trades
        raise SettingsError(
            "classification_accuracy judges regime detectors only; give this target another "
            "metric, for example sharpe_ratio"
        )

    def accuracy(self, predicted: NDArray[np.int64], actual: NDArray[np.int64]) -> float:
        """0 to 1; labels below 0 on either side are left out, NaN where none is left."""
        labelled = (predicted >= 0) & (actual >= 0)
        if not labelled.any():
            return np.nan
        return float(np.mean(predicted[labelled] == actual[labelled]))


def returns(equity_curve: Equity) -> NDArray[np.float64]:
    """Changes as fractions of the value before, shape (values - 1,).

    Of an account that was ever ruined (worth nothing or less) they have no meaning: NaN.
    """
    if equity_curve.min() <= 0:
        return np.full(equity_curve.size - 1, np.nan)
    change: NDArray[np.float64] = np.diff(equity_curve) / equity_curve[:-1]
    return change


def drawdown(equity_curve: Equity) -> float:
    """The largest fall from a peak, as a fraction of that peak."""
    peak = np.maximum.accumulate(equity_curve)
    return float(np.max((peak - equity_curve) / peak))


def _ratio(numerator: NDArray[np.float64], spread: NDArray[np.float64], factor: float) -> float:
    if numerator.size < 2:
        return np.nan
    deviation = spread.std(ddof=1)
    # Equal returns differ in the last digits only: that is no deviation.
    if deviation <= 1e-12 * max(np.abs(spread).max(), 1e-300) or deviation == 0:
        return np.nan
    return float(numerator.mean() / deviation * np.sqrt(factor))


STANDARD: Final[Mapping[str, Metric]] = {
    "total_return": TotalReturnMetric(),
    "annualized_return": AnnualizedReturnMetric(),
    "volatility": VolatilityMetric(),
    "sharpe_ratio": SharpeRatioMetric(),
    "sortino_ratio": SortinoRatioMetric(),
    "max_drawdown": MaxDrawdownMetric(),
    "calmar_ratio": CalmarRatioMetric(),
    "profit_factor": ProfitFactorMetric(),
    "win_rate": WinRateMetric(),
}
COLUMNS: Final = ("trades", *STANDARD)


def standard_metrics(equity_curve: Equity, trades: Trades) -> dict[str, float | None]:
    """`COLUMNS` of an account, for tables; None for what is not defined."""
    row: dict[str, float | None] = {"trades": int(trades.r.size)}
    for name, metric in STANDARD.items():
        value = metric.calculate(equity_curve, trades)
        row[name] = float(value) if np.isfinite(value) else None
    return row
