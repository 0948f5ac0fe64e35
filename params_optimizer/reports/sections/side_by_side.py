"""The best sets side by side: one line is one set."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Figure
from params_optimizer.reports.labels import in_line
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import Section

COUNT = 500


def applies(run: ReportedRun) -> bool:
    """Several sets are ranked, and some parameter varies."""
    return run.eligible > 1 and run.best is not None and bool(run.landscape.varying)


def blocks(run: ReportedRun) -> Iterator[Block]:
    """Parallel coordinates."""
    lines, landscape = run.landscape.side_by_side(COUNT), run.landscape
    data = {
        **lines,
        "names": {name: in_line(name) for name in lines["metrics"]},
        "factors": [landscape.factors[place]._asdict() for place in landscape.varying],
        "unit": run.unit,
    }
    label = f"Parallel coordinates of the best {len(lines['rows']):,} {run.unit}s"
    yield Figure("figure-parallel", "parallel", label, data, 480)


SECTION = Section("parallel", "The best side by side", "Side by side", applies, blocks)
