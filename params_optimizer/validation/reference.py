"""The best combinations against the reference engine, trade by trade."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

from params_optimizer.engine.metrics_calculator import COUNTS, METRICS
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.params import VARIATIONS, Trade
from params_optimizer.strategies.initial_balance.reference import backtest as reference_backtest
from params_optimizer.strategies.initial_balance.reference import metrics

_RATIOS = frozenset({"sharpe_ratio", "sortino_ratio", "profit_factor", "calmar_ratio"})


@dataclass(frozen=True, slots=True)
class Report:
    """How many combinations, trades and figures were compared, and what differed."""

    combinations: int
    trades: int
    figures: int
    differences: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differed."""
        return not self.differences

    def text(self) -> str:
        """The report in words."""
        compared = (
            f"{self.combinations:,} combinations, {self.trades:,} trades and "
            f"{self.figures:,} figures compared with the reference engine: "
        )
        if self.equal:
            return compared + "all equal"
        return "\n".join([f"{compared}{len(self.differences)} DIFFER", *self.differences])


def validate(outcome: Outcome, count: int) -> Report:
    """Compare the `count` best combinations with the reference (R9, R10).

    Raises:
        RunError: no combination has enough trades to be among the best.
    """
    study = outcome.study
    numbers = outcome.ranking.combination[:count].tolist()
    if not numbers:
        raise RunError(
            f"--validate {count}: no combination of this run has at least "
            f"{study.settings.min_trades} trades, so there is nothing to compare; take more days, "
            f"or a smaller min_trades in the settings"
        )
    trades = figures = 0
    differences: list[str] = []
    for row in outcome.rows(numbers):
        number = row["combination"]
        params = study.params(number)
        window = (params.ib_start, params.ib_end, params.ib_timezone)
        levels = study.levels[window]
        dates = set(levels.date.tolist())
        expected = [
            trade
            for trade in reference_backtest(study.bars, params, study.spread, study.news)
            if trade.date in dates
        ]
        got = backtest(study.bars, params, study.spread, study.news, levels)
        trades += len(expected)
        figures += len(METRICS) * (1 + len(VARIATIONS))
        differences += _trade_differences(number, expected, got)
        differences += _figure_differences(row, expected)
    return Report(len(numbers), trades, figures, tuple(differences))


def _trade_differences(number: int, expected: list[Trade], got: list[Trade]) -> list[str]:
    if len(expected) != len(got):
        return [f"combination {number}: {len(got)} trades, the reference has {len(expected)}"]
    return [
        f"combination {number}: trade {mine}, the reference has {theirs}"
        for mine, theirs in zip(got, expected, strict=True)
        if mine != theirs
    ]


def _figure_differences(row: Mapping[str, Any], expected: list[Trade]) -> list[str]:
    differences = []
    for scope in (None, *VARIATIONS):
        prefix = f"{scope.lower()}_" if scope else ""
        r = [trade.r for trade in expected if scope in (None, trade.variation)]
        for name, value in metrics(r).items():
            if not _agree(name, row[prefix + name], value):
                differences.append(
                    f"combination {row['combination']}: {prefix}{name} {row[prefix + name]!r}, "
                    f"the reference has {value!r}"
                )
    return differences


def _agree(name: str, value: float, expected: float) -> bool:
    """The tolerances of R10."""
    if name in COUNTS:
        return value == expected
    if name in _RATIOS:
        return isclose(value, expected, rel_tol=1e-6, abs_tol=1e-9)
    return abs(value - expected) <= 1e-9
