"""Results by weekday and month against pandas."""

import numpy as np
import pandas as pd

from params_optimizer.validation.seasons import WEEKDAYS, by_month, by_weekday

DAYS = np.arange(19_000, 19_300)
R = np.round(np.random.default_rng(1).normal(size=DAYS.size) * 64) / 64
FRAME = pd.DataFrame({"date": pd.to_datetime(DAYS, unit="D"), "r": R})


def test_weekdays_are_those_of_the_calendar():
    groups = FRAME.groupby(FRAME.date.dt.day_name()).r
    for season in by_weekday(DAYS, R):
        r = groups.get_group(season.name)
        assert (season.trades, season.total_r) == (len(r), r.sum())
        assert season.winrate == 100 * (r > 0).sum() / (r != 0).sum()


def test_a_weekend_is_shown_only_where_it_is_traded():
    workdays = (DAYS + 3) % 7 < 5
    assert [one.name for one in by_weekday(DAYS[workdays], R[workdays])] == [*WEEKDAYS[:5]]
    assert [one.name for one in by_weekday(DAYS, R)] == [*WEEKDAYS]


def test_every_month_of_the_trading_days_is_there_in_order():
    groups = FRAME.groupby(FRAME.date.dt.strftime("%Y-%m")).r
    found = by_month(DAYS[:60], R[:60], DAYS)
    assert [one.name for one in found] == list(groups.groups)
    early = FRAME[:60].groupby(FRAME.date[:60].dt.strftime("%Y-%m")).r.sum()
    for season in found:
        assert season.total_r == early.get(season.name, 0.0)
    assert found[-1].trades == 0


def test_no_trades():
    nothing = np.zeros(0, np.int64)
    assert [one.trades for one in by_weekday(nothing, np.zeros(0))] == [0] * 5
    assert all(not one.trades for one in by_month(nothing, np.zeros(0), DAYS))
