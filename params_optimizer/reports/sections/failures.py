"""Sets that failed, or took too long."""

from collections import Counter
from collections.abc import Iterator, Mapping

from params_optimizer.reports.blocks import Block, Bullet, Bullets, Column, Paragraph, Table
from params_optimizer.reports.forms import COUNT, ID, TEXT, settings_text
from params_optimizer.reports.labels import label
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.search import kind_of_failure
from params_optimizer.reports.sections.section import Section
from params_optimizer.search.trial import State, Trial

_KINDS = 10
_EXAMPLES = 5
"""Failures that a workbook shows of each kind."""
_ENDS: Mapping[State, str] = {"failed": "failed", "timeout": "took too long"}


def applies(run: ReportedRun) -> bool:
    """Some set failed."""
    return next(run.failures(), None) is not None


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The most frequent kinds with an example each; more examples in a workbook."""
    kinds = _by_kind(run)
    states = Counter(trial.state for trials in kinds for trial in trials)
    ends = " and ".join(
        f"{states[state]:,} {text}" for state, text in _ENDS.items() if states[state]
    )
    text = f"Of {run.tried:,} parameter sets that were tried, {ends}."
    if len(kinds) > _KINDS:
        text += f" The {_KINDS} most frequent of {len(kinds):,} kinds:"
    yield Paragraph(text)
    yield Bullets(
        [
            Bullet(
                f"{len(trials):,} × {trials[0].reason or 'took longer than allowed'}",
                f"for example {run.unit} {trials[0].number:,}: "
                f"{settings_text(trials[0].parameters)}",
            )
            for trials in kinds[:_KINDS]
        ]
    )
    yield _examples(run, kinds)


def _by_kind(run: ReportedRun) -> list[list[Trial]]:
    """The failures of each kind, the most frequent kind first."""
    kinds: dict[str, list[Trial]] = {}
    for trial in run.failures():
        kinds.setdefault(kind_of_failure(trial), []).append(trial)
    return sorted(kinds.values(), key=lambda trials: -len(trials))


def _examples(run: ReportedRun, kinds: list[list[Trial]]) -> Table:
    rows = [
        {**row, "count": len(trials)}
        for trials in kinds
        for row in run.rows([trial.number for trial in trials[:_EXAMPLES]])
    ]
    columns = [
        Column("count", "How many", "", "Of this kind.", COUNT, group="Kind", width=9),
        Column(run.unit, label(run.unit).name, "no.", form=ID, group="Example", width=8),
        Column("state", "State", form=TEXT, group="Example", width=11),
        Column("reason", "Reason", form=TEXT, group="Example", width=60),
        *run.parameters,
    ]
    title = f"{run.market}: kinds of failure, {len(kinds):,}; up to {_EXAMPLES} examples of each"
    return Table(columns, rows, title, preview=0, sheet="Failures")


SECTION = Section("failures", "Failures", "Failures", applies, blocks)
