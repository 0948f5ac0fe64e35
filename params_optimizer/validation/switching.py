"""Does it pay to switch the combination with the regime of the day?

In every window of a walk-forward analysis each regime gets the best combination of its
in-sample days and trades it on its out-of-sample days, against the one combination that is
best on all in-sample days. Days without a label, and those of a regime that had no
combination with enough trades in sample, are traded with the one for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.regimes import UNLABELLED, DayLabels
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.params import Trade
from params_optimizer.validation.bootstrap import Interval, bootstrap
from params_optimizer.validation.choice import Choice
from params_optimizer.validation.performance import Figures, figures_of, trades_on
from params_optimizer.validation.walk_forward import Step

CONFIDENCE = 0.95
NO_LABEL = "no label"
NOBODY = -1

SEED = 1


@dataclass(frozen=True, slots=True)
class SwitchedStep:
    """A window of the test: the best of each regime in sample, and what they trade.

    `step` is the window with one combination for all. `label` and `combination` have one
    element for each of `step.traded`: its regime, and the combination that trades it, -1
    where none does. `own` tells where that is the choice of its regime; elsewhere it is the
    one for all. `trades` are those of the switched combinations.
    """

    step: Step
    choices: tuple[Choice | None, ...]
    label: NDArray[np.int64]
    combination: NDArray[np.int64]
    own: NDArray[np.bool_]
    trades: tuple[Trade, ...]


class RegimeResult(NamedTuple):
    """Out of sample in one regime, or on the unlabelled days: one for all against switched.

    `windows` counts those in which the regime had a choice of its own, `own_days` the days
    that were traded by it.
    """

    regime: str
    windows: int
    days: int
    own_days: int
    one: Figures
    switched: Figures


class Comparison(NamedTuple):
    """One combination for all against switched ones, on the same out-of-sample days.

    `unlabelled_days` and `unseen_days` (of a regime without a choice in that window) were
    traded with the one for all. `different_days` are those on which the two differ in the
    combination. `difference` is switched minus one, in R, with the percentiles of a
    stationary bootstrap of days around it; `luck` the share of resamples in which switching
    earns nothing more. Both are None where not a single day ended differently.
    """

    days: int
    unlabelled_days: int
    unseen_days: int
    different_days: int
    one: Figures
    switched: Figures
    difference: Interval | None
    luck: float | None


def switch(
    study: Study, step: Step, choices: tuple[Choice | None, ...], found: DayLabels
) -> SwitchedStep:
    """A window traded with the choices of its regimes; `choices` in the order of names."""
    label = found.at(step.traded)
    one = step.choice.combination if step.choice else NOBODY
    numbers = np.array([choice.combination if choice else NOBODY for choice in (*choices, None)])
    own = numbers[label] != NOBODY  # the last one is that of UNLABELLED
    combination = np.where(own, numbers[label], one)
    trades = [
        trade
        for number in np.unique(combination[combination != NOBODY]).tolist()
        for trade in trades_on(study, number, step.traded[combination == number])
    ]
    trades.sort(key=lambda trade: trade.date)
    return SwitchedStep(step, choices, label, combination, own, tuple(trades))


def regime_results(steps: Sequence[SwitchedStep], names: Sequence[str]) -> tuple[RegimeResult, ...]:
    """Out-of-sample results of each regime, and at last of the unlabelled days."""
    own = np.concatenate([step.own for step in steps])
    label = np.concatenate([step.label for step in steps])
    days = np.concatenate([step.step.traded for step in steps])
    one = [trade for step in steps for trade in step.step.trades]
    switched = [trade for step in steps for trade in step.trades]
    found = []
    for place in (*range(len(names)), UNLABELLED):
        held = set(days[label == place].tolist())
        chosen = sum(step.choices[place] is not None for step in steps) if place >= 0 else 0
        figures = (
            figures_of([trade for trade in trades if trade.date in held])
            for trades in (one, switched)
        )
        name = names[place] if place >= 0 else NO_LABEL
        own_days = int(own[label == place].sum())
        found.append(RegimeResult(name, chosen, len(held), own_days, *figures))
    return tuple(found)


def compare(steps: Sequence[SwitchedStep]) -> Comparison:
    """All windows together."""
    one = [trade for step in steps for trade in step.step.trades]
    switched = [trade for step in steps for trade in step.trades]
    days = np.concatenate([step.step.traded for step in steps])
    label = np.concatenate([step.label for step in steps])
    own = np.concatenate([step.own for step in steps])
    differs = [
        step.combination != (step.step.choice.combination if step.step.choice else NOBODY)
        for step in steps
    ]
    each = _daily(days, switched) - _daily(days, one)
    spread = bootstrap(each, SEED, CONFIDENCE) if each.any() else None
    return Comparison(
        days=days.size,
        unlabelled_days=int((label == UNLABELLED).sum()),
        unseen_days=int((~own & (label != UNLABELLED)).sum()),
        different_days=int(np.concatenate(differs).sum()),
        one=figures_of(one),
        switched=figures_of(switched),
        difference=spread.total_r if spread else None,
        luck=spread.loss_probability if spread else None,
    )


def _daily(days: NDArray[np.int64], trades: Sequence[Trade]) -> NDArray[np.float64]:
    """R of each of the days, 0 where nothing is traded; at most one trade a day."""
    r = np.zeros(days.size)
    r[np.searchsorted(days, [trade.date for trade in trades])] = [trade.r for trade in trades]
    return r
