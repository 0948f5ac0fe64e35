"""What can be optimised: anything with parameters. No base class, only methods that are there.

Each trial works on a copy of its own, so that nothing a trial does to a target reaches
another trial or the registered target.
"""

import copy
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar, runtime_checkable

from params_optimizer.config.messages import nearest
from params_optimizer.errors import SettingsError
from params_optimizer.strategies.protocol import Parameters


@runtime_checkable
class Target(Protocol):
    """The two methods that every target has.

    Optional: `get_parameters() -> Mapping`, `validate_parameters(parameters) -> (valid,
    message)`, `reset()`, `get_metadata() -> Mapping`.
    """

    def get_parameter_space(self) -> Mapping[str, Any]:
        """The space in its JSON form (docs/choosing-a-method.md)."""

    def set_parameters(self, parameters: Parameters) -> None:
        """Take parameters; must not keep a reference to the mapping."""


T = TypeVar("T")


def check_target(name: str, target: object) -> None:
    """Refuse what lacks a method.

    Raises:
        SettingsError: names the target and what it lacks.
    """
    lacking = [
        method
        for method in ("get_parameter_space", "set_parameters")
        if not callable(getattr(target, method, None))
    ]
    if lacking:
        raise SettingsError(
            f"target {name!r}: {type(target).__name__} lacks {' and '.join(lacking)}; "
            f"every target has both"
        )


def isolated(target: T, parameters: Parameters) -> T:
    """A copy of the target with these parameters; the target itself stays as it is.

    Raises:
        SettingsError: the target does not take the parameters, and says why.
    """
    own = copy.deepcopy(target)
    if callable(reset := getattr(own, "reset", None)):
        reset()
    refuse_invalid(own, parameters)
    own.set_parameters(dict(parameters))  # type: ignore[attr-defined]
    return own


def configured(target: T, parameters: Parameters | None) -> T:
    """The target as it was registered, or a copy with the parameters that were found."""
    return isolated(target, parameters) if parameters else target


def refuse_invalid(target: object, parameters: Parameters) -> None:
    """Ask the target whether it takes the parameters, where it can tell.

    Raises:
        SettingsError: it does not.
    """
    if callable(validate := getattr(target, "validate_parameters", None)):
        valid, message = validate(dict(parameters))
        if not valid:
            raise SettingsError(f"{type(target).__name__}: {dict(parameters)}: {message}")


def known(kind: str, name: str, registered: Mapping[str, T]) -> T:
    """What is registered under `name`.

    Raises:
        SettingsError: nothing is; the nearest name is told.
    """
    if name in registered:
        return registered[name]
    if not registered:
        raise SettingsError(f"{kind} {name!r}: no {kind} is registered; register one first")
    raise SettingsError(
        f"{kind} {name!r} is not registered{nearest(name, registered)}; there are: "
        f"{', '.join(registered)}"
    )
