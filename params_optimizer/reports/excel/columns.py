"""Columns of tables: their names, and how they are shown."""

from collections.abc import Sequence
from typing import NamedTuple

from params_optimizer.reports.excel.style import UNTOUCHED, number_format
from params_optimizer.reports.labels import PARAMETERS, header, label, split

_LEFT = {"stop_mode", "ib_timezone", "variation", "direction", "exit_reason"}
_WIDTHS = {
    **dict.fromkeys(PARAMETERS, 9.0),
    **dict.fromkeys(("ib_timezone", "combination", "balance"), 13.0),
    **dict.fromkeys(("entry_time", "exit_time"), 16.0),
    "date": 11.5,
    "rank": 7.0,
}
WIDTH = 10.0


class Column(NamedTuple):
    """A column of a table, called `name` in the files.

    `note` is shown when the mouse is over the header; `form` is the number format; `figure` is
    the metric whose colours the values get (empty: none).
    """

    name: str
    header: str
    note: str = ""
    form: str = UNTOUCHED
    align: str = "right"
    width: float = WIDTH
    figure: str = ""
    wrap: bool = False

    @property
    def look(self) -> dict[str, object]:
        """The format of its cells."""
        look: dict[str, object] = {"num_format": self.form, "align": self.align}
        look["indent"] = int(self.align == "left")
        return look | ({"text_wrap": True} if self.wrap else {})


Group = tuple[str, Sequence[Column]]
"""Columns that belong together, and the name above them."""


def known(name: str) -> Column:
    """The column of a name that `reports.labels` knows."""
    _, figure = split(name)
    return Column(
        name,
        header(name),
        label(name).note,
        number_format(name),
        _align(name),
        _WIDTHS.get(figure, WIDTH),
        figure,
    )


def known_groups(groups: Sequence[tuple[str, Sequence[str]]]) -> list[Group]:
    """Groups of columns that are given by name."""
    return [(name, [known(one) for one in members]) for name, members in groups]


def _align(name: str) -> str:
    if name in _LEFT:
        return "left"
    return "center" if name in PARAMETERS or name in ("rank", "date") else "right"
