"""A report as its renderers take it: a head, and parts made of blocks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from params_optimizer.reports.blocks import Block
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections import SECTIONS, SUMMARY, sections
from params_optimizer.reports.sections.section import FIRST_SHEET


class Part(NamedTuple):
    """What a section shows; `sheet` is where a workbook has it."""

    key: str
    title: str
    short: str
    blocks: Sequence[Block]
    sheet: str = FIRST_SHEET


class Document(NamedTuple):
    """A report: its title, a line below it, what must not be overlooked, and its parts.

    `brand` is the market, `name` the folder of the run.
    """

    title: str
    below: str
    brand: str
    name: str
    warnings: Sequence[str]
    parts: Sequence[Part]
    generated: bool = False
    unfinished: bool = False


def document_of(run: ReportedRun, names: Iterable[str] = SECTIONS) -> Document:
    """The report of a run: of each of the sections named that applies to it, its blocks.

    Raises:
        DamagedFileError: the file of a finding cannot be read.
    """
    parts = [
        Part(section.key, section.title, section.short, list(section.blocks(run)), section.sheet)
        for section in sections(names)
        if section.applies(run)
    ]
    return Document(
        run.title,
        run.days_text,
        run.market,
        run.name,
        run.warnings,
        parts,
        run.generated,
        bool(run.unfinished),
    )


def summary_of(run: ReportedRun) -> Document:
    """The sections that the text of a run holds."""
    return document_of(run, SUMMARY)
