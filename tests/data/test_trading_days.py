"""Days on which no price moves are no trading days."""

from datetime import date

import numpy as np

from params_optimizer.config import Settings
from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.coverage import bars_status
from params_optimizer.data.days import local_days, to_date, to_day
from params_optimizer.data.trading_days import dead_days, trading_days
from params_optimizer.strategies.trades import Stretches

FRIDAY = to_day(date(2024, 1, 5))
MARKET = (
    Settings()
    .symbol("XAUUSD")
    .model_copy(update={"timezone": "UTC", "ib_windows": (("09:00", "10:00", "UTC"),)})
)


def bars(dead=(1, 2), count=5, per_day=48):
    """Bars of half an hour from Friday on; `dead` days repeat the last price."""
    day, step = np.divmod(np.arange(count * per_day), per_day)
    close = 100.0 + day + np.where(step % 2, 0.5, 0.0)
    for number in dead:
        close[day == number] = close[number * per_day - 1] if number else 100.0
    time = FRIDAY * 1440 + np.arange(close.size) * 1440 // per_day
    flat = np.isin(day, dead)
    high, low = close + np.where(flat, 0.0, 1.0), close - np.where(flat, 0.0, 1.0)
    return Bars.from_arrays("XAUUSD", M1(time, close, high, low, close, np.ones(close.size)))


def test_dead_days_are_told_and_belong_to_the_day_before():
    filled = bars()
    assert (dead_days(filled, "UTC") - FRIDAY).tolist() == [1, 2]
    days = trading_days(filled, "UTC")
    assert (days.date - FRIDAY).tolist() == [0, 3, 4]
    assert (days.first.tolist(), days.end.tolist()) == ([0, 144, 192], [144, 192, 240])


def test_dead_days_at_the_beginning_belong_to_the_first_other_one():
    days = trading_days(bars(dead=(0, 1)), "UTC")
    assert (days.date - FRIDAY).tolist() == [2, 3, 4]
    assert (days.first.tolist(), days.end.tolist()) == ([0, 144, 192], [144, 192, 240])


def test_without_dead_days_nothing_changes():
    moving = bars(dead=())
    expected = local_days(moving.m1.time, "UTC")
    for ours, theirs in zip(trading_days(moving, "UTC"), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    flat = bars(dead=(0, 1, 2, 3, 4))
    assert trading_days(flat, "UTC").date.size == 5  # all of them: there is nothing to tell by


def test_a_day_of_few_bars_is_a_day_like_others():
    assert dead_days(bars(per_day=4), "UTC").size == 0
    assert dead_days(bars(per_day=5), "UTC").size == 2


def test_a_stretch_reaches_over_a_dead_weekend():
    filled = bars()
    stretches = Stretches(filled, trading_days(filled, "UTC").date, "UTC")
    assert len(stretches) == 1


def test_the_status_names_dead_days_and_does_not_count_them():
    status = bars_status(bars(), MARKET)
    assert status.dead_days == (to_date(FRIDAY + 1), to_date(FRIDAY + 2))
    assert (status.days, status.trading_days) == (5, 3)
