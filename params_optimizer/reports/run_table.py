"""The sets of a run and what is known of them, whatever method and strategy made it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from params_optimizer.analytics.variation_aggregator import VariationTable, limits_of
from params_optimizer.orchestrator.columns import COMPLETE
from params_optimizer.orchestrator.outcome import Outcome, SearchOutcome
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.selection import survey_in
from params_optimizer.reports.blocks import Row
from params_optimizer.reports.forms import record_of
from params_optimizer.reports.parameters import column_of
from params_optimizer.reports.run_files import RunFiles
from params_optimizer.reports.trades import TradeRow, trades_of
from params_optimizer.reports.trial_table import TrialTable
from params_optimizer.search.objective import SCORE
from params_optimizer.search.ranking import Bounds, Ranking
from params_optimizer.search.trial import Trial, ranked
from params_optimizer.storage.results import Columns, Results
from params_optimizer.strategies.protocol import Parameters

BATCH = 5000
"""Rows held as Python objects at a time."""
LONGEST_TEXT = 1000
"""Characters of a reason that are shown: Excel takes no more than 32,767 in a cell."""


@dataclass(frozen=True)
class RunRows(Collection[Row]):
    """Sets of a run in an order, the best first, read batch by batch; ranked ones have a score."""

    run: "RunTable"
    numbers: Sequence[int]
    scores: Sequence[float] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def __contains__(self, row: object) -> bool:
        return any(row == member for member in self)

    def __iter__(self) -> Iterator[Row]:
        for begin in range(0, len(self.numbers), BATCH):
            numbers = list(self.numbers[begin : begin + BATCH])
            for place, row in enumerate(self.run.table.rows(numbers), begin):
                points = {SCORE: self.scores[place]} if self.scores else {}
                rank = place + 1 if row.get("state", COMPLETE) == COMPLETE else None
                yield {"rank": rank, **points, **row, **_more(row)}


def _more(row: Row) -> Row:
    """What tables show beside the columns of the files."""
    evaluated = row.get("total_trades") is not None
    more: dict[str, Any] = {"flat_trades": record_of(row)[2] if evaluated else None}
    if "reason" in row:
        more["reason"] = row["reason"][:LONGEST_TEXT] or None
    if "violation" in row:
        more["violation"] = row["violation"] if row["state"] != "complete" else None
    return more


@dataclass(frozen=True)
class RunTable:
    """The outcome of a run, and the folder with the files of it and of its validations."""

    outcome: Outcome | SearchOutcome
    folder: Path

    @property
    def exhaustive(self) -> bool:
        """Whether every set of the space is evaluated, in no order."""
        return isinstance(self.outcome, Outcome)

    @property
    def plan(self) -> Plan:
        """What is evaluated."""
        return self.outcome.plan

    @cached_property
    def table(self) -> Results | TrialTable:
        """The rows of all sets, without what was answered from memory."""
        outcome = self.outcome
        return outcome.results if isinstance(outcome, Outcome) else TrialTable(outcome)

    @cached_property
    def ranking(self) -> Ranking:
        """The best sets by number, and how many competed."""
        if isinstance(self.outcome, Outcome):
            return self.outcome.ranking
        numbers = np.array([trial.number for trial in self.outcome.ranking], np.int64)
        return Ranking(numbers, np.zeros(0), numbers.size)

    @property
    def trials(self) -> Sequence[Trial]:
        """Every trial of a search, in the order in which they were asked; else none."""
        return () if isinstance(self.outcome, Outcome) else self.outcome.trials

    @property
    def variations(self) -> Sequence[VariationTable]:
        """The best of each kind of trade, where the strategy has several."""
        return self.outcome.variations if isinstance(self.outcome, Outcome) else ()

    @property
    def unit(self) -> str:
        """What a parameter set is called, and the name of the column of its number."""
        return "combination" if self.exhaustive else "trial"

    @property
    def market(self) -> str:
        """The symbol, or the name of the file of bars: the first word of every file's name."""
        return self.plan.symbol

    @property
    def size(self) -> int:
        """How many sets there are: those that the space allows, or trials so far."""
        if isinstance(self.outcome, Outcome):
            return self.outcome.plan.space.count
        return len(self.outcome.trials)

    @property
    def unfinished(self) -> str:
        """What is missing that the run will still make; empty if nothing is."""
        if isinstance(self.outcome, SearchOutcome):
            return self.outcome.unfinished
        done = len(self.table)
        if done == self.size or self.plan.most is not None:
            return ""
        return (
            f"Unfinished run: {done:,} of {self.size:,} combinations are done. "
            f"{self.outcome.coverage} The ranking and all its figures are of these alone and will "
            f"change; holdout, walk-forward and regimes, where they are shown, searched the whole "
            f"grid. The command that started the run goes on with it."
        )

    @property
    def tried(self) -> int:
        """How many sets were evaluated, so far."""
        return self.size if self.plan.most is not None else len(self.table)

    @property
    def eligible(self) -> int:
        """How many sets competed."""
        return self.ranking.eligible

    @property
    def goals(self) -> Sequence[str]:
        """The metrics that rank, the first one first."""
        return self.plan.objective.metrics

    def ranked(self, limit: int) -> RunRows:
        """The best sets: `rank`, number, goals, parameters and metrics; as many as there are."""
        scores = self.ranking.score[:limit].tolist() if SCORE in self.goals else ()
        return self.rows(self.ranking.combination[:limit].tolist(), scores)

    def rows(self, numbers: Sequence[int], scores: Sequence[float] = ()) -> RunRows:
        """The rows of sets by their numbers, in the order given."""
        return RunRows(self, numbers, scores)

    def tried_rows(self, limit: int) -> RunRows:
        """Every set of a search, complete ones first, best first."""
        tried = [trial for trial in self.trials if trial.source is None]
        return self.rows([trial.number for trial in ranked(tried)[:limit]])

    def pieces(self, names: Sequence[str]) -> Iterator[Columns]:
        """Columns of the sets that compete, piece by piece, their numbers included."""
        if not isinstance(self.outcome, Outcome):
            yield from self.table.pieces((self.unit, *names))
            return
        objective = self.plan.objective
        stored = (name for name in names if name != SCORE)
        for piece in self.table.pieces(
            list(dict.fromkeys((self.unit, *stored, *objective.columns)))
        ):
            competing = objective.competes(piece)
            rows = {name: values[competing] for name, values in piece.items()}
            if SCORE in names:
                rows[SCORE] = objective.merits(rows, self._bounds)
            yield rows

    @cached_property
    def _bounds(self) -> Bounds:
        """Bounds of the score; a pass over all rows, which texts do not need."""
        survey = survey_in(self.table.metadata)
        objective = self.plan.objective
        return (
            survey.bounds if survey else limits_of(self.table.pieces(objective.columns), objective)
        )

    def failures(self) -> Iterator[Trial]:
        """The sets that failed or took too long, with the reason."""
        if self.trials or "state" not in self.table.columns:
            ended = (trial for trial in self.trials if trial.source is None)
            yield from (trial for trial in ended if trial.state in ("failed", "timeout"))
            return
        names = (self.unit, "state", "reason")
        for piece in self.table.pieces(names):
            rows = zip(*(piece[name].tolist() for name in names), strict=True)
            for number, state, reason in rows:
                if state != COMPLETE:
                    yield Trial(number, self.plan.space[number], state, reason=reason)

    def figures(self, trial: Trial) -> tuple[float | None, ...]:
        """The figure of each goal of a trial, as a metric; None where it has none."""
        if not trial.losses:
            return (None,) * len(self.goals)
        return tuple(value + 0.0 for value in self.plan.objective.values(trial.metrics))  # no -0.0

    def complete_sets(self) -> Mapping[int, Parameters]:
        """The parameters of the complete trials of a search by number, in ascending order."""
        return {
            trial.number: trial.parameters
            for trial in self.trials
            if trial.state == COMPLETE and trial.source is None
        }

    def settings_of(self, row: Row) -> dict[str, Any]:
        """The parameters of a row by their names."""
        names = self.plan.space.names
        return {name: row[column_of(name)] for name in names if column_of(name) in row}

    def trades(self, row: Row) -> list[TradeRow]:
        """The trades of a row; see `trades.trades_of`."""
        return trades_of(self.plan, self.settings_of(row))

    @cached_property
    def best(self) -> Row | None:
        """The winner."""
        return next(iter(islice(self.ranked(1), 1)), None)

    @cached_property
    def best_trades(self) -> list[TradeRow]:
        """The trades of the winner."""
        return self.trades(self.best) if self.best else []

    @property
    def files(self) -> RunFiles:
        """The files of its validations."""
        return RunFiles(self.folder, self.market)

    def path(self, name: str) -> Path:
        """Where the file `{market}_{name}` lies."""
        return self.files.path(name)
