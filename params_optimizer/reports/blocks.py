"""What a section shows, whatever renders it: headings, paragraphs, facts, tables and figures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from params_optimizer.reports.forms import TEXT, Form, form_of
from params_optimizer.reports.labels import Label, label, split

Tone = Literal["", "good", "bad", "open", "warning", "note"]
Row = Mapping[str, Any]
PREVIEW = 10
"""Rows of a table that texts and pages show."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Headline:
    """What a section comes to, in a few words; good, bad or open."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more. A `warning` is loud, a `note` small print."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Bullet:
    """A line of a list: a name, what there is to say of it, and whether it is good or bad."""

    name: str
    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short texts."""

    items: Sequence[Bullet]


class Fact(NamedTuple):
    """A name and its value."""

    name: str
    value: Any
    form: Form = TEXT
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values; `prominent` ones are large."""

    items: Sequence[Fact]
    prominent: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, called `name` in the rows and in the files.

    `brief` columns are shown where room is scarce: in texts and on pages. `group` stands above
    columns that belong together, `shade` is the figure whose colours the values get.
    """

    name: str
    header: str
    unit: str = ""
    note: str = ""
    form: Form = TEXT
    brief: bool = True
    group: str = ""
    shade: str = ""
    width: float = 10.0

    @property
    def title(self) -> str:
        """Name and, in brackets, the unit that the name does not tell."""
        tells = bool(self.unit) and self.unit not in self.header.split()
        return f"{self.header} ({self.unit})" if tells else self.header


def column(
    name: str,
    *,
    group: str = "",
    brief: bool = True,
    price_digits: int = 2,
    words: Label | None = None,
    width: float = 10.0,
) -> Column:
    """The column of a result or a trade, labelled by `words` or as `reports.labels` has it."""
    words, form = words or label(name), form_of(name, price_digits)
    shade = split(name)[1]
    return Column(name, words.name, words.unit, words.note, form, brief, group, shade, width)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values by the names of the columns.

    `sheet` is a sheet of its own in a workbook, which then holds every row; texts and pages show
    the first `preview` ones (0: a table for workbooks only). `beside` names the sheet at whose
    table a small one stands. The first `frozen` columns stay in sight.
    """

    columns: Sequence[Column]
    rows: Collection[Row]
    title: str = ""
    note: str = ""
    preview: int = PREVIEW
    sheet: str = ""
    beside: str = ""
    frozen: int = 1
    medals: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Values of a chart: a column of a table over another one."""

    table: Table
    x: str
    y: str
    name: str
    color: str = "green"
    look: Literal["line", "area", "dots"] = "line"


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart of a workbook, of the cells of a table that has its own sheet.

    `x_range` and `y_range` are the ends of its axes, where they are not those of the values;
    `dated` axes hold days. `beside` names the sheet at whose table it stands; else it stands
    where the figure does.
    """

    title: str
    lines: Sequence[Line]
    x_title: str = ""
    y_title: str = ""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    dated: bool = False
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture: drawn by the page as `kind`, as native `charts` by the workbook.

    `captions` are sentences that only make sense beside the picture.
    """

    key: str
    kind: str
    label: str
    data: Mapping[str, Any] = field(default_factory=dict)
    height: int = 380
    captions: Sequence[str] = ()
    charts: Sequence[Chart] = ()


Block = Headline | Heading | Paragraph | Bullets | Facts | Table | Figure
