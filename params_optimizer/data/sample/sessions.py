"""When the generated markets are open: trading sessions, holidays, clocks.

Times are UTC minutes, dates days since 1970-01-01, as in `data.days`.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.days import MINUTES_PER_DAY, instants, to_date, to_day
from params_optimizer.data.sample.markets import NEW_YORK, Market

Days = NDArray[np.int64]


class SampleSessions(NamedTuple):
    """Trading sessions; arrays of shape (sessions,).

    `opens` is the minute of the first bar, `length` the number of minutes; the session
    of a date begins on the evening before.
    """

    date: Days
    opens: NDArray[np.int64]
    length: NDArray[np.int64]


def sessions_between(market: Market, first: date, last: date) -> SampleSessions:
    """The sessions of the weekdays from `first` to `last` without holidays."""
    dates = np.arange(to_day(first), to_day(last) + 1)
    days = dates.astype("datetime64[D]")
    open_days = np.is_busday(days) & ~np.isin(dates, holidays(market.holidays, first, last))
    dates = dates[open_days]
    closes = instants(dates, market.closes, NEW_YORK)
    friday = np.is_busday(days[open_days], weekmask="Fri")
    closes[friday] = instants(dates[friday], market.friday_closes, NEW_YORK)
    short = np.isin(dates, holidays(market.short_days, first, last))
    closes[short] = instants(dates[short], market.short_closes, NEW_YORK)
    opens = instants(dates - 1, market.opens, NEW_YORK)
    return SampleSessions(dates, opens, closes - opens)


def minutes(sessions: SampleSessions) -> NDArray[np.int64]:
    """UTC minutes, shape (sessions, longest session); short sessions run over their end."""
    return sessions.opens[:, None] + np.arange(sessions.length.max())


def clock(sessions: SampleSessions, zone: str) -> NDArray[np.int64]:
    """Minutes since local midnight in `zone`, shape as `minutes`.

    One offset per session is exact: clocks change on Sundays, when no session is open.
    """
    noon = instants(sessions.date, "12:00", zone)
    offset = sessions.date * MINUTES_PER_DAY + MINUTES_PER_DAY // 2 - noon
    return (minutes(sessions) + offset[:, None]) % MINUTES_PER_DAY


def holidays(names: Iterable[str], first: date, last: date) -> Days:
    """The dates of fixed ("MM-DD") and moveable holidays from `first` to `last`, sorted."""
    listed = set(names)
    span = range(to_day(first), to_day(last) + 1)
    fixed = [day for day in span if to_date(day).strftime("%m-%d") in listed]
    moveable = [
        day for name, days in _feasts(first, last).items() if name in listed for day in days
    ]
    return np.array(sorted(fixed + moveable), dtype=np.int64)


def _feasts(first: date, last: date) -> dict[str, list[int]]:
    import pandas as pd
    from pandas.tseries import holiday

    rules = {
        "Good Friday": holiday.GoodFriday,
        "Easter Monday": holiday.EasterMonday,
        "Martin Luther King Day": holiday.USMartinLutherKingJr,
        "Presidents' Day": holiday.USPresidentsDay,
        "Memorial Day": holiday.USMemorialDay,
        "Labor Day": holiday.USLaborDay,
        "Thanksgiving": holiday.USThanksgivingDay,
    }
    span = pd.Timestamp(first), pd.Timestamp(last)
    return {name: [to_day(day.date()) for day in rule.dates(*span)] for name, rule in rules.items()}
