"""Trades and Equity of the best combination."""

from datetime import date, datetime
from typing import Any

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.excel.charts import EQUITY_COLUMNS
from params_optimizer.reports.excel.columns import known, known_groups
from params_optimizer.reports.excel.equity import write_equity
from params_optimizer.reports.excel.sheet import Sheet
from params_optimizer.reports.trades import trade_rows

Rows = list[dict[str, Any]]

_GROUPS = [
    ("Trade", ["date", "variation", "direction"]),
    ("Entry", ["entry_time", "entry_price", "stop", "tp"]),
    ("Exit", ["exit_time", "exit_price", "exit_reason"]),
    ("Result", ["r", "cumulative_r", "volume", "profit", "balance"]),
    ("Initial Balance", ["ibh", "ibl", "eq"]),
]
_TIMES = ("entry_time", "exit_time")
_NONE = "No combination is ranked yet, so there are no trades to show."


def best_trades(outcome: Outcome) -> Rows:
    """Trades of the best combination, dates and times as such; none where none is ranked."""
    best = outcome.ranking.combination[:1].tolist()
    found = trade_rows(outcome.study, outcome.study.params(best[0])) if best else []
    return [{**row, **_moments(row)} for row in found]


def days_of(trades: Rows) -> list[date]:
    """The days of the trades, in their order."""
    return [row["date"] for row in trades]


def write_best_trades(sheet: Sheet, outcome: Outcome, trades: Rows) -> None:
    """The trade list."""
    sheet.table(
        _title(outcome, f"{len(trades):,} trades"),
        known_groups(_GROUPS),
        trades,
        frozen=1,
        printed=len(_GROUPS),
    )


def write_best_equity(sheet: Sheet, outcome: Outcome, trades: Rows) -> None:
    """Its curve, and the balance of the account."""
    columns = [known(name) for name in (*EQUITY_COLUMNS, "balance")]
    write_equity(sheet, _title(outcome, "equity"), columns, trades)


def _title(outcome: Outcome, what: str) -> str:
    """What a sheet about the best combination is called."""
    best = outcome.ranking.combination[:1].tolist()
    if not best:
        return _NONE
    marked = "; GENERATED SAMPLE DATA" if outcome.study.bars.generated else ""
    return f"{outcome.study.symbol}: {what} of combination {best[0]:,}, the best by score{marked}"


def _moments(row: dict[str, Any]) -> dict[str, object]:
    times = {name: datetime.fromisoformat(row[name]).replace(tzinfo=None) for name in _TIMES}
    return {"date": date.fromisoformat(row["date"]), **times}
