"""What was not done with a run yet, and the options that do it."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Bullet, Bullets, Paragraph
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import VALIDATION, Section

_OPTIONS = {
    "holdout": ("--holdout-from DATE", "choosing on the days before a date, looking after it"),
    "walk_forward": ("--walk-forward", "choosing anew for each stretch of days"),
    "regimes": ("--by-regime volatility", "the best in each kind of market, and switching"),
    "robustness": ("--robustness", "how likely the best is luck, and what worse costs leave"),
}


def applies(run: ReportedRun) -> bool:
    """Some validation was not done."""
    return any(not run.path(f"{name}.json").exists() for name in _OPTIONS)


def blocks(run: ReportedRun) -> Iterator[Block]:
    """An option for each of them."""
    yield Paragraph("Not done with this run; each option can be added to the same command:")
    yield Bullets(
        [
            Bullet(option, text)
            for name, (option, text) in _OPTIONS.items()
            if not run.path(f"{name}.json").exists()
        ]
    )


SECTION = Section("validation", "On other days", "Other days", applies, blocks, VALIDATION)
