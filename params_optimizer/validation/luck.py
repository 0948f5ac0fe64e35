"""What luck leaves of the best rows of a run: enough to stand beside them in every file.

The deflated Sharpe ratio counts every combination as a trial of its own, which is the careful
side: neighbours trade nearly alike. `--robustness` estimates how many independent ones they
amount to.
"""

from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.sharpe_spread import Spread
from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.strategies.scopes import ALL, Scope, scopes_of, strategy_in
from params_optimizer.strategies.set_by_set import SetEvaluator
from params_optimizer.validation.plateau import Neighbourhood, Plateau, neighbours, plateau_of
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
    plan = outcome.plan
    evaluator = SetEvaluator(strategy_in(scope, plan.strategy), plan.bars, plan.sample)
    return [
        Luck(
            trials,
            deflated(evaluator.answer(plan.space[number]).r, trials, variance),
            *plateau_score_of(plateau_.whole),
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


def kept_plateaus(outcome: Outcome, scope: str, numbers: Sequence[int]) -> list[Plateau]:
    """Plateaus of combinations in total R; NaN where a neighbour's row was not kept."""
    grid = outcome.plan.space
    groups = [neighbours(grid, number) for number in numbers]
    members = {near for group in groups for key in group.values() for near in key}
    ordered = np.array(sorted({*members, *numbers}), np.int64)
    values = outcome.results.lookup(total_r_of(outcome.plan, scope), ordered)
    totals = dict(zip(ordered.tolist(), values.tolist(), strict=True))
    # Where every set has its row, one without a value failed.
    failed = {number for number, total in totals.items() if isnan(total) and outcome.whole}
    return [
        plateau_of(
            totals[number],
            {
                key: [totals[near] for near in members if near not in failed]
                for key, members in group.items()
            },
        )
        for number, group in zip(numbers, groups, strict=True)
    ]


def total_r_of(plan: Plan, scope: str) -> str:
    """The result column of the total R in a scope."""
    return scope_of(plan, scope).column(PLATEAU_METRIC)


def scope_of(plan: Plan, name: str) -> Scope:
    """The scope of the strategy of a plan with this name."""
    return next(scope for scope in scopes_of(plan.strategy) if scope.name == name)


def plateau_score_of(whole: Neighbourhood) -> tuple[float | None, str | None]:
    """The score of a plateau from the neighbours over all parameters, or why there is none."""
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
