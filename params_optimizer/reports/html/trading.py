"""The trades of a run as pictures: equity, months and weekdays, and the last days as charts."""

from datetime import date
from typing import Any, NamedTuple

import numpy as np

from params_optimizer.analytics.equity import (
    MONTHS,
    WEEKDAYS,
    Period,
    by_month,
    by_weekday,
    by_year,
    curve,
)
from params_optimizer.data.calendar_files import NewsEvent
from params_optimizer.data.days import instants, to_day
from params_optimizer.data.news import load_calendar
from params_optimizer.engine.candles import candles_nb
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.html.material import Content, Material, short, shorts
from params_optimizer.reports.trades import trade_rows
from params_optimizer.strategies.initial_balance.params import Params

LAST_TRADES = 100
_MINUTES_AFTER = 6
_MOST_POINTS = 10_000
_LISTED = (
    "date",
    "variation",
    "direction",
    "entry_price",
    "stop",
    "tp",
    "exit_price",
    "exit_reason",
    "r",
    "cumulative_r",
    "ibh",
    "ibl",
    "eq",
    "volume",
    "profit",
)

Rows = list[dict[str, Any]]


class Series(NamedTuple):
    """A list of trades with a name; `out_of_sample` where it was not chosen on these days."""

    key: str
    name: str
    rows: Rows
    out_of_sample: bool = False

    @property
    def dates(self) -> list[date]:
        """Local date of each trade."""
        return [date.fromisoformat(row["date"]) for row in self.rows]

    @property
    def r(self) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """R of each trade."""
        return np.array([float(row["r"]) for row in self.rows], np.float64)


def series_of(material: Material) -> list[Series]:
    """Best overall, best of each variation (its own trades), and what was out of sample."""
    outcome, study = material.outcome, material.study
    found = []
    if outcome.ranking.combination.size:
        best = int(outcome.ranking.combination[0])
        rows = trade_rows(study, study.params(best))
        found.append(Series("best", f"Best overall ({best:,})", rows))
    for table in outcome.variations:
        if table.combination.size:
            number = int(table.combination[0])
            rows = trade_rows(study, study.params(number))
            own = [row for row in rows if row["variation"] == table.variation]
            found.append(Series(table.variation, f"Best {table.variation} ({number:,})", own))
    return found + _out_of_sample(material)


def _out_of_sample(material: Material) -> list[Series]:
    found = []
    stitched: Rows | None = material.csv("oos_trades")
    if stitched:
        found.append(Series("oos", "Walk-forward, out of sample", stitched, out_of_sample=True))
    held = material.json("holdout")
    if held and held["top"]:
        number, first = int(held["top"][0]["combination"]), held["holdout_from"]
        rows = trade_rows(material.study, material.study.params(number))
        later = [row for row in rows if row["date"] >= first]
        name = f"Holdout from {first} ({number:,})"
        found.append(Series("holdout", name, later, out_of_sample=True))
    return found


def content(series: list[Series]) -> Content:
    """Curves and tables of every series as compact data."""
    return {
        "months": MONTHS,
        "weekdays": WEEKDAYS,
        "series": [_series(one) for one in series if one.rows],
    }


def _series(one: Series) -> Content:
    days, r = one.dates, one.r
    line, drawn = curve(r), _drawn(days)
    return {
        "key": one.key,
        "name": one.name,
        "oos": one.out_of_sample,
        "dates": [days[at].isoformat() for at in drawn],
        "cumulative": shorts(line.cumulative[drawn]),
        "drawdown": shorts(line.drawdown[drawn]),
        "total": float(line.cumulative[-1]),
        "max_drawdown": float(line.drawdown.max()),
        "by_month": {
            year: {month: _period(period) for month, period in months.items()}
            for year, months in by_month(days, r).items()
        },
        "by_year": {year: _period(period) for year, period in by_year(days, r).items()},
        "by_weekday": {day: _period(period) for day, period in by_weekday(days, r).items()},
    }


def _drawn(days: list[date]) -> list[int]:
    """The trades whose points are drawn: all, or the last of each day where they are very many."""
    if len(days) <= _MOST_POINTS:
        return list(range(len(days)))
    return sorted({day: at for at, day in enumerate(days)}.values())


def _period(period: Period) -> list[float | None]:
    return [period.trades, *(short(value) for value in period[1:])]


def days_content(study: Study, params: Params, rows: Rows) -> Content:
    """The last trades of a combination, newest first, each with the candles of its day."""
    listed = rows[: -LAST_TRADES - 1 : -1]
    if not listed:
        return {"trades": [], "days": []}
    news = _news_by_day(study, params, listed)
    days = [_day(study, params, row, news.get(row["date"], [])) for row in listed]
    return {
        "columns": _LISTED,
        "trades": [[row[name] for name in _LISTED] for row in listed],
        "days": days,
        "zone": params.ib_timezone,
        "of": len(rows),
    }


def _day(study: Study, params: Params, row: dict[str, Any], news: list[Content]) -> Content:
    """Candles of R2 from the Initial Balance on; times are minutes of the local day."""
    m1 = study.bars.m1
    day = np.array([to_day(date.fromisoformat(row["date"]))], np.int64)
    starts, ends = (
        int(instants(day, clock, params.ib_timezone)[0])
        for clock in (params.ib_start, params.ib_end)
    )
    opens = ends + params.ib_wait_minutes
    closes = opens + params.trade_window_minutes
    low, high = np.searchsorted(m1.time, [starts, closes + _MINUTES_AFTER])
    candles = candles_nb(m1, int(low), int(high))
    hours, minutes = map(int, params.ib_start.split(":"))
    clock = hours * 60 + minutes - starts
    return {
        "time": (candles.start + clock).tolist(),
        "ohlc": [shorts8(prices) for prices in candles[2:6]],
        "ib": [starts + clock, ends + clock],
        "window": [opens + clock, closes + clock],
        "entry": _minute(row["entry_time"]) + clock,
        "exit": _minute(row["exit_time"]) + clock,
        "news": [{**one, "time": one["time"] + clock} for one in news],
    }


def shorts8(prices: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[float]:
    """Prices for a chart: eight significant digits are more than any pixel shows."""
    return [float(f"{price:.8g}") for price in prices.tolist()]


def _news_by_day(study: Study, params: Params, rows: Rows) -> dict[str, list[Content]]:
    """The high-impact events of each local date, where the news filter is on."""
    if not study.settings.news_filter.enabled:
        return {}
    events = load_calendar(study.data_dir).relevant(study.market.news_currencies)
    found: dict[str, list[Content]] = {}
    for row in rows:
        day = to_day(date.fromisoformat(row["date"]))
        first, last = instants(np.array([day, day + 1]), "00:00", params.ib_timezone).tolist()
        held = [_event(one) for one in events if first <= one.time < last]
        if held:
            found[row["date"]] = held
    return found


def _event(event: NewsEvent) -> Content:
    return {"time": event.time, "currency": event.currency, "title": event.title}


def _minute(stamp: str) -> int:
    return int(np.datetime64(stamp.removesuffix("Z"), "m").astype(np.int64))
