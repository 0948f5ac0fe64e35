"""The JSON form of a parameter space: parameters by name, and constraints between them."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from params_optimizer.config.base import Model
from params_optimizer.config.messages import nearest
from params_optimizer.config.reading import parse_model
from params_optimizer.errors import SpaceError

Value = bool | int | float | str
MAX_VALUES = 2**53
"""Above this, neighbouring integers are the same float."""


R = TypeVar("R", bound="IntParameter | FloatParameter")


class IntParameter(Model):
    """Whole numbers from `low` to `high`, both included; `log` searches orders of magnitude."""

    type: Literal["int"] = "int"
    low: Annotated[int, Field(ge=-MAX_VALUES, le=MAX_VALUES)]
    high: Annotated[int, Field(ge=-MAX_VALUES, le=MAX_VALUES)]
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


def _distinct(choices: tuple[Value, ...]) -> tuple[Value, ...]:
    _check_distinct(choices)
    return choices


class CategoricalParameter(Model):
    """One of `choices`. Numbers that are listed in ascending order are ordered, others are not."""

    type: Literal["categorical"] = "categorical"
    choices: Annotated[tuple[Value, ...], Field(min_length=1), AfterValidator(_distinct)]


class JoinedParameter(Model):
    """Parameters called `names` whose values change together: one row of `choices` at a time."""

    type: Literal["joined"] = "joined"
    names: Annotated[tuple[str, ...], Field(min_length=1)]
    choices: Annotated[tuple[tuple[Value, ...], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        _check_distinct(self.names)
        _check_distinct(self.choices)
        for row in self.choices:
            if len(row) != len(self.names):
                raise ValueError(f"choices: {list(row)} must have {len(self.names)} values")
        return self


ListedParameter = CategoricalParameter | JoinedParameter
ParameterModel = IntParameter | FloatParameter | CategoricalParameter | JoinedParameter
_KINDS: Mapping[str, type[ParameterModel]] = {
    "int": IntParameter,
    "float": FloatParameter,
    "categorical": CategoricalParameter,
    "joined": JoinedParameter,
}


class SpaceModel(Model):
    """A parameter space as files and strategies write it."""

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
        isinstance(text, str) for text in constraints
    ):
        raise SpaceError(
            f"{source}: constraints: {constraints!r:.60} must be a list of strings such as "
            f'["fast < slow"]'
        )
    parameters = {
        str(name): _parameter(entry, f"{source}: parameters.{name}")
        for name, entry in listed.items()
    }
    return SpaceModel(parameters=parameters, constraints=tuple(constraints))


def _parameter(content: object, source: str) -> ParameterModel:
    kind = content.get("type") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or not isinstance(kind, str) or kind not in _KINDS:
        hint = nearest(kind, _KINDS) if isinstance(kind, str) else ""
        raise SpaceError(f"{source}: type: {kind!r} is none of {', '.join(_KINDS)}{hint}")
    return parse_model(_KINDS[kind], dict(content), source, SpaceError)


def _check_distinct(values: Iterable[Hashable]) -> None:
    seen = set[Hashable]()
    for value in values:
        if value in seen:  # also 1 beside 1.0 or true: they could not be told apart
            raise ValueError(f"lists {value!r} twice; every value may appear only once")
        seen.add(value)


def _check_range(parameter: R) -> R:
    low, high, step = parameter.low, parameter.high, parameter.step
    if low > high:
        raise ValueError(f"low {low} is above high {high}")
    if parameter.log and low <= 0:
        raise ValueError(f"low {low} must be > 0 where log is true")
    if parameter.log and step not in (None, 1):
        raise ValueError(f"step {step} does not go together with log; leave one of them out")
    if step is not None and (high - low) / step > MAX_VALUES:
        raise ValueError(f"step {step} is too small for the way from {low} to {high}")
    return parameter
