"""Probability of backtest overfitting of a run's grid: over a sample, or over all of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.orchestrator.plan import Plan
from params_optimizer.search.objective import Columns
from params_optimizer.strategies.batch import Numbers, Slice
from params_optimizer.validation.evaluation import Task, all_slices, evaluate
from params_optimizer.validation.overfitting import (
    BLOCKS,
    Beaten,
    BestOfSplits,
    Overfitting,
    SampledOverfitting,
    better,
    conclude,
    count_beaten,
    find_best,
    overfitting,
    sampled_overfitting,
)
from params_optimizer.validation.sampling import Blocks, block_sums_of
from params_optimizer.validation.trials import random_parts
from params_optimizer.validation.windows import shown

log = logging.getLogger(__name__)

Mode = Literal["sample", "full"]
PARTS: Final = 5
_MEASURE: Final = "sharpe_ratio"


class Pbo(NamedTuple):
    """What CSCV over `BLOCKS` blocks of days says of choosing by the Sharpe ratio per trade.

    Probabilities are 0 to 1. `combinations` were looked at, in `samples` disjoint samples of
    nearly one size; `standard_error` is that of sampling (None where all of the grid was
    looked at). `note` says why the figures are None where they are.
    """

    mode: Mode
    blocks: int
    combinations: int
    samples: int
    probability: float | None
    standard_error: float | None
    loss_probability: float | None
    slope: float | None
    note: str | None = None


def pbo_of_plan(plan: Plan, sample: NDArray[np.float64], mode: Mode, workers: int) -> Pbo:
    """PBO of every combination of a plan, from a sample of them or, in mode `full`, from all.

    `sample` is their R by day, shape (days, combinations); one that holds every combination is
    all of them. Of a strategy that is asked set by set all block sums are kept, 384 bytes a set,
    so that no set is asked twice. Raises as `evaluation.streamed`.
    """
    count, min_trades = plan.space.count, max(plan.objective.min_trades, 2)
    if reason := _impossible(plan):
        return _unknown(mode, 0, reason)
    if sample.shape[1] == count:
        return _of_sums(block_sums_of(sample, BLOCKS), min_trades)
    if mode == "sample":
        return pbo_of_sample(sample, min_trades)
    if not plan.set_by_set:
        return _of_all(plan, min_trades, workers)
    task = Task([()], _BlockSums(Blocks(plan, BLOCKS)))
    answers = evaluate(plan, task, all_slices(plan, 1), workers)
    return _of_sums(np.concatenate([sums for *_, sums in answers], axis=2), min_trades)


def _of_sums(sums: NDArray[np.float64], min_trades: int) -> Pbo:
    """From the block sums of every combination."""
    estimate = overfitting(lambda: [sums], _MEASURE, min_trades)
    return _conclusion("full", estimate.combinations, 1, estimate, None, min_trades)


def pbo_of_sample(r: NDArray[np.float64], min_trades: int) -> Pbo:
    """PBO of sets that were drawn at random, R by day, shape (days, sets).

    Sets with fewer than `min_trades` trades in a half are not chosen there.
    """
    days, size = r.shape
    if size < 2 * PARTS:
        note = f"{size} parameter sets leave too little to choose from"
        return _unknown("sample", size, note)
    if days < 2 * BLOCKS:
        note = f"{days} days are too few for {BLOCKS} blocks of at least two days"
        return _unknown("sample", size, note)
    sums = block_sums_of(r, BLOCKS)
    sampled = sampled_overfitting(sums, random_parts(size, PARTS, seed=0), _MEASURE, min_trades)
    return _conclusion("sample", size, PARTS, sampled, sampled.standard_error, min_trades)


def _unknown(mode: Mode, combinations: int, note: str) -> Pbo:
    return Pbo(mode, BLOCKS, combinations, 0, None, None, None, None, note)


def _impossible(plan: Plan) -> str | None:
    days = plan.traded_days
    if plan.space.count < 2:
        return "a grid of one combination leaves nothing to choose"
    if days.size < 2 * BLOCKS:
        return f"{shown(days)} are too few for {BLOCKS} blocks of at least two days; take more data"
    return None


def _conclusion(
    mode: Mode,
    combinations: int,
    samples: int,
    estimate: Overfitting | SampledOverfitting,
    error: float | None,
    min_trades: int,
) -> Pbo:
    figures = (estimate.probability, error, estimate.loss_probability, estimate.slope)
    if np.isnan(estimate.probability):
        note = f"no combination has {min_trades} trades in half of the days"
        return Pbo(mode, BLOCKS, combinations, samples, None, None, None, None, note)
    return Pbo(mode, BLOCKS, combinations, samples, *figures)


def _of_all(plan: Plan, min_trades: int, workers: int) -> Pbo:
    """Two passes over every slice: the best of each split, then how many it beats."""
    slices, blocks = all_slices(plan, 1), Blocks(plan, BLOCKS)
    task = Task([()], _FindBest(blocks, min_trades))
    log.info("overfitting over all %s combinations: first of two passes", f"{plan.space.count:,}")
    best = _reduced(evaluate(plan, task, slices, workers), better)
    log.info("overfitting: second of two passes")
    task = Task([()], _CountBeaten(blocks, best))
    beaten = _reduced(evaluate(plan, task, slices, workers), _add)
    estimate = conclude(best, beaten, plan.space.count)
    return _conclusion("full", plan.space.count, 1, estimate, None, min_trades)


def _reduced(answers: Sequence[tuple[int, int, Any]], join: Callable[[Any, Any], Any]) -> Any:  # noqa: ANN401
    return reduce(join, (answer for *_, answer in answers))


def _add(first: Beaten, second: Beaten) -> Beaten:
    return Beaten(first.worse + second.worse, first.equal + second.equal)


@dataclass(slots=True)
class _BlockSums:
    """The block sums of a slice."""

    blocks: Blocks

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> NDArray[np.float64]:
        del place, samples
        return self.blocks(slice_, numbers)


@dataclass(slots=True)
class _FindBest:
    """First pass: the best of a slice in each split. It evaluates the blocks of days itself."""

    blocks: Blocks
    min_trades: int

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> BestOfSplits:
        del place, samples
        return find_best(self.blocks(slice_, numbers), _MEASURE, self.min_trades, slice_.first)


@dataclass(slots=True)
class _CountBeaten:
    """Second pass: how many combinations of a slice the best of each split beats."""

    blocks: Blocks
    best: BestOfSplits = field(repr=False)

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> Beaten:
        del place, samples
        return count_beaten(self.blocks(slice_, numbers), self.best, _MEASURE)
