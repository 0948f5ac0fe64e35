"""What was searched, on which data, at which costs."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Facts
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import Section, always


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The facts of the run."""
    yield Facts(run.facts)


SECTION = Section("origin", "Run and data", "Run", always, blocks)
