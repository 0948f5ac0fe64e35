"""Sets that stand for all that could be chosen, day by day, and block sums of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import SpaceError
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.search.objective import Columns
from params_optimizer.search.space import Key, ParameterSpace
from params_optimizer.strategies.batch import BatchEvaluator, Numbers, Slice
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.validation.evaluation import SliceGroup, Task, streamed
from params_optimizer.validation.trials import sample_of_grid

Floats = NDArray[np.float64]

_STEPS: Final = 20
"""Values that an axis without steps counts for: its neighbours are a twentieth away."""


class SampledSets(NamedTuple):
    """Sets drawn without a look at their results, day by day.

    `daily_r` by scope has shape (days, sets), NaN where a set does not trade (in that scope);
    `competes` tells which of the sets luck could choose in each scope, shape (sets,).
    """

    size: int
    daily_r: Mapping[str, Floats]
    competes: Mapping[str, NDArray[np.bool_]]


def sampled_numbers(plan: Plan, size: int, seed: int) -> Numbers:
    """Numbers of a uniform sample of at most `size` combinations that have a row, ascending."""
    ranks = sample_of_grid(plan.space.count, size, seed)
    if plan.space.count == len(plan.space):
        return ranks
    numbers, first = [], 0
    for group in plan.slices.groups():
        for slice_ in group:
            members = plan.numbers(slice_)
            low, high = np.searchsorted(ranks, [first, first + members.size])
            numbers.append(members[ranks[low:high] - first])
            first += members.size
    return np.concatenate(numbers)


def daily_r_of(
    plan: Plan, numbers: Numbers, prefixes: Mapping[str, str], workers: int
) -> dict[str, Floats]:
    """The R of combinations on the days of a plan, by scope, shape (days, numbers).

    `prefixes` are those of the columns of each scope. Memory is 8 bytes for each day,
    combination and scope.

    Raises:
        RunError, Interrupted, OptimizerError: see `evaluation.streamed`.
    """
    days = plan.traded_days
    daily_r = {scope: np.full((days.size, numbers.size), np.nan) for scope in prefixes}
    groups = [
        SliceGroup(0, tuple(slice_.number for slice_ in group if _holds(slice_, numbers)))
        for group in plan.slices.groups()
    ]
    task = Task([()], _Daily(plan, numbers, list(prefixes.values())))
    for *_, answer in streamed(plan, task, [group for group in groups if group.numbers], workers):
        at, dates, parts = answer
        rows = np.searchsorted(days, dates)
        for table, part in zip(daily_r.values(), parts, strict=True):
            table[np.ix_(rows, at)] = part
    return daily_r


def _holds(slice_: Slice, numbers: Numbers) -> bool:
    low, high = np.searchsorted(numbers, [slice_.first, slice_.first + slice_.rows])
    return bool(low < high)


@dataclass(slots=True)
class _Daily:
    """The daily R of some numbers of a slice, in a worker, which keeps one evaluator."""

    plan: Plan
    numbers: Numbers
    prefixes: Sequence[str]
    _evaluator: BatchEvaluator | None = field(default=None, init=False)

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> tuple[Numbers, Numbers, list[Floats]]:
        """Places of the numbers in the sample, dates, and R by scope, shape (dates, numbers)."""
        del place, numbers, samples
        if self._evaluator is None:
            self._evaluator = self.plan.evaluator()
        low, high = np.searchsorted(self.numbers, [slice_.first, slice_.first + slice_.rows])
        chosen = self.numbers[low:high]
        parts = [self._evaluator.daily_r(slice_, chosen, prefix) for prefix in self.prefixes]
        return np.arange(low, high), parts[0][0], [r for _, r in parts]


def block_sums_of(r: Floats, blocks: int) -> Floats:
    """Trades, sum of R and sum of R^2 of neighbouring blocks of days, shape (3, blocks, lists).

    `r` has shape (days, lists), NaN where nothing is traded; the blocks are of nearly one size.
    """
    traded = ~np.isnan(r)
    filled = np.where(traded, r, 0.0)
    parts = np.array_split(np.arange(r.shape[0]), blocks)
    return np.stack(
        [
            [quantity[part].sum(axis=0) for part in parts]
            for quantity in (traded.astype(np.float64), filled, filled**2)
        ]
    )


@dataclass(slots=True)
class Blocks:
    """Makes block sums of slices in a worker, which keeps one evaluator."""

    plan: Plan
    blocks: int
    _evaluator: BatchEvaluator | None = field(default=None, init=False)

    def __call__(self, slice_: Slice, numbers: Numbers) -> Floats:
        """Shape (3, blocks, numbers)."""
        if self._evaluator is None:
            self._evaluator = self.plan.evaluator()
        blocks = np.array_split(self.plan.traded_days, self.blocks)
        return self._evaluator.block_sums(slice_, numbers, blocks)


def drawn(space: ParameterSpace, size: int, seed: int) -> list[Parameters]:
    """Up to `size` different allowed parameter sets at random; all where there are no more."""
    if space.size is not None and space.size <= size:
        return list(space.sets())
    chance, sets = np.random.default_rng(seed), dict[Key, Parameters]()
    for _ in range(4 * size):
        try:
            parameters = space.sample(chance)
        except SpaceError:  # hardly any is allowed: what was found has to do
            break
        sets.setdefault(space.key(parameters), parameters)
        if len(sets) == size:
            break
    return list(sets.values())


def worth_of(space: ParameterSpace) -> int:
    """How many sets a space is worth, an axis without steps counted as one of 20 values."""
    return prod(axis.count or _STEPS for axis in space.axes)
