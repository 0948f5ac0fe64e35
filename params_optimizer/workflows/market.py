"""What ready-made targets trade: bars, the days that count, and rules put together.

Rules are strategies that always know which position they want (`strategies.protocol.Rule`).
Together they want the weighted mean of what each one wants. Parameters of rules are named
`rule.parameter`, their weights `rule.weight`, the invested share `sizing.fraction`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import Days
from params_optimizer.data.regimes import DayLabels
from params_optimizer.data.trading_days import trading_days
from params_optimizer.engine.positions import equity_nb, orders_nb, position_trades_nb
from params_optimizer.errors import SettingsError
from params_optimizer.strategies.account import STANDARD_ACCOUNT, Account
from params_optimizer.strategies.positions import costs_of
from params_optimizer.strategies.protocol import Parameters, Rule, Trades, Value
from params_optimizer.strategies.registry import strategy_named

WEIGHT, SIZE = "weight", "sizing.fraction"
_CACHED_SIGNALS = 512

Targets = NDArray[np.float64]
"""Wanted position at each close, shape (bars,), -1 to 1."""


class TrackRecord(NamedTuple):
    """Equity at the end of each day, shape (days + 1,), from the initial capital; trades."""

    equity: NDArray[np.float64]
    trades: Trades


@dataclass(frozen=True, slots=True)
class MarketDays:
    """Bars, and which of their local days count.

    `dates` are days since 1970-01-01 in `timezone`, in order; `parameters` are the best ones
    of other targets. Outside of `dates` no position is held: one that is open is closed
    at the first open after them, with commission.
    """

    bars: Bars
    timezone: str
    dates: NDArray[np.int64]
    account: Account = STANDARD_ACCOUNT
    parameters: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def of(cls, bars: Bars, timezone: str, account: Account = STANDARD_ACCOUNT) -> "MarketDays":
        """All days of the bars.

        Raises:
            SettingsError: there are no bars.
        """
        dates = _days(_BarsKey(bars), timezone).date
        if not dates.size:
            raise SettingsError(f"{bars.symbol}: there are no bars to optimise on")
        return cls(bars, timezone, dates, account)

    def on(self, dates: NDArray[np.int64], parameters: Parameters | None = None) -> "MarketDays":
        """The same market on other days, with other `parameters` where they are given."""
        items = self.parameters if parameters is None else tuple(parameters.items())
        return replace(self, dates=dates, parameters=items)

    def until(self, last: int) -> "MarketDays":
        """The same market with every bar after the local date `last` cut off."""
        days = _days(_BarsKey(self.bars), self.timezone)
        before = days.date <= last
        end = int(days.end[before][-1]) if before.any() else 0
        minute = int(self.bars.m1.time[end - 1]) + 1 if end else 0
        dates = self.dates[self.dates <= last]
        return replace(self, bars=self.bars.between(None, minute), dates=dates)

    @property
    def bars_count(self) -> int:
        """Bars on the days that count."""
        return int(np.count_nonzero(self._counts()))

    def wanted(self, rule: str, parameters: Parameters) -> Targets:
        """The position that a rule wants on every bar; computed once for the same parameters."""
        return _wanted(_BarsKey(self.bars), rule, tuple(sorted(parameters.items())))

    def track(self, targets: Targets) -> TrackRecord:
        """What positions earn on the days that count."""
        costs = costs_of(self.account)
        orders = orders_nb(np.where(self._counts(), targets, 0.0))
        equity = equity_nb(self.bars.m1, orders, costs)
        days = _days(_BarsKey(self.bars), self.timezone)
        place = np.flatnonzero(np.isin(days.date, self.dates))
        ends = days.end[place] - 1
        # What is open where a stretch of days ends is closed at the next open.
        border = ~np.isin(days.date[np.minimum(place + 1, days.date.size - 1)], self.dates)
        at = np.minimum(ends + border, self.bars.count - 1)
        curve = np.concatenate([[self.account.initial_capital], equity[at]])
        return TrackRecord(curve, Trades._make(position_trades_nb(self.bars.m1, orders, costs)))

    def combined(self, parameters: Mapping[str, Value]) -> Targets:
        """What the rules named in `parameters` want together.

        Raises:
            SettingsError: no rule is named, or all weights are 0.
        """
        rules = by_rule(parameters)
        if not rules:
            raise SettingsError(
                f"parameters {dict(parameters)}: name no rule; write for example ma_crossover.fast"
            )
        weights = np.array([float(values.get(WEIGHT, 1.0)) for values in rules.values()])
        total = weights.sum()
        targets = np.zeros(self.bars.count)
        if total > 0:
            for (rule, values), weight in zip(rules.items(), weights / total, strict=True):
                if weight:
                    rest = {name: value for name, value in values.items() if name != WEIGHT}
                    targets += weight * self.wanted(rule, rest)
        # Weights that cancel leave the last digits of their sum; that is not a position.
        combined: Targets = np.round(targets * float(parameters.get(SIZE, 1.0)), 12)
        return combined

    def switched(
        self, labels: DayLabels, general: Mapping[str, Value], regimes: Mapping[str, Parameters]
    ) -> Targets:
        """What the rules want together, with the parameters of each day's regime.

        Days without a label and regimes without parameters have the general ones.
        """
        targets = self.combined(general)
        days = _days(_BarsKey(self.bars), self.timezone)
        label = np.repeat(labels.at(days.date), days.end - days.first)
        for place, name in enumerate(labels.names):
            if name in regimes and np.any(label == place):
                targets = np.where(label == place, self.combined(regimes[name]), targets)
        return targets

    def _counts(self) -> NDArray[np.bool_]:
        """Which bars lie on days that count."""
        days = _days(_BarsKey(self.bars), self.timezone)
        return np.repeat(np.isin(days.date, self.dates), days.end - days.first)


def by_rule(parameters: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Parameters of each rule, in the order of their names' first appearance."""
    rules: dict[str, dict[str, Value]] = {}
    for name, value in parameters.items():
        rule, dot, parameter = name.rpartition(".")
        if dot and name != SIZE:
            rules.setdefault(rule, {})[parameter] = value
    return rules


def rule_named(name: str) -> Rule:
    """The strategy of this name, which has to be a rule.

    Raises:
        SettingsError: it is unknown, or places its trades itself.
    """
    strategy = strategy_named(name)
    if not isinstance(strategy, Rule):
        raise SettingsError(
            f"rule {name!r}: places its trades itself, so it cannot be weighted; use ma_crossover, "
            f"rsi, bollinger or your own function"
        )
    return strategy


class _BarsKey(NamedTuple):
    """Bars as a key: two of the same fingerprint are the same."""

    bars: Bars

    def __hash__(self) -> int:
        return hash(self.bars.fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _BarsKey) and self.bars.fingerprint == other.bars.fingerprint


@lru_cache(maxsize=16)
def _days(key: _BarsKey, timezone: str) -> Days:
    return trading_days(key.bars, timezone)


@lru_cache(maxsize=_CACHED_SIGNALS)
def _wanted(key: _BarsKey, rule: str, parameters: tuple[tuple[str, Value], ...]) -> Targets:
    targets = rule_named(rule).targets(key.bars, dict(parameters))
    targets.setflags(write=False)
    return targets
