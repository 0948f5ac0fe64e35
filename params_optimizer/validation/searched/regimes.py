"""The best of a search in each kind of market, and whether switching between them pays.

As `validation.regimes` does with the combinations of a grid. The test of switching needs the
windows of a walk-forward search, whose winners are the one for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.regimes import UNLABELLED, DayLabels, labels
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.orchestrator.strategies import market_days
from params_optimizer.search.space import Parameters
from params_optimizer.search.trial import Trial
from params_optimizer.strategies.protocol import Trades
from params_optimizer.strategies.trades import joined, no_trades
from params_optimizer.validation.bootstrap import bootstrap
from params_optimizer.validation.performance import Figures
from params_optimizer.validation.regimes import ALL_DAYS
from params_optimizer.validation.searched.inner import Borders, Desk
from params_optimizer.validation.searched.walk_forward import SearchedStep, SearchedWalk
from params_optimizer.validation.switching import CONFIDENCE, SEED, Comparison
from params_optimizer.validation.windows import Days

Leg = tuple[Parameters, Days]
"""What is traded on which days."""


@dataclass(frozen=True, slots=True)
class RegimeWinner:
    """The best on the days of a regime, or on all days; see `regimes.Winner`.

    `figures` are its metrics on the days of each regime by name, and on all days; empty where
    no trial is complete, and `best` None. `borders` are its trades on its own days under each
    border policy, None where none is crossed.
    """

    chosen_on: str
    days: Days
    eligible: int
    best: Trial | None
    value: float | None
    figures: Mapping[str, Figures]
    borders: Borders | None


@dataclass(frozen=True, slots=True)
class Switching:
    """One parameter set for all against one for each regime, on the same out-of-sample days.

    `one_borders` and `switched_borders` are the trades of both under each border policy.
    """

    windows: int
    comparison: Comparison
    one_borders: Borders | None
    switched_borders: Borders | None


@dataclass(frozen=True, slots=True)
class SearchedRegimes:
    """What searching each regime by itself showed; the last of `winners` is that of all days.

    `coming` is the regime of the day after the last bars; `switching` is None where no
    walk-forward was asked for.
    """

    kind: str
    min_regime_trades: int
    trials: int
    unlabelled: int
    coming: str | None
    winners: tuple[RegimeWinner, ...]
    switching: Switching | None


def by_regime(
    desk: Desk, kind: str, min_regime_trades: int, walk: SearchedWalk | None
) -> SearchedRegimes:
    """Search the days of each regime; with `walk`, test switching in its windows.

    Raises:
        SettingsError: an unknown kind.
        RunError, Interrupted: see `Desk.search`.
    """
    evaluation = desk.problem.evaluation
    found = labels(
        evaluation.bars, kind, evaluation.zone, market_days(evaluation.bars, evaluation.zone)
    )
    all_days = desk.outcome.days
    label = _label_of(found, all_days)
    days = {name: all_days[label == place] for place, name in enumerate(found.names)}
    searched = {
        name: desk.search(f"{kind} {name}", own, min_regime_trades)
        for name, own in days.items()
        if own.size
    }
    days[ALL_DAYS], searched[ALL_DAYS] = all_days, desk.outcome
    return SearchedRegimes(
        kind=kind,
        min_regime_trades=min_regime_trades,
        trials=desk.plan.trials,
        unlabelled=int((label == UNLABELLED).sum()),
        coming=found.names[found.coming] if found.coming != UNLABELLED else None,
        winners=tuple(_winner(desk, name, days, searched.get(name)) for name in days),
        switching=_switching(desk, kind, found, min_regime_trades, walk) if walk else None,
    )


def _label_of(found: DayLabels, days: Days) -> NDArray[np.int64]:
    """Labels of days; an hour of trading on a Sunday belongs to the Friday before."""
    place = np.searchsorted(found.date, days, side="right") - 1
    return np.append(found.label, UNLABELLED)[place]  # place -1, before the first day: none


def _winner(
    desk: Desk, name: str, days: Mapping[str, Days], found: SearchOutcome | None
) -> RegimeWinner:
    best = found.best if found else None
    if found is None or best is None:
        return RegimeWinner(name, days[name], 0, None, None, {}, None)
    figures = {
        other: metrics_of_r(desk.trades(best.parameters, own).r) for other, own in days.items()
    }
    borders = desk.borders([(best.parameters, days[name])])
    return RegimeWinner(name, days[name], len(found.ranking), best, found.value, figures, borders)


def _switching(
    desk: Desk, kind: str, found: DayLabels, min_regime_trades: int, walk: SearchedWalk
) -> Switching:
    switched_legs, seen, different = list[Leg](), list[bool](), 0
    for place, step in enumerate(walk.steps, 1):
        one = step.best.parameters if step.best else None
        own = _choices(desk, f"{kind} in window {place}", found, min_regime_trades, step)
        label = _label_of(found, step.traded)
        for at in np.unique(label).tolist():
            days = step.traded[label == at]
            chosen = own.get(at, one)
            seen += [at in own] * days.size
            different += days.size if chosen != one else 0
            if chosen is not None:
                switched_legs.append((chosen, days))
    traded = np.concatenate([step.traded for step in walk.steps])
    unlabelled = int((_label_of(found, traded) == UNLABELLED).sum())
    switched = joined([desk.trades(*leg) for leg in switched_legs] or [no_trades()])
    each = _daily(desk, traded, switched) - _daily(desk, traded, walk.trades)
    spread = bootstrap(each, SEED, CONFIDENCE) if each.any() else None
    comparison = Comparison(
        days=traded.size,
        unlabelled_days=unlabelled,
        unseen_days=seen.count(False) - unlabelled,
        different_days=different,
        one=walk.stitched,
        switched=metrics_of_r(switched.r),
        difference=spread.total_r if spread else None,
        luck=spread.loss_probability if spread else None,
    )
    return Switching(len(walk.steps), comparison, walk.borders, desk.borders(switched_legs))


def _choices(
    desk: Desk, name: str, found: DayLabels, min_regime_trades: int, step: SearchedStep
) -> dict[int, Parameters]:
    """The winner of each regime on its in-sample days, by label, where there is one."""
    label, chosen = _label_of(found, step.window.in_sample), dict[int, Parameters]()
    for at, regime in enumerate(found.names):
        days = step.window.in_sample[label == at]
        if not days.size:
            continue
        best = desk.search(f"{name}, {regime}", days, min_regime_trades).best
        if best is not None:
            chosen[at] = best.parameters
    return chosen


def _daily(desk: Desk, days: Days, trades: Trades) -> NDArray[np.float64]:
    """R of each of the days, 0 where nothing is traded."""
    dates = desk.problem.evaluation.dating()(trades)
    r = np.zeros(days.size)
    np.add.at(r, np.searchsorted(days, dates), trades.r)
    return r
