"""Probability of backtest overfitting (PBO) by combinatorially symmetric cross-validation.

Bailey, Borwein, Lopez de Prado and Zhu, *The Probability of Backtest Overfitting* (Journal
of Computational Finance 20(4), 2017): the days are cut into S blocks; each choice of S / 2
of them is once in sample, and the other half out of sample. In each of these splits (12,870
for S = 16) the combination that is best in sample is looked up among all out of sample. If
choosing means something it ranks high there; PBO is the share of splits in which it ranks
at or below the median.

A half is a sum of blocks, so a combination is three numbers a block: trades, sum of R, sum
of R^2. Combinations stream through in chunks, twice: the first pass finds the best of every
split (`find_best`, `better`), the second one counts how many it beats out of sample
(`count_beaten`). Both may run in several processes on different chunks.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.jit import kernel
from params_optimizer.engine.metrics_calculator import LEAST_DEVIATION

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

BLOCKS: Final = 16
_SUM, _SQUARES = 1, 2
_LANES: Final = 32
"""Combinations side by side: their sums over half the blocks stay in the fast cache."""


Measure = Literal["sharpe_ratio", "total_r"]
"""What is best. The Sharpe ratio is per trade, 0 below two trades or without deviation."""


class BestOfSplits(NamedTuple):
    """Per split the best combination in sample; `number` is -1 where none had enough trades."""

    in_sample: Floats
    out_of_sample: Floats
    number: Numbers


class Beaten(NamedTuple):
    """Per split how many combinations are worse than the best one, and how many equal.

    Both are out of sample; the best itself is among the equal ones.
    """

    worse: Numbers
    equal: Numbers


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What the splits say; arrays have one element per split, splits in the order of `splits`.

    `logits` is ln(w / (1 - w)) of the relative rank w = rank / (combinations + 1), ties at
    mid-rank. `slope` is that of the least squares line from the best's value in sample to
    the one out of sample (performance degradation; 0 where all are equal in sample).
    `loss_probability` is the share of splits in which the best has a negative value out of
    sample. Splits in which no combination has enough trades are left out; without any, every
    figure is NaN.
    """

    probability: float
    slope: float
    loss_probability: float
    combinations: int
    logits: Floats
    best: BestOfSplits


@dataclass(frozen=True, slots=True)
class SampledOverfitting:
    """The mean PBO of disjoint samples of the grid, and the standard error of that mean.

    The error is that of sampling combinations. The market had one history only: what
    another one would have given is not in it.
    """

    probability: float
    standard_error: float
    loss_probability: float
    slope: float
    samples: tuple[Overfitting, ...]


