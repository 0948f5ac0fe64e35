"""Before anything is timed: the three engines agree on a sample of the standard grid.

Trades of the per-combination kernel and of the reference are equal bit for bit, and the
panel's columns are the metrics of these trades within the tolerances of R10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from random import Random

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import COUNTS, METRICS, metrics_of_r
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.backtest import backtest, backtest_arrays
from params_optimizer.strategies.initial_balance.day_trade import TradeArrays
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.initial_balance.params import VARIATIONS, Params, Trade
from params_optimizer.strategies.initial_balance.reference import backtest as reference_backtest
from params_optimizer.strategies.initial_balance.reference import metrics as reference_metrics

SEED = 20_240_501
_RATIOS = frozenset({"sharpe_ratio", "sortino_ratio", "profit_factor", "calmar_ratio"})
_SHOWN = 10


class EnginesDifferError(Exception):
    """The engines disagree: there is nothing worth timing."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How many combinations of the kernel, of the reference, and trades were compared."""

    combinations: int
    references: int
    trades: int


def check(study: Study, combinations: int, references: int) -> Checked:
    """Compare the engines on seeded samples of the study's grid.

    Args:
        study: a grid that is small enough to be evaluated whole.
        combinations: how many are compared between panel and per-combination kernel.
        references: how many of these are compared with the (slow) reference too.

    Raises:
        EnginesDifferError: names the first differences.
    """
    numbers = sample(study, combinations)
    rows = panel_columns(study)[:, numbers]
    trades, found = 0, []
    for place, number in enumerate(numbers):
        figures = dict(zip(MEASURES, rows[:, place].tolist(), strict=True))
        with_reference = place < references
        differences, compared = _compare(study, study.params(number), figures, with_reference)
        found += [f"combination {number}: {difference}" for difference in differences]
        trades += compared
    if found:
        lines = [f"{len(found)} differences between the engines; nothing is timed:"]
        raise EnginesDifferError("\n  ".join([*lines, *found[:_SHOWN]]))
    return Checked(len(numbers), min(references, len(numbers)), trades)


def sample(study: Study, count: int) -> list[int]:
    """Different combinations of the grid, the same ones every time."""
    return Random(SEED).sample(range(len(study.grid)), min(count, len(study.grid)))


def panel_columns(study: Study) -> NDArray[np.float64]:
    """Every metric of the whole grid by the panel, shape (len(MEASURES), combinations)."""
    engine = study.engine()
    columns = np.full((len(MEASURES), len(study.grid)), np.nan)
    for tile in PanelSlices(study.grid).groups():
        for piece in tile:
            columns[:, piece.first : piece.first + piece.rows] = engine.metrics(piece)
    return columns


def trade_figures(trades: TradeArrays) -> dict[str, float]:
    """The same metrics of the trades of the per-combination kernel."""
    figures = metrics_of_r(trades.r)
    for code, variation in enumerate(VARIATIONS):
        of_variation = metrics_of_r(trades.r[trades.variation == code])
        figures |= {f"{variation.lower()}_{name}": of_variation[name] for name in METRICS}
    return figures


def reference_figures(trades: Sequence[Trade]) -> dict[str, float]:
    """The same metrics of a list of trades, in plain Python."""
    figures: dict[str, float] = {}
    for variation in (None, *VARIATIONS):
        prefix = f"{variation.lower()}_" if variation else ""
        chosen = [trade.r for trade in trades if variation in (None, trade.variation)]
        figures |= {prefix + name: value for name, value in reference_metrics(chosen).items()}
    return figures


def _compare(
    study: Study, params: Params, figures: Mapping[str, float], with_reference: bool
) -> tuple[list[str], int]:
    """Differences of one combination, and how many trades were compared."""
    levels = study.levels[(params.ib_start, params.ib_end, params.ib_timezone)]
    question = (study.bars, params, study.spread, study.news)
    trades = backtest_arrays(*question, levels, study.execution)
    found = _differences("kernel", figures, trade_figures(trades))
    if not with_reference:
        return found, 0
    got = backtest(*question, levels, study.execution)
    expected = reference_backtest(*question, study.execution)
    if got != expected:  # prices and R bit for bit: plain equality of floats
        pairs = zip(got, expected, strict=False)
        first = next((f"{one}, not {other}" for one, other in pairs if one != other), "count")
        found.append(f"kernel has {len(got)} trades, reference {len(expected)}; first: {first}")
    return found + _differences("reference", figures, reference_figures(expected)), len(expected)


def _differences(
    other: str, figures: Mapping[str, float], expected: Mapping[str, float]
) -> list[str]:
    return [
        f"{name}: panel {figures[name]!r}, {other} {value!r}"
        for name, value in expected.items()
        if not _agree(name, figures[name], value)
    ]


def _agree(name: str, one: float, other: float) -> bool:
    """The tolerances of R10; a ratio of sums that are 0 within theirs is 0 within these."""
    metric = next(metric for metric in METRICS if name.endswith(metric))
    if metric in COUNTS:
        return one == other
    if metric in _RATIOS:
        return isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    return abs(one - other) <= 1e-9
