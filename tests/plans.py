"""Plans of strategies for tests, without a command around them."""

from params_optimizer.config import Settings
from params_optimizer.config.search import MethodSettings
from params_optimizer.data.bars import Bars
from params_optimizer.orchestrator.plan import Dates, StrategyPlan
from params_optimizer.orchestrator.planned_method import PlannedMethod
from params_optimizer.search.objective import Objective, goals_of
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.batch import DaySample
from params_optimizer.strategies.protocol import Strategy

ONE_TRADE = Objective(goals_of("total_r", None), 1)
EVERY_DAY = DaySample("UTC")


def strategy_plan(
    strategy: Strategy,
    bars: Bars,
    space: ParameterSpace,
    *,
    objective: Objective = ONE_TRADE,
    sample: DaySample = EVERY_DAY,
    method: PlannedMethod | None = None,
    settings: Settings | None = None,
    fingerprint: dict[str, str] | None = None,
) -> StrategyPlan:
    """The plan of a strategy on bars; its space is evaluated as a whole without a method."""
    return StrategyPlan(
        symbol=bars.symbol,
        settings=settings or Settings(),
        bars=bars,
        dates=Dates(),
        fingerprint=fingerprint or {},
        strategy_name=strategy.name,
        strategy=strategy,
        space=space,
        sample=sample,
        objective=objective,
        asks=method,
    )


def asking(
    name: str, trials: int, seed: int = 1, settings: MethodSettings | None = None
) -> PlannedMethod:
    """A method that asks for trials, the grid too."""
    return PlannedMethod(name, trials, seed, settings=settings or MethodSettings(), journaled=True)
