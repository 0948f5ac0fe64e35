"""An exhaustive run of the Initial Balance as its report sees it."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from params_optimizer.data.bars import Bars
from params_optimizer.orchestrator.outcome import RANKING_ROWS, Outcome
from params_optimizer.orchestrator.selection import DISTRIBUTION_KEY
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.blocks import Column, Fact, Figure, Row, column
from params_optimizer.reports.day_charts import days_figure
from params_optimizer.reports.forms import digits_of, figure, record_of
from params_optimizer.reports.grid_landscape import GridLandscape
from params_optimizer.reports.labels import FIGURES, PARAMETERS, label
from params_optimizer.reports.run import ReportedRun, Series, Texts, TradeRow, damaged, moment
from params_optimizer.reports.study_facts import days_text, study_facts, study_title
from params_optimizer.reports.trades import trade_rows
from params_optimizer.reports.verdict import quick_evidence, sentences
from params_optimizer.strategies.initial_balance.params import Params

BATCH = 5000
"""Rows held as Python objects at a time."""
_VALUES_SHOWN = 30
_TRADE_GROUPS = {
    "Trade": ("date", "variation", "direction"),
    "Entry": ("entry_time", "entry_price", "stop", "tp"),
    "Exit": ("exit_time", "exit_price", "exit_reason"),
    "Result": ("r", "cumulative_r", "volume", "profit", "balance"),
    "Initial Balance": ("ibh", "ibl", "eq"),
}


@dataclass(frozen=True)
class GridRows(Collection[Row]):
    """Combinations in an order, read batch by batch; ranked ones have a score."""

    outcome: Outcome
    numbers: Sequence[int]
    scores: Sequence[float] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def __contains__(self, row: object) -> bool:
        return any(row == member for member in self)

    def __iter__(self) -> Iterator[Row]:
        for begin in range(0, len(self.numbers), BATCH):
            numbers = list(self.numbers[begin : begin + BATCH])
            for place, row in enumerate(self.outcome.rows(numbers), begin):
                points = {"score": self.scores[place]} if self.scores else {}
                flat = {"flat_trades": record_of(row)[2]}
                yield {"rank": place + 1, **points, **row, **flat}


@dataclass(frozen=True)
class GridRun(ReportedRun):
    """An outcome, and the folder of its run."""

    outcome: Outcome
    folder: Path
    limit: int = RANKING_ROWS
    unit = "combination"
    strategy = "initial_balance"
    order = "score"

    @property
    def study(self) -> Study:
        """What was searched."""
        return self.outcome.study

    @property
    def market(self) -> str:
        """The symbol."""
        return self.study.symbol

    @property
    def bars(self) -> Bars:
        """The bars that are traded."""
        return self.study.bars

    @property
    def title(self) -> str:
        """Market, strategy and size of the run."""
        return study_title(self.study)

    @property
    def days_text(self) -> str:
        """How many days were traded, from the first to the last."""
        return days_text(self.study)

    @property
    def facts(self) -> list[Fact]:
        """What was searched, on which days, at which costs."""
        study = self.study
        facts = [*study_facts(study), Fact("Ranked", self.ranked_text)]
        if study.most is not None:
            text = (
                f"the {study.most:,} best overall and of each variation, "
                f"{len(self.outcome.results):,} rows; the distribution of every metric is over all "
                f"combinations"
            )
            facts.append(Fact("Rows kept", text))
        return facts

    @property
    def warnings(self) -> list[str]:
        """Years in which the news filter did nothing."""
        if not self.study.years_without_news:
            return []
        years = ", ".join(map(str, self.study.years_without_news))
        currencies = ", ".join(self.study.market.news_currencies)
        return [
            f"The news calendar has no high-impact event of {currencies} in {years}: the news "
            f"filter did nothing there."
        ]

    @property
    def unfinished(self) -> str:
        """What is missing that the run will still make; empty if nothing is."""
        if self.landscape.complete or self.study.most is not None:
            return ""
        done, whole = len(self.outcome.results), len(self.study.grid)
        return (
            f"Unfinished run: {done:,} of {whole:,} combinations are done. "
            f"{self.outcome.coverage} The ranking and all its figures are of these alone and will "
            f"change; holdout, walk-forward and regimes, where they are shown, searched the whole "
            f"grid. The command that started the run goes on with it."
        )

    @property
    def tried(self) -> int:
        """How many combinations were tried, so far."""
        return len(self.outcome.results) if self.unfinished else len(self.study.grid)

    @property
    def eligible(self) -> int:
        """Combinations with enough trades."""
        return self.outcome.ranking.eligible

    @property
    def ranked_text(self) -> str:
        """How many combinations compete."""
        return (
            f"{self.eligible:,} of {len(self.study.grid):,} combinations have at least "
            f"{self.study.settings.min_trades} trades and were ranked."
        )

    @property
    def goals(self) -> Sequence[str]:
        """The score of the ranking."""
        return ("score",)

    @property
    def parameters(self) -> Sequence[Column]:
        """The keys of a combination."""
        return [column(name, group="Parameters", width=9) for name in PARAMETERS]

    @property
    def axes(self) -> list[Row]:
        """The axes of the grid with their values in order."""
        rows: list[Row] = []
        for axis in self.study.grid.axes:
            count = axis.count or 0
            values = map(axis.row, range(min(count, _VALUES_SHOWN)))
            text = ", ".join(" / ".join(map(str, row)) for row in values)
            rows.append(
                {
                    "parameter": " / ".join(label(name).name for name in axis.names),
                    "keys": axis.names,
                    "values": count,
                    "range": text + (", …" if count > _VALUES_SHOWN else ""),
                }
            )
        return rows

    def ranked(self, limit: int) -> Collection[Row]:
        """The best combinations by score with all their figures."""
        ranking = self.outcome.ranking
        numbers, scores = ranking.combination[:limit].tolist(), ranking.score[:limit].tolist()
        return GridRows(self.outcome, numbers, scores)

    def settings_of(self, row: Row) -> Mapping[str, Any]:
        """The keys of a combination."""
        return {name: row[name] for name in PARAMETERS}

    def trades(self, row: Row) -> list[TradeRow]:
        """The trades of a combination with levels and money."""
        return self.trades_of(Params(**self.settings_of(row)))

    def trades_of(self, params: Params) -> list[TradeRow]:
        """The same by its parameters."""
        return [
            {
                **trade,
                "date": date.fromisoformat(trade["date"]),
                "entry_time": moment(trade["entry_time"]),
                "exit_time": moment(trade["exit_time"]),
            }
            for trade in trade_rows(self.study, params)
        ]

    @property
    def trade_columns(self) -> Sequence[Column]:
        """Times, prices, money and levels."""
        digits = self.price_digits
        return [
            column(name, group=group, price_digits=digits, width=16 if "_time" in name else 11.5)
            for group, names in _TRADE_GROUPS.items()
            for name in names
        ]

    def verdict(self) -> list[str]:
        """What every run finds out about its winner."""
        if self.best is None:
            return ["No combination has enough trades: nothing can be said about any of them."]
        return [
            *sentences(quick_evidence(self.outcome, self.best)),
            "Trade nothing that was not tested on other days; --robustness tells more.",
        ]

    @cached_property
    def landscape(self) -> GridLandscape:
        """The combinations by their values on the axes of the grid."""
        return GridLandscape(self.outcome)

    @cached_property
    def series(self) -> list[Series]:
        """Best overall, best of each variation (its own trades), and what was out of sample."""
        series, outcome = [], self.outcome
        if self.best:
            name = f"Best overall ({self.best['combination']:,})"
            series.append(Series("best", name, self.best_trades))
        for table in outcome.variations:
            if table.combination.size:
                number = int(table.combination[0])
                trades = self.trades_of(self.study.params(number))
                rows = [trade for trade in trades if trade["variation"] == table.variation]
                series.append(Series(table.variation, f"Best {table.variation} ({number:,})", rows))
        if stitched := self.stitched_trades():
            series.append(
                Series("oos", "Walk-forward, out of sample", stitched, out_of_sample=True)
            )
        return [*series, *self._held_out()]

    def _held_out(self) -> list[Series]:
        """The winner of the days before the holdout, on the days after."""
        content = self.finding("holdout")
        if content is None:
            return []
        try:
            number, first = int(content["top"][0]["combination"]), content["holdout_from"]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise damaged(self, "holdout", error) from error
        trades = self.trades_of(self.study.params(number))
        rows = [trade for trade in trades if trade["date"] >= date.fromisoformat(first)]
        return [Series("holdout", f"Holdout from {first} ({number:,})", rows, out_of_sample=True)]

    @property
    def texts(self) -> Texts:
        """Sentences beside the figures."""
        heat = f"Over the {self.eligible:,} ranked combinations."
        if self.study.most is not None:
            heat = "Of the combinations that were kept; where none was, the cell is empty."
        return Texts(
            heat,
            f"Computed exactly over all {self.tried:,} combinations. A pair's share is what the "
            f"two do together beyond what each does alone.",
            self._no_shares(),
            self._plateau(),
            "in brackets the number of the combination; of a variation only its own trades count. ",
            "Every combination counts as a try of its own. Neighbours trade nearly alike, so "
            "fewer of them are independent, and the true line lies further left.",
        )

    def _no_shares(self) -> str:
        if not self.landscape.varying:
            return "The grid has one combination: there is nothing to compare."
        if self.landscape.complete:
            return "All combinations have the same total R: no parameter makes a difference."
        if self.study.most is not None:
            return "Not known: it takes every row of the grid, and this run kept the best ones."
        return "Not known yet: it takes every combination of the grid."

    def _plateau(self) -> list[str]:
        plateau = self.landscape.plateau() if self.best else None
        if plateau is None:
            return ["Not known: not every neighbour of the winner has its row."]
        whole = plateau.whole
        if not whole.neighbours or whole.mean is None or whole.worst is None:
            return ["The winner has no neighbours in this grid."]
        text = (
            f"The {whole.neighbours} neighbours one step away make "
            f"{figure('total_r', whole.mean)} R on average, the worst "
            f"{figure('total_r', whole.worst)} R; the winner makes "
            f"{figure('total_r', whole.value)} R."
        )
        if whole.score is not None:
            text += f" Plateau score {whole.score:.2f}: 1 is a plateau, 0 a lone peak."
        return [text]

    def chart(self) -> Figure | None:
        """The last trades of the winner, each with the candles of its day."""
        if not self.best or not self.best_trades:
            return None
        params = Params(**self.settings_of(self.best))
        return days_figure(self.study, params, self.best_trades, self.price_digits)

    @property
    def price_digits(self) -> int:
        """Decimals of prices, those of the tick."""
        return digits_of(self.study.market.tick_size)

    @property
    def spread_of_all(self) -> list[Row]:
        """Where the best rows alone were kept: the distribution of each metric over all."""
        text = self.outcome.results.metadata.get(DISTRIBUTION_KEY)
        lines = json.loads(text) if text else []
        return [line for line in lines if line["metric"] in FIGURES]
