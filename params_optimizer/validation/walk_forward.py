"""Choose again and again, and trade each winner on the days after.

What comes out is what a trader would have got who did just that, and had never seen the
days that he traded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from params_optimizer.strategies.protocol import Value
from params_optimizer.validation.candidates import (
    Borders,
    Candidates,
    Choice,
    DatedTrades,
    Figures,
    Sample,
    borders_of,
    figures_of,
    joined,
    total_r,
)
from params_optimizer.validation.windows import (
    SEVERAL_ZONES,
    Days,
    Schedule,
    Window,
    walk_forward_windows,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One window: who won in sample, and how it did on both samples.

    Without a winner (nothing competed) nothing is traded: `choice` and the figures are None.
    `traded` are the out-of-sample days until the next window begins to trade, and `trades`
    those of the winner on them.
    """

    window: Window
    choice: Choice | None
    in_sample: Figures | None
    out_sample: Figures | None
    traded: Days
    trades: DatedTrades


class Stability(NamedTuple):
    """How much a parameter moves from winner to winner.

    `mode` is the most frequent value (the first in the order of its axis of equally frequent
    ones), `share` the share of winners that have it. The last three are None for a parameter
    that is no number; `deviation` is the population's.
    """

    key: str
    mode: Value
    share: float
    distinct: int
    least: float | None
    greatest: float | None
    deviation: float | None


class WalkForwardSummary(NamedTuple):
    """All windows together; rates are 0 to 1, R is per unit of risk, profit is money (R14).

    `positive_window_rate` counts windows with out-of-sample R above 0 among all windows.
    Totals are over the stitched trades, which hold every day once. `average_oos_sharpe` and
    `std_oos_profit` (ddof 1) are over the windows that have a winner. `efficiency` is the
    out-of-sample over the in-sample R per trading day of the winners; None where they
    earned nothing in sample.
    """

    windows: int
    windows_with_winner: int
    positive_window_rate: float
    total_oos_r: float
    total_oos_profit: float
    average_oos_sharpe: float
    std_oos_profit: float
    efficiency: float | None
    oos_days: int


@dataclass(frozen=True, slots=True)
class WalkForward:
    """What a walk-forward analysis showed.

    `trials` is the number of sets evaluated in each window, `left_over` the days at the end
    that are too few for one more window, `trades` are all those out of sample and `stitched`
    their metrics. `borders`: the same under each border policy, None where no trade crosses
    the border of a window.
    """

    schedule: Schedule
    metric: str
    min_trades: int
    trials: int
    left_over: Days
    steps: tuple[Step, ...]
    summary: WalkForwardSummary
    trades: DatedTrades
    stitched: Figures
    borders: Borders | None
    stability: tuple[Stability, ...]
    notes: tuple[str, ...]


def walk_forward(candidates: Candidates, schedule: Schedule) -> WalkForward:
    """Choose in every window in sample and trade the winner out of sample.

    Raises:
        DataError: the days are too few for one window.
        RunError, Interrupted: see `Candidates`.
    """
    days = candidates.days
    windows = walk_forward_windows(days, schedule)
    choices = candidates.best_on(
        [
            Sample(f"window {place} of {len(windows)}", window.in_sample)
            for place, window in enumerate(windows, 1)
        ]
    )
    steps = tuple(
        _step(candidates, *parts)
        for parts in zip(windows, choices, traded_days(windows), strict=True)
    )
    trades = joined([step.trades for step in steps])
    several = len(candidates.zones) > 1 and not schedule.purge_days
    return WalkForward(
        schedule=schedule,
        metric=candidates.objective.metric,
        min_trades=candidates.objective.min_trades,
        trials=candidates.tried,
        left_over=days[days > windows[-1].out_sample[-1]],
        steps=steps,
        summary=_summary(steps, trades, candidates.risk_money),
        trades=trades,
        stitched=figures_of(trades.trades),
        borders=borders_of(
            candidates, [(step.choice.parameters, step.traded) for step in steps if step.choice]
        ),
        stability=_stability(candidates, [step.choice for step in steps if step.choice]),
        notes=(SEVERAL_ZONES,) if several else (),
    )


def traded_days(windows: Sequence[Window]) -> list[Days]:
    """The days each winner trades: a newer one takes over as soon as there is one."""
    begins = [int(window.out_sample[0]) for window in windows[1:]]
    return [
        *(
            window.out_sample[window.out_sample < end]
            for window, end in zip(windows, begins, strict=False)
        ),
        windows[-1].out_sample,
    ]


def _step(candidates: Candidates, window: Window, choice: Choice | None, traded: Days) -> Step:
    if choice is None:
        return Step(window, None, None, None, traded, joined([]))
    in_sample = candidates.figures(choice.parameters, window.in_sample)
    trades = whole = candidates.trades(choice.parameters, window.out_sample)
    if traded.size < window.out_sample.size:  # a newer winner takes over
        trades = candidates.trades(choice.parameters, traded)
    return Step(window, choice, dict(in_sample), figures_of(whole.trades), traded, trades)


def _summary(steps: Sequence[Step], trades: DatedTrades, money: float) -> WalkForwardSummary:
    winners = [
        (step.window, step.in_sample, step.out_sample)
        for step in steps
        if step.in_sample is not None and step.out_sample is not None
    ]
    results = np.array([after["total_r"] for _, _, after in winners])
    total = total_r(trades.trades)
    return WalkForwardSummary(
        windows=len(steps),
        windows_with_winner=len(winners),
        positive_window_rate=int((results > 0).sum()) / len(steps),
        total_oos_r=total,
        total_oos_profit=total * money,
        average_oos_sharpe=(
            sum(after["sharpe_ratio"] for _, _, after in winners) / len(winners) if winners else 0.0
        ),
        std_oos_profit=float(results.std(ddof=1)) * money if len(winners) > 1 else 0.0,
        efficiency=efficiency(winners),
        oos_days=sum(step.traded.size for step in steps),
    )


def efficiency(winners: Sequence[tuple[Window, Figures, Figures]]) -> float | None:
    """Out-of-sample over in-sample R per trading day of the winners; None where in is no gain."""
    in_days = sum(window.in_sample.size for window, _, _ in winners)
    out_days = sum(window.out_sample.size for window, _, _ in winners)
    earned = sum(before["total_r"] for _, before, _ in winners)
    if earned <= 0:
        return None
    return (sum(after["total_r"] for *_, after in winners) / out_days) / (earned / in_days)


def _stability(candidates: Candidates, winners: Sequence[Choice]) -> tuple[Stability, ...]:
    names = winners[0].parameters if winners else ()
    columns = {name: [winner.parameters[name] for winner in winners] for name in names}
    return tuple(
        stability(name, column, candidates.ordered(name, column))
        for name, column in columns.items()
    )


def stability(key: str, column: list[Value], order: Iterable[Value]) -> Stability:
    """How much the winners' values of a parameter, `column`, move; `order` is that of values."""
    mode = max(order, key=column.count)  # the first of equal ones
    share = column.count(mode) / len(column)
    return Stability(key, mode, share, len(set(column)), *_spread(column))


def _spread(column: Sequence[Value]) -> tuple[float | None, float | None, float | None]:
    numbers = [
        float(value)
        for value in column
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if not numbers:
        return None, None, None
    minimum, maximum = min(numbers), max(numbers)
    # Of equal values NumPy's deviation is 0 but for rounding.
    return minimum, maximum, float(np.std(numbers)) if minimum < maximum else 0.0
