"""What the columns mean."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Column, Table
from params_optimizer.reports.labels import FIGURES, PLACE, STATE_LABELS, Label
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import Section, always


def blocks(run: ReportedRun) -> Iterator[Block]:
    """A line for each column of the tables: header, unit, meaning, name in the files."""
    grid = run.exhaustive
    ranking = PLACE if grid else {"trial": PLACE["trial"], **STATE_LABELS}
    figures = {name: words for name, words in FIGURES.items() if grid or name != "total_profit"}
    groups = {"Ranking": ranking, "Figures": figures}
    rows = [
        _row(group, name, words)
        for group, labels in groups.items()
        for name, words in labels.items()
    ]
    columns = {"Parameters": run.parameters, "Trades and equity": run.trade_columns}
    rows += [
        _row(group, column.name, Label(column.header, column.unit, column.note))
        for group, members in columns.items()
        for column in members
    ]
    heads = {"group": "of", "header": "header", "unit": "unit", "note": "meaning"}
    widths = {"group": 18.0, "header": 22.0, "unit": 12.0, "note": 100.0}
    listed = [Column(name, text, width=widths[name]) for name, text in heads.items()]
    listed.append(Column("name", "name in the files", width=24))
    yield Table(listed, rows, "What the columns mean", preview=0, sheet="Columns")


def _row(group: str, name: str, words: Label) -> dict[str, str]:
    return {
        "group": group,
        "header": words.name,
        "unit": words.unit,
        "note": words.note,
        "name": name,
    }


SECTION = Section("columns", "What the columns mean", "Columns", always, blocks)
