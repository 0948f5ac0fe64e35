"""What the sections of all findings have in common."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from params_optimizer.reports.blocks import Block, Column, Row, Table, column
from params_optimizer.reports.forms import ID, count_of, with_record
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.run_files import Content

Item = TypeVar("Item")

FIGURES = ("total_r", "total_trades", "winrate", "record", "sharpe_ratio", "max_drawdown")
SAMPLE_FIGURES = ("total_r", "record", "winrate", "sharpe_ratio")
"""Figures of both samples side by side, where the numbers of trades would take the room."""
FEW_DAYS = 20
ROWS = 30
"""Rows of a finding that a workbook shows; texts and pages show ten."""
_ACROSS = {"close": "closed there", "carry": "carried to their end", "drop": "left out"}
"""What becomes of trades that cross a border."""


def has(name: str) -> Callable[[ReportedRun], bool]:
    """Applies where the file of the finding is there."""
    return lambda run: run.path(f"{name}.json").exists()


def reading(
    name: str, make: Callable[[Content], Iterator[Item]]
) -> Callable[[ReportedRun], Iterator[Item]]:
    """What `make` makes of the content of a finding, nothing where there is none.

    Raises:
        DamagedFileError: the content is not what this version writes.
    """

    def read(run: ReportedRun) -> Iterator[Item]:
        content = run.files.finding(name)
        if content is None:
            return
        try:
            yield from list(make(content))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise run.files.damaged(name, error) from error

    return read


def of_trials(content: Mapping[str, Any]) -> bool:
    """Whether the sets of a finding are trials of a search."""
    return "strategy" in content


def unit_of(content: Mapping[str, Any]) -> str:
    """What a parameter set of a finding is called."""
    return "trial" if of_trials(content) else "combination"


def number_of(content: Mapping[str, Any]) -> int | None:
    """What names a parameter set: its trial, or its combination of a grid."""
    number = content["trial"] if "trial" in content else content["combination"]
    return None if number is None else int(number)


def number_column(content: Mapping[str, Any]) -> Column:
    """The column of that number."""
    text = "Trial" if of_trials(content) else "Combination"
    return Column("number", text, form=ID, width=12)


def samples(row: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of both samples, by `in total_r` and the like."""
    return {
        f"{short} {name}": value
        for short in ("in", "out")
        for name, value in with_record(row[f"{short}_sample"]).items()
    }


def sample_columns() -> list[Column]:
    """Columns of both samples."""
    texts = {"in": "In sample", "out": "Out of sample"}
    columns = []
    for short, text in texts.items():
        for name in SAMPLE_FIGURES:
            words = column(name)
            header = f"{words.title} {short}"
            columns.append(Column(f"{short} {name}", header, form=words.form, group=text))
    return columns


def figure_columns() -> list[Column]:
    """Columns of metrics."""
    return [column(name) for name in FIGURES]


def borders(groups: Mapping[str, Mapping[str, Any] | None], border: str) -> Iterator[Block]:
    """The figures of each border policy, the one in use marked; nothing where none differs."""
    rows: list[Row] = [
        {
            "trades": name,
            "border": f"{_ACROSS.get(policy, policy)}{' (used)' if policy == border else ''}",
            **with_record(figures),
        }
        for name, policies in groups.items()
        for policy, figures in (policies or {}).items()
    ]
    if rows:
        columns = [Column("trades", "Trades"), Column("border", "Across the border they are")]
        title = "Trades that leave their days, and what becomes of the figures"
        yield Table([*columns, *figure_columns()], rows, title, preview=ROWS)


def schedule_text(content: Mapping[str, Any], windows: int) -> str:
    """How windows follow each other."""
    purged = content.get("purge_days")
    between = f", {purged} purged between them" if purged else ""
    anchored = "at least " if content.get("anchored") else ""
    return (
        f"{windows} windows of {anchored}{content['in_sample_days']} trading days in sample and "
        f"{content['out_sample_days']} out of sample{between}"
    )


def span_text(days: Mapping[str, Any]) -> str:
    """First day, last day and number of days of a sample."""
    return f"{count_of(days['days'], 'trading day')} ({days['first']} to {days['last']})"


def few_days_text(content: Mapping[str, Any]) -> list[str]:
    """A warning for each sample that is too short to prove anything."""
    names = {"In sample": "in_sample_days", "Out of sample": "out_sample_days"}
    return [
        f"{name} there {'is' if days == 1 else 'are'} only {days} day{'' if days == 1 else 's'}: "
        f"fewer than {FEW_DAYS} prove nothing."
        for name, key in names.items()
        if (days := content[key]["days"]) < FEW_DAYS
    ]
