"""One parameter set of a strategy, for people: its metrics, its account, its trades."""

import csv
import io
from pathlib import Path

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import iso_minute
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.reports.execution_texts import execution_text, execution_title
from params_optimizer.search.trial import Trial
from params_optimizer.storage import files
from params_optimizer.strategies.account import fill_costs
from params_optimizer.strategies.positions import performance_of
from params_optimizer.strategies.protocol import Rule, Strategy, Trades, shown
from params_optimizer.strategies.trades import Border
from params_optimizer.validation.one_set import TestedSet

_PERCENT = ("total_return", "annual_return", "annual_volatility", "max_drawdown")


def backtest_text(strategy: Strategy, bars: Bars, tested: TestedSet, border: Border) -> str:
    """The metrics of R10, what border policies make of them, and the figures of the account."""
    trades, parameters = tested.trades[border], tested.parameters
    first, last = iso_minute(int(bars.m1.time[0])), iso_minute(int(bars.m1.time[-1]))
    how = execution_title(strategy)
    lines = [f"{strategy.name} on {bars.symbol}, {first} to {last}{how}: {shown(parameters)}"]
    if tested.days is not None:
        lines.append(f"{tested.days:,} of its days")
    lines.append(f"Execution: {execution_text(strategy)}")
    lines += ["", *(_line(name, value) for name, value in metrics_of_r(trades.r).items())]
    if len({id(policy_trades) for policy_trades in tested.trades.values()}) > 1:
        lines += ["", "Trades that cross a border (* as above):", *_borders(tested, border)]
    if isinstance(strategy, Rule) and tested.days is None:
        account = strategy.account
        lines += [
            "",
            f"Account of {account.initial_capital:,.0f}, not compounded, {fill_costs(account)}; "
            f"1 R is {account.risk_money:,.2f}:",
        ]
        for name, value in performance_of(strategy, bars, parameters).items():
            lines.append(_line(name, value, percent=name in _PERCENT))
    return "\n".join(lines)


def trades_text(outcome: SearchOutcome, trial: Trial, trades: Trades) -> str:
    """The trades of a trial of a search in figures."""
    title = f"{outcome.strategy} on {outcome.market}, trial {trial.number}"
    lines = [f"{title}{execution_title(outcome.rule)}: {shown(trial.parameters)}"]
    lines += ["", *(_line(name, value) for name, value in metrics_of_r(trades.r).items())]
    return "\n".join(lines)


def _borders(tested: TestedSet, border: Border) -> list[str]:
    rows = [f"  {'':<10}{'trades':>10}{'total R':>12}{'sharpe':>10}{'drawdown':>12}"]
    for policy, trades in tested.trades.items():
        metrics = metrics_of_r(trades.r)
        mark = "*" if policy == border else ""
        rows.append(
            f"  {policy + mark:<10}{metrics['total_trades']:>10,}{metrics['total_r']:>12,.3f}"
            f"{metrics['sharpe_ratio']:>10,.3f}{metrics['max_drawdown']:>12,.3f}"
        )
    return rows


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
