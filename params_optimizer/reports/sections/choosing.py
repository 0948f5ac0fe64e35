"""Validations by name: what each of them found."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from params_optimizer.reports.blocks import Block, Bullet, Column, Paragraph, Table
from params_optimizer.reports.forms import COUNT, ID, TEXT, Form, R
from params_optimizer.reports.labels import label
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.sections.findings import ROWS, has, reading
from params_optimizer.reports.sections.section import VALIDATION, Section
from params_optimizer.requests.validation import VALIDATIONS

Item = TypeVar("Item")
_FORMS = {int: COUNT, float: R}


def blocks_of(content: Content) -> Iterator[Block]:
    """Sentences, and the table."""
    for sentence in content["sentences"]:
        yield Paragraph(sentence[:1].upper() + sentence[1:])
    if rows := content["rows"]:
        columns = [Column(name, _title(name), form=_form(name, rows)) for name in rows[0]]
        yield Table(columns, rows, str(content["title"]), preview=ROWS)


def _title(name: str) -> str:
    return label(name).name.replace(" r ", " R ")


def _form(name: str, rows: list[Content]) -> Form:
    """As the first value of the column that is there."""
    value = next((row[name] for row in rows if row[name] is not None), "")
    return ID if name == "set" else _FORMS.get(type(value), TEXT)


def _evidence(content: Content) -> Iterator[Bullet]:
    tone = {True: "good", False: "bad", None: "open"}[content["good"]]
    for sentence in content["sentences"][:1]:
        yield Bullet(f"{content['title']}:", sentence, tone)  # type: ignore[arg-type]


def _of_each(make: Callable[[Content], Iterator[Item]]) -> Callable[[ReportedRun], Iterator[Item]]:
    """What `make` makes of each finding that is there."""
    readers = [reading(name, make) for name in VALIDATIONS]
    return lambda run: (item for read in readers for item in read(run))


def applies(run: ReportedRun) -> bool:
    """Some validation by name was done."""
    return any(has(name)(run) for name in VALIDATIONS)


SECTION = Section(
    "choosing",
    "Other ways to choose",
    "Other ways",
    applies,
    _of_each(blocks_of),
    VALIDATION,
    evidence=_of_each(_evidence),
)
