"""Does it pay to switch the parameter set with the regime of the day?

In every window of a walk-forward analysis each regime gets the best set of its in-sample
days and trades it on its out-of-sample days, against the one set that is best on all
in-sample days. Days without a label, and those of a regime in which nothing competed in
sample, are traded with the one for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.regimes import UNLABELLED, DayLabels
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.strategies.trades import chosen
from params_optimizer.validation.bootstrap import Interval, bootstrap
from params_optimizer.validation.candidates import (
    Borders,
    Candidates,
    Choice,
    DatedTrades,
    Figures,
    Leg,
    borders_of,
    figures_of,
    joined,
)
from params_optimizer.validation.walk_forward import Step, WalkForward
from params_optimizer.validation.windows import Days

CONFIDENCE: Final = 0.95
NO_LABEL: Final = "no label"
SEED: Final = 1
_ALL: Final = -1
"""In place of a regime: traded by the set for all days."""


@dataclass(frozen=True, slots=True)
class SwitchedStep:
    """A window of the test: the best of each regime in sample, and what they trade.

    `step` is the window with one set for all. `label` and `traded_by` have one element for
    each of `step.traded`: its regime, and the regime whose choice trades it, -1 for the one
    for all; `differs` tells where that is another set than the one for all. `trades` are
    those of the switched sets.
    """

    step: Step
    choices: tuple[Choice | None, ...]
    label: NDArray[np.int64]
    traded_by: NDArray[np.int64]
    differs: NDArray[np.bool_]
    legs: tuple[Leg, ...]
    trades: DatedTrades


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
    """One set for all against switched ones, on the same out-of-sample days.

    `unlabelled_days` and `unseen_days` (of a regime without a choice in that window) were
    traded with the one for all. `different_days` are those on which the two differ in the
    set. `difference` is switched minus one, in R, with the percentiles of a stationary
    bootstrap of days around it; `luck` the share of resamples in which switching earns
    nothing more. Both are None where not a single day ended differently.
    """

    days: int
    unlabelled_days: int
    unseen_days: int
    different_days: int
    one: Figures
    switched: Figures
    difference: Interval | None
    luck: float | None


@dataclass(frozen=True, slots=True)
class Switching:
    """The test in all windows of `forward`; `borders` are those of the switched trades."""

    forward: WalkForward
    steps: tuple[SwitchedStep, ...]
    results: tuple[RegimeResult, ...]
    comparison: Comparison
    borders: Borders | None


def label_of(labels: DayLabels, days: Days) -> NDArray[np.int64]:
    """Labels of days; one that is not there has that of the day before it.

    So an hour of trading on a Sunday belongs to the Friday before.
    """
    place = np.searchsorted(labels.date, days, side="right") - 1
    label: NDArray[np.int64] = np.append(labels.label, UNLABELLED)[place]
    return label  # place -1, before the first day: none


def switching(
    candidates: Candidates,
    forward: WalkForward,
    choices: Sequence[tuple[Choice | None, ...]],
    labels: DayLabels,
) -> Switching:
    """Test the choices of each window, in the order of the names of `labels`."""
    pairs = zip(forward.steps, choices, strict=True)
    steps = tuple(_switch(candidates, *pair, labels) for pair in pairs)
    return Switching(
        forward,
        steps,
        _results(steps, labels.names),
        _compare(steps),
        borders_of(candidates, [leg for step in steps for leg in step.legs]),
    )


def _switch(
    candidates: Candidates, step: Step, choices: tuple[Choice | None, ...], labels: DayLabels
) -> SwitchedStep:
    label = label_of(labels, step.traded)
    places = np.array([at if choice else _ALL for at, choice in enumerate(choices)] + [_ALL])
    traded_by = places[label]  # the last one is that of UNLABELLED
    sets = [choice and choice.parameters for choice in (*choices, step.choice)]
    same = np.array([parameters == sets[_ALL] for parameters in sets])
    legs = _legs(sets, traded_by, step.traded)
    trades = joined([candidates.trades(*leg) for leg in legs])
    return SwitchedStep(step, choices, label, traded_by, ~same[traded_by], legs, trades)


def _legs(
    sets: Sequence[Parameters | None], traded_by: NDArray[np.int64], days: Days
) -> tuple[Leg, ...]:
    """The days that each distinct set trades, whichever regimes chose it."""
    groups: dict[tuple[object, ...], NDArray[np.bool_]] = {}
    parameters_of: dict[tuple[object, ...], Parameters] = {}
    for place, parameters in zip((*range(len(sets) - 1), _ALL), sets, strict=True):
        if parameters is not None:
            key = tuple(parameters.items())
            parameters_of[key] = parameters
            groups[key] = groups.get(key, np.False_) | (traded_by == place)
    return tuple((parameters_of[key], days[mask]) for key, mask in groups.items() if mask.any())


def _results(steps: Sequence[SwitchedStep], names: Sequence[str]) -> tuple[RegimeResult, ...]:
    """Out-of-sample results of each regime, and at last of the unlabelled days."""
    by_regime = np.concatenate([step.traded_by for step in steps]) != _ALL
    label = np.concatenate([step.label for step in steps])
    days = np.concatenate([step.step.traded for step in steps])
    lists = (joined([step.step.trades for step in steps]), joined([step.trades for step in steps]))
    results = []
    for place in (*range(len(names)), UNLABELLED):
        regime_days = days[label == place]
        windows = sum(step.choices[place] is not None for step in steps) if place >= 0 else 0
        figures = (figures_of(chosen(trades, np.isin(date, regime_days))) for date, trades in lists)
        name = names[place] if place >= 0 else NO_LABEL
        own_days = int(by_regime[label == place].sum())
        results.append(RegimeResult(name, windows, regime_days.size, own_days, *figures))
    return tuple(results)


def _compare(steps: Sequence[SwitchedStep]) -> Comparison:
    """All windows together."""
    single, switched = joined([s.step.trades for s in steps]), joined([s.trades for s in steps])
    days = np.concatenate([step.step.traded for step in steps])
    label = np.concatenate([step.label for step in steps])
    by_regime = np.concatenate([step.traded_by for step in steps]) != _ALL
    daily_difference = _daily(days, switched) - _daily(days, single)
    spread = bootstrap(daily_difference, SEED, CONFIDENCE) if daily_difference.any() else None
    return Comparison(
        days=days.size,
        unlabelled_days=int((label == UNLABELLED).sum()),
        unseen_days=int((~by_regime & (label != UNLABELLED)).sum()),
        different_days=int(np.concatenate([step.differs for step in steps]).sum()),
        one=figures_of(single.trades),
        switched=figures_of(switched.trades),
        difference=spread.total_r if spread else None,
        luck=spread.loss_probability if spread else None,
    )


def _daily(days: NDArray[np.int64], trades: DatedTrades) -> NDArray[np.float64]:
    """R of each of the days, 0 where nothing is traded."""
    r = np.zeros(days.size)
    np.add.at(r, np.searchsorted(days, trades.date), trades.trades.r)
    return r
