"""The panel engine beside one combination at a time, and where the two differ (R10)."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import isclose

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.ib_cache import initial_balances
from params_optimizer.data.news import NewsWindows
from params_optimizer.engine.metrics_calculator import COUNTS
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES, PanelEngine
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.initial_balance.params import (
    RULES,
    Execution,
    Params,
    Trade,
)
from params_optimizer.strategies.initial_balance.reference import metrics
from tests.grids import space_of

SCOPES = {"": None, "ocae_": "OCAE", "tcwe_": "TCWE", "reverse_": "Reverse", "rev_rb_": "REV_RB"}
RATIOS = ("sharpe_ratio", "sortino_ratio", "profit_factor", "calmar_ratio")


def axes_of(params: Params) -> GridAxes:
    """The grid of one combination."""
    return GridAxes(
        ib_windows=((params.ib_start, params.ib_end, params.ib_timezone),),
        waits=(params.ib_wait_minutes,),
        windows=(params.trade_window_minutes,),
        rr_targets=(params.rr_target,),
        stop_modes=(params.stop_mode,),
        trailings=((params.tsl_target, params.tsl_sl),),
        min_sls=(params.min_sl_pct,),
        rebounds=((params.rev_rb_enabled, params.rev_rb_pct),),
        buffers=(params.ib_buffer_pct,),
        distances=(params.max_distance_pct,),
    )


def engine_of(
    bars: Bars, axes: GridAxes, spread: float, news: NewsWindows, execution: Execution = RULES
) -> PanelEngine:
    levels = {window: initial_balances(bars, window) for window in axes.ib_windows}
    return PanelEngine(bars, space_of(axes), levels, spread, news, execution)


def panel_columns(
    bars: Bars, axes: GridAxes, spread: float, news: NewsWindows, execution: Execution = RULES
) -> dict[str, NDArray[np.float64]]:
    """Every result column of the whole grid, in combination order."""
    engine, slices = engine_of(bars, axes, spread, news, execution), PanelSlices(space_of(axes))
    columns = np.full((len(MEASURES), slices.combinations), np.nan)
    for tile in slices.groups():
        for piece in tile:
            columns[:, piece.first : piece.first + piece.rows] = engine.metrics(piece)
    return dict(zip(MEASURES, columns, strict=True))


def nested(axes: GridAxes) -> list[Params]:
    """The combinations of a grid by plain nested loops (R11.1)."""
    loops = product(
        axes.ib_windows, axes.waits, axes.windows, axes.rr_targets, axes.stop_modes,
        axes.trailings, axes.min_sls, axes.rebounds, axes.buffers, axes.distances,
    )  # fmt: skip
    return [
        Params(*ib, wait, window, rr, stop, *trailing, min_sl, *rebound, buffer, distance)
        for ib, wait, window, rr, stop, trailing, min_sl, rebound, buffer, distance in loops
    ]


def row_of(trades: Sequence[Trade]) -> dict[str, float]:
    """The reference's result columns of one combination."""
    row = {}
    for prefix, variation in SCOPES.items():
        chosen = [trade.r for trade in trades if variation in {None, trade.variation}]
        row |= {prefix + name: value for name, value in metrics(chosen).items()}
    return row


def differences(got: Mapping[str, float], expected: Mapping[str, float]) -> list[str]:
    """Which columns are outside the tolerances of R10."""
    if list(got) != list(expected):
        return [f"columns {list(got)}, not {list(expected)}"]
    return [
        f"{name}: {got[name]!r}, not {value!r}"
        for name, value in expected.items()
        if not agree(name, float(got[name]), value)
    ]


def agree(name: str, one: float, other: float) -> bool:
    """Counts equal, sums to 1e-9, ratios to 1e-6 of themselves (a sum may be 0 up to 1e-9)."""
    if name.endswith(tuple(COUNTS)):
        return one == other
    return isclose(one, other, rel_tol=1e-6 if name.endswith(RATIOS) else 1e-9, abs_tol=1e-9)
