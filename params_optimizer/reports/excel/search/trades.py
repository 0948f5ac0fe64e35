"""Trades and Equity of the best trial."""

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.equity import curve
from params_optimizer.data.days import to_date
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel.charts import EQUITY_COLUMNS
from params_optimizer.reports.excel.equity import write_equity
from params_optimizer.reports.excel.search.columns import trade
from params_optimizer.reports.excel.search.tables import marked
from params_optimizer.reports.excel.sheet import HEAD, SHEET_ROWS, Sheet

_NONE = "No trial is complete, so there are no trades to show."
_PRICES = ("entry_price", "exit_price")
_WHOLE, _FINE = 100.0, "0.0000##"
"""Prices below the first, such as those of currencies, need the digits of the second."""


class BestTrades(NamedTuple):
    """Trades of the best trial as rows, at most as many as a sheet takes, of the `made` ones."""

    rows: list[dict[str, Any]]
    made: int

    @classmethod
    def of(cls, outcome: SearchOutcome) -> "BestTrades":
        """The trades of the best trial; none where no trial is complete."""
        if outcome.best is None:
            return cls([], 0)
        found = outcome.trades(outcome.best.parameters)
        dates = outcome.problem.evaluation.dating()(found)
        columns: dict[str, list[Any]] = {
            "date": [to_date(day) for day in dates.tolist()],
            "direction": ["long" if way > 0 else "short" for way in found.direction.tolist()],
            "entry_time": _moments(found.entry_time),
            "entry_price": found.entry_price.tolist(),
            "exit_time": _moments(found.exit_time),
            "exit_price": found.exit_price.tolist(),
            "r": found.r.tolist(),
            "cumulative_r": curve(found.r).cumulative.tolist(),
        }
        rows = zip(*columns.values(), strict=True)
        shown = [dict(zip(columns, row, strict=True)) for row in rows]
        return cls(shown[: SHEET_ROWS - HEAD], len(shown))


def _moments(minutes: NDArray[np.int64]) -> list[datetime]:
    return list(minutes.astype("datetime64[m]").astype(object))


def write_best_trades(sheet: Sheet, outcome: SearchOutcome, trades: BestTrades) -> None:
    """The trade list."""
    names = {
        "Trade": ("date", "direction"),
        "Entry": ("entry_time", "entry_price"),
        "Exit": ("exit_time", "exit_price"),
        "Result": ("r", "cumulative_r"),
    }
    prices = [row[name] for row in trades.rows for name in _PRICES]
    columns = {one: trade(one) for some in names.values() for one in some}
    if min(prices, default=_WHOLE) < _WHOLE:
        columns |= {name: columns[name]._replace(form=_FINE) for name in _PRICES}
    groups = [(name, [columns[one] for one in some]) for name, some in names.items()]
    count = f"{trades.made:,} trades"
    if trades.made > len(trades.rows):
        count = f"the first {len(trades.rows):,} of {count}"
    title = _title(outcome, count)
    sheet.table(title, groups, trades.rows, frozen=1, printed=len(groups))


def write_best_equity(sheet: Sheet, outcome: SearchOutcome, trades: BestTrades) -> None:
    """Its curve."""
    columns = [trade(name) for name in (*EQUITY_COLUMNS, "entry_time")]
    write_equity(sheet, _title(outcome, "equity"), columns, trades.rows, exact=True)


def _title(outcome: SearchOutcome, what: str) -> str:
    """What a sheet about the best trial is called."""
    best = outcome.best
    if best is None:
        return _NONE
    return marked(outcome, f"{outcome.market}: {what} of trial {best.number:,}, the best")
