"""The JSON form of a search space: parameters by name, and constraints between them."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from params_optimizer.config.base import Model
from params_optimizer.config.messages import nearest
from params_optimizer.config.reading import parse_model
from params_optimizer.errors import SpaceError

Value = bool | int | float | str
MOST_VALUES = 2**53
"""Above this, neighbouring integers are the same float."""


R = TypeVar("R", bound="IntParameter | FloatParameter")


class IntParameter(Model):
    """Whole numbers from `low` to `high`, both included; `log` searches orders of magnitude."""

    type: Literal["int"] = "int"
    low: Annotated[int, Field(ge=-MOST_VALUES, le=MOST_VALUES)]
    high: Annotated[int, Field(ge=-MOST_VALUES, le=MOST_VALUES)]
    step: Annotated[int, Field(gt=0)] = 1
    log: bool = False

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        return _check_range(self)


class FloatParameter(Model):
    """Numbers from `low` to `high`; every one of them, or every `step` from `low` on."""

    type: Literal["float"] = "float"
    low: float
    high: float
    step: Annotated[float, Field(gt=0)] | None = None
    log: bool = False

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        return _check_range(self)


def _no_value_twice(choices: tuple[Value, ...]) -> tuple[Value, ...]:
    for at, value in enumerate(choices):
        if value in choices[:at]:  # also 1 beside 1.0 or true: they could not be told apart
            raise ValueError(f"lists {value!r} twice; every value may appear only once")
    return choices


class CategoricalParameter(Model):
    """One of `choices`. Numbers that are listed ascending are ordered, others are not."""

    type: Literal["categorical"] = "categorical"
    choices: Annotated[tuple[Value, ...], Field(min_length=1), AfterValidator(_no_value_twice)]


ParameterModel = IntParameter | FloatParameter | CategoricalParameter
_KINDS: Mapping[str, type[IntParameter] | type[FloatParameter] | type[CategoricalParameter]] = {
    "int": IntParameter,
    "float": FloatParameter,
    "categorical": CategoricalParameter,
}


class SpaceModel(Model):
    """A search space as files and strategies write it."""

    parameters: dict[str, ParameterModel]
    constraints: tuple[str, ...] = ()


def parse_space(content: object, source: str) -> SpaceModel:
    """The model of a space in its JSON form; `source` names it in messages.

    Raises:
        SpaceError: it is something else; every line names the field, the value and the way out.
    """
    if not isinstance(content, Mapping):
        raise SpaceError(f"{source}: contains {content!r:.60}; it must contain a JSON object")
    for key in content:
        if key not in SpaceModel.model_fields:
            hint = nearest(str(key), SpaceModel.model_fields)
            raise SpaceError(
                f"{source}: unknown key {key!r}{hint or ', known: parameters, constraints'}"
            )
    listed = content.get("parameters")
    if not isinstance(listed, Mapping) or not listed:
        raise SpaceError(
            f"{source}: parameters: must list at least one, for example "
            f'{{"fast": {{"type": "int", "low": 2, "high": 50}}}}'
        )
    constraints = content.get("constraints", ())
    if not isinstance(constraints, list | tuple) or not all(
        isinstance(one, str) for one in constraints
    ):
        raise SpaceError(
            f"{source}: constraints: {constraints!r:.60} must be a list of strings such as "
            f'["fast < slow"]'
        )
    parameters = {
        str(name): _parameter(one, f"{source}: parameters.{name}") for name, one in listed.items()
    }
    return SpaceModel(parameters=parameters, constraints=tuple(constraints))


def _parameter(content: object, source: str) -> ParameterModel:
    kind = content.get("type") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or not isinstance(kind, str) or kind not in _KINDS:
        hint = nearest(kind, _KINDS) if isinstance(kind, str) else ""
        raise SpaceError(f"{source}: type: {kind!r} is none of {', '.join(_KINDS)}{hint}")
    return parse_model(_KINDS[kind], dict(content), source, SpaceError)


def _check_range(parameter: R) -> R:
    low, high, step = parameter.low, parameter.high, parameter.step
    if low > high:
        raise ValueError(f"low {low} is above high {high}")
    if parameter.log and low <= 0:
        raise ValueError(f"low {low} must be > 0 where log is true")
    if parameter.log and step not in (None, 1):
        raise ValueError(f"step {step} does not go together with log; leave one of them out")
    if step is not None and (high - low) / step > MOST_VALUES:
        raise ValueError(f"step {step} is too small for the way from {low} to {high}")
    return parameter