def splits(blocks: int) -> NDArray[np.bool_]:
    """Which blocks are in sample, shape (splits, blocks), in lexicographic order.

    The complement of split k is the k-th split from the end.
    """
    in_sample = np.array(list(combinations(range(blocks), blocks // 2)))
    inside = np.zeros((len(in_sample), blocks), np.bool_)
    np.put_along_axis(inside, in_sample, values=True, axis=1)
    return inside


def overfitting(
    chunks: Callable[[], Iterable[Floats]],
    measure: Measure = "sharpe_ratio",
    min_trades: int = 2,
) -> Overfitting:
    """PBO over all combinations of the chunks; `chunks` is called twice.

    A chunk holds block sums, shape (3, blocks, combinations). Only combinations with at
    least `min_trades` trades in sample can be best there; out of sample the best is ranked
    among all. Equal values in sample: the first combination wins, as in R12.
    """
    best, count = None, 0
    for chunk in chunks():
        chunk_best = find_best(chunk, measure, min_trades, count)
        best = chunk_best if best is None else better(best, chunk_best)
        count += chunk.shape[2]
    if best is None:
        raise ValueError("no combinations: overfitting needs at least one chunk")
    beaten = Beaten(np.zeros_like(best.number), np.zeros_like(best.number))
    for chunk in chunks():
        chunk_beaten = count_beaten(chunk, best, measure)
        beaten = Beaten(beaten.worse + chunk_beaten.worse, beaten.equal + chunk_beaten.equal)
    return conclude(best, beaten, count)


def sampled_overfitting(
    sums: Floats,
    samples: Sequence[Numbers],
    measure: Measure = "sharpe_ratio",
    min_trades: int = 2,
) -> SampledOverfitting:
    """PBO of each sample of the columns of `sums`, shape (3, blocks, combinations).

    `samples` are disjoint and random (`trials.random_parts`); at least two of them.
    """
    if len(samples) < 2:
        raise ValueError("a standard error needs at least two samples")
    results = [
        overfitting(partial(_one_chunk, sums[:, :, numbers]), measure, min_trades)
        for numbers in samples
    ]
    probabilities = np.array([result.probability for result in results])
    return SampledOverfitting(
        float(probabilities.mean()),
        float(probabilities.std(ddof=1) / np.sqrt(probabilities.size)),
        float(np.mean([result.loss_probability for result in results])),
        float(np.mean([result.slope for result in results])),
        tuple(results),
    )


def _one_chunk(sums: Floats) -> list[Floats]:
    return [sums]


def find_best(chunk: Floats, measure: Measure, min_trades: int, first: int) -> BestOfSplits:
    """The best combination of a chunk in every split; the chunk's first one is `first`."""
    low, high = _halves(chunk.shape[1])
    count = low.size
    best = BestOfSplits(
        np.full(count, -np.inf), np.full(count, np.nan), np.full(count, -1, np.int64)
    )
    _find_best_nb(
        np.ascontiguousarray(chunk), low, high, measure == "sharpe_ratio", min_trades, *best
    )
    best.number[best.number >= 0] += first
    return best


def better(earlier: BestOfSplits, later: BestOfSplits) -> BestOfSplits:
    """The better of two chunks in every split; the earlier one where both are equal."""
    won = later.in_sample > earlier.in_sample
    return BestOfSplits(
        np.where(won, later.in_sample, earlier.in_sample),
        np.where(won, later.out_of_sample, earlier.out_of_sample),
        np.where(won, later.number, earlier.number),
    )


def count_beaten(chunk: Floats, best: BestOfSplits, measure: Measure) -> Beaten:
    """How many combinations of a chunk are worse than, or equal to, the best of each split."""
    low, high = _halves(chunk.shape[1])
    beaten = Beaten(np.zeros(low.size, np.int64), np.zeros(low.size, np.int64))
    _count_beaten_nb(
        np.ascontiguousarray(chunk),
        low,
        high,
        measure == "sharpe_ratio",
        best.out_of_sample,
        *beaten,
    )
    return beaten


def conclude(best: BestOfSplits, beaten: Beaten, count: int) -> Overfitting:
    """What both passes over `count` combinations mean."""
    has_winner = best.number >= 0
    best = BestOfSplits(
        best.in_sample[has_winner], best.out_of_sample[has_winner], best.number[has_winner]
    )
    rank = beaten.worse[has_winner] + (beaten.equal[has_winner] + 1) / 2.0
    logits = np.log(rank) - np.log(count + 1 - rank)
    if not logits.size:
        return Overfitting(np.nan, np.nan, np.nan, count, logits, best)
    # The half of a tie is exact, so a rank at the median has a logit of exactly 0.
    return Overfitting(
        float(np.mean(logits <= 0.0)),
        _slope(best.in_sample, best.out_of_sample),
        float(np.mean(best.out_of_sample < 0.0)),
        count,
        logits,
        best,
    )


def _slope(x: Floats, y: Floats) -> float:
    away = x - x.mean()
    spread = float(away @ away)
    return float(away @ (y - y.mean())) / spread if spread > 0.0 else 0.0


def _halves(blocks: int) -> tuple[Numbers, Numbers]:
    """Each split as two bit masks: which of the first, which of the last S / 2 blocks."""
    half = blocks // 2
    inside, bits = splits(blocks), 1 << np.arange(half, dtype=np.int64)
    return inside[:, :half] @ bits, inside[:, half:] @ bits


# The sums over any subset of the first half of the blocks, and of the second one, are made
# once (2 * 256 rows for 16 blocks): a split is then one row of each. Rows are made in one
# order only, so combinations that trade alike stay equal to the last bit.


@kernel
def _subset_sums_nb(chunk: Floats, first_block: int, lane: int, out: Floats) -> None:
    """Fill `out`, shape (subsets, 3 * lanes), with sums over subsets of the blocks."""
    width = min(_LANES, chunk.shape[2] - lane)
    out[0] = 0.0
    for subset in range(1, out.shape[0]):
        block = 0
        while not (subset >> block) & 1:
            block += 1
        rest = subset & (subset - 1)
        for number in range(3):
            for at in range(width):
                added = chunk[number, first_block + block, lane + at]
                place = number * _LANES + at
                out[subset, place] = out[rest, place] + added


@kernel
def _values_nb(first: Floats, second: Floats, sharpe: bool, sums: Floats, out: Floats) -> None:
    """The measure of each lane of a split's half; `sums` gets the sums over all its blocks."""
    for place in range(sums.size):
        sums[place] = first[place] + second[place]
    if not sharpe:
        out[:] = sums[_SUM * _LANES : _SQUARES * _LANES]
        return
    for at in range(_LANES):  # no branches: this is the loop that takes the time
        count, total = sums[at], sums[_SUM * _LANES + at]
        size = max(count, 2.0)
        spread = max(sums[_SQUARES * _LANES + at] - total * total / size, 0.0)
        deviation = np.sqrt(spread / (size - 1.0))
        ratio = total / (size * max(deviation, LEAST_DEVIATION))
        out[at] = ratio if (deviation >= LEAST_DEVIATION) & (count > 1.0) else 0.0


@kernel
def _find_best_nb(
    chunk: Floats,
    low: Numbers,
    high: Numbers,
    sharpe: bool,
    min_trades: int,
    value: Floats,
    out_of_sample: Floats,
    number: Numbers,
) -> None:
    half, lanes = chunk.shape[1] // 2, chunk.shape[2]
    every = (1 << half) - 1
    first = np.zeros((1 << half, 3 * _LANES))
    second = np.zeros((1 << half, 3 * _LANES))
    sums, row, opposite = np.empty(3 * _LANES), np.empty(_LANES), np.empty(_LANES)
    for lane in range(0, lanes, _LANES):
        _subset_sums_nb(chunk, 0, lane, first)
        _subset_sums_nb(chunk, half, lane, second)
        width = min(_LANES, lanes - lane)
        for split in range(low.size):
            low_half, high_half = low[split], high[split]
            _values_nb(first[low_half], second[high_half], sharpe, sums, row)
            winner, best = -1, value[split]
            for at in range(width):
                if row[at] > best and sums[at] >= min_trades:
                    winner, best = at, row[at]
            if winner >= 0:
                _values_nb(
                    first[every - low_half], second[every - high_half], sharpe, sums, opposite
                )
                value[split], out_of_sample[split] = best, opposite[winner]
                number[split] = lane + winner


@kernel
def _count_beaten_nb(
    chunk: Floats,
    low: Numbers,
    high: Numbers,
    sharpe: bool,
    best: Floats,
    worse: Numbers,
    equal: Numbers,
) -> None:
    half, lanes = chunk.shape[1] // 2, chunk.shape[2]
    every = (1 << half) - 1
    first = np.zeros((1 << half, 3 * _LANES))
    second = np.zeros((1 << half, 3 * _LANES))
    sums, row = np.empty(3 * _LANES), np.empty(_LANES)
    for lane in range(0, lanes, _LANES):
        _subset_sums_nb(chunk, 0, lane, first)
        _subset_sums_nb(chunk, half, lane, second)
        width = min(_LANES, lanes - lane)
        for split in range(low.size):
            low_half, high_half = every - low[split], every - high[split]
            _values_nb(first[low_half], second[high_half], sharpe, sums, row)
            below, same, target = 0, 0, best[split]
            for at in range(width):
                below += row[at] < target
                same += row[at] == target
            worse[split] += below
            equal[split] += same
