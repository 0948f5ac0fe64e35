"""What the parameters of a target achieve, and the search for those that achieve most.

The loop, its memory, journal and worker processes are those of every search
(`orchestrator.trials`); a workflow adds what a trial is: a copy of a target, judged by a
metric of its equity curve and trades.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import SettingsError
from params_optimizer.orchestrator.evaluator import TrialQuestion
from params_optimizer.orchestrator.machine import memory_limit
from params_optimizer.orchestrator.worker import error_output, with_errors
from params_optimizer.search.space import ParameterSpace
from params_optimizer.search.trial import Trial
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.strategies.registry import BUILT_IN
from params_optimizer.workflows.constraints import admits, allows
from params_optimizer.workflows.market import MarketDays
from params_optimizer.workflows.metrics import Metric
from params_optimizer.workflows.targets import InvalidParametersError, Target, configured

NO_FIGURE: Final = "the metric is not defined, too few trades, or a constraint is not met"

Backtest = Callable[[Any, MarketDays | None], tuple[Any, Any]]
"""`(target, market) -> (equity_curve, trades)`."""


class Achievement(NamedTuple):
    """The metrics of parameters, those of their trades in R, or why there are none."""

    values: tuple[float, ...]
    metrics: dict[str, float]
    failure: str = ""


@dataclass(frozen=True, slots=True)
class TargetObjective:
    """The metrics of a target's parameters; NaN where one or a constraint is not met."""

    target: Target
    goals: tuple[Metric, ...]
    constraints: Sequence[Any] = ()
    market: MarketDays | None = None
    backtest: Backtest | None = None
    min_trades: int = 0
    memory_mb: int | None = None

    def __call__(self, parameters: Parameters) -> float:
        """The first metric, NaN where the parameters break a constraint."""
        return self.achieved(parameters).values[0]

    def achieved(self, parameters: Parameters) -> Achievement:
        """The metrics of the goals and those of R10.

        Raises:
            SettingsError: the target does not take the parameters, or cannot be evaluated.
        """
        if not allows(self.constraints, parameters):
            return self._nothing()
        target: Any = configured(self.target, parameters)
        if hasattr(self.goals[0], "accuracy") and hasattr(target, "classified"):
            return Achievement((self.goals[0].accuracy(*target.classified(self.market)),), {})
        equity, trades = self._account(target, parameters)
        values = tuple(float(goal.calculate(equity, trades)) for goal in self.goals)
        metrics = metrics_of_r(trades.r) if hasattr(trades, "r") else {}
        few = bool(metrics) and trades.r.size < self.min_trades
        return (
            self._nothing()
            if few or not admits(self.constraints, metrics)
            else Achievement(values, metrics)
        )

    def _nothing(self, failure: str = "") -> Achievement:
        return Achievement((np.nan,) * len(self.goals), {}, failure)

    def warm_up(self) -> None:
        """Compile here what trials need, so that it takes no time of theirs."""
        metrics_of_r(np.zeros(0))
        if self.market is None:
            return
        self.market.track(np.zeros(self.market.bars.count))
        for rule in set(getattr(self.target, "rules", ())) & set(BUILT_IN):
            self.market.wanted(rule, {})

    def answers(self) -> Callable[[TrialQuestion], Achievement]:
        """What answers questions in a worker: errors of a trial do not stop the search."""
        extra = None if self.memory_mb is None else self.memory_mb << 20

        def answer(question: TrialQuestion) -> Achievement:
            try:
                with memory_limit(extra):
                    return self.achieved(question.parameters)
            except InvalidParametersError:
                return self._nothing()
            except MemoryError as error:
                limit = f"memory_mb {self.memory_mb}" if self.memory_mb else "there is"
                reason = f"takes more memory than {limit}: {error}"
            except Exception as error:  # noqa: BLE001  a trial may run anybody's code
                reason = f"{type(error).__name__}: {error}"
            return self._nothing(with_errors(reason, error_output()))

        return answer

    def _account(self, target: Any, parameters: Parameters) -> tuple[Any, Any]:  # noqa: ANN401
        """Equity curve and trades of a configured target."""
        if self.backtest is not None:
            return self.backtest(target, self.market)
        if (
            self.market is not None
            and not hasattr(target, "backtest")
            and hasattr(target, "targets")
        ):
            return self.market.track(target.targets(self.market.bars, dict(parameters)))
        if not hasattr(target, "backtest"):
            raise SettingsError(
                f"{type(target).__name__}: has neither backtest(market) nor targets(bars, "
                f"parameters); add one, or give run_optimization "
                f"backtest=(target, market) -> (equity_curve, trades)"
            )
        if self.market is None and type(target).__module__.startswith("params_optimizer."):
            raise SettingsError("OptimizationManager: give it a market to trade on")
        equity, trades = target.backtest(self.market)
        return equity, trades


@dataclass(frozen=True, slots=True)
class TargetSearch:
    """A target to search; see `orchestrator.trials.Searchable`."""

    space: ParameterSpace
    objective: TargetObjective

    @property
    def evaluation(self) -> Callable[[], Callable[[TrialQuestion], Achievement]]:
        """What makes the answers."""
        return self.objective.answers

    def judged(self, parameters: Parameters, answer: Achievement) -> Trial:
        """The trial of an answer."""
        # Without losses to divide by a figure is infinite, and ties are parted by total R.
        undefined = any(map(np.isnan, answer.values))
        if undefined or (np.isinf(answer.values).any() and "total_r" not in answer.metrics):
            return Trial(0, parameters, "failed", reason=NO_FIGURE)
        losses = tuple(
            -value if goal.higher_is_better else value
            for goal, value in zip(self.objective.goals, answer.values, strict=True)
        )
        return Trial(0, parameters, "complete", losses, metrics=answer.metrics)

    def scores(self, trial: Trial) -> list[float | None]:
        """The metrics of a trial, None for what is infinite; empty without any."""
        return [
            plain(-loss if goal.higher_is_better else loss)
            for goal, loss in zip(self.objective.goals, trial.losses, strict=False)
        ]

    def score(self, trial: Trial) -> float | None:
        """The first metric of a trial; None where it has none."""
        return (*self.scores(trial), None)[0]


def plain(value: float) -> float | None:
    """A number as JSON has it; None for one that is not finite."""
    return float(value) if np.isfinite(value) else None
