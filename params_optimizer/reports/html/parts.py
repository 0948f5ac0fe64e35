"""What parts of the page are made of, whatever the validation file they show."""

from collections.abc import Callable
from typing import Any, NamedTuple

from params_optimizer.reports.html.material import Content, Material, from_file
from params_optimizer.reports.html.words import NOTHING


class Part(NamedTuple):
    """A part of the page: text, tables and the data of its pictures, if it has any."""

    template: Content
    data: Any = None


def part_of(material: Material, name: str, make: Callable[[Content], Part]) -> Part | None:
    """The part that `make` makes of `{SYMBOL}_{name}.json`; None where there is no such file.

    Raises:
        DamagedFileError: the file is not what this version writes.
    """
    content = material.json(name)
    if content is None:
        return None
    made: list[Part] = []

    def build() -> Content:
        made.append(make(content))
        return {}

    from_file(material.path(f"{name}.json"), build)
    return made[0]


def table_of(head: list[str], rows: list[list[str]], caption: str, left: int = 1) -> Content:
    """A table whose first `left` columns are text."""
    return {"head": head, "rows": rows, "caption": caption, "left": left}


def further_part(
    key: str, name: str, words: list[str], tables: list[Content], pictures: list[Content]
) -> Part:
    """A part with a heading of its own; `key` is its anchor, every picture has an `id`."""
    places = [{"id": one["id"], "height": 320, "label": name} for one in pictures]
    said = {"key": key, "name": name, "words": words, "tables": tables, "figures": places}
    return Part(said, pictures)


def percent_of(share: float | None) -> str:
    """A probability in percent with one digit."""
    return NOTHING if share is None else f"{100 * share:.1f} %"


def interval(low: float | None, high: float | None) -> str:
    """Two ends with one digit."""
    return NOTHING if low is None or high is None else f"{low:,.1f} to {high:,.1f}"
