"""Top100, Trials, Pareto and Failures: trials with all that is known of them."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel.columns import Column, Group
from params_optimizer.reports.excel.search.columns import (
    groups_of,
    named,
    own,
    parameters,
    rows_of,
)
from params_optimizer.reports.excel.sheet import HEAD, SHEET_ROWS, Sheet
from params_optimizer.reports.search import kind_of_failure
from params_optimizer.reports.tables import TOP
from params_optimizer.search.pareto import pareto_front
from params_optimizer.search.trial import Trial, ranked

TOP_SHEET, TRIALS_SHEET, FRONT_SHEET = f"Top{TOP}", "Trials", "Pareto"
_PRINTED = 4
"""Groups of columns up to the parameters: more would be too small to read on paper."""
_EXAMPLES = 5
"""Failures that are shown of each kind."""


class TrialTable(NamedTuple):
    """A sheet of trials: `which` of the `of` ones that are `what`, in an order."""

    name: str
    which: str
    trials: list[Trial]
    of: int
    what: str
    order: str
    groups: list[Group]

    def text(self, *, counted: bool = True) -> str:
        """What the table holds, and how many of how many."""
        count = f"{len(self.trials):,} of {self.of:,} " if counted else ""
        return f"{self.which} {count}{self.what}, {self.order}".strip()


def marked(outcome: SearchOutcome, title: str) -> str:
    """The title, and that the data are generated where they are."""
    return f"{title}; GENERATED SAMPLE DATA" if outcome.bars.generated else title


def tables_of(outcome: SearchOutcome, most: int) -> list[TrialTable]:
    """The tables in the order of their sheets, at most `most` rows each."""
    most = min(most, SHEET_ROWS - HEAD)
    ranking, distinct = outcome.ranking, ranked(outcome.distinct)
    order = f"by {named(outcome.problem.objective.metrics[0])}"
    best = groups_of(outcome, ("rank", "trial"), ())
    reasons = ("reason",) if any(one.reason for one in distinct[:most]) else ()
    every = groups_of(outcome, ("rank", "trial", "state"), ("violation", *reasons))
    tables = [
        TrialTable(
            TOP_SHEET, "the best", ranking[:TOP], len(ranking), "complete trials", order, best
        ),
        TrialTable(
            TRIALS_SHEET,
            "the best",
            distinct[:most],
            len(distinct),
            "trials",
            f"{order}; complete ones first",
            every,
        ),
    ]
    if len(outcome.problem.objective.goals) > 1:
        what = "complete trials that no other beats in every goal"
        front, columns = pareto_front(outcome.distinct)[:most], groups_of(outcome, ("trial",), ())
        tables.append(TrialTable(FRONT_SHEET, "the", front, len(ranking), what, order, columns))
    return tables


def write_trials(sheet: Sheet, outcome: SearchOutcome, table: TrialTable) -> None:
    """Fill the sheet of one table."""
    sheet.table(
        marked(outcome, f"{outcome.market}: {table.text()}"),
        table.groups,
        rows_of(outcome, table.trials),
        frozen=len(table.groups[0][1]),
        printed=_PRINTED,
        medals=table.name == TOP_SHEET,
    )


class Failures(NamedTuple):
    """Trials that failed, or took too long, by kind, the most frequent kind first."""

    kinds: list[tuple[str, list[Trial]]]

    @classmethod
    def of(cls, outcome: SearchOutcome) -> "Failures":
        """The failures of a search."""
        kinds: dict[str, list[Trial]] = {}
        for one in outcome.distinct:
            if one.state in ("failed", "timeout"):
                kinds.setdefault(kind_of_failure(one), []).append(one)
        return cls(sorted(kinds.items(), key=lambda kind: -len(kind[1])))

    @property
    def trials(self) -> int:
        """How many trials failed."""
        return sum(len(same) for _, same in self.kinds)


def write_failures(sheet: Sheet, outcome: SearchOutcome, failures: Failures) -> None:
    """The kinds of failure, and examples of each with their parameters."""
    text = (
        f"{outcome.market}: trials that failed: {failures.trials:,}; kinds of failure: "
        f"{len(failures.kinds):,}; up to {_EXAMPLES} examples of each"
    )
    reason = own("reason")._replace(wrap=True)
    groups: list[Group] = [
        ("Kind", [Column("trials", "Trials", "Of this kind.", "#,##0", width=9.0)]),
        ("Example", [own("trial"), own("state"), reason]),
        ("Its parameters", parameters(outcome)),
    ]
    sheet.table(
        marked(outcome, text),
        [group for group in groups if group[1]],
        islice(_examples(outcome, failures), SHEET_ROWS - HEAD),
        frozen=1,
        printed=len(groups),
    )


def _examples(outcome: SearchOutcome, failures: Failures) -> Iterator[dict[str, Any]]:
    for _, same in failures.kinds:
        for row in rows_of(outcome, same[:_EXAMPLES]):
            yield {**row, "trials": len(same)}
