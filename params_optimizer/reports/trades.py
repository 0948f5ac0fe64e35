"""The trade list of one combination as CSV (R9, R14)."""

from pathlib import Path
from typing import Any

from params_optimizer.data.days import iso_minute, to_date
from params_optimizer.orchestrator.study import Study
from params_optimizer.storage.tables import write_csv
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.money import money_of
from params_optimizer.strategies.initial_balance.params import Params, Trade

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


def trade_rows(study: Study, params: Params) -> list[dict[str, Any]]:
    """Trades of a combination with levels and money, one dictionary of `COLUMNS` each."""
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    levels = study.levels[window]
    place = {int(date): at for at, date in enumerate(levels.date)}
    cumulative, balance = 0.0, study.settings.backtest.initial_balance
    rows = []
    for trade in trades_of(study, params):
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


def trades_of(study: Study, params: Params) -> list[Trade]:
    """Trades of a combination on the study's days."""
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    return backtest(study.bars, params, study.spread, study.news, study.levels[window])


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
