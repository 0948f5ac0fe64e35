"""One palette and one set of cell formats for all sheets."""

from typing import Any

from params_optimizer.engine.metrics_calculator import COUNTS, METRICS
from params_optimizer.reports.labels import split

INK, MUTED, NAVY, WHITE = "#1F2933", "#6B7785", "#1F3A5F", "#FFFFFF"
BAND, LINE, PAPER = "#E6ECF3", "#CBD4DE", "#F6F8FA"
GOOD, BAD, WARN, COOL = "#CFE5DA", "#F2D3CB", "#FBE9C6", "#CFDDEC"
GREEN, RED = "#2F7D62", "#B4533C"
MEDALS = ("#F3DE9B", "#DDE1E6", "#E9C9AC")
"""Gold, silver, bronze."""
FONT = "Calibri"

COUNT, DATE, MINUTE = "#,##0", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_FORMATS = {
    **dict.fromkeys(METRICS, "#,##0.00"),
    **dict.fromkeys(COUNTS, COUNT),
    **dict.fromkeys(("avg_trade_r", "avg_r_wins", "avg_r_losses"), "0.000"),
    "winrate": "0.0",
    "total_profit": COUNT,
    "score": "0.0000",
    "rank": "0",
    "combination": "0",  # to be copied: --trades wants it without commas
    **dict.fromkeys(("entry_price", "exit_price", "stop", "tp", "ibh", "ibl", "eq"), "#,##0.00"),
    **dict.fromkeys(("r", "cumulative_r", "below_peak"), "0.00"),
    **dict.fromkeys(("profit", "balance"), "#,##0.00"),
    "volume": "0.00",
    "rev_rb_enabled": '"TRUE";"TRUE";"FALSE"',  # LibreOffice would show 1 and 0
    "date": DATE,
    **dict.fromkeys(("entry_time", "exit_time"), MINUTE),
}
UNTOUCHED = "General"
"""Of parameters: every digit that was given, and no more."""


def number_format(column: str) -> str:
    """The format of a column or figure, `ocae_total_r` as `total_r`."""
    return _FORMATS.get(split(column)[1], UNTOUCHED)


class Pen:
    """Cell formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401  untyped library
        self.book = book
        self._known: dict[tuple[tuple[str, object], ...], Any] = {}

    def form(self, **properties: object) -> Any:  # noqa: ANN401  untyped library
        """The format with these properties of XlsxWriter, on top of font and colour."""
        wanted = {"font_name": FONT, "font_color": INK, "valign": "vcenter", **properties}
        key = tuple(sorted(wanted.items(), key=lambda one: one[0]))
        if key not in self._known:
            self._known[key] = self.book.add_format(wanted)
        return self._known[key]

    @property
    def title(self) -> Any:  # noqa: ANN401
        """The title of a sheet."""
        return self.form(bold=True, font_size=14, font_color=NAVY)

    @property
    def note(self) -> Any:  # noqa: ANN401
        """Small print."""
        return self.form(font_color=MUTED)

    @property
    def section(self) -> Any:  # noqa: ANN401
        """The heading of a part of a sheet."""
        return self.form(bold=True, font_size=12, font_color=NAVY, bottom=2, bottom_color=NAVY)

    def head(self, align: str = "right") -> Any:  # noqa: ANN401
        """A column name."""
        return self.form(
            bold=True,
            font_color=WHITE,
            bg_color=NAVY,
            text_wrap=True,
            align=align,
            indent=int(align == "left"),
            border=1,
            border_color=LINE,
        )

    @property
    def band(self) -> Any:  # noqa: ANN401
        """The name above columns that belong together."""
        return self.form(
            bold=True, font_color=NAVY, bg_color=BAND, align="center", left=1, left_color=LINE
        )

    def cell(self, num: str = UNTOUCHED, align: str = "", fill: str = "") -> Any:  # noqa: ANN401
        """A value in a small table, with a hair line below it."""
        more: dict[str, object] = {"bottom": 1, "bottom_color": LINE, "num_format": num}
        if align:
            more["align"] = align
        if align == "left":
            more["indent"] = 1
        if fill:
            more["bg_color"] = fill
        return self.form(**more)
