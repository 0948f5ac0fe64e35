"""The last trades of a winner, each with the candles around it, as data of the page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from params_optimizer.analytics.trade_bars import bars_around
from params_optimizer.data.bars import Bars
from params_optimizer.reports.blocks import Column, Figure, column
from params_optimizer.reports.forms import prices
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.trades import TradeRow

LAST_TRADES = 100
CANDLES = 200
"""The highest number of candles around a trade."""
_LISTED = (
    *("entry_time", "direction", "entry_price", "exit_time", "exit_price", "r", "cumulative_r"),
)


def trades_figure(bars: Bars, trades: Sequence[TradeRow], zone: str, digits: int) -> Figure:
    """Trades of any strategy; times are those of `zone`."""
    listed, place = newest(trades), ZoneInfo(zone)
    rows = [
        {**trade, **{name: _local(trade[name], place) for name in ("entry_time", "exit_time")}}
        for trade in listed
    ]
    charts = [_chart(bars, trade, place, digits) for trade in listed]
    names = [f"{row['entry_time']}, {row['direction']}, {row['r']:,.2f} R" for row in rows]
    columns = [column(name, price_digits=digits) for name in _LISTED]
    return list_figure(
        columns, rows, names, charts, digits, "Candles around a trade with entry and exit"
    )


def newest(trades: Sequence[TradeRow]) -> list[TradeRow]:
    """The last trades, the newest first."""
    return list(trades[: -LAST_TRADES - 1 : -1])


def list_figure(
    columns: Sequence[Column],
    rows: Sequence[TradeRow],
    names: Sequence[str],
    charts: Sequence[Content],
    digits: int,
    label: str,
) -> Figure:
    """A list of trades of which any can be chosen, with the chart of each."""
    listed = [
        [column.name, column.title, column.form.digits if column.form.numeric else None]
        for column in columns
    ]
    data = {
        "columns": listed,
        "trades": [[_plain(row[column.name]) for column in columns] for row in rows],
        "names": list(names),
        "charts": list(charts),
        "digits": digits,
    }
    return Figure("figure-day", "trades", label, data, height=440)


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float) else str(value)


def _chart(bars: Bars, trade: TradeRow, place: ZoneInfo, digits: int) -> Content:
    entry, leave = (_minute(trade[name]) for name in ("entry_time", "exit_time"))
    candles = bars_around(bars.m1, entry, leave, CANDLES)
    times = [_local(_utc(minute), place) for minute in (entry, leave)]
    gathered = f"each candle gathers {candles.bars} bars; " if candles.bars > 1 else ""
    return {
        "time": [_clock(minute, place) for minute in candles.time.tolist()],
        "ohlc": [prices(np.asarray(array)) for array in candles[1:5]],
        "entry": candles.entry,
        "exit": candles.exit,
        "shade": [candles.entry - 0.5, candles.exit + 0.5],
        "words": (
            f"{trade['direction'].capitalize()}, {trade['r']:,.2f} R. In at {times[0]} for "
            f"{trade['entry_price']:,.{digits}f}, out at {times[1]} for "
            f"{trade['exit_price']:,.{digits}f}. Times are those of {place.key}; {gathered}hours "
            f"without bars take no room. Shaded: the time in the trade."
        ),
    }


def _minute(time: datetime) -> int:
    return int(np.datetime64(time, "m").astype(np.int64))


def _utc(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC).replace(tzinfo=None)


def _local(time: datetime, place: ZoneInfo) -> str:
    return time.replace(tzinfo=UTC).astimezone(place).strftime("%Y-%m-%d %H:%M")


def _clock(minute: int, place: ZoneInfo) -> int:
    """A minute of the local clock, counted from 1970 on."""
    local = datetime.fromtimestamp(minute * 60, place).replace(tzinfo=UTC)
    return int(local.timestamp()) // 60
