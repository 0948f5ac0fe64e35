"""What can be optimised: anything with parameters. No base class, only methods that are there.

Each trial works on its own copy, so that nothing a trial does to a target reaches another
trial or the registered target.
"""

import copy
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

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
    `validate_parameters(parameters) -> (valid, message)`.
    """

    def get_parameter_space(self) -> Mapping[str, Any]:
        """The space in its JSON form (docs/choosing-a-method.md)."""

    def set_parameters(self, parameters: Parameters) -> None:
        """Take parameters; must not keep a reference to the mapping."""


def check_methods(kind: str, name: str, component: object, methods: tuple[str, ...]) -> None:
    """Refuse a component that lacks a method.

    Raises:
        SettingsError: names the component and what it lacks.
    """
    missing = [method for method in methods if not callable(getattr(component, method, None))]
    if missing:
        raise SettingsError(
            f"{kind} {name!r}: {type(component).__name__} lacks {' and '.join(missing)}"
        )


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
    copied.set_parameters(dict(parameters))
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
