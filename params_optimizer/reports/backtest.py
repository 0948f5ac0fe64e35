"""One parameter set of a strategy, for people: its metrics, its account, its trades."""

import csv
import io
from pathlib import Path

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import iso_minute
from params_optimizer.engine.metrics import metrics_of_r
from params_optimizer.storage import files
from params_optimizer.strategies.positions import performance_of
from params_optimizer.strategies.protocol import Parameters, Rule, Strategy, Trades, shown

_PERCENT = ("total_return", "annual_return", "annual_volatility", "max_drawdown")


def backtest_text(strategy: Strategy, bars: Bars, parameters: Parameters, trades: Trades) -> str:
    """The metrics of R10, and for positions the figures of the account."""
    first, last = iso_minute(int(bars.m1.time[0])), iso_minute(int(bars.m1.time[-1]))
    lines = [f"{strategy.name} on {bars.symbol}, {first} to {last}: {shown(parameters)}", ""]
    lines += [_line(name, value) for name, value in metrics_of_r(trades.r).items()]
    if isinstance(strategy, Rule):
        account = strategy.account
        lines += [
            "",
            f"Account of {account.initial_capital:,.0f}, not compounded, commission "
            f"{account.commission:.3%} of each fill; 1 R is {account.risk_money:,.2f}:",
        ]
        for name, value in performance_of(strategy, bars, parameters).items():
            lines.append(_line(name, value, percent=name in _PERCENT))
    return "\n".join(lines)


def write_trades(path: Path, trades: Trades) -> None:
    """The trades as CSV: times in UTC, `direction` long or short.

    Raises:
        StorageError: the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Trades._fields)
    for row in zip(*(column.tolist() for column in trades), strict=True):
        entry, leave, direction, *rest = row
        side = "long" if direction > 0 else "short"
        writer.writerow([iso_minute(entry), iso_minute(leave), side, *rest])
    files.make_folder(path.parent)
    files.write_bytes(path, text.getvalue().encode())


def _line(name: str, value: float, *, percent: bool = False) -> str:
    if percent:
        return f"  {name:<20}{value:>12.2%}"
    return f"  {name:<20}{value:>12,}" if isinstance(value, int) else f"  {name:<20}{value:>12,.3f}"
