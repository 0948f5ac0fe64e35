"""What is taken from a JSON file of a validation, whatever it lacks."""

from collections.abc import Mapping, Sequence
from typing import Any

Content = Mapping[str, Any]

FIGURES = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")
"""The figures of R10 that are shown."""
_SAID_ELSEWHERE = {"symbol", "generated_data"}


def objects(content: Content, name: str) -> list[dict[str, Any]]:
    """The objects of a list; none where there is no such list."""
    found = content.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def object_of(content: Content, name: str) -> dict[str, Any]:
    """An object, empty where there is none."""
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def notes_of(content: Content) -> list[str]:
    """The sentences of `notes`."""
    found = content.get("notes")
    return [str(one) for one in found] if isinstance(found, list) else []


def facts_of(content: Content) -> dict[str, object]:
    """The plain values, and spans of days as one text."""
    found: dict[str, object] = {}
    for name, value in content.items():
        if isinstance(value, dict) and {"first", "last", "days"} <= set(value):
            found[name] = f"{value['first']} to {value['last']}, {value['days']} trading days"
        elif not isinstance(value, dict | list) and name not in _SAID_ELSEWHERE:
            found[name] = value
    return found


def flat(content: Content) -> dict[str, object]:
    """Plain values, those of an inner object beside them; lists are left to the file."""
    found: dict[str, object] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            shown = figures_of(value) if "total_r" in value else value
            found |= {f"{name} {key}": inner for key, inner in shown.items() if _plain(inner)}
        elif _plain(value):
            found[name] = value
    return found


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def row_of(content: Content, names: Sequence[str], samples: Sequence[str]) -> dict[str, object]:
    """Some values of an object, then the figures of its samples."""
    row: dict[str, object] = {name: content.get(name) for name in names if name in content}
    for sample in samples:
        figures = figures_of(content.get(sample))
        row |= {f"{sample} {name}": figures.get(name) for name in FIGURES}
    return row


def figures_of(found: object) -> dict[str, object]:
    """The figures of R10 that are shown, of an object that has them."""
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in FIGURES if name in found}


def span_of(sample: str, content: Content) -> dict[str, object]:
    """First day, last day and number of days of a sample."""
    days = object_of(content, f"{sample}_days")
    return {f"{sample} {what}": days.get(what) for what in ("first", "last", "days")}
