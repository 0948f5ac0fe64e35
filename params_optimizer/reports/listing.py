"""The runs of an output folder as a table."""

from collections.abc import Sequence

from params_optimizer.orchestrator.listing import ListedRun

_HEADINGS = ("run", "method", "strategy", "status", "sets", "best", "note")


def listing_text(runs: Sequence[ListedRun]) -> str:
    """One line a run: what it is, how far it is, the total R of its best, the note on it."""
    rows = [_HEADINGS, *(_cells(run) for run in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _cells(run: ListedRun) -> tuple[str, ...]:
    return (run.name, run.method, run.strategy, run.status, _size(run), _best(run), run.note)


def _size(run: ListedRun) -> str:
    if run.total is None:
        return ""
    if run.completed == run.total:
        return f"{run.total:,}"
    return f"{run.completed or 0:,} of {run.total:,}"


def _best(run: ListedRun) -> str:
    """Total R and trades of the best; of an unfinished run, of the best so far."""
    if not run.best or "total_r" not in run.best:
        return ""
    return f"{run.best['total_r']:,.2f} R in {run.best['total_trades']:,.0f} trades"
