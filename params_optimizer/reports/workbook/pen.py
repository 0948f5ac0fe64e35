"""One palette and one set of cell formats for all sheets."""

from typing import Any

from params_optimizer.reports.forms import Form

INK, MUTED, NAVY, WHITE = "#1F2933", "#6B7785", "#1F3A5F", "#FFFFFF"
BAND, LINE, PAPER = "#E6ECF3", "#CBD4DE", "#F6F8FA"
GOOD, BAD, WARN, COOL = "#CFE5DA", "#F2D3CB", "#FBE9C6", "#CFDDEC"
COLORS = {"green": "#2F7D62", "red": "#B4533C", "pale": "#9FB3C8"}
MEDALS = ("#F3DE9B", "#DDE1E6", "#E9C9AC")
"""Gold, silver, bronze."""
FONT = "Calibri"
GENERAL = "General"
_FORMATS = {
    "count": "#,##0",
    "id": "0",  # to be copied: --trades wants it without commas
    "date": "yyyy-mm-dd",
    "minute": "yyyy-mm-dd hh:mm",
    "flag": '"TRUE";"TRUE";"FALSE"',  # LibreOffice would show 1 and 0
}


def number_format(form: Form) -> str:
    """The format of cells of a form; parameters keep every digit that was given."""
    if form.kind == "number":
        return f"#,##0.{'0' * form.digits}" if form.digits else "#,##0"
    if form.kind == "share":
        return f"0.{'0' * form.digits} %" if form.digits else "0 %"
    return _FORMATS.get(form.kind, GENERAL)


def align_of(form: Form) -> str:
    """Numbers stand at the right, texts at the left, the rest in the middle."""
    if form.numeric:
        return "right"
    return "left" if form.kind == "text" else "center"


class Pen:
    """Cell formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401  untyped library
        self.book = book
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def form(self, **properties: object) -> Any:  # noqa: ANN401  untyped library
        """The format with these properties of XlsxWriter, on top of font and colour."""
        full = {"font_name": FONT, "font_color": INK, "valign": "vcenter", **properties}
        key = tuple(sorted(full.items(), key=lambda item: item[0]))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(full)
        return self._formats[key]

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
        """The heading of a section."""
        return self.form(bold=True, font_size=12, font_color=NAVY, bottom=2, bottom_color=NAVY)

    @property
    def band(self) -> Any:  # noqa: ANN401
        """The name above columns that belong together."""
        return self.form(
            bold=True, font_color=NAVY, bg_color=BAND, align="center", left=1, left_color=LINE
        )

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

    def column(self, form: Form, *, wrap: bool = False, fill: str = "") -> Any:  # noqa: ANN401
        """The cells of a column of a table that has its own sheet."""
        align = align_of(form)
        look: dict[str, object] = {"num_format": number_format(form), "align": align}
        look["indent"] = int(align == "left")
        look |= {"text_wrap": True} if wrap else {}
        return self.form(**look, **({"bg_color": fill, "bold": True} if fill else {}))

    def cell(self, form: Form, *, left: bool = False) -> Any:  # noqa: ANN401
        """A value in a small table, with a hair line below it."""
        align = "left" if left else align_of(form)
        look: dict[str, object] = {"bottom": 1, "bottom_color": LINE, "align": align}
        look["indent"] = int(align == "left")
        return self.form(**look, num_format=number_format(form))
