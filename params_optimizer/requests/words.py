"""What a field of a request has to be, in words that its type gives."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

_KINDS: dict[object, str] = {
    int: "an integer",
    float: "a number",
    str: "text",
    bool: "true or false",
    date: "a date such as 2024-12-31",
    Path: "a path",
}


def requirement(annotation: object) -> str:
    """`an integer >= 1`, `one of a, b`: what a value of this type is; empty where unknown."""
    if get_origin(annotation) in (Union, UnionType):
        parts = [requirement(part) for part in get_args(annotation) if part is not NoneType]
        return " or ".join(dict.fromkeys(filter(None, parts)))
    if get_origin(annotation) is Literal:
        choices = [str(choice) for choice in get_args(annotation)]
        return f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    if get_origin(annotation) is Annotated:
        kind, *metadata = get_args(annotation)
        limits = [text for rule in metadata for text in _limits(rule)]
        return " ".join([requirement(kind), " and ".join(limits)]).strip()
    return _KINDS.get(annotation, "")


def choices_of(annotation: object) -> list[str]:
    """Every text that the literals of a type name."""
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return [choice for part in get_args(annotation) for choice in choices_of(part)]


def _limits(rule: object) -> Iterator[str]:
    rules = rule.metadata if isinstance(rule, FieldInfo) else [rule]
    for limit in rules:
        match limit:
            case Ge(ge=value):
                yield f">= {value}"
            case Gt(gt=value):
                yield f"> {value}"
            case Le(le=value):
                yield f"<= {value}"
            case Lt(lt=value):
                yield f"< {value}"
