"""What parts of the page are made of, whatever the validation file they show."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from params_optimizer.reports.html.material import Content, RunFiles, from_file
from params_optimizer.reports.html.words import NOTHING, figure


class Part(NamedTuple):
    """A part of the page: text, tables and the data of its pictures, if it has any."""

    template: Content
    data: Any = None


def part_of(material: RunFiles, name: str, make: Callable[[Content], Part]) -> Part | None:
    """The part that `make` makes of `{market}_{name}.json`; None where there is no such file.

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


def searched(content: Mapping[str, Any]) -> bool:
    """Whether a validation file is that of a search, whose parameter sets are its trials."""
    return "strategy" in content


def number_of(one: Mapping[str, Any]) -> int | None:
    """What names a parameter set: its trial, or its combination of a grid."""
    found = one["trial"] if "trial" in one else one["combination"]
    return None if found is None else int(found)


def shown_number(one: Mapping[str, Any], nothing: str = "too few trades") -> str:
    """The same for people; `nothing` where no parameter set was good enough."""
    number = number_of(one)
    return nothing if number is None else f"{number:,}"


_BORDER_HEADS = ("Total R", "Trades", "Win %", "Sharpe", "Drawdown, R")
_BORDER_METRICS = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")
_POLICIES = {
    "close": "closed at the border",
    "carry": "carried over it",
    "drop": "left out",
}


def border_table(
    found: Mapping[str, Mapping[str, Mapping[str, Any]] | None], used: str
) -> list[Content]:
    """The figures of each border policy, the one `used` marked; no table where none differs.

    `found` has them by name of the list of trades.
    """
    rows = [
        [
            name,
            f"{_POLICIES.get(policy, policy)}{' (used)' if policy == used else ''}",
            *(figure(metric, metrics.get(metric)) for metric in _BORDER_METRICS),
        ]
        for name, borders in found.items()
        for policy, metrics in (borders or {}).items()
    ]
    head = ["", "Trades still open at the border", *_BORDER_HEADS]
    caption = "What the treatment of trades that leave their days makes of the figures."
    return [table_of(head, rows, caption, left=2)] if rows else []
