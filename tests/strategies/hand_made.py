"""Bars, news and trades as text, so that a reader can follow a rule by hand."""

from datetime import date, datetime

import numpy as np

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import iso_minute, to_date
from params_optimizer.data.news import NO_NEWS, NewsWindows
from params_optimizer.strategies.initial_balance.params import Params, Trade

EASY = Params(
    ib_start="08:00",
    ib_end="08:10",
    ib_timezone="UTC",
    ib_wait_minutes=0,
    trade_window_minutes=20,
    rr_target=1.0,
    stop_mode="eq",
    tsl_target=0.0,
    tsl_sl=0.5,
    min_sl_pct=0.001,
    rev_rb_enabled=False,
    rev_rb_pct=0.5,
    ib_buffer_pct=0.0,
    max_distance_pct=1.0,
)
"""The Initial Balance from 08:00 to 08:10 UTC, the window from there to 08:30."""


def bars_of(text: str) -> Bars:
    """Bars from lines `[date] HH:MM open high low close`, UTC; `#` begins a comment.

    A date holds for the lines below it as well; without one it is 2024-01-10.
    """
    day, rows = "2024-01-10", []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        if "-" in words[0]:
            day = words.pop(0)
        rows.append((minute_of(words[0], day), *map(float, words[1:]), 1.0))
    columns = zip(*rows, strict=True)
    m1 = M1._make(
        np.array(column, np.int64 if position == 0 else np.float64)
        for position, column in enumerate(columns)
    )
    return Bars.from_arrays("TEST", m1)


def news_of(text: str | NewsWindows) -> NewsWindows:
    """News windows from `HH:MM-HH:MM HH:MM-HH:MM`, sorted."""
    if isinstance(text, NewsWindows):
        return text
    if not text:
        return NO_NEWS
    ends = [[minute_of(clock) for clock in window.split("-")] for window in text.split()]
    return NewsWindows(*np.array(ends, np.int64).T.copy())


def minute_of(clock: str, day: str = "2024-01-10") -> int:
    return int(datetime.fromisoformat(f"{day}T{clock}+00:00").timestamp()) // 60


def shown(trade: Trade) -> str:
    day = to_date(trade.date)
    return (
        f"{'' if day == date(2024, 1, 10) else f'{day} '}"
        f"{trade.variation} {'long' if trade.long else 'short'} "
        f"{iso_minute(trade.entry_time)[11:16]} at {trade.entry_price:.17g} "
        f"stop {trade.stop:.17g} target {trade.target:.17g}, "
        f"{trade.exit_reason} {iso_minute(trade.exit_time)[11:16]} at {trade.exit_price:.17g} "
        f"R {trade.r:.17g}"
    )
