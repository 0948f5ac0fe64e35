"""The ensemble as a strategy: parameters are weights of rules, by regime where there are any."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import local_days
from params_optimizer.engine.order_lists import OrderLists
from params_optimizer.errors import StrategyError
from params_optimizer.strategies.account import STANDARD_ACCOUNT, Account
from params_optimizer.strategies.batch import (
    BatchEvaluator,
    DaySample,
    FiniteSpace,
    Floats,
    Numbers,
)
from params_optimizer.strategies.ensemble.replay import (
    Changes,
    Votes,
    changes_of,
    votes_of_sets_nb,
)
from params_optimizer.strategies.order_strategy import OrderStrategy
from params_optimizer.strategies.positions import number
from params_optimizer.strategies.protocol import Parameters, Rule, Value
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.trades import BORDERS, Border

THRESHOLD: Final = "threshold"
_STANDARD_RULES = ("ma_crossover", "rsi", "bollinger")
_KEPT_BARS = 512


class Member(NamedTuple):
    """A rule with fixed parameters, under the name that its weight bears."""

    name: str
    rule: Rule
    parameters: Parameters


@dataclass(frozen=True)
class DayRegimes:
    """Labels of local days of `zone`: `label` is a place in `names`, or -1 for none.

    `date` are days since 1970-01-01, ascending; both have shape (days,). A day lasts until the
    next one of them begins, so that an hour of trading on a Sunday belongs to the Friday before.
    """

    date: NDArray[np.int64]
    label: NDArray[np.int64]
    names: tuple[str, ...]
    zone: str

    def of_bars(self, bars: Bars) -> NDArray[np.int64]:
        """The label of each bar's day, shape (bars,)."""
        days = local_days(bars.m1.time, self.zone)
        place = np.searchsorted(self.date, days.date, side="right") - 1
        label = np.append(self.label, -1)[place]  # place -1, before the first day: none
        return np.repeat(label, days.end - days.first)


class Ensemble(OrderStrategy):
    """Long where the weighted vote of the rules is high enough, short where it is low enough."""

    name = "ensemble"

    def __init__(
        self,
        account: Account = STANDARD_ACCOUNT,
        *,
        members: Sequence[Member] = (),
        regimes: DayRegimes | None = None,
        border: Border = "close",
    ) -> None:
        """Take rules (none: the built-in ones) and, where weights switch, labels of days.

        Raises:
            StrategyError: two members have the same name, or one has no targets.
        """
        super().__init__(account)
        self.members = tuple(members) or standard_members(account)
        self.regimes = regimes
        self.border = border
        self._changes: OrderedDict[str, Changes] = OrderedDict()
        names = [member.name for member in self.members]
        for place, member in enumerate(self.members):
            if member.name in names[:place]:
                raise StrategyError(
                    f"strategy {self.name}: two rules are called {member.name!r}; give them names"
                )
            if not isinstance(member.rule, Rule):
                raise StrategyError(
                    f"strategy {self.name}: {member.name} has no targets(bars, parameters) "
                    f"to weigh; functions and position strategies do"
                )

    def space(self) -> Mapping[str, Any]:
        """A weight from 0 to 1 for each rule (and regime), and the threshold of the vote."""
        weight = {"type": "float", "low": 0.0, "high": 1.0, "step": 0.1}
        return {
            "parameters": {
                **{key: weight for row in self._keys() for key in row},
                THRESHOLD: {"type": "float", "low": 0.1, "high": 1.0, "step": 0.1},
            },
            "constraints": [],
        }

    def under(self, border: Border) -> "Ensemble":
        """The same rules, another policy for trades that cross the border of a regime."""
        ensemble = copy(self)
        ensemble.border = border
        return ensemble

    @property
    def defaults(self) -> Parameters:
        """Equal weights, and half of them as the threshold."""
        return {THRESHOLD: 0.5, **{key: 1.0 for row in self._keys() for key in row}}

    def read(self, key: str, value: Value) -> tuple[float, ...]:
        """See `OrderStrategy.read`."""
        amount = number(self.name, key, value)
        if key == THRESHOLD and not 0 < amount <= 1:
            raise StrategyError(
                f"strategy {self.name}: {key} is {value}; it must be above 0 and at most 1"
            )
        if amount < 0:
            raise StrategyError(f"strategy {self.name}: {key} is {value}; it must be 0 or more")
        return (amount,)

    def lists(
        self, bars: Bars, numbers: Mapping[str, Floats], room: OrderLists
    ) -> Iterator[tuple[Numbers, OrderLists]]:
        """See `OrderStrategy.lists`; the rules are evaluated once for these bars."""
        keys, threshold = self._keys(), numbers[THRESHOLD][:, 0]
        weights = np.concatenate([numbers[key] for row in keys for key in row], axis=1)
        votes = Votes(weights.reshape(threshold.size, len(keys), -1), threshold)
        changes, border = self.changes(bars), BORDERS.index(self.border)
        first = 0
        while first < threshold.size:
            end = votes_of_sets_nb(changes, votes, border, first, room)
            places = np.arange(first, end)
            yield places, OrderLists(room.orders, room.begin[: end - first + 1])
            first = end

    def batch_evaluator(
        self, bars: Bars, space: FiniteSpace, sample: DaySample
    ) -> BatchEvaluator | None:
        """See `Batch`; borders of regimes and of days are evaluated under the same policy only."""
        if self.regimes is not None and self.border != sample.border:
            return None
        return super().batch_evaluator(bars, space, sample)

    def changes(self, bars: Bars) -> Changes:
        """Signals of the rules where they change; kept for the next weights."""
        changes = self._changes.get(bars.fingerprint)
        if changes is None:
            columns = [member.rule.targets(bars, member.parameters) for member in self.members]
            labels = np.zeros(bars.count, np.int64)
            if self.regimes is not None:
                labels = self.regimes.of_bars(bars)
            changes = self._changes[bars.fingerprint] = changes_of(
                np.stack(columns, axis=1), labels
            )
            if len(self._changes) > _KEPT_BARS:
                self._changes.popitem(last=False)
        return changes

    def _keys(self) -> list[list[str]]:
        """Names of the weights, a row for each regime."""
        names = [f"weight_{member.name}" for member in self.members]
        if self.regimes is None:
            return [names]
        return [[f"{name}_{regime}" for name in names] for regime in self.regimes.names]

    def __getstate__(self) -> dict[str, object]:
        """Everything but the signals, which every process computes once."""
        return {**self.__dict__, "_changes": OrderedDict()}


def standard_members(account: Account) -> tuple[Member, ...]:
    """The built-in rules with their default parameters."""
    members = []
    for name in _STANDARD_RULES:
        rule = strategy_named(name, account)
        if isinstance(rule, Rule):
            members.append(Member(name, rule, {}))
    return tuple(members)
