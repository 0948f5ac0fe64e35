"""Lists of trades whose equity is shown."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.reports.run_table import RunTable
from params_optimizer.reports.trades import TradeRow, trades_of


class Series(NamedTuple):
    """A list of trades with a name; `out_of_sample` where it was not chosen on these days."""

    key: str
    name: str
    rows: Sequence[TradeRow]
    out_of_sample: bool = False

    @property
    def dates(self) -> list[date]:
        """Local date of each trade."""
        return [row["date"] for row in self.rows]

    @property
    def r(self) -> NDArray[np.float64]:
        """R of each trade."""
        return np.array([row["r"] for row in self.rows], np.float64)


def series_of(run: RunTable) -> Iterator[Series]:
    """The winner's trades, those of the best of each variation, and what was out of sample."""
    if run.best:
        yield Series("best", f"Best ({run.unit} {run.best[run.unit]:,})", run.best_trades)
    for table in run.variations:
        for row in run.rows(table.combination[:1].tolist()):
            trades = [trade for trade in run.trades(row) if trade["variation"] == table.variation]
            yield Series(table.variation, f"Best {table.variation} ({row[run.unit]:,})", trades)
    if stitched := run.files.stitched_trades():
        yield Series("oos", "Walk-forward, out of sample", stitched, out_of_sample=True)
    yield from _held_out(run)


def _held_out(run: RunTable) -> Iterator[Series]:
    """The winner of the days before the holdout, on the days after."""
    content = run.files.finding("holdout")
    if content is None:
        return
    try:
        if not content["top"]:
            return
        first, days = content["top"][0], content["out_sample_days"]
        span = (date.fromisoformat(days["first"]), date.fromisoformat(days["last"]))
        number = first["trial"] if "trial" in first else first["combination"]
        name = f"Holdout from {content['holdout_from']} ({run.unit} {number:,})"
        parameters = dict(first["params"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise run.files.damaged("holdout", error) from error
    trades = trades_of(run.plan, parameters, span)
    yield Series("holdout", name, trades, out_of_sample=True)
