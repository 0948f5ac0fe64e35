"""A plain function as a strategy: `def crossing(bars, fast=10, slow=30)`."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.errors import StrategyError
from params_optimizer.strategies.account import STANDARD_ACCOUNT, Account
from params_optimizer.strategies.guard import checked_targets, telling
from params_optimizer.strategies.positions import PositionStrategy
from params_optimizer.strategies.protocol import Parameters

Function = Callable[..., object]


class FunctionStrategy(PositionStrategy):
    """The positions that a function of bars and parameters wants at each close.

    The space is `function.space` (JSON form) where the function has that attribute. Else each
    parameter says its own: `Literal["a", "b"]` and `bool` are choices, `Annotated[int, (2, 50)]`
    or `Annotated[float, (0.5, 3.0, 0.1)]` are low, high and step, and a mere number above 0
    is searched from its half to its double.
    """

    def __init__(
        self,
        function: Function,
        account: Account = STANDARD_ACCOUNT,
        *,
        name: str | None = None,
        space: Mapping[str, Any] | None = None,
    ) -> None:
        """Take a function; `name` is how it can be imported again, `space` wins over its own.

        Raises:
            StrategyError: the space cannot be derived from the function.
        """
        super().__init__(account)
        self.function = function
        self._name = name or f"{function.__module__}:{function.__qualname__}"
        declared = space or getattr(function, "space", None)
        self._space = declared if declared is not None else space_of(function, self._name)

    @property
    def name(self) -> str:
        """`module:function`."""
        return self._name

    def space(self) -> Mapping[str, Any]:
        """The given space, or that of the function's parameters."""
        return self._space

    def targets(self, bars: Bars, parameters: Parameters) -> NDArray[np.float64]:
        """What the function returns.

        Raises:
            StrategyError: it raises an exception, or does not return positions.
        """
        with telling(self.name, parameters):
            values = self.function(bars, **parameters)
        return checked_targets(self.name, parameters, bars, values)


def space_of(function: Function, name: str) -> dict[str, Any]:
    """The JSON form of the space that the parameters of `function` declare.

    Raises:
        StrategyError: a parameter declares no values; the message says how to.
    """
    try:
        signature = inspect.signature(function, eval_str=True)
    except (NameError, ValueError, TypeError) as error:
        raise StrategyError(f"strategy {name}: its parameters cannot be read: {error}") from error
    parameters = list(signature.parameters.values())[1:]
    axes = {parameter.name: _range(parameter, name) for parameter in parameters}
    if not axes:
        raise StrategyError(
            f"strategy {name}: has no parameters to search; write them after the bars: "
            f"def {name.rpartition(':')[2]}(bars, fast=10, slow=30)"
        )
    return {"parameters": axes, "constraints": []}


def _range(parameter: inspect.Parameter, name: str) -> dict[str, Any]:
    """How one parameter is searched."""
    kind, default = parameter.annotation, parameter.default
    if get_origin(kind) is Literal:
        return {"type": "categorical", "choices": list(get_args(kind))}
    if get_origin(kind) is Annotated:
        base, *rest = get_args(kind)
        if base in (int, float) and isinstance(rest[0], tuple) and len(rest[0]) in (2, 3):
            limits = dict(zip(("low", "high", "step"), rest[0], strict=False))
            return {"type": base.__name__, **limits}
    if kind is bool or isinstance(default, bool):
        return {"type": "categorical", "choices": [False, True]}
    if isinstance(default, int) and default > 0:
        return {"type": "int", "low": max(1, default // 2), "high": 2 * default, "step": 1}
    if isinstance(default, float) and 0 < default < np.inf:
        return {"type": "float", "low": default / 2, "high": 2 * default}
    raise StrategyError(
        f"strategy {name}: the values of {parameter.name!r} to try are unknown; give it "
        f"a default above 0 ({parameter.name}=10 is searched from 5 to 20), or limits "
        f"({parameter.name}: Annotated[int, (2, 50)]), or choices (Literal['a', 'b'])"
    )
