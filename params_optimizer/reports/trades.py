"""The trades of a parameter set: as rows of tables, and as the CSV file of one combination."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from params_optimizer.analytics.equity import curve
from params_optimizer.data.days import iso_minute, to_date, to_day
from params_optimizer.orchestrator.evaluator import Evaluation, TrialEvaluator
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.blocks import Column, column
from params_optimizer.reports.forms import digits_of
from params_optimizer.reports.labels import TRADE
from params_optimizer.storage.tables import write_csv
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.money import money_of
from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.protocol import Parameters

TradeRow = dict[str, Any]
Span = tuple[date, date]
"""First and last of some days."""
COLUMNS = (
    "date",
    "variation",
    "direction",
    "entry_time",
    "entry_price",
    "stop",
    "tp",
    "exit_time",
    "exit_price",
    "exit_reason",
    "r",
    "cumulative_r",
    "ibh",
    "ibl",
    "eq",
    "volume",
    "profit",
    "balance",
)
_GROUPS = {
    "Trade": ("date", "variation", "direction"),
    "Entry": ("entry_time", "entry_price", "stop", "tp"),
    "Exit": ("exit_time", "exit_price", "exit_reason"),
    "Result": ("r", "cumulative_r", "volume", "profit", "balance"),
    "Initial Balance": ("ibh", "ibl", "eq"),
}
_OF_ANY = (
    *("date", "direction", "entry_time", "entry_price", "exit_time", "exit_price"),
    *("r", "cumulative_r"),
)
_NOTES = {
    "date": "Local date of the entry.",
    "entry_price": "Of the fill.",
    "exit_price": "Of the fill.",
}
_MAX_DIGITS = 6


def trades_of(plan: Plan, parameters: Parameters, span: Span | None = None) -> list[TradeRow]:
    """The trades of a parameter set, dates and times (UTC) as such, with the sum of R so far.

    On the days of the run, or on those of a span, that the run need not have traded.
    """
    if isinstance(plan, Study):
        rows = [_timed(row) for row in trade_rows(plan, Params(**parameters))]  # type: ignore[arg-type]
        return [row for row in rows if span is None or span[0] <= row["date"] <= span[1]]
    evaluation = plan.evaluation
    if span is not None:
        first, last = map(to_day, span)
        every = replace(evaluation, days=None).dates
        inside = every[(every >= first) & (every <= last)]
        evaluation = replace(evaluation, days=inside, stretches=1)
    return _rows_of_any(evaluation, parameters)


def trade_columns(plan: Plan) -> Sequence[Column]:
    """The columns of these rows."""
    notes = {} if isinstance(plan, Study) else _NOTES
    names = COLUMNS if isinstance(plan, Study) else _OF_ANY
    digits = price_digits(plan)
    return [
        column(
            name,
            group=group,
            price_digits=digits,
            words=TRADE[name]._replace(note=notes.get(name, TRADE[name].note)),
            width=16 if "_time" in name else 11.5,
        )
        for group, members in _GROUPS.items()
        for name in members
        if name in names
    ]


def price_digits(plan: Plan) -> int:
    """Decimals of prices: those of the tick, else as the bars have them."""
    if tick_size := getattr(plan.strategy, "tick_size", None):
        return digits_of(float(tick_size))
    closes = plan.bars.m1.close[:: max(plan.bars.count // 2000, 1)]
    for digits in range(_MAX_DIGITS + 1):
        if np.allclose(np.round(closes, digits), closes, rtol=0, atol=1e-9):
            return digits
    smallest = float(np.abs(closes).min()) if closes.size else 100.0
    return 2 if smallest >= 100 else 4 if smallest >= 1 else _MAX_DIGITS


def _rows_of_any(evaluation: Evaluation, parameters: Parameters) -> list[TradeRow]:
    trades = TrialEvaluator(evaluation).trades(parameters)
    dates = evaluation.dating()(parameters, trades).tolist()
    totals = curve(trades.r).cumulative.tolist()
    columns = (dates, totals, *(values.tolist() for values in trades))
    return [
        {
            "date": to_date(day),
            "direction": "long" if side > 0 else "short",
            "entry_time": _moment(entry),
            "entry_price": paid,
            "exit_time": _moment(leave),
            "exit_price": received,
            "r": r,
            "cumulative_r": total,
        }
        for day, total, entry, leave, side, paid, received, r in zip(*columns, strict=True)
    ]


def _timed(row: TradeRow) -> TradeRow:
    """A row of `trade_rows` with its date and times as such."""
    times = {
        name: datetime.fromisoformat(row[name]).replace(tzinfo=None)
        for name in ("entry_time", "exit_time")
    }
    return {**row, "date": date.fromisoformat(row["date"]), **times}


def _moment(minute: int) -> datetime:
    moment: datetime = np.datetime64(minute, "m").astype(datetime)
    return moment


def trade_rows(study: Study, params: Params) -> list[dict[str, Any]]:
    """Trades of a combination with levels and money, one dictionary of `COLUMNS` each."""
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    levels = study.levels[window]
    place = {int(date): at for at, date in enumerate(levels.date)}
    cumulative, balance = 0.0, study.settings.backtest.initial_balance
    rows = []
    question = (study.bars, params, study.spread, study.news)
    for trade in backtest(*question, levels, study.execution):
        money = money_of(trade, study.market, study.settings.backtest)
        cumulative += trade.r
        balance += money.profit
        at = place[trade.date]
        rows.append(
            {
                "date": to_date(trade.date).isoformat(),
                "variation": trade.variation,
                "direction": "long" if trade.long else "short",
                "entry_time": iso_minute(trade.entry_time),
                "entry_price": trade.entry_price,
                "stop": trade.stop,
                "tp": trade.target,
                "exit_time": iso_minute(trade.exit_time),
                "exit_price": trade.exit_price,
                "exit_reason": trade.exit_reason,
                "r": trade.r,
                "cumulative_r": cumulative,
                "ibh": float(levels.ibh[at]),
                "ibl": float(levels.ibl[at]),
                "eq": float(levels.eq[at]),
                "volume": money.volume,
                "profit": money.profit,
                "balance": balance,
            }
        )
    return rows


def write_trades(study: Study, number: int, folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Write `{SYMBOL}_trades_{COMBINATION}.csv`."""
    rows = trade_rows(study, study.params(number))
    path = folder / f"{study.symbol}_trades_{number}.csv"
    write_csv(path, rows, COLUMNS)
    return path, rows


def describe(study: Study, number: int, rows: list[dict[str, Any]]) -> str:
    """What the trade list adds up to, in a few lines."""
    values = [f"{key}={value}" for key, value in study.grid[number].items()]
    lines = [f"combination {number:,}: {', '.join(values)}"]
    if not rows:
        return "\n".join([*lines, "no trades"])
    volume0 = sum(row["volume"] == 0 for row in rows)
    lines.append(
        f"{len(rows):,} trades from {rows[0]['date']} to {rows[-1]['date']}: "
        f"{rows[-1]['cumulative_r']:,.2f} R, final balance {rows[-1]['balance']:,.2f}"
    )
    if volume0:
        lines.append(f"{volume0} of them with volume 0: the smallest lot risks or binds too much")
    return "\n".join(lines)
