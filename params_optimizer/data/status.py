"""The data of a symbol, and what is missing, for `--info`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from params_optimizer.config import NewsFilter, Symbol
from params_optimizer.data.bars import Bars
from params_optimizer.data.coverage import BarsStatus, NewsYear, bars_status, news_years
from params_optimizer.data.days import listed, utc_text
from params_optimizer.data.ib_cache import cache_file, precompute_command, read_ib_cache
from params_optimizer.data.loader import load_bars, optimized_file
from params_optimizer.data.news import Calendar, load_calendar, uncounted_events
from params_optimizer.data.raw_files import newer_raw_files, raw_folders, unread_files
from params_optimizer.errors import (
    DataError,
    MissingDataError,
    OptimizerError,
    StaleCacheError,
)

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class NewsStatus:
    """The calendar: high-impact events of the market's currencies, whole calendar years.

    `years` are those of the bars; `uncounted` high-impact events concern all markets, but `All`
    is none of the currencies; `unread` are files that are not calendars; `problem` explains
    why there is no calendar.
    """

    enabled: bool
    before_minutes: int
    after_minutes: int
    currencies: tuple[str, ...]
    files: tuple[Path, ...]
    size: int
    events: int
    years: tuple[NewsYear, ...]
    uncounted: int
    unread: tuple[Path, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class CacheStatus:
    """The IB cache; `problem` explains what is wrong and how to make it."""

    file: Path
    size: int
    state: Literal["fresh", "incomplete", "stale", "missing", "damaged", "unchecked"]
    problem: str | None


@dataclass(frozen=True, slots=True)
class DataStatus:
    """Everything `--info` shows about the data of a symbol; sizes in bytes, 0 for no file."""

    symbol: str
    timezone: str
    file: Path
    size: int
    bars: BarsStatus | None
    problem: str | None
    newer_raw_files: tuple[str, ...]
    unread_files: tuple[Path, ...]
    cache: CacheStatus
    news: NewsStatus


def data_status(data_dir: Path, symbol: str, market: Symbol, news: NewsFilter) -> DataStatus:
    """Status of the data of `symbol`; missing or damaged data become a `problem`.

    Raises:
        SettingsError: `symbol` is not a valid name.
        StorageError: the cache folder of mapped bars cannot be written, or a folder of raw
            files cannot be read.
    """
    file = optimized_file(data_dir, symbol)
    bars, problem = None, None
    try:
        bars = load_bars(data_dir, symbol)
    except DataError as error:
        problem = str(error)
    return DataStatus(
        symbol=symbol,
        timezone=market.timezone,
        file=file,
        size=_size(file),
        bars=None if bars is None else bars_status(bars, market),
        problem=problem,
        newer_raw_files=tuple(str(path) for path in newer_raw_files(data_dir, symbol)),
        unread_files=tuple(unread_files(raw_folders(data_dir, symbol))),
        cache=_cache_status(cache_file(data_dir, symbol), bars, market),
        news=_news_status(data_dir, bars, market, news),
    )


def render(status: DataStatus) -> str:
    """The status as text, one fact a line."""
    lines = [f"Data of {status.symbol}", f"  bars      {status.file} ({_readable(status.size)})"]
    if status.bars:
        lines += _bars_lines(status.bars, status.timezone)
    lines += _problem_lines(status.problem, status.file)
    lines += _raw_lines(status)
    lines.append(
        f"  IB cache  {status.cache.file} ({_readable(status.cache.size)}): {status.cache.state}"
    )
    lines += _problem_lines(status.cache.problem, status.cache.file)
    lines += _news_lines(status.news)
    return "\n".join(lines) + "\n"


def _cache_status(path: Path, bars: Bars | None, market: Symbol) -> CacheStatus:
    size = _size(path)
    if bars is None:
        return CacheStatus(path, size, "unchecked" if path.exists() else "missing", None)
    try:
        windows = read_ib_cache(path, bars)
    except MissingDataError as error:
        return CacheStatus(path, size, "missing", str(error))
    except StaleCacheError as error:
        return CacheStatus(path, size, "stale", str(error))
    except OptimizerError as error:
        return CacheStatus(path, size, "damaged", str(error))
    lacking = [window for window in market.ib_windows if window not in windows]
    if not lacking:
        return CacheStatus(path, size, "fresh", None)
    problem = (
        f"it does not contain {len(lacking)} of the {len(market.ib_windows)} IB windows; add them "
        f"with: {precompute_command(path, bars.symbol)}"
    )
    return CacheStatus(path, size, "incomplete", problem)


def _news_status(data_dir: Path, bars: Bars | None, market: Symbol, news: NewsFilter) -> NewsStatus:
    calendar, problem = Calendar((), ()), None
    try:
        calendar = load_calendar(data_dir)
    except MissingDataError as error:
        problem = str(error) if news.enabled else None
    except DataError as error:
        problem = str(error)
    events = calendar.relevant(market.news_currencies)
    times = np.array([event.time for event in events], dtype=np.int64)
    return NewsStatus(
        enabled=news.enabled,
        before_minutes=news.before_minutes,
        after_minutes=news.after_minutes,
        currencies=market.news_currencies,
        files=calendar.files,
        size=sum(_size(path) for path in calendar.files),
        events=len(events),
        years=() if bars is None else news_years(times, bars.m1.time),
        uncounted=calendar.uncounted(market.news_currencies),
        unread=calendar.unread,
        problem=problem,
    )


def _bars_lines(bars: BarsStatus, zone: str) -> Iterable[str]:
    origin = "generated by a random process, no market data" if bars.generated else "market data"
    yield f"            {bars.count:,} one-minute bars, {origin}"
    yield f"            from {_both(bars.first, zone)}"
    yield f"            to   {_both(bars.last, zone)}"
    yield f"            {bars.days:,} days in {zone}, {bars.trading_days:,} with an Initial Balance"
    years = ", ".join(f"{year} {count:,}" for year, count in bars.per_year.items())
    yield f"            bars per year (UTC): {years}"
    if bars.missing_weekdays:
        days = bars.missing_weekdays
        yield f"            weekdays without bars: {len(days)} ({listed(days)})"
    if bars.dead_days:
        yield (
            f"            days without any movement, not counted as trading days: "
            f"{len(bars.dead_days)} ({listed(bars.dead_days)})"
        )
    for kind, gaps in (("", bars.gaps), (" within a day", bars.gaps_within_day)):
        if gaps:
            places = ", ".join(
                f"{_duration(gap.missing)} after {utc_text(gap.after)} UTC" for gap in gaps
            )
            yield f"            longest gaps{kind}: {places}"


def _raw_lines(status: DataStatus) -> Iterable[str]:
    raw = status.newer_raw_files
    if raw:
        newer = " newer than the bars" if status.size else ""
        ellipsis = ", ..." if len(raw) > 1 else ""
        yield f"            {len(raw)} raw files{newer} ({raw[0]}{ellipsis}); use --prepare-data"
    if status.unread_files:
        names = ", ".join(path.name for path in status.unread_files)
        yield f"            not read, as they are not tables of bars: {names}"


def _news_lines(news: NewsStatus) -> Iterable[str]:
    if not news.enabled:
        yield "  news      filter off: trades are also taken around news"
    else:
        yield (
            f"  news      no trade from {news.before_minutes} minutes before to "
            f"{news.after_minutes} minutes after high-impact events"
        )
    if news.problem:
        yield from _problem_lines(news.problem)
        return
    currencies = ", ".join(news.currencies) or "no currency (see news_currencies)"
    yield (
        f"            {len(news.files)} calendar files ({_readable(news.size)}): "
        f"{news.events:,} high-impact events of {currencies}"
    )
    if news.uncounted:
        yield f"            {uncounted_events(news.uncounted)}"
    if news.unread:
        names = ", ".join(path.name for path in news.unread)
        yield f"            not read, as they are not calendars: {names}"
    for year in news.years:
        yield f"            {year.year}: {_coverage(year)}"


def _coverage(year: NewsYear) -> str:
    if not year.events:
        return "NO EVENTS: nothing is filtered in this year"
    text = f"{year.events:,} events"
    if len(year.silent) == 0:
        return text
    months = ", ".join(f"{year.year}-{month:02}" for month in year.silent)
    remark = " (almost none)" if year.events < year.months else ""
    return f"{text}{remark}; no events in {months}"


def _problem_lines(problem: str | None, named: Path | None = None) -> Iterable[str]:
    """The message without the path, which is shown above it."""
    text = (problem or "").removeprefix(f"{named}: ")
    return [f"            {line}" for line in text.splitlines()]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _readable(size: int) -> str:
    if not size:
        return "no file"
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.3g} {_UNITS[unit]}"


def _duration(minutes: int) -> str:
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    parts = [f"{days} d" * (days > 0), f"{hours} h" * (hours > 0), f"{left} min" * (left > 0)]
    return " ".join(part for part in parts if part)


def _both(minute: int, zone: str) -> str:
    local = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
    return f"{utc_text(minute)} UTC ({local:%Y-%m-%d %H:%M} {zone})"
