"""Whether a strategy can trade a space: told before any work, not by every trial in turn."""

from collections.abc import Iterator

import numpy as np

from params_optimizer.config.messages import nearest
from params_optimizer.config.space import FloatParameter
from params_optimizer.data.bars import M1, Bars
from params_optimizer.errors import SpaceError, StrategyError
from params_optimizer.search.axis import Axis, AxisValue
from params_optimizer.search.space import Parameters, ParameterSpace
from params_optimizer.strategies.protocol import Canonical, Strategy

_BARS = 500
_CHOICES = 20
"""Most values of one axis that are tried."""
_TRIES = 20


def check_names(space: ParameterSpace, strategy: Strategy, source: str) -> None:
    """Refuse parameters that the strategy does not have, and floats for its whole numbers.

    Raises:
        SpaceError: the message names the parameter and the nearest one of the strategy.
    """
    axes = strategy.space()["parameters"]
    names = list(axes)
    for name in space.names:
        if name not in names:
            hint = nearest(name, names) or f"; it has {', '.join(names)}"
            raise SpaceError(
                f"{source}: parameters.{name}: strategy {strategy.name} has no such parameter{hint}"
            )
    for axis in space.axes:
        if isinstance(axis.model, FloatParameter) and axes[axis.name].get("type") == "int":
            raise SpaceError(
                f"{source}: parameters.{axis.name}: is of type float; strategy {strategy.name} "
                f'takes whole numbers: write "type": "int"'
            )
    missing = [name for name in names if name not in space.names]
    if missing and isinstance(strategy, Canonical):
        raise SpaceError(
            f"{source}: parameters: {', '.join(missing)} missing; strategy {strategy.name} has no "
            f"value of its own for it: give it one with "
            f'{{"type": "categorical", "choices": [...]}}'
        )


def check_values(space: ParameterSpace, strategy: Strategy, bars: Bars, source: str) -> None:
    """Try the ends of every axis on the first bars.

    What the strategy itself refuses is refused here. Its bugs are not: they may belong to a few
    parameter sets, or to so few bars, and are told with the trials.

    Raises:
        SpaceError: the strategy refuses a value.
    """
    m1 = M1._make(column[:_BARS] for column in bars.m1)
    few = Bars.from_arrays(bars.symbol, m1, generated=bars.generated)
    for parameters in _ends(space):
        try:
            strategy.trades(few, dict(parameters))
        except StrategyError as error:
            if error.__cause__ is None:
                raise SpaceError(f"{source}: {error}") from error
        except Exception:  # noqa: BLE001, S112  a bug: told with the trials
            continue


def _ends(space: ParameterSpace) -> Iterator[Parameters]:
    """Allowed parameter sets, with the least and the greatest value, or every choice, of each."""
    rng = np.random.default_rng(0)
    for axis in space.axes:
        for value in _values(axis):
            for _ in range(_TRIES):
                parameters = {**space.sample(rng), **axis.assign(value)}
                if space.allows(parameters):
                    yield space.canonical(parameters)
                    break


def _values(axis: Axis) -> list[AxisValue]:
    if axis.ordered or axis.count is None:
        return [axis.decode(0.0), axis.decode(1.0)]
    return [axis.value(place) for place in range(min(axis.count, _CHOICES))]
