"""The best combination in each kind of market, and whether switching between them pays.

The best of each regime is best by construction on the days it was chosen on; what counts is
the test of `switching`, in the windows of a walk-forward analysis. Labels are made of earlier
days only (`data.regimes`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from params_optimizer.data.ib_cache import initial_balances
from params_optimizer.data.regimes import RULES, UNLABELLED, DayLabels, RegimeRules, labels
from params_optimizer.errors import DataError, SettingsError
from params_optimizer.orchestrator.study import Say, Study
from params_optimizer.search.objective import Objective
from params_optimizer.validation.choice import Choice, best_on
from params_optimizer.validation.performance import Figures, figures_of, trades_on
from params_optimizer.validation.switching import (
    Comparison,
    RegimeResult,
    SwitchedStep,
    compare,
    regime_results,
    switch,
)
from params_optimizer.validation.walk_forward import WalkForward, walk_forward
from params_optimizer.validation.windows import (
    Days,
    Schedule,
    shown,
    trading_days,
    walk_forward_windows,
)

MIN_REGIME_TRADES = 10
ALL_DAYS = "all days"


class Winner(NamedTuple):
    """A line of the matrix: who is best on the days called `chosen_on`, and how it does.

    `figures` are the metrics of R10 on the days of each regime, in their order, and at last
    on all days. Without a combination that has enough trades there, `choice` is None and
    `figures` is empty.
    """

    chosen_on: str
    choice: Choice | None
    figures: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Regimes:
    """What looking at each regime by itself showed.

    `days` are the trading days of each of `names`, `coming` is the label of the day after the
    last bars; `winners` are the best on each and, at
    last, on all days. `forward` is the walk-forward analysis with one combination for all,
    `steps` are its windows with switched ones.
    """

    kind: str
    rules: RegimeRules
    names: tuple[str, ...]
    objective: Objective
    min_regime_trades: int
    trials: int
    days: tuple[Days, ...]
    unlabelled: Days
    coming: int
    winners: tuple[Winner, ...]
    forward: WalkForward
    steps: tuple[SwitchedStep, ...]
    results: tuple[RegimeResult, ...]
    comparison: Comparison


def by_regime(
    study: Study,
    kind: str,
    schedule: Schedule,
    objective: Objective,
    workers: int,
    say: Say,
    *,
    min_regime_trades: int = MIN_REGIME_TRADES,
    rules: RegimeRules = RULES,
) -> Regimes:
    """Optimise the whole grid in each regime, and test switching out of sample.

    Raises:
        SettingsError: an unknown kind, less than one trade.
        DataError: too few days for a label or a window, no regime with enough trades.
        RunError, Interrupted: see `evaluation.evaluate`.
    """
    if min_regime_trades < 1:
        raise SettingsError(f"--min-regime-trades {min_regime_trades}: has to be at least 1")
    days = trading_days(study)
    found = study_labels(study, kind, rules)
    label = found.at(days)
    if (label == UNLABELLED).all():
        raise DataError(
            f"--by-regime {kind}: {shown(days)}: too few for a label, which needs "
            f"{rules.days_needed(kind)} days before its own; take more data"
        )
    windows = walk_forward_windows(days, schedule)
    inside = replace(objective, min_trades=min_regime_trades)
    samples = [days, *(window.in_sample for window in windows)]
    chosen = _best_by_label(study, samples, found, inside, workers, say)
    if not any(chosen[0]):
        raise DataError(
            f"--by-regime {kind}: on the {shown(days)} no combination has {min_regime_trades} "
            f"trades in any regime; take more data or lower --min-regime-trades"
        )
    [overall] = best_on(study, [days], objective, workers, say)
    forward = walk_forward(study, schedule, objective, workers, say)
    steps = tuple(
        switch(study, step, choices, found)
        for step, choices in zip(forward.steps, chosen[1:], strict=True)
    )
    groups = tuple(days[label == place] for place in range(len(found.names)))
    lines = zip((*found.names, ALL_DAYS), (*chosen[0], overall), strict=True)
    return Regimes(
        kind=kind,
        rules=rules,
        names=found.names,
        objective=objective,
        min_regime_trades=min_regime_trades,
        trials=len(study.grid),
        days=groups,
        unlabelled=days[label == UNLABELLED],
        coming=found.coming,
        winners=tuple(_winner(study, name, choice, (*groups, days)) for name, choice in lines),
        forward=forward,
        steps=steps,
        results=regime_results(steps, found.names),
        comparison=compare(steps),
    )


def study_labels(study: Study, kind: str, rules: RegimeRules = RULES) -> DayLabels:
    """Labels of all trading days of the study's bars, also of those it does not trade.

    Raises:
        SettingsError: an unknown kind.
    """
    windows = study.levels
    dates = np.unique(np.concatenate([initial_balances(study.bars, one).date for one in windows]))
    zones = list(dict.fromkeys(zone for _, _, zone in windows))
    return labels(study.bars, kind, zones, dates, rules)


def _best_by_label(
    study: Study,
    samples: Sequence[Days],
    found: DayLabels,
    objective: Objective,
    workers: int,
    say: Say,
) -> list[tuple[Choice | None, ...]]:
    """For each sample of days the best combination on those of each label."""
    count = len(found.names)
    parts = [days[found.at(days) == place] for days in samples for place in range(count)]
    held = [place for place, part in enumerate(parts) if part.size]
    best = best_on(study, [parts[place] for place in held], objective, workers, say)
    choices = dict(zip(held, best, strict=True))
    return [
        tuple(choices.get(at * count + place) for place in range(count))
        for at in range(len(samples))
    ]


def _winner(study: Study, name: str, choice: Choice | None, groups: Sequence[Days]) -> Winner:
    if choice is None:
        return Winner(name, None, ())
    figures = (figures_of(trades_on(study, choice.combination, days)) for days in groups)
    return Winner(name, choice, tuple(figures))
