"""Targets that are ready to use: rules, their weights, regime detectors, sizes, strategies.

Beside the methods of every target (`workflows.targets`) each has `backtest(market)`, the
account that its present parameters lead to.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from params_optimizer.config.base import NotNegative, Positive
from params_optimizer.data.regimes import KINDS, UNLABELLED, DayLabels, RegimeRules, labels
from params_optimizer.data.trading_days import trading_days
from params_optimizer.errors import SettingsError
from params_optimizer.strategies.protocol import Parameters, Strategy, Value
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.trades import Border, Stretches
from params_optimizer.workflows.arguments import Several, checked
from params_optimizer.workflows.market import SIZE, WEIGHT, MarketDays, TrackRecord, rule_named

Fraction = Annotated[float, Field(gt=0, le=1)]
Space = dict[str, Any]


class _Settable:
    """Keeps parameters; what was not set is left to the defaults."""

    def __init__(self) -> None:
        self._parameters: dict[str, Value] = {}

    def set_parameters(self, parameters: Parameters) -> None:
        """Take these parameters in place of the former ones."""
        self._parameters = dict(parameters)

    def get_parameters(self) -> dict[str, Value]:
        """The parameters that were set."""
        return dict(self._parameters)

    def reset(self) -> None:
        """Forget all parameters."""
        self._parameters = {}


@checked
class RuleParametersTarget(_Settable):
    """The parameters of one or more rules, named `rule.parameter`.

    Several rules are searched one after the other, each by its result alone: a grid over all
    of them together would multiply. `joint` searches all of them at once, by what they make
    together.
    """

    def __init__(self, rules: tuple[str, ...], joint: bool = False) -> None:
        super().__init__()
        self.rules, self.joint = _distinct(rules), joint

    def parts(self) -> dict[str, "RuleParametersTarget"]:
        """A target for each rule, where there are several."""
        if self.joint or len(self.rules) == 1:
            return {}
        return {rule: RuleParametersTarget((rule,)) for rule in self.rules}

    def get_parameter_space(self) -> Space:
        """The spaces of the rules, their names put before."""
        space: Space = {"parameters": {}, "constraints": []}
        for rule in self.rules:
            of_rule = strategy_named(rule).space()
            axes = of_rule["parameters"]
            space["parameters"] |= {f"{rule}.{name}": axis for name, axis in axes.items()}
            space["constraints"] += [_prefixed(text, rule, axes) for text in of_rule["constraints"]]
        return space

    def backtest(self, market: MarketDays) -> TrackRecord:
        """The rules together, all of one weight."""
        size = {name: value for name, value in market.parameters if name == SIZE}
        return market.track(market.combined({**size, **self._parameters}))


@checked
class RuleWeightsTarget(_Settable):
    """How much each rule counts, named `rule.weight`; only their proportions matter.

    The rules' signals are computed once for their best parameters and replayed for every
    set of weights.
    """

    def __init__(
        self,
        rules: tuple[str, ...],
        weight_range: tuple[NotNegative, NotNegative] = (0.0, 1.0),
        weight_step: Positive = 0.1,
    ) -> None:
        super().__init__()
        self.rules = _distinct(rules)
        self._axis = _axis("weight", weight_range, weight_step)

    def get_parameter_space(self) -> Space:
        """One weight a rule."""
        return {"parameters": {f"{rule}.{WEIGHT}": dict(self._axis) for rule in self.rules}}

    def validate_parameters(self, parameters: Parameters) -> tuple[bool, str]:
        """Whether any rule counts at all."""
        if any(float(value) > 0 for value in parameters.values()):
            return True, ""
        return False, "all weights are 0: nothing would ever be traded"

    def backtest(self, market: MarketDays) -> TrackRecord:
        """The rules, with the best parameters so far, under these weights."""
        of_rules = {
            name: value
            for name, value in market.parameters
            if name.rpartition(".")[0] in self.rules or name == SIZE
        }
        return market.track(market.combined({**of_rules, **self._parameters}))


@checked
class PositionSizingTarget(_Settable):
    """Which share of the capital is invested when the rules want a full position."""

    def __init__(
        self, fraction_range: tuple[Fraction, Fraction] = (0.1, 1.0), fraction_step: Positive = 0.1
    ) -> None:
        super().__init__()
        self._axis = _axis("fraction", fraction_range, fraction_step)

    def get_parameter_space(self) -> Space:
        """The invested share."""
        return {"parameters": {SIZE: dict(self._axis)}}

    def backtest(self, market: MarketDays) -> TrackRecord:
        """The rules with the best parameters so far, at this size."""
        return market.track(market.combined({**dict(market.parameters), **self._parameters}))


@checked
class StrategyTarget(_Settable):
    """The parameters of any strategy, by its name on the command line (or the object)."""

    def __init__(self, strategy: str | Strategy, border: Border = "close") -> None:
        super().__init__()
        self._strategy = strategy_named(strategy) if isinstance(strategy, str) else strategy
        self._border = border

    def get_parameter_space(self) -> Space:
        """That of the strategy."""
        return dict(self._strategy.space())

    def backtest(self, market: MarketDays) -> TrackRecord:
        """Trades entered on the days that count; each day's result on the day of the exit."""
        stretches = Stretches(market.bars, market.dates, market.timezone)
        trades = stretches.trades(self._strategy, self._parameters, self._border)
        days = trading_days(market.bars, market.timezone)
        starts = market.bars.m1.time[days.first]
        place = np.searchsorted(starts, trades.exit_time, side="right") - 1
        daily_r = np.bincount(place, trades.r, minlength=days.date.size)
        money = daily_r * market.account.risk_money
        counts = np.isin(days.date, market.dates) | (daily_r != 0)
        curve = market.account.initial_capital + np.concatenate([[0.0], np.cumsum(money[counts])])
        return TrackRecord(curve, trades)


