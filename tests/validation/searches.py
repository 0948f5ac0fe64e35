"""A small search of a strategy that holds positions over night, and what it finds."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.orchestrator.trials import search
from params_optimizer.search.objective import Objective, goals_of
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.batch import DaySample
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.trades import first_bars
from params_optimizer.validation.searches import SearchCandidates
from tests.plans import asking, strategy_plan
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
    objective = Objective(goals_of(metric, None), min_trades, conditions=parsed.performance)
    sample = DaySample("UTC", None, border)
    return strategy_plan(strategy, bars, parsed, objective=objective, sample=sample)


def outcome_of(task, method="random", trials=24):
    plan = replace(task, asks=asking(method, trials))
    return SearchOutcome(plan, search(plan, 1))


@contextmanager
def unwatched(name, trials):
    yield lambda _: None


def candidates_of(task, folder, method="random", trials=24, workers=1):
    outcome = outcome_of(task, method, trials)
    return SearchCandidates(outcome, workers, folder, "key", unwatched)


def by_hand(task, parameters, days, border):
    """R of the trades entered on `days`, by the words of docs/strategies.md, trade by trade.

    Every stretch of neighbouring days is looked at alone, on bars that end with it.
    """
    bars, strategy = task.bars, task.strategy
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
