"""What is left of a combination when costs and fills are worse than assumed (R7.3, R8.2)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.day_trade import TradeArrays
from params_optimizer.strategies.initial_balance.fills import pessimistic_r, slipped_r
from params_optimizer.validation.candidates import Figures
from params_optimizer.validation.luck import in_scope, trades_of
from params_optimizer.validation.robustness import AS_TESTED

SPREADS = {"spread_x1_5": 1.5, "spread_x2": 2.0, "spread_x3": 3.0}
"""Multiples of the spread; twice charges a trade that leaves at a level the full spread."""
SLIPPAGE = "slippage"
PESSIMISTIC = "pessimistic"
TOGETHER = "pessimistic_slippage_spread_x2"
SCENARIOS = (AS_TESTED, *SPREADS, SLIPPAGE, PESSIMISTIC, TOGETHER)


def stress(study: Study, number: int, scope: str) -> dict[str, Figures]:
    """The metrics of a combination in every one of `SCENARIOS`, on the trades of a scope.

    The spread changes entries, and so risk and exits: these trades are evaluated anew.
    Slippage makes entry and exit one tick worse (`tick_size` of the symbol); levels and
    sizes stay as they were meant. Pessimistic fills are those of `engine.pessimistic`.
    """
    return {
        name: metrics_of_r(np.ascontiguousarray(r[in_scope(trades, scope)]))
        for name, trades, r in _cases(study, number)
    }


def _cases(study: Study, number: int) -> Iterator[tuple[str, TradeArrays, NDArray[np.float64]]]:
    tick = study.market.tick_size
    tested = trades_of(study, number)
    yield AS_TESTED, tested, tested.r
    doubled = tested
    for name, factor in SPREADS.items():
        trades = trades_of(study, number, factor * study.spread)
        doubled = trades if factor == 2.0 else doubled
        yield name, trades, trades.r
    yield SLIPPAGE, tested, slipped_r(tested, tick)
    yield PESSIMISTIC, tested, _pessimistic(study, number, study.spread, tested)
    worst = _pessimistic(study, number, 2.0 * study.spread, doubled)
    yield TOGETHER, doubled, slipped_r(doubled._replace(r=worst), tick)


def _pessimistic(
    study: Study, number: int, spread: float, trades: TradeArrays
) -> NDArray[np.float64]:
    params = study.params(number)
    levels = study.levels[(params.ib_start, params.ib_end, params.ib_timezone)]
    return pessimistic_r(study.bars, params, spread, levels, trades)
