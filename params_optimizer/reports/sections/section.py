"""The form of a section: whether it applies to a run, and what it shows of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from params_optimizer.reports.blocks import Block, Bullet
from params_optimizer.reports.run import ReportedRun

FIRST_SHEET: Final = "Summary"
VALIDATION: Final = "Validation"


def _nothing(run: ReportedRun) -> Iterator[Bullet]:
    del run
    yield from ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report; `key` is its anchor, `short` its name in the navigation.

    `sheet` is where a workbook shows it. `evidence` are its findings on other days in a
    sentence, which the verdict repeats.
    """

    key: str
    title: str
    short: str
    applies: Callable[[ReportedRun], bool]
    blocks: Callable[[ReportedRun], Iterator[Block]]
    sheet: str = FIRST_SHEET
    evidence: Callable[[ReportedRun], Iterator[Bullet]] = _nothing


def always(run: ReportedRun) -> bool:
    """The section applies to every run."""
    del run
    return True


def has_winner(run: ReportedRun) -> bool:
    """Something is ranked."""
    return run.best is not None
