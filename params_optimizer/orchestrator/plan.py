"""What is evaluated: a strategy on bars, over a space of parameter sets, on some days."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import Settings
from params_optimizer.data.bars import Bars
from params_optimizer.data.days import to_date
from params_optimizer.data.trading_days import trading_days
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.environment import kernel_cache_folder
from params_optimizer.orchestrator.columns import TableSpec
from params_optimizer.orchestrator.evaluator import Evaluation
from params_optimizer.orchestrator.executor import Workers
from params_optimizer.orchestrator.planned_method import GRID, PlannedMethod
from params_optimizer.search.constraints import Constraint
from params_optimizer.search.eligibility import Eligibility, conditions_of
from params_optimizer.search.judging import judged
from params_optimizer.search.objective import Objective
from params_optimizer.search.space import Parameters, ParameterSpace
from params_optimizer.search.trial import Trial
from params_optimizer.storage.run_directory import Manifest, key_of
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.batch import Batch, BatchEvaluator, DaySample, Slice, Slices
from params_optimizer.strategies.protocol import Strategy
from params_optimizer.strategies.registry import INITIAL_BALANCE, strategy_named
from params_optimizer.strategies.scopes import scopes_of
from params_optimizer.strategies.set_by_set import Answer, SetBySet, evaluator_of, slices_of

log = logging.getLogger(__name__)

Numbers = NDArray[np.int64]
_ONE_CROSSOVER = {
    name: {"type": "categorical", "choices": [length]}
    for name, length in (("fast", 5), ("slow", 10))
}


def _nobody(number: int) -> None:
    del number


def risk_money_of(strategy: Strategy, settings: Settings) -> float:
    """Money of 1 R: `risk_pct` percent of the capital that a strategy trades.

    That is the initial balance for the Initial Balance (R14), the capital of its account for
    every other one; one that has no account gets that of the settings.
    """
    risk_pct = settings.backtest.risk_pct
    if strategy.name == INITIAL_BALANCE:
        return settings.backtest.initial_balance * risk_pct / 100
    account = getattr(strategy, "account", None)
    if isinstance(account, Account):
        return account.risk_money
    return Account(initial_capital=settings.positions.initial_capital, risk_pct=risk_pct).risk_money


@dataclass(frozen=True, slots=True)
class Dates:
    """First and last local date that is traded, both included; None: no limit."""

    first: date | None = None
    last: date | None = None

    def text(self) -> list[str | None]:
        """ISO dates, for the fingerprint."""
        return [day.isoformat() if day else None for day in (self.first, self.last)]


class Plan(ABC):
    """Everything that decides the rows of a run. Picklable, and frozen."""

    __slots__ = ()

    symbol: str
    settings: Settings
    bars: Bars
    dates: Dates
    fingerprint: Mapping[str, str]

    @property
    @abstractmethod
    def strategy(self) -> Strategy:
        """What is evaluated."""

    @property
    @abstractmethod
    def strategy_name(self) -> str:
        """The strategy as commands name it."""

    @property
    @abstractmethod
    def space(self) -> ParameterSpace:
        """The parameter sets."""

    @property
    @abstractmethod
    def sample(self) -> DaySample:
        """The days that are traded."""

    @property
    @abstractmethod
    def facts(self) -> Manifest:
        """What the manifest says beside what all manifests say."""

    @property
    def method(self) -> PlannedMethod:
        """How the sets are chosen; all of them unless a plan says otherwise."""
        return PlannedMethod.of(self.settings, GRID, self.space.count)

    @property
    def set_by_set(self) -> bool:
        """Whether the strategy is asked for one parameter set after the other.

        Then a set can fail, hang or end its process, and its row says so.
        """
        return False

    @property
    def timeout(self) -> float | None:
        """Seconds that a single parameter set may take, where sets are asked one by one."""
        return self.settings.search.timeout if self.set_by_set else None

    def workers(self, count: int) -> Workers:
        """So many processes that evaluate single sets."""
        settings = self.settings
        return Workers(count, settings.parallelization.start_method, settings.search.timeout)

    @property
    def objective(self) -> Objective:
        """What ranks the sets."""
        return Objective.of(self.settings, conditions=self.conditions)

    @property
    def conditions(self) -> tuple[Constraint, ...]:
        """What a set has to meet to be ranked.

        Raises:
            SpaceError: the settings hold a wrong one.
        """
        return conditions_of(self.settings, self.space.names, scopes_of(self.strategy))

    @property
    def evaluation(self) -> Evaluation:
        """What evaluates single sets in a worker."""
        zone, days, border = self.sample
        return Evaluation(self.strategy, self.bars, zone, days, border, self.method.stretches)

    def judged(self, parameters: Parameters, answer: Answer) -> Trial:
        """The trial of an answer without a failure; its number is set by the search."""
        return judged(self.objective, parameters, metrics_of_r(answer.r))

    @property
    def key(self) -> str:
        """One hash over the fingerprint's fields."""
        return key_of(self.fingerprint)

    @property
    def most(self) -> int | None:
        """How many of the best rows are kept, overall and per variation; None keeps all."""
        keep = self.settings.keep
        return None if keep == "all" else int(keep.removeprefix("top:"))

    @property
    def risk_money(self) -> float:
        """Money of 1 R."""
        return risk_money_of(self.strategy, self.settings)

    @property
    def table(self) -> TableSpec:
        """What the table of a run holds."""
        eligibility = Eligibility.of(self.settings, scopes_of(self.strategy), self.objective)
        return TableSpec(
            self.space, eligibility, self.risk_money, self.key, self.most, self.set_by_set
        )

    @property
    def slices(self) -> Slices:
        """How the space is cut; the same for every process and machine."""
        return slices_of(self.strategy, self.space)

    def numbers(self, slice_: Slice) -> Numbers:
        """The combinations of a slice that have a row."""
        return self.space.allowed(slice_.first, slice_.first + slice_.rows)

    def evaluator(self, began: Callable[[int], None] = _nobody) -> BatchEvaluator:
        """What evaluates slices in one process; `began` is told of each set asked by itself."""
        return evaluator_of(self.strategy, self.bars, self.space, self.sample, began)

    @property
    def traded_days(self) -> NDArray[np.int64]:
        """Local dates that are traded and have a bar, ascending."""
        dates = trading_days(self.bars, self.sample.zone).date
        days = self.sample.days
        return dates if days is None else dates[np.isin(dates, days)]

    @property
    def trading_days(self) -> int:
        """How many days are traded."""
        return int(self.traded_days.size)

    @property
    def span(self) -> tuple[date, date]:
        """First and last trading day."""
        days = self.traded_days
        return to_date(int(days.min())), to_date(int(days.max()))

    def prepare(self) -> None:
        """Have every kernel compiled and loaded, so that forked workers inherit them."""
        if not any(kernel_cache_folder().rglob("*.nbi")):
            log.info("compiling the kernels; once for each version, about half a minute")
        self.warm_up()

    def warm_up(self) -> None:
        """Use every kernel once.

        A strategy that is asked set by set is never run outside of workers; a built-in one
        stands for it, so that no time limit pays for compiling.
        """
        slice_ = self.slices[0]
        if not self.set_by_set:
            self.evaluator().metrics(slice_, self.numbers(slice_)[:1])
            return
        crossover = strategy_named("ma_crossover", Account())
        space = ParameterSpace.parse({"parameters": _ONE_CROSSOVER})
        SetBySet(crossover, self.bars, space, self.sample).metrics(Slice(0, 0, 1), np.zeros(1, int))


