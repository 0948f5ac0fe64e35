"""The last trades of the Initial Balance, each with the candles and levels of its day."""

from collections.abc import Sequence

import numpy as np

from params_optimizer.data.calendar_files import NewsEvent
from params_optimizer.data.days import instants, to_day
from params_optimizer.data.ib_window import ib_times
from params_optimizer.data.news import load_calendar
from params_optimizer.engine.candles import candles_nb
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.blocks import Figure, column
from params_optimizer.reports.forms import prices
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.trade_charts import list_figure, newest
from params_optimizer.reports.trades import TradeRow
from params_optimizer.strategies.initial_balance.params import Params

_LISTED = (
    *("date", "variation", "direction", "entry_price", "stop", "tp", "exit_price"),
    *("exit_reason", "r", "cumulative_r", "volume", "profit"),
)
_MINUTES_AFTER = 6
_CANDLE = 2
"""Minutes of a candle."""


def days_figure(study: Study, params: Params, trades: Sequence[TradeRow], digits: int) -> Figure:
    """The trades of a combination; times are those of its Initial Balance."""
    listed = newest(trades)
    events = _events_by_day(study, params, listed)
    charts = [
        _chart(study, params, trade, events.get(str(trade["date"]), []), digits) for trade in listed
    ]
    names = [
        f"{trade['date']}, {trade['variation']} {trade['direction']}, {trade['r']:,.2f} R"
        for trade in listed
    ]
    columns = [column(name, price_digits=digits) for name in _LISTED]
    label = "Candles of a day with Initial Balance, entry, stop, target and exit"
    return list_figure(columns, listed, names, charts, digits, label)


class _Day:
    """Candles of R2 from the Initial Balance on, by their places."""

    def __init__(self, study: Study, params: Params, trade: TradeRow) -> None:
        day, m1 = np.array([to_day(trade["date"])], np.int64), study.bars.m1
        window = (params.ib_start, params.ib_end, params.ib_timezone)
        self.ib = [int(times[0]) for times in ib_times(day, window)]
        opens = self.ib[1] + params.ib_wait_minutes
        self.window = [opens, opens + params.trade_window_minutes]
        low, high = np.searchsorted(m1.time, [self.ib[0], self.window[1] + _MINUTES_AFTER])
        self.candles = candles_nb(m1, int(low), int(high))
        hours, minutes = map(int, params.ib_start.split(":"))
        first = 1440 * int(day[0]) + hours * 60 + minutes
        self.clock = first - self.ib[0]  # from UTC to the local clock

    def place(self, minute: int) -> float:
        """Where a minute lies among the candles, of which a gap is no part."""
        starts = self.candles.start
        candle = max(int(np.searchsorted(starts, minute, side="right")) - 1, 0)
        within = min(max(minute - int(starts[candle]), 0) / _CANDLE, 1.0) if starts.size else 0.0
        return candle + within - 0.5

    def time_text(self, minute: int) -> str:
        """A minute on the local clock."""
        local = (minute + self.clock) % 1440
        return f"{local // 60:02}:{local % 60:02}"


def _chart(
    study: Study, params: Params, trade: TradeRow, events: Sequence[NewsEvent], digits: int
) -> Content:
    day = _Day(study, params, trade)
    entry, leave = (
        int(np.datetime64(trade[name], "m").astype(np.int64))
        for name in ("entry_time", "exit_time")
    )
    box, window = ([day.place(minute) for minute in ends] for ends in (day.ib, day.window))
    last, span = float(day.candles.start.size), [day.place(entry), day.place(leave + 1)]
    return {
        "time": (day.candles.start + day.clock).tolist(),
        "ohlc": [prices(array) for array in day.candles[2:6]],
        "entry": round(day.place(entry), 2),
        "exit": round(day.place(leave), 2),
        "shade": window,
        "box": [*box, trade["ibl"], trade["ibh"]],
        "levels": [
            [trade["ibh"], "IB high", "accent", "solid", box[0], last],
            [trade["ibl"], "IB low", "accent", "solid", box[0], last],
            [trade["eq"], "EQ", "accent", "dot", box[0], last],
            [trade["entry_price"], "entry", "ink", "solid", *span],
            [trade["stop"], "stop", "loss", "dash", *span],
            [trade["tp"], "target", "gain", "dash", *span],
        ],
        "events": [
            [day.place(event.time), f"{day.time_text(event.time)} {event.currency} {event.title}"]
            for event in events
        ],
        "words": (
            f"{trade['date']}, {trade['variation']} {trade['direction']}, {trade['r']:,.2f} R. In "
            f"at {day.time_text(entry)} for {trade['entry_price']:,.{digits}f}, out at "
            f"{day.time_text(leave)} for {trade['exit_price']:,.{digits}f} "
            f"({trade['exit_reason']}). Stop and target as they were placed. Times are those of "
            f"{params.ib_timezone}; candles of two minutes; shaded: the trade window."
        ),
    }


def _events_by_day(
    study: Study, params: Params, trades: Sequence[TradeRow]
) -> dict[str, list[NewsEvent]]:
    """The high-impact events of each date and trade window, where the news filter is on."""
    if not study.settings.news_filter.enabled:
        return {}
    events = load_calendar(study.data_dir).relevant(study.market.news_currencies)
    by_day = {}
    for trade in trades:
        day = to_day(trade["date"])
        first, last = instants(np.array([day, day + 1]), "00:00", params.ib_timezone).tolist()
        last = max(last, _Day(study, params, trade).window[1])
        by_day[str(trade["date"])] = [event for event in events if first <= event.time < last]
    return by_day
