"""How much of the time the bars and the news calendar cover: days, gaps, silent months."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import WEEKDAYS, Symbol
from params_optimizer.data.bars import Bars
from params_optimizer.data.days import local_days, to_date
from params_optimizer.data.ib_cache import initial_balances
from params_optimizer.data.trading_days import dead_days

_LONGEST = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """Two neighbouring bars (UTC minutes) with missing minutes between them."""

    after: int
    before: int

    @property
    def missing(self) -> int:
        """Number of minutes without a bar."""
        return self.before - self.after - 1


@dataclass(frozen=True, slots=True)
class BarsStatus:
    """The prepared bars. Times are UTC minutes, years are UTC, days those of the market's zone.

    `trading_days` are the local dates with a bar in at least one IB window of the market, but
    for `dead_days`, on which no price moves;
    `missing_weekdays` the dates from Monday to Friday, among those the market trades on,
    between first and last day that have no bar at all. `gaps` are the longest of all,
    `gaps_within_day` the longest between two bars of one local day.
    """

    count: int
    first: int
    last: int
    generated: bool
    days: int
    trading_days: int
    dead_days: tuple[date, ...]
    missing_weekdays: tuple[date, ...]
    gaps: tuple[Gap, ...]
    gaps_within_day: tuple[Gap, ...]
    per_year: dict[int, int]


@dataclass(frozen=True, slots=True)
class NewsYear:
    """Relevant events of one UTC year with bars.

    `months` is the number of months with bars, `silent` those of them without an event.
    """

    year: int
    events: int
    months: int
    silent: tuple[int, ...]


def bars_status(bars: Bars, market: Symbol) -> BarsStatus:
    """Count days, gaps and years of bars; at least one bar is required."""
    minutes = bars.m1.time
    days = local_days(minutes, market.timezone)
    step = np.diff(minutes)
    within = step.copy()
    within[days.end[:-1] - 1] = 1  # from the last bar of a day to the first of the next
    return BarsStatus(
        count=bars.count,
        first=int(minutes[0]),
        last=int(minutes[-1]),
        generated=bars.generated,
        days=int(days.date.size),
        trading_days=_trading_days(bars, market),
        dead_days=tuple(to_date(day) for day in dead_days(bars, market.timezone)),
        missing_weekdays=_missing_weekdays(days.date, market),
        gaps=_longest(minutes, step),
        gaps_within_day=_longest(minutes, within),
        per_year=_per_year(minutes),
    )


def news_years(events: NDArray[np.int64], minutes: NDArray[np.int64]) -> tuple[NewsYear, ...]:
    """How the `events` (UTC minutes) cover the years of the bars at `minutes`."""
    with_bars = np.unique(_units(minutes, "M"))
    silent = np.setdiff1d(with_bars, _units(events, "M"))
    event_years = _units(events, "Y")
    return tuple(
        NewsYear(
            year=int(year) + 1970,
            events=int((event_years == year).sum()),
            months=int((with_bars // 12 == year).sum()),
            silent=tuple(int(month) % 12 + 1 for month in silent if month // 12 == year),
        )
        for year in np.unique(with_bars // 12)
    )


def _units(minutes: NDArray[np.int64], unit: str) -> NDArray[np.int64]:
    """UTC minutes as whole months ("M") or years ("Y") since 1970."""
    since: NDArray[np.int64] = (
        minutes.astype("datetime64[m]").astype(f"datetime64[{unit}]").astype(np.int64)
    )
    return since


def _trading_days(bars: Bars, market: Symbol) -> int:
    dates = [
        np.setdiff1d(initial_balances(bars, window).date, dead_days(bars, window[2]))
        for window in market.ib_windows
    ]
    return int(np.unique(np.concatenate(dates)).size)


def _missing_weekdays(dates: NDArray[np.int64], market: Symbol) -> tuple[date, ...]:
    traded = [day in market.trading_hours.weekdays for day in WEEKDAYS[:5]] + [False, False]
    absent = np.setdiff1d(np.arange(dates[0], dates[-1]), dates)
    expected = np.array(traded)[(absent + 3) % 7]  # 1970-01-01 was a Thursday
    return tuple(to_date(day) for day in absent[expected])


def _longest(minutes: NDArray[np.int64], step: NDArray[np.int64]) -> tuple[Gap, ...]:
    """The longest gaps first, the earlier one first among equals."""
    gaps = np.flatnonzero(step > 1)
    places = gaps[np.argsort(-step[gaps], kind="stable")[:_LONGEST]]
    return tuple(Gap(int(minutes[place]), int(minutes[place + 1])) for place in places)


def _per_year(minutes: NDArray[np.int64]) -> dict[int, int]:
    years, counts = np.unique(_units(minutes, "Y"), return_counts=True)
    return {int(year) + 1970: int(count) for year, count in zip(years, counts, strict=True)}
