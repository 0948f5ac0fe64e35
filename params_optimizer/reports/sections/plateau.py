"""Around the winner: what changes when one parameter changes."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Column, Paragraph, Table
from params_optimizer.reports.forms import COUNT, R
from params_optimizer.reports.grid_run import GridRun
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.parameters import panels_figure
from params_optimizer.reports.sections.section import Section, has_winner


def blocks(run: ReportedRun) -> Iterator[Block]:
    """Total R along each parameter, and the plateau score."""
    if panels := run.landscape.around():
        title = "Total R when one parameter of the winner changes"
        yield panels_figure("figure-around", title, panels, "")
    for text in run.texts.around:
        yield Paragraph(text)
    plateau = run.landscape.plateau() if isinstance(run, GridRun) else None
    if plateau is None or not plateau.whole.neighbours:
        return
    rows = [
        {"key": key, "neighbours": near.neighbours}
        | {"mean": near.mean, "worst": near.worst, "score": near.score}
        for key, near in plateau.by_key.items()
        if near.neighbours
    ]
    columns = [
        Column("key", "Parameter"),
        Column("neighbours", "Neighbours", form=COUNT),
        Column("mean", "Their mean R", form=R),
        Column("worst", "Their worst R", form=R),
        Column("score", "Plateau score", form=R),
    ]
    yield Table(columns, rows, preview=len(rows))


SECTION = Section("plateau", "Around the winner", "Plateau", has_winner, blocks)
