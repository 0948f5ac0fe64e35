"""Arguments of components, checked strictly: a text is no number, and `true` is not 1.

The types and ranges are those of the constructor's annotations, for files and for Python.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from params_optimizer.config import Model
from params_optimizer.config.messages import Error, explain
from params_optimizer.errors import SettingsError

C = TypeVar("C")
Count = Annotated[int, Field(ge=1)]
Several = Annotated[int, Field(ge=2)]
Problem = tuple[tuple[str | int, ...], str]
"""Where in the arguments a problem is, and what it is."""

_WAYS_OUT: Final[Mapping[str, str]] = {
    "bool_type": "write true or false",
    "int_type": "write a whole number such as 10",
    "float_type": "write a number such as 0.02",
    "string_type": "write it in quotes",
    "tuple_type": "write a list such as [a, b]",
}


class _Arguments(Model):
    model_config = ConfigDict(arbitrary_types_allowed=True)


class WrongArgumentsError(SettingsError):
    """Arguments that a component does not take; `problems` says which and why."""

    def __init__(self, component: str, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{component}: {reason}" for _, reason in problems))
        self.problems = tuple(problems)


def checked(component: type[C]) -> type[C]:
    """The class, with a constructor that refuses wrong types, ranges and names.

    Its errors are `WrongArgumentsError`.
    """
    initialise, names = component.__init__, list(inspect.signature(component).parameters)

    @wraps(initialise)
    def init(self: C, *positional: object, **named: object) -> None:
        arguments = {**dict(zip(names, positional, strict=False)), **named}
        initialise(self, **validated(component, arguments))

    component.__init__ = init  # type: ignore[method-assign, assignment]
    return component


def validated(component: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments of a component, lists as tuples.

    Raises:
        WrongArgumentsError: names each wrong argument, its value and the way out.
    """
    model = _model(component)
    try:
        content = model.model_validate(frozen(arguments))
    except ValidationError as error:
        raise WrongArgumentsError(component.__name__, problems_of(model, error)) from error
    return {name: getattr(content, name) for name in model.model_fields}


def problems_of(model: type[BaseModel], error: ValidationError) -> list[Problem]:
    """What is wrong, each once."""
    problems: dict[Problem, None] = {}
    for cause in error.errors(include_url=False):
        (reason,) = explain(model, [cause]) or ("",)
        place = tuple(key for key in cause["loc"] if key != "[key]")
        problems[place, f"{reason}{_way_out(cause)}"] = None
    return list(problems)


def frozen(value: Any) -> Any:  # noqa: ANN401  any plain value
    """Plain content with lists as tuples: strict models take no lists."""
    if isinstance(value, Mapping):
        return {key: frozen(item) for key, item in value.items()}
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def _way_out(cause: Error) -> str:
    way_out = _WAYS_OUT.get(str(cause["type"]))
    return f"; {way_out}" if way_out else ""


@cache
def _model(component: Callable[..., Any]) -> type[BaseModel]:
    """The parameters of a constructor as a model."""
    empty = inspect.Parameter.empty
    fields: dict[str, Any] = {
        name: (
            Any if parameter.annotation is empty else parameter.annotation,
            ... if parameter.default is empty else parameter.default,
        )
        for name, parameter in inspect.signature(component, eval_str=True).parameters.items()
    }
    return create_model(component.__name__, __base__=_Arguments, **fields)
