"""A small case that the compiled kernels have to solve as the plain rules do.

An error of a compiler or a processor would be a wrong number in every row.
"""

from collections.abc import Iterator

import numpy as np

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.ib_cache import initial_balances
from params_optimizer.data.news import NO_NEWS
from params_optimizer.environment import delete_kernels
from params_optimizer.errors import StorageError
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.grid import GridAxes, model_of_manifest
from params_optimizer.strategies.initial_balance.panel.engine import PanelEngine
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.initial_balance.params import VARIATIONS, Params, Trade
from params_optimizer.strategies.initial_balance.reference import backtest as reference_backtest
from params_optimizer.strategies.initial_balance.reference import metrics

AXES = GridAxes(
    ib_windows=(("08:00", "08:30", "UTC"),),
    waits=(0,),
    windows=(90,),
    rr_targets=(1.0,),
    stop_modes=("ib_start", "eq"),
    trailings=((0.0, 0.5), (0.5, 0.5)),
    min_sls=(0.001,),
    rebounds=((True, 0.0),),
    buffers=(0.0,),
    distances=(0.75,),
)
SPREAD = 0.02
_DAYS, _MINUTES, _FIRST_MINUTE, _TICK = 8, 240, 27_999_840, 0.05
_SEED = 22  # bars with trades of every variation and every way to leave


def self_test() -> None:
    """Compare the compiled kernels with the reference rules: trades, and rows of a grid.

    Raises:
        StorageError: they differ. The kernels are deleted, to be compiled again.
    """
    for name, kernels_agree in _comparisons():
        if not kernels_agree:
            folder = delete_kernels()
            raise StorageError(
                f"the compiled kernels in {folder} do not give the results of the reference rules "
                f"({name}): they were deleted; start the same command again. If that does not "
                f"help, this processor or the installed Numba does not calculate as it should: "
                f"install the requirements again, or use another machine"
            )


def bars_of_the_case() -> Bars:
    """Eight mornings of a random walk in whole ticks."""
    random = np.random.default_rng(_SEED)
    time = _FIRST_MINUTE + np.add.outer(1440 * np.arange(_DAYS), np.arange(_MINUTES)).ravel()
    ticks = np.cumsum(random.integers(-2, 3, time.size))
    close = 100 + np.float64(_TICK) * ticks
    opened = np.concatenate([[100.0], close[:-1]])
    above, below = np.float64(_TICK) * random.integers(0, 3, (2, time.size))
    high, low = np.maximum(opened, close) + above, np.minimum(opened, close) - below
    return Bars.from_arrays("TEST", M1(time, opened, high, low, close, np.ones(time.size)))


def _comparisons() -> Iterator[tuple[str, bool]]:
    """What is compared, and whether it agrees."""
    bars, grid = bars_of_the_case(), ParameterSpace(model_of_manifest(AXES._asdict()))
    levels = {window: initial_balances(bars, window) for window in AXES.ib_windows}
    (slice_,) = PanelSlices(grid)
    rows = PanelEngine(bars, grid, levels, SPREAD, NO_NEWS).metrics(slice_).T
    for number, row in enumerate(rows):
        params = Params(**grid[number])  # type: ignore[arg-type]
        expected = reference_backtest(bars, params, SPREAD, NO_NEWS)
        yield "trades", backtest(bars, params, SPREAD, NO_NEWS) == expected
        yield "metrics", np.allclose(row, _figures(expected), rtol=1e-6, atol=1e-9)


def _figures(trades: list[Trade]) -> list[float]:
    """A row as the panel engine has it."""
    scopes = (None, *VARIATIONS)
    return [
        figure
        for scope in scopes
        for figure in metrics(
            [trade.r for trade in trades if scope in (None, trade.variation)]
        ).values()
    ]
