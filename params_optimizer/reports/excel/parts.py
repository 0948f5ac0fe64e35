"""Parts of the Validation sheet: from a JSON file to sentences, facts and tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from params_optimizer.reports.excel.contents import Content
from params_optimizer.reports.excel.headings import heading_of
from params_optimizer.reports.excel.sheet import Sheet, lines_of
from params_optimizer.reports.excel.style import LINE, MUTED, UNTOUCHED, number_format
from params_optimizer.reports.labels import PARAMETERS, in_line
from params_optimizer.storage.sealed import unsealed

_WIDTH = 13
_ACROSS = 14  # last column of headings and sentences
_ROWS = 30
_AS_GIVEN = {"mode", "least", "greatest", "seed"}


class Part(NamedTuple):
    """A part of the sheet: sentences, facts (name and value), and tables by title.

    `below` are sentences in small print below a table, by its title.
    """

    title: str
    sentences: list[str]
    facts: dict[str, object]
    tables: dict[str, list[dict[str, object]]]
    below: dict[str, list[str]] | None = None


Reader = Callable[[str, Content], Part]
"""Makes a part of a title and the content of a file."""

TITLES = {
    "holdout": "Holdout",
    "walk_forward": "Walk-forward",
    "regimes": "Regimes",
    "robustness": "Robustness",
}
"""Parts by what their files are called."""


def parts_of(market: str, folder: Path, readers: Mapping[str, Reader]) -> list[Part]:
    """The parts whose files `{market}_{kind}.json` are there."""
    found = (part_of(market, kind, folder, read) for kind, read in readers.items())
    return [part for part in found if part is not None]


def part_of(market: str, kind: str, folder: Path, read: Reader) -> Part | None:
    """One part; None where there is no file, a sentence where it cannot be read."""
    path, title = folder / f"{market}_{kind}.json", TITLES[kind]
    try:
        content = unsealed(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        return Part(title, [f"{path.name} cannot be read ({error}); make it anew."], {}, {})
    return read(title, content)


def conclusion_first(part: Part) -> list[str]:
    """The sentences of a part, those that begin with `Conclusion: ` before the others."""
    ends = [text for text in part.sentences if text.startswith("Conclusion: ")]
    return [*ends, *(text for text in part.sentences if text not in ends)]


def write_parts(
    sheet: Sheet,
    market: str,
    parts: Sequence[Part],
    how: Mapping[str, str],
    *,
    generated: bool,
) -> None:
    """Fill the sheet; without any part it tells which options, `how`, make them."""
    pen = sheet.pen
    sheet.page.hide_gridlines(2)
    sheet.page.set_column(0, 0, 42, pen.form())
    sheet.page.set_column(1, 30, _WIDTH, pen.form())
    sheet.put(0, f"{market}: what was tried on other days, and under other conditions", pen.title)
    sheet.end(24)
    if generated:
        sheet.add(["GENERATED SAMPLE DATA"], pen.form(bold=True))
    if not parts:
        sheet.add(["Nothing yet: this run was only searched."], pen.note)
        for option, meaning in how.items():
            sheet.add([option, meaning], pen.form(bold=True), pen.form())
    for part in parts:
        _write(sheet, part)


def _write(sheet: Sheet, part: Part) -> None:
    pen = sheet.pen
    sheet.end(8)
    for place in range(_ACROSS + 1):
        sheet.put(place, part.title if not place else None, pen.section)
    sheet.end(22)
    for text in part.sentences:
        sheet.across(0, _ACROSS, text, pen.form(text_wrap=True, valign="top"))
        sheet.end(15.5 * lines_of([42, *[_WIDTH] * _ACROSS], text))
    for name, value in part.facts.items():
        sheet.put(0, heading_of(name), pen.form(font_color=MUTED, bottom=1, bottom_color=LINE))
        sheet.put(1, _value(value), pen.form(num_format=_form(name, value), align="left"))
        sheet.end()
    for title, rows in part.tables.items():
        _table(sheet, title, [row for row in rows if row], (part.below or {}).get(title, ()))


def _table(
    sheet: Sheet, title: str, rows: Sequence[Mapping[str, object]], below: Iterable[str]
) -> None:
    if not rows:
        return
    pen, columns = sheet.pen, list(dict.fromkeys(name for row in rows for name in row))
    sheet.end(8)
    sheet.add([title], pen.form(bold=True))
    for place, name in enumerate(columns):
        sheet.put(place, heading_of(name), pen.head("right" if place else "left"))
    sheet.end(48 if max(len(heading_of(name)) for name in columns[1:] or columns) <= 30 else 80)
    for row in rows[:_ROWS]:
        for place, name in enumerate(columns):
            value = row.get(name)
            if name == "key" and value in PARAMETERS:
                value = in_line(str(value))
            align = "right" if place and not isinstance(value, str) else "left"
            sheet.put(place, _value(value), pen.cell(_form(name, value), align))
        sheet.end()
    if len(rows) > _ROWS:
        sheet.add([f"and {len(rows) - _ROWS:,} more in the file"], pen.note)
    for text in below:
        sheet.across(0, _ACROSS, text, pen.form(text_wrap=True, font_color=MUTED, font_size=9))
        sheet.end(13 * lines_of([42, *[_WIDTH] * _ACROSS], text))


def _value(value: object) -> object:
    if isinstance(value, str | int | float) or value is None:
        return value
    return str(value)


def _form(name: str, value: object) -> str:
    """Figures as everywhere, shares as they are in the file, counts as counts."""
    last = name.rpartition(" ")[2]
    if isinstance(value, bool):
        return number_format("rev_rb_enabled")
    if last in _AS_GIVEN:
        return UNTOUCHED
    known = number_format(last)
    if known != UNTOUCHED or not isinstance(value, float):
        return known if not isinstance(value, int) else _whole(last)
    in_r = any(word in heading_of(name) for word in ("(R)", "otal R"))
    return "#,##0.00" if in_r or abs(value) >= 10 else "0.0000"


def _whole(name: str) -> str:
    return "0" if name in ("combination", "trial", "rank", "window") else "#,##0"
