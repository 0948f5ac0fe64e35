"""Grids of the Initial Balance for tests."""

from params_optimizer.config import GridValues, IBWindow
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.initial_balance.grid import (
    GridAxes,
    grid_model,
    model_of_manifest,
)
from params_optimizer.strategies.initial_balance.params import Params


def space_of(axes: GridAxes) -> ParameterSpace:
    """The grid of these values."""
    return ParameterSpace(model_of_manifest(axes._asdict()))


def grid_of(values: GridValues, ib_windows: tuple[IBWindow, ...]) -> ParameterSpace:
    """The grid that these settings make."""
    return ParameterSpace(grid_model(values, ib_windows))


def params_of(grid: ParameterSpace, number: int) -> Params:
    """The parameters of a combination."""
    return Params(**grid[number])
