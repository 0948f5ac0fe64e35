"""What luck leaves of the best rows of a run: enough to stand beside them in every file.

The deflated Sharpe ratio counts every combination as a trial of its own, which is the careful
side: neighbours trade nearly alike. `--robustness` estimates how many independent ones they
amount to.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.sharpe_spread import Spread
from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.study import Study
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.initial_balance.backtest import backtest_arrays
from params_optimizer.strategies.initial_balance.day_trade import TradeArrays
from params_optimizer.strategies.initial_balance.scopes import SCOPE_NAMES, scope_named
from params_optimizer.strategies.scopes import ALL
from params_optimizer.strategies.set_by_set import SetEvaluator
from params_optimizer.validation.plateau import Neighbourhood, Plateau, neighbours, plateau
from params_optimizer.validation.sharpe import (
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    moments,
)

PLATEAU_METRIC = "total_r"
NOT_POSITIVE = "total R is not above 0, so a share of it says nothing"
NO_NEIGHBOURS = "no neighbours: no key of the grid has another value one step away"
NOT_KEPT = "some neighbours were not kept (--keep)"


class Luck(NamedTuple):
    """What stands beside a best row.

    `trials` is the N of the deflated Sharpe ratio, which is None below three trades, without
    deviation, or where nothing else competed. `plateau_score` is the mean total R of the
    neighbours in the grid as a share of the row's own; where it is None, `plateau_note` says
    why.
    """

    trials: int
    deflated_sharpe: float | None
    plateau_score: float | None
    plateau_note: str | None


def luck_of(outcome: Outcome, scope: str, numbers: Sequence[int]) -> list[Luck]:
    """What luck leaves of these combinations in a scope."""
    trials = trials_of(outcome, scope)
    variance = trial_variance(outcome.sharpe[scope], trials)
    return [
        Luck(
            trials,
            deflated(trade_r(outcome.plan, number, scope), trials, variance),
            *plateau_score(plateau_),
        )
        for number, plateau_ in zip(numbers, kept_plateaus(outcome, scope, numbers), strict=True)
    ]


def trials_of(outcome: Outcome, scope: str) -> int:
    """How many combinations were tried: the grid, or those that compete in a variation.

    Of an unfinished run: those that are done.
    """
    if scope == ALL:
        return outcome.plan.space.count if outcome.plan.most else len(outcome.results)
    return next(table.eligible for table in outcome.variations if table.variation == scope)


def trial_variance(spread: Spread, trials: int) -> float | None:
    """Variance of the trials' Sharpe ratios per trade; None below two that compete.

    A single trial has nothing to choose from: 0.
    """
    if spread.variance is None:
        return 0.0 if trials == 1 else None
    return spread.variance / TRADES_PER_YEAR


def trades_of(study: Study, number: int, spread: float | None = None) -> TradeArrays:
    """Trades of a combination on the study's days, at its spread or another one (points)."""
    params = study.params(number)
    levels = study.levels[(params.ib_start, params.ib_end, params.ib_timezone)]
    cost = study.spread if spread is None else spread
    return backtest_arrays(study.bars, params, cost, study.news, levels, study.execution)


def trade_r(plan: Plan, number: int, scope: str) -> NDArray[np.float64]:
    """R of the trades of a combination in a scope, in time order."""
    if isinstance(plan, Study):
        return scope_r(trades_of(plan, number), scope)
    evaluator = SetEvaluator(plan.strategy, plan.bars, plan.sample)
    return evaluator.answer(plan.space[number]).r


def in_scope(trades: TradeArrays, scope: str) -> NDArray[np.bool_]:
    """Which trades belong to a scope, shape (trades,)."""
    if scope == ALL:
        return np.ones(trades.r.size, np.bool_)
    return np.equal(trades.variation, SCOPE_NAMES.index(scope) - 1)


def scope_r(trades: TradeArrays, scope: str) -> NDArray[np.float64]:
    """R of the trades of a scope, in time order."""
    return trades.r[in_scope(trades, scope)]


def kept_plateaus(outcome: Outcome, scope: str, numbers: Sequence[int]) -> list[Plateau]:
    """Plateaus of combinations in total R; NaN where a neighbour's row was not kept."""
    grid = outcome.plan.space
    combinations = {neighbour for number in numbers for neighbour in _around(grid, number)}
    sorted_numbers = np.array(sorted(combinations), np.int64)
    column = PLATEAU_METRIC if scope == ALL else scope_named(scope).column(PLATEAU_METRIC)
    values = outcome.results.lookup(column, sorted_numbers)
    return [
        plateau(grid, number, lambda ids: values[np.searchsorted(sorted_numbers, ids)])
        for number in numbers
    ]


def _around(grid: ParameterSpace, number: int) -> list[int]:
    return [
        number,
        *(neighbour for group in neighbours(grid, number).values() for neighbour in group),
    ]


def plateau_score(plateau_: Plateau) -> tuple[float | None, str | None]:
    """The score of a plateau, or why there is none."""
    return plateau_score_of(plateau_.whole)


def plateau_score_of(whole: Neighbourhood) -> tuple[float | None, str | None]:
    """The same of the neighbours over all keys."""
    if whole.mean is None:
        return None, NO_NEIGHBOURS
    if np.isnan(whole.mean):
        return None, NOT_KEPT
    return whole.score, None if whole.score is not None else NOT_POSITIVE


def number_or_none(value: float) -> float | None:
    """NaN and infinity as None: JSON has no word for them."""
    return float(value) if np.isfinite(value) else None


def deflated(r: NDArray[np.float64], trials: float | None, variance: float | None) -> float | None:
    """The deflated Sharpe ratio of R values in time order; None where nothing can be said."""
    if trials is None or variance is None:
        return None
    return number_or_none(float(deflated_sharpe_ratio(moments(r), trials, variance)))


def expected_best(trials: float | None, variance: float | None) -> float | None:
    """The best Sharpe ratio per trade to expect of so many tries without skill; None: unknown."""
    if trials is None or variance is None:
        return None
    return float(expected_maximum_sharpe(trials, variance))
