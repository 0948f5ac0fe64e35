"""Top100, GridResults and a sheet for each variation: the best rows with all their figures."""

from collections.abc import Iterator, Sequence
from typing import Any

from params_optimizer.analytics.variation_aggregator import VariationTable
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.excel.columns import known_groups
from params_optimizer.reports.excel.sheet import HEAD, SHEET_ROWS, Sheet
from params_optimizer.reports.labels import FIGURES, PARAMETERS
from params_optimizer.reports.tables import TOP
from params_optimizer.strategies.initial_balance.params import VARIATIONS

BATCH = 5000
"""Rows held as Python objects at a time."""

_PROFIT = "total_profit"
_HEADLINE = 9  # figures that stand before the parameters

Groups = list[tuple[str, list[str]]]


class Table:
    """What a sheet holds: the best of `of` combinations that compete, in groups of columns."""

    def __init__(self, name: str, numbers: list[int], of: int, groups: Groups, order: str) -> None:
        self.name, self.numbers, self.of = name, numbers, of
        self.groups, self.order = groups, order
        self.scored = any("score" in members for _, members in groups)

    def title(self, study: Study, evaluated: int) -> str:
        """How many of how many, in which order, and of which data."""
        text = (
            f"{study.symbol}: the best {len(self.numbers):,} of {self.of:,} ranked combinations, "
            f"by {self.order}; the grid has {len(study.grid):,}"
        )
        if evaluated < len(study.grid) and study.most is None:
            text += f"; UNFINISHED: {evaluated:,} of them are evaluated"
        return f"{text}; GENERATED SAMPLE DATA" if study.bars.generated else text


def tables_of(outcome: Outcome, most: int) -> list[Table]:
    """The tables in the order of their sheets, at most `most` rows each."""
    most = min(most, SHEET_ROWS - HEAD)
    ranked, of = outcome.ranking.combination.tolist(), outcome.ranking.eligible
    groups = _ranked_groups()
    return [
        Table(f"Top{TOP}", ranked[:TOP], of, groups, "score"),
        Table("GridResults", ranked[:most], of, groups, "score"),
        *(_variation(table, most) for table in outcome.variations),
    ]


def write_table(sheet: Sheet, outcome: Outcome, table: Table) -> None:
    """Fill the sheet of one table."""
    scores = outcome.ranking.score.tolist() if table.scored else []
    title = table.title(outcome.study, len(outcome.results))
    sheet.table(
        title,
        known_groups(table.groups),
        _rows(outcome, table.numbers, scores),
        frozen=len(table.groups[0][1]),
        printed=3,
        medals=table.name == f"Top{TOP}",
    )


def _ranked_groups() -> Groups:
    figures = list(FIGURES)
    return [
        ("Ranking", ["rank", "combination", "score"]),
        ("All trades", figures[:_HEADLINE]),
        ("Parameters", list(PARAMETERS)),
        ("All trades, more figures", figures[_HEADLINE:]),
        *((name, _own(name)) for name in VARIATIONS),
    ]


def _variation(table: VariationTable, most: int) -> Table:
    """The figures of the variation stand before those of all trades."""
    name = table.variation
    groups: Groups = [
        ("Ranking", ["rank", "combination"]),
        (f"{name} trades", _own(name)[: _HEADLINE - 1]),
        ("Parameters", list(PARAMETERS)),
        (f"{name} trades, more figures", _own(name)[_HEADLINE - 1 :]),
        ("All trades", list(FIGURES)),
        *((other, _own(other)) for other in VARIATIONS if other != name),
    ]
    numbers = table.combination[:most].tolist()
    return Table(name, numbers, table.eligible, groups, f"total R of {name}")


def _own(variation: str) -> list[str]:
    return [f"{variation.lower()}_{figure}" for figure in FIGURES if figure != _PROFIT]


def _rows(
    outcome: Outcome, numbers: Sequence[int], scores: Sequence[float]
) -> Iterator[dict[str, Any]]:
    """Result rows with their rank, and their score where there is one."""
    for begin in range(0, len(numbers), BATCH):
        for place, row in enumerate(outcome.rows(list(numbers[begin : begin + BATCH])), begin):
            yield {"rank": place + 1, **({"score": scores[place]} if scores else {}), **row}
