"""From parameters to the one figure that is optimised, on a copy of the target."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import SettingsError
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.workflows.market import Market, TrackRecord
from params_optimizer.workflows.metrics import Metric
from params_optimizer.workflows.targets import isolated

Backtest = Callable[[Any, Market | None], tuple[Any, Any]]
"""`(target, market) -> (equity_curve, trades)`."""


class Judgement(NamedTuple):
    """What parameters achieve: the metric, and the metrics of R10 of the trades."""

    value: float
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Objective:
    """The metric of a target's parameters; NaN where it or a constraint is not met."""

    target: object
    metric: Metric
    constraints: Sequence[Any] = ()
    market: Market | None = None
    backtest: Backtest | None = None
    min_trades: int = 0

    @property
    def higher_is_better(self) -> bool:
        """Which way to go."""
        return self.metric.higher_is_better

    def __call__(self, parameters: Parameters) -> float:
        """The metric, NaN where the parameters break a constraint."""
        return self.judged(parameters).value

    def judged(self, parameters: Parameters) -> Judgement:
        """The metric and the figures of R10.

        Raises:
            SettingsError: the target does not take the parameters, or cannot be evaluated.
        """
        if not all(one.allows(parameters) for one in self.constraints):
            return Judgement(np.nan, {})
        own = isolated(self.target, parameters)
        accuracy = getattr(self.metric, "accuracy", None)
        if callable(accuracy) and callable(getattr(own, "classified", None)):
            return Judgement(accuracy(*own.classified(self.market)), {})  # type: ignore[attr-defined]
        equity, trades = self._account(own)
        value = float(self.metric.calculate(equity, trades))
        metrics = metrics_of_r(trades.r) if hasattr(trades, "r") else {}
        if metrics and trades.r.size < self.min_trades:
            value = np.nan
        if not all(one.admits({**metrics, "value": value}) for one in self.constraints):
            value = np.nan
        return Judgement(value, metrics)

    def _account(self, own: object) -> tuple[Any, Any]:
        if self.backtest is not None:
            return self.backtest(own, self.market)
        run = getattr(own, "backtest", None)
        if not callable(run):
            raise SettingsError(
                f"{type(own).__name__}: has no backtest(market); give run_optimization "
                f"backtest=(target, market) -> (equity_curve, trades)"
            )
        if self.market is None and isinstance(own, object) and _needs_market(own):
            raise SettingsError("OptimizationManager: give it a market to trade on")
        found: TrackRecord = run(self.market)
        return found[0], found[1]


def _needs_market(target: object) -> bool:
    return type(target).__module__.startswith("params_optimizer.")
