"""Trades and figures of one combination against the reference rules, trade by trade."""

from collections.abc import Iterator, Mapping, Sequence
from math import isclose
from typing import Any, Final

from params_optimizer.data.bars import Bars
from params_optimizer.data.ib_cache import IBLevels
from params_optimizer.data.news import NewsWindows
from params_optimizer.engine.metrics_calculator import COUNTS
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.params import (
    VARIATIONS,
    Execution,
    Params,
    Trade,
)
from params_optimizer.strategies.initial_balance.reference import backtest as reference_backtest
from params_optimizer.strategies.initial_balance.reference import metrics
from params_optimizer.strategies.protocol import Verification

_RATIOS: Final = frozenset({"sharpe_ratio", "sortino_ratio", "profit_factor", "calmar_ratio"})


def verification(
    question: tuple[Bars, Params, float, NewsWindows],
    execution: Execution,
    levels: IBLevels,
    figures: Mapping[str, Any],
) -> Verification:
    """Compare the trades on the days of `levels`, and `figures`, which are result columns.

    The `question` is put to both: bars, parameters, spread in points, and news windows.
    """
    dates = set(levels.date.tolist())
    whole = reference_backtest(*question, execution)
    expected = [trade for trade in whole if trade.date in dates]
    trades = backtest(*question, levels, execution)
    pairs = list(_figures(figures, expected))
    differences = [*_trade_differences(expected, trades)]
    differences += [
        f"{name} {value!r}, the reference has {other!r}"
        for name, value, other in pairs
        if not _agree(name, value, other)
    ]
    return Verification(len(expected), len(pairs), tuple(differences))


def _trade_differences(expected: Sequence[Trade], trades: Sequence[Trade]) -> Iterator[str]:
    if len(expected) != len(trades):
        yield f"{len(trades)} trades, the reference has {len(expected)}"
        return
    for trade, other in zip(trades, expected, strict=True):
        if trade != other:
            yield f"trade {trade}, the reference has {other}"


def _figures(
    figures: Mapping[str, Any], expected: Sequence[Trade]
) -> Iterator[tuple[str, float, float]]:
    """Each column with its value and that of the reference."""
    for scope in (None, *VARIATIONS):
        prefix = f"{scope.lower()}_" if scope else ""
        r = [trade.r for trade in expected if scope in (None, trade.variation)]
        for name, value in metrics(r).items():
            yield prefix + name, figures[prefix + name], value


def _agree(column: str, value: float, expected: float) -> bool:
    """The tolerances of R10."""
    name = column
    for variation in VARIATIONS:
        name = name.removeprefix(f"{variation.lower()}_")
    if name in COUNTS:
        return value == expected
    if name in _RATIOS:
        return isclose(value, expected, rel_tol=1e-6, abs_tol=1e-9)
    return abs(value - expected) <= 1e-9