@checked
class RegimeDetectorTarget(_Settable):
    """How a regime detector looks back; judged by how often it names the next days rightly.

    `horizon` are the days, from the labelled one on, whose own regime is the truth. They lie
    ahead of the label, so they only ever serve to judge it, within the days searched.
    """

    def __init__(self, detector: str, horizon: Several = 5) -> None:
        super().__init__()
        if detector not in KINDS:
            raise SettingsError(f"detector {detector!r}: choose one of {', '.join(KINDS)}")
        self.detector, self.horizon = detector, horizon

    def get_parameter_space(self) -> Space:
        """How many days are looked at, and what separates the regimes."""
        space: Space = {"recent_days": {"type": "int", "low": 4, "high": 40, "step": 2}}
        if self.detector == "trend":
            space["efficiency"] = {"type": "float", "low": 0.1, "high": 0.6, "step": 0.05}
        if self.detector == "volatility":
            space["history_days"] = {"type": "int", "low": 50, "high": 250, "step": 50}
        return {"parameters": space}

    def labels(self, market: MarketDays) -> DayLabels:
        """The regime of each day of the market, known before it begins."""
        days = labels(market.bars, self.detector, market.timezone, rules=self._rules())
        inside = np.isin(days.date, market.dates)
        return DayLabels(days.date[inside], days.label[inside], days.names)

    def classified(self, market: MarketDays) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Labels, and what the days turned out to be, shape (days of the market,) each."""
        predicted = self.labels(market)
        rules = RegimeRules(recent_days=self.horizon)
        later = labels(market.bars, self.detector, market.timezone, rules=rules)
        # A label made of the horizon's days is that of the day behind them.
        actual = np.full(later.label.size, UNLABELLED, np.int64)
        actual[: -self.horizon] = later.label[self.horizon :]
        shifted = DayLabels(later.date, actual, later.names)
        return predicted.label, shifted.at(predicted.date)

    def _rules(self) -> RegimeRules:
        return RegimeRules(**self._parameters)  # type: ignore[arg-type]


def _distinct(rules: tuple[str, ...]) -> tuple[str, ...]:
    """The names of rules; refuses none, an unknown one, and one twice."""
    if not rules:
        raise SettingsError("rules []: give a list with at least one rule")
    for at, name in enumerate(rules):
        if name in rules[:at]:
            raise SettingsError(f"rules: lists {name!r} twice")
        rule_named(name)
    return rules


def _axis(key: str, ends: tuple[float, float], step: float) -> dict[str, Any]:
    """The axis of `{key}_range` and `{key}_step`."""
    low, high = ends
    if not low < high:
        raise SettingsError(f"{key}_range {list(ends)}: give the lowest, then a higher value")
    if step > high - low:
        raise SettingsError(f"{key}_step {step}: must be <= {high - low:g}")
    return {"type": "float", "low": low, "high": high, "step": step}


def _prefixed(constraint: str, rule: str, names: Mapping[str, Any]) -> str:
    """A constraint with the rule's name before each of its parameters."""
    pattern = r"\b(" + "|".join(map(re.escape, names)) + r")\b"
    return re.sub(pattern, rf"{rule}.\1", constraint)
