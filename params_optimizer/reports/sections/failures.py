"""Trials that failed, or took too long."""

from collections import Counter
from collections.abc import Iterator, Mapping

from params_optimizer.reports.adaptive_run import AdaptiveRun, example_text
from params_optimizer.reports.blocks import Block, Bullet, Bullets, Column, Paragraph, Table
from params_optimizer.reports.forms import COUNT, ID, TEXT
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import Section
from params_optimizer.reports.trial_rows import failures
from params_optimizer.search.trial import State

_KINDS = 10
_EXAMPLES = 5
"""Failures that a workbook shows of each kind."""
_ENDS: Mapping[State, str] = {"failed": "failed", "timeout": "took too long"}


def applies(run: ReportedRun) -> bool:
    """Some trial failed."""
    return bool(failures(run))


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The most frequent kinds with an example each; more examples in a workbook."""
    kinds = failures(run)
    states = Counter(trial.state for _, trials in kinds for trial in trials)
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
                f"{len(trials):,} × {trials[0].reason or 'took longer than a trial may'}",
                example_text(trials[0]),
            )
            for _, trials in kinds[:_KINDS]
        ]
    )
    if isinstance(run, AdaptiveRun):
        yield _examples(run)


def _examples(run: AdaptiveRun) -> Table:
    kinds = failures(run)
    rows = [
        {**row, "trials": len(trials)}
        for _, trials in kinds
        for row in run.rows_of(trials[:_EXAMPLES])
    ]
    columns = [
        Column("trials", "Trials", "", "Of this kind.", COUNT, group="Kind", width=9),
        Column("trial", "Trial", "no.", form=ID, group="Example", width=8),
        Column("state", "State", form=TEXT, group="Example", width=11),
        Column("reason", "Reason", form=TEXT, group="Example", width=60),
        *run.parameters,
    ]
    title = f"{run.market}: kinds of failure, {len(kinds):,}; up to {_EXAMPLES} examples of each"
    return Table(columns, rows, title, preview=0, sheet="Failures")


SECTION = Section("failures", "Failures", "Failures", applies, blocks, summary=True)
