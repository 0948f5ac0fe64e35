"""The days of a run of the Initial Balance: its levels, and the news on them."""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import IBWindow, Settings, Symbol
from params_optimizer.data.bars import Bars
from params_optimizer.data.days import to_day
from params_optimizer.data.ib_cache import IBLevels, cache_file, initial_balances, read_ib_cache
from params_optimizer.data.news import NO_NEWS, NewsWindows, load_calendar, uncounted_events
from params_optimizer.data.trading_days import dead_days
from params_optimizer.errors import DamagedFileError, DataError, MissingDataError, StaleCacheError
from params_optimizer.orchestrator.plan import Dates
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.initial_balance.grid import GridAxes

log = logging.getLogger(__name__)


def levels_of(
    bars: Bars, grid: ParameterSpace, data_dir: Path, dates: Dates
) -> dict[IBWindow, IBLevels]:
    """The Initial Balances of the days that are traded, by window of the grid.

    Raises:
        DataError: no window has a bar on any of these days.
    """
    cached = _cached_levels(bars, data_dir)
    levels = {}
    for window in GridAxes.of(grid).ib_windows:
        all_days = cached.get(window) or initial_balances(bars, window)
        traded = open_days(all_days.date, bars, window, dates)
        levels[window] = IBLevels._make(array[traded] for array in all_days)
    if not any(days.date.size for days in levels.values()):
        first, last = (np.datetime64(int(bars.m1.time[at]), "m") for at in (0, -1))
        raise DataError(
            f"no day to trade: no Initial Balance window of the grid has a bar between "
            f"{dates.first or 'the beginning'} and {dates.last or 'the end'}; the bars of "
            f"{bars.symbol} reach from {first} to {last} UTC"
        )
    return levels


def open_days(
    days: NDArray[np.int64], bars: Bars, window: IBWindow, dates: Dates
) -> NDArray[np.bool_]:
    """On which of `days` prices move, within the limits of `dates`."""
    traded = ~np.isin(days, dead_days(bars, window[2]))
    if dates.first:
        traded &= days >= to_day(dates.first)
    if dates.last:
        traded &= days <= to_day(dates.last)
    return traded


def _cached_levels(bars: Bars, data_dir: Path) -> dict[IBWindow, IBLevels]:
    """The IB cache where it belongs to these bars; else nothing, with a warning."""
    try:
        return read_ib_cache(cache_file(data_dir, bars.symbol), bars)
    except MissingDataError:
        return {}
    except (StaleCacheError, DamagedFileError) as error:
        log.warning("the IB cache is not used: %s", error)
        return {}


def news_of(
    settings: Settings,
    market: Symbol,
    data_dir: Path,
    bars: Bars,
    dates: Dates,
    *,
    again: bool,
) -> tuple[NewsWindows, str, tuple[int, ...]]:
    """News windows, what stands for them in the fingerprint, years without any event."""
    rule = settings.news_filter
    if not rule.enabled:
        return NO_NEWS, "off", ()
    calendar = load_calendar(data_dir, optional=not again)
    windows = calendar.windows(market.news_currencies, rule.before_minutes, rule.after_minutes)
    first, last = int(bars.m1.time[0]), int(bars.m1.time[-1])
    if dates.first:
        first = max(first, to_day(dates.first) * 1440)
    if dates.last:
        last = min(last, (to_day(dates.last) + 1) * 1440 - 1)
    if calendar.unread:
        names = ", ".join(path.name for path in calendar.unread)
        log.info(
            "note: these files of %s/news are not calendars and were not read: %s", data_dir, names
        )
    uncounted = calendar.uncounted(market.news_currencies)
    if uncounted:
        log.info("note: %s", uncounted_events(uncounted))
    years = tuple(calendar.years_without_events(first, last, market.news_currencies))
    if years:
        log.warning(
            "the news calendar has no high-impact event of %s in %s: the news filter does nothing "
            "there; add these years to %s/news",
            ", ".join(market.news_currencies),
            ", ".join(map(str, years)),
            data_dir,
        )
    key = calendar.fingerprint(market.news_currencies)
    return windows, f"{key} {rule.before_minutes} {rule.after_minutes}", years
