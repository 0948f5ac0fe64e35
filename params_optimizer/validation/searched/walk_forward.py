"""Search again and again, and trade each winner on the days after.

What the grid's walk-forward does with every combination, a search does with its trials: each
window is searched on its in-sample days alone, and the winner trades the days after.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import RunError
from params_optimizer.search.trial import Trial
from params_optimizer.strategies.protocol import Trades
from params_optimizer.strategies.trades import joined
from params_optimizer.validation.performance import Figures
from params_optimizer.validation.searched.inner import Borders, Desk
from params_optimizer.validation.walk_forward import (
    Stability,
    efficiency,
    stability,
    traded_days,
)
from params_optimizer.validation.windows import Days, Schedule, Window, walk_forward_windows


@dataclass(frozen=True, slots=True)
class SearchedStep:
    """One window: the winner of the search in sample, and what it made on both samples.

    Without a winner (no trial met the constraints) nothing is traded, and it and the figures
    are None. `eligible` parameter sets competed; `value` is the winner's figure of the first
    goal. `traded` are the out-of-sample days until the next window begins to trade, and
    `trades` those on them.
    """

    window: Window
    eligible: int
    best: Trial | None
    value: float | None
    in_sample: Figures | None
    out_sample: Figures | None
    traded: Days
    trades: Trades | None


class SearchedSummary(NamedTuple):
    """All windows together, see `walk_forward.Summary`."""

    windows: int
    windows_with_winner: int
    positive_window_rate: float
    total_oos_r: float
    average_oos_sharpe: float
    efficiency: float | None
    oos_days: int


@dataclass(frozen=True, slots=True)
class SearchedWalk:
    """What a walk-forward search showed.

    `trials` were asked in each window; `left_over` are the days at the end that are too few for
    one more; `trades` are all those out of sample, and `stitched` their metrics. `borders`:
    the same under each border policy, None where no trade crosses the border of a window.
    """

    schedule: Schedule
    trials: int
    left_over: Days
    steps: tuple[SearchedStep, ...]
    summary: SearchedSummary
    trades: Trades
    stitched: Figures
    borders: Borders | None
    stability: tuple[Stability, ...]


def walk_forward(desk: Desk, schedule: Schedule) -> SearchedWalk:
    """Search every window in sample and trade its winner out of sample.

    Raises:
        DataError: the days are too few for one window.
        RunError: no window has a winner, or workers keep dying.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    days = desk.outcome.days
    windows = walk_forward_windows(days, schedule)
    each = zip(windows, traded_days(windows), strict=True)
    steps = tuple(
        _step(desk, f"window {place} of {len(windows)}", *one) for place, one in enumerate(each, 1)
    )
    legs = [(step.best.parameters, step.traded) for step in steps if step.best]
    if not legs:
        raise RunError(
            "no window has a winner: no trial met the constraints and the least number of "
            "trades; take longer windows, fewer --min-trades or more --trials"
        )
    trades = joined([step.trades for step in steps if step.trades is not None])
    return SearchedWalk(
        schedule=schedule,
        trials=desk.plan.trials,
        left_over=days[days > windows[-1].out_sample[-1]],
        steps=steps,
        summary=_summary(steps, trades),
        trades=trades,
        stitched=metrics_of_r(trades.r),
        borders=desk.borders(legs),
        stability=_stability(desk, steps),
    )


def _step(desk: Desk, name: str, window: Window, traded: Days) -> SearchedStep:
    found = desk.search(name, window.in_sample)
    best = found.best
    if best is None:
        return SearchedStep(window, 0, None, None, None, None, traded, None)
    whole = desk.trades(best.parameters, window.out_sample)
    trades = whole
    if traded.size < window.out_sample.size:  # a newer winner takes over
        trades = desk.trades(best.parameters, traded)
    return SearchedStep(
        window,
        len(found.ranking),
        best,
        found.value,
        dict(best.metrics),
        metrics_of_r(whole.r),
        traded,
        trades,
    )


def _summary(steps: tuple[SearchedStep, ...], trades: Trades) -> SearchedSummary:
    held = [
        (step.window, step.in_sample, step.out_sample)
        for step in steps
        if step.in_sample is not None and step.out_sample is not None
    ]
    results = np.array([after["total_r"] for _, _, after in held])
    return SearchedSummary(
        windows=len(steps),
        windows_with_winner=len(held),
        positive_window_rate=int((results > 0).sum()) / len(steps),
        total_oos_r=float(trades.r.sum()),
        average_oos_sharpe=sum(after["sharpe_ratio"] for *_, after in held) / len(held),
        efficiency=efficiency(held),
        oos_days=sum(step.traded.size for step in steps),
    )


def _stability(desk: Desk, steps: tuple[SearchedStep, ...]) -> tuple[Stability, ...]:
    found = []
    for axis in desk.problem.space.axes:
        column = [axis.of(step.best.parameters) for step in steps if step.best]
        found.append(stability(axis.name, column, sorted(set(column), key=axis.encode)))
    return tuple(found)
