"""Messages about invalid settings: the key, the value and the way out."""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

Error = Mapping[str, Any]
"""One of `ValidationError.errors()`: its type, place (`loc`), input and message."""

_REASONS = {
    "too_short": "is empty; list at least one value",
    "too_long": "contains too many values",
    "missing": "contains too few values",  # of a list; the missing key of an object is named
}


def explain(model: type[BaseModel], errors: Iterable[Error]) -> list[str]:
    """One line for each cause among the validation errors of `model`."""
    listed = list(errors)
    bad_keys = [error["loc"][:-1] for error in listed if error["loc"][-1:] == ("[key]",)]
    lines: dict[str, None] = {}
    for error in listed:
        below_bad_key = error["loc"][:-1] in bad_keys and error["loc"][-1] != "[key]"
        # A wrong item also makes its list too short.
        follow_up = error["type"] == "too_short" and error["input"] != []
        if not (below_bad_key or follow_up):
            lines[_line(model, error, listed)] = None
    return list(lines)


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean ...?` where one of `names` is spelled much like `name`, else nothing."""
    matches = get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"; did you mean {matches[0]!r}?" if matches else ""


def _line(model: type[BaseModel], error: Error, errors: list[Error]) -> str:
    if not error["loc"]:
        return _reason(error)
    place, above, last = _dotted(error["loc"]), error["loc"][:-1], error["loc"][-1]
    if error["type"] == "extra_forbidden":
        return f"unknown key {place!r}{nearest(str(last), _keys_at(model, above))}"
    if error["type"] == "missing" and isinstance(last, str):
        lacking = [item["loc"] for item in errors if item["type"] == "missing"]
        names = [str(loc[-1]) for loc in lacking if loc[:-1] == above]
        return f"{_dotted(above)}: lacks {', '.join(names)}".removeprefix(": ")
    if last == "[key]":
        return f"{_dotted(above[:-1])}: {_reason(error)}"
    if error["type"] == "missing":
        place = _dotted(above)
    value = json.dumps(error["input"], default=str)
    excerpt = value if len(value) <= 60 else f"{value[:57]}..."
    return f"{place}: {excerpt} {_reason(error)}"


def _reason(error: Error) -> str:
    if error["type"] in _REASONS:
        return _REASONS[error["type"]]
    text = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return text[:1].lower() + text[1:]


def _dotted(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place)


def _keys_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Field names of the model found by walking `place` from `model`."""
    current: object = model
    for part in place:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            current = field.annotation if field else None
        else:  # a value of a dictionary, an item of a tuple
            arguments = get_args(current)
            current = arguments[-1] if arguments else None
    if isinstance(current, type) and issubclass(current, BaseModel):
        return list(current.model_fields)
    return []
