"""What is wrong with a request: the field, the value and the way out."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import ValidationError

from params_optimizer.config.base import Model
from params_optimizer.config.messages import Error, nearest
from params_optimizer.errors import RequestError
from params_optimizer.requests.base import FieldError, Request
from params_optimizer.requests.words import choices_of, requirement

R = TypeVar("R", bound=Request)
Name = Callable[[str], str]
"""From a field to the name that readers know: an option, a parameter, a key."""


def fill(request: type[R], values: Mapping[str, object], name: Name = str) -> R:
    """The request with these values; `name` gives the names of its fields in messages.

    Raises:
        RequestError: a value, or a combination of values, is wrong.
    """
    try:
        return request.model_validate(dict(values))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        lines = dict.fromkeys(_line(request, problem, name) for problem in problems)
        raise RequestError("\n".join(lines)) from error


def refused(refusal: FieldError, name: Name = str) -> str:
    """A refusal in words."""
    reason = re.sub(r"\{(\w+)\}", lambda match: name(match[1]), refusal.reason)
    return f"{name(refusal.field)}{value_text(refusal.value)}: {reason}"


def value_text(value: object) -> str:
    """A value as it stands behind the name of its field; nothing for switches."""
    if value is None or isinstance(value, bool | Mapping | Model) or value == ():
        return ""
    if isinstance(value, tuple | list):
        return "".join(map(value_text, value))
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f" {text}" if re.fullmatch(r"[^\s'\"]+", text) else f" {text!r}"


def _line(request: type[Request], problem: Error, name: Name) -> str:
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, FieldError):
        return refused(cause, name)
    field = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] == "extra_forbidden":
        return f"unknown field {field!r}{nearest(field, request.model_fields)}"
    if problem["type"] == "missing":
        return f"{name(field)}: is missing"
    return (
        f"{name(field)}{value_text(problem['input'])}: {cause or _reason(request, field, problem)}"
    )


def _reason(request: type[Request], field: str, problem: Error) -> str:
    """What the value has to be, from the type of its field."""
    info = request.model_fields[field]
    annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    required = requirement(annotation)
    if required.startswith("a date"):
        return "is not a date; write 2024-12-31"
    if not required:
        return re.sub("^Input should", "must", str(problem["msg"]))
    return f"must be {required}{nearest(str(problem['input']), choices_of(annotation))}"