@dataclass(frozen=True, slots=True)
class StrategyPlan(Plan):
    """A plan for any strategy; `asks` is the method, None for the grid. See `Plan` for the rest."""

    symbol: str
    settings: Settings
    bars: Bars
    dates: Dates
    fingerprint: Mapping[str, str]
    # The properties of `Plan` would be taken for defaults.
    strategy_name: str = field()
    strategy: Strategy = field()
    space: ParameterSpace = field()
    sample: DaySample = field()
    objective: Objective = field()
    asks: PlannedMethod | None = None

    def on(self, days: NDArray[np.int64], min_trades: int | None = None) -> "StrategyPlan":
        """The same on these local dates, perhaps with other trades that a set needs there."""
        objective = self.objective
        if min_trades is not None:
            objective = replace(objective, min_trades=min_trades)
        return replace(self, sample=self.sample._replace(days=days), objective=objective)

    @property
    def method(self) -> PlannedMethod:
        """See `Plan`."""
        return self.asks or super(StrategyPlan, self).method

    @property
    def set_by_set(self) -> bool:
        """See `Plan`."""
        strategy = self.strategy
        return (
            not self.method.exhaustive
            or not isinstance(strategy, Batch)
            or strategy.batch_evaluator(self.bars, self.space, self.sample) is None
        )

    @property
    def facts(self) -> Manifest:
        """See `Plan`."""
        objective = self.objective
        return {
            "dates": self.dates.text(),
            "border": self.sample.border,
            "settings": self.settings.model_dump(mode="json"),
            "space": self.space.model.model_dump(mode="json"),
            "goals": [[goal.metric, goal.direction] for goal in objective.goals],
            "min_trades": objective.min_trades,
        }
