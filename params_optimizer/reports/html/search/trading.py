"""The trades of a search as pictures: equity, and the last ones with the bars around them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from params_optimizer.analytics.equity import curve
from params_optimizer.analytics.trade_bars import bars_around
from params_optimizer.data.days import to_day
from params_optimizer.orchestrator.evaluator import Evaluator
from params_optimizer.reports.html.material import Content, from_file
from params_optimizer.reports.html.search.material import SearchMaterial
from params_optimizer.reports.html.trading import LAST_TRADES, Rows, Series, shorts8
from params_optimizer.strategies.protocol import Parameters, Trades

CANDLES = 200
"""The most candles around a trade."""
_LISTED = (
    "direction",
    "entry_time",
    "entry_price",
    "exit_time",
    "exit_price",
    "r",
    "cumulative_r",
)


def series_of(material: SearchMaterial) -> list[Series]:
    """The best trial, and what was out of sample."""
    found, best = [], material.best
    if best:
        rows = trade_rows(material.outcome.trades(best.parameters), _zone(material))
        found.append(Series("best", f"Best (trial {best.number:,})", rows))
    stitched: Rows | None = material.csv("oos_trades")
    if stitched:
        found.append(Series("oos", "Walk-forward, out of sample", stitched, out_of_sample=True))
    return [*found, *_held_out(material)]


def _zone(material: SearchMaterial) -> str:
    return material.outcome.problem.evaluation.zone


def _held_out(material: SearchMaterial) -> list[Series]:
    """The winner of the days before the holdout, on the days after."""
    held = material.json("holdout")
    if held is None:
        return []
    found: list[Series] = []

    def read() -> Content:
        if not held["top"]:
            return {}
        first, days = held["top"][0], held["out_sample_days"]
        trades = _on_days(material, first["params"], days["first"], days["last"])
        name = f"Holdout from {held['holdout_from']} (trial {first['trial']:,})"
        found.append(
            Series("holdout", name, trade_rows(trades, _zone(material)), out_of_sample=True)
        )
        return {}

    from_file(material.path("holdout.json"), read)
    return found


def _on_days(material: SearchMaterial, params: Parameters, first: str, last: str) -> Trades:
    """Trades on days that the search itself may not have seen."""
    evaluation = material.outcome.problem.evaluation
    days = replace(evaluation, days=None).dates
    ends = (to_day(date.fromisoformat(one)) for one in (first, last))
    inside = (days >= next(ends)) & (days <= next(ends))
    return Evaluator(replace(evaluation, days=days[inside], stretches=1)).trades(params)


def trade_rows(trades: Trades, zone: str) -> Rows:
    """Trades as rows with the local date of entry and the sum of R so far."""
    place = ZoneInfo(zone)
    total = curve(trades.r).cumulative.tolist()
    return [
        {
            "date": _local(entry, place).date().isoformat(),
            "direction": "long" if direction > 0 else "short",
            "entry_time": entry,
            "entry_price": bought,
            "exit_time": leave,
            "exit_price": sold,
            "r": r,
            "cumulative_r": so_far,
        }
        for (entry, leave, direction, bought, sold, r), so_far in zip(
            zip(*(column.tolist() for column in trades), strict=True), total, strict=True
        )
    ]


def charts_content(material: SearchMaterial, rows: Rows) -> Content:
    """The last trades, newest first, each with the candles around it."""
    listed = rows[: -LAST_TRADES - 1 : -1]
    place = ZoneInfo(_zone(material))
    return {
        "columns": _LISTED,
        "trades": [[_shown(row, name, place) for name in _LISTED] for row in listed],
        "charts": [_chart(material, row, place) for row in listed],
        "zone": _zone(material),
        "of": len(rows),
    }


def _shown(row: dict[str, Any], name: str, place: ZoneInfo) -> Any:  # noqa: ANN401  one cell
    value = row[name]
    return _local(value, place).strftime("%Y-%m-%d %H:%M") if name.endswith("_time") else value


def _chart(material: SearchMaterial, row: dict[str, Any], place: ZoneInfo) -> Content:
    """Candles by their places; times are minutes of the local clock, counted from 1970 on."""
    found = bars_around(material.outcome.bars.m1, row["entry_time"], row["exit_time"], CANDLES)
    return {
        "time": [_clock(minute, place) for minute in found.time.tolist()],
        "ohlc": [shorts8(np.asarray(prices)) for prices in found[1:5]],
        "entry": found.entry,
        "exit": found.exit,
        "bars": found.bars,
    }


def _local(minute: int, place: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(minute * 60, place)


def _clock(minute: int, place: ZoneInfo) -> int:
    return int(_local(minute, place).replace(tzinfo=UTC).timestamp()) // 60
