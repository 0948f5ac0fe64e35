"""What can be optimised: anything with parameters. No base class, only methods that are there.

Each trial works on its own copy, so that nothing a trial does to a target reaches another
trial or the registered target.
"""

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np

from params_optimizer.config.messages import nearest
from params_optimizer.errors import SettingsError
from params_optimizer.strategies.protocol import Parameters


class InvalidParametersError(SettingsError):
    """Parameters that a target says it does not take."""


T = TypeVar("T")
Named = TypeVar("Named")


class Target(Protocol):
    """The two methods that every target has.

    Optional: `backtest(market)`, `parts() -> Mapping[str, Target]`, `reset()` and
    `validate_parameters(parameters) -> (valid, message)`. In their place a rule may have a
    `parameter_space` and attributes named as its parameters.
    """

    def get_parameter_space(self) -> Mapping[str, Any]:
        """The space in its JSON form (docs/choosing-a-method.md), or `{name: [values]}`."""

    def set_parameters(self, parameters: Parameters) -> None:
        """Take parameters; must not keep a reference to the mapping."""


def check_target(name: str, target: object) -> None:
    """Refuse what cannot be searched; a regime detector without parameters is only asked.

    Raises:
        SettingsError: names the target and what it lacks.
    """
    place = f"target {name!r}: {type(target).__name__}"
    searchable = hasattr(target, "get_parameter_space") or hasattr(target, "parameter_space")
    if not searchable and callable(getattr(target, "labels", None)):
        return
    lacking = [] if searchable else ["get_parameter_space() or parameter_space"]
    names = space_of(target, place)["parameters"] if searchable else {}
    if not callable(getattr(target, "set_parameters", None)):
        missing = [key for key in names if not hasattr(target, key)]
        if missing or not searchable:
            shown = f", or attributes {', '.join(missing)}" if missing else ""
            lacking.append(f"set_parameters(parameters){shown}")
    if lacking:
        raise SettingsError(f"{place} lacks {' and '.join(lacking)}")


def space_of(target: object, place: str) -> dict[str, Any]:
    """The space of a target in its JSON form.

    Raises:
        SettingsError: it is neither that nor a mapping of names to lists of values.
    """
    source = getattr(target, "get_parameter_space", None) or getattr(
        target, "parameter_space", None
    )
    content: Any = source() if callable(source) else source
    if not isinstance(content, Mapping) or not content:
        raise SettingsError(
            f"{place}: its parameter space is {content!r:.60}; it must be {{name: [values]}}, or "
            f"have the form of a space file"
        )
    if isinstance(content.get("parameters"), Mapping):
        return dict(content)
    return {"parameters": {name: _axis(place, name, axis) for name, axis in content.items()}}


def _axis(place: str, name: str, values: Any) -> Mapping[str, Any]:  # noqa: ANN401  anybody's
    if isinstance(values, Mapping):
        return values
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise SettingsError(f"{place}: parameter {name!r}: {values!r} must be a list of values")
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    return {"type": "categorical", "choices": plain}


def set_on(target: Any, parameters: Parameters) -> None:  # noqa: ANN401  anybody's
    """Give a target parameters: by its method, else as attributes."""
    if hasattr(target, "set_parameters"):
        target.set_parameters(dict(parameters))
        return
    for name, value in parameters.items():
        setattr(target, name, value)


def configured(target: T, parameters: Parameters) -> T:
    """A copy of the target with these parameters; the target itself stays as it is.

    Raises:
        InvalidParametersError: the target does not take the parameters, and says why.
    """
    copied: Any = copy.deepcopy(target)
    if hasattr(copied, "reset"):
        copied.reset()
    if hasattr(copied, "validate_parameters"):
        valid, message = copied.validate_parameters(dict(parameters))
        if not valid:
            raise InvalidParametersError(f"{type(target).__name__}: {dict(parameters)}: {message}")
    set_on(copied, parameters)
    configured_target: T = copied
    return configured_target


def registered(kind: str, name: str, components: Mapping[str, Named]) -> Named:
    """The component of this name.

    Raises:
        SettingsError: there is none; the nearest name is shown.
    """
    if name in components:
        return components[name]
    if not components:
        raise SettingsError(f"{kind} {name!r}: no {kind} is registered; register one first")
    raise SettingsError(
        f"{kind} {name!r} is not registered{nearest(name, components)}; there are: "
        f"{', '.join(components)}"
    )
