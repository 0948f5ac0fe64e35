"""Search methods by name.

To add one: a file beside this one with a function `make(setup)`, and a line here.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from params_optimizer.config.messages import nearest
from params_optimizer.errors import SettingsError

if TYPE_CHECKING:
    from params_optimizer.config.search import MethodSettings
    from params_optimizer.search.methods.method import Method
    from params_optimizer.search.space import ParameterSpace

METHODS: Final[Mapping[str, str]] = {
    "grid": "params_optimizer.search.methods.grid",
    "random": "params_optimizer.search.methods.random",
    "bayesian": "params_optimizer.search.methods.bayesian",
    "genetic": "params_optimizer.search.methods.genetic",
    "particle-swarm": "params_optimizer.search.methods.particle_swarm",
    "nsga2": "params_optimizer.search.methods.nsga2",
}
"""Name -> module, imported when the method is made: requests need the names alone."""


def make_method(
    name: str,
    space: "ParameterSpace",
    settings: "MethodSettings",
    seed: int,
    trials: int | None = None,
) -> "Method":
    """The method called `name`, at its beginning.

    `trials` is how many are planned, None where that is open.

    Raises:
        SettingsError: there is no such method; the nearest name is shown.
        SpaceError: it cannot search this space.
    """
    from params_optimizer.search.methods.method import Setup

    if name not in METHODS:
        hint = nearest(name, METHODS)
        raise SettingsError(f"--method {name!r}: choose one of {', '.join(METHODS)}{hint}")
    method: Method = import_module(METHODS[name]).make(Setup(space, settings, seed, trials))
    return method
