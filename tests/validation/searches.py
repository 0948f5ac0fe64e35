"""A small search of a strategy that holds positions over night, and what it finds."""

from contextlib import contextmanager

import numpy as np

from params_optimizer.config import Settings
from params_optimizer.config.search import MethodSettings
from params_optimizer.orchestrator.evaluator import Evaluation
from params_optimizer.orchestrator.plan import Dates, StrategyPlan
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.orchestrator.trials import Problem, TrialPlan, run_search
from params_optimizer.search.methods import make_method
from params_optimizer.search.objective import Objective, goals_of
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.batch import DaySample
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.trades import first_bars
from params_optimizer.validation.searches import SearchCandidates
from tests.strategies.market import walk

SPACE = {
    "parameters": {
        "fast": {"type": "int", "low": 2, "high": 12},
        "slow": {"type": "int", "low": 6, "high": 40, "step": 2},
        "direction": {"type": "categorical", "choices": ["both", "long", "short"]},
    },
    "constraints": ["fast < slow"],
}


def problem(
    bars=None, *, strategy=None, space=None, border="close", min_trades=3, metric="total_r"
):
    bars = bars or walk(1800)
    strategy = strategy or strategy_named("ma_crossover", Account(commission=0.0002))
    parsed = ParameterSpace.parse(space or SPACE, source="test")
    evaluation = Evaluation(strategy, bars, "UTC", None, border)
    objective = Objective(goals_of(metric, None), min_trades, conditions=parsed.performance)
    return Problem(parsed, evaluation, objective)


def outcome_of(task, method="random", trials=24):
    def make(own):
        return make_method(method, own.space, MethodSettings(), 1, trials)

    found = run_search(task, make(task), TrialPlan(trials, workers=1))
    name = task.evaluation.strategy.name
    return SearchOutcome(task, found, name, method, trials, 1), make


@contextmanager
def unwatched(name, trials):
    yield lambda _: None


def candidates_of(task, folder, method="random", trials=24, workers=1):
    outcome, make = outcome_of(task, method, trials)
    plan = TrialPlan(trials, workers=workers)
    return SearchCandidates(outcome, make, plan, folder, "key", 1000.0, unwatched)


def by_hand(task, parameters, days, border):
    """R of the trades entered on `days`, by the words of docs/strategies.md, trade by trade.

    Every stretch of neighbouring days is looked at alone, on bars that end with it.
    """
    bars, strategy = task.evaluation.bars, task.evaluation.strategy
    all_days = np.unique(bars.m1.time // 1440)
    whole = strategy.trades(bars, parameters)
    found = []
    chosen = set(days.tolist())
    for place, day in enumerate(all_days):
        if day not in chosen:
            continue
        end = place
        while end + 1 < all_days.size and all_days[end + 1] in chosen:
            end += 1
        last = bars.m1.time[bars.m1.time // 1440 == all_days[end]][-1]
        for at in np.flatnonzero(whole.entry_time // 1440 == day):
            if border == "carry" or whole.exit_time[at] <= last:
                found.append(whole.r[at])
            elif border == "close":
                found.append(cut_short(bars, strategy, parameters, last, whole.entry_time[at]))
    return np.array(found)


def cut_short(bars, strategy, parameters, last, entry):
    count = int(np.searchsorted(bars.m1.time, last, side="right"))
    trades = strategy.trades(first_bars(bars, count), parameters)
    return trades.r[trades.entry_time == entry][0]


def plan_of(task):
    """The same task as a plan for an exhaustive run."""
    evaluation = task.evaluation
    return StrategyPlan(
        symbol=evaluation.bars.symbol,
        settings=Settings(),
        bars=evaluation.bars,
        dates=Dates(),
        fingerprint={},
        name=evaluation.strategy.name,
        rule=evaluation.strategy,
        grid=task.space,
        days=DaySample(evaluation.zone, evaluation.days, evaluation.border),
        goal=task.objective,
    )
