"""PBO against ffn and a naive computation from the paper; noise, skill, ties, streaming."""

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from params_optimizer.validation.overfitting import (
    overfitting,
    sampled_overfitting,
    splits,
)
from params_optimizer.validation.trials import random_parts

MEASURES = ["sharpe_ratio", "total_r"]


def sums_of(r: np.ndarray, blocks: int) -> np.ndarray:
    """Block sums of R values, shape (days, combinations); NaN where nobody trades."""
    parts = np.array_split(r, blocks)
    return np.stack(
        [
            [np.isfinite(part).sum(axis=0) for part in parts],
            [np.nansum(part, axis=0) for part in parts],
            [np.nansum(part**2, axis=0) for part in parts],
        ]
    ).astype(np.float64)


def pbo(r: np.ndarray, blocks: int, **how):
    sums = sums_of(r, blocks)
    return overfitting(lambda: [sums], **how)


def days_of_r(days: int, count: int, seed: int, skill: float = 0.0) -> np.ndarray:
    """Noise; `skill` is what the last combination earns a day.

    In steps of 1/64, so that equal sums are equal in whatever order they are made.
    """
    r = np.random.default_rng(seed).normal(size=(days, count))
    r[:, -1] += skill
    return np.round(r * 64) / 64


def with_gaps(r: np.ndarray, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return np.where(chance.random(r.shape) < chance.random(r.shape[1]), r, np.nan)


def naive(r: np.ndarray, blocks: int, measure: str, min_trades: int):
    """The algorithm of the paper, split by split, with pandas and ranks."""
    parts, found = np.array_split(np.arange(len(r)), blocks), []
    table = pd.DataFrame(r)

    def performance(half):
        rows = table.iloc[np.concatenate([parts[block] for block in half])]
        if measure == "total_r":
            return rows.sum(), rows.count()
        deviation = rows.std(ddof=1)
        return (rows.mean() / deviation.where(deviation >= 1e-6)).fillna(0.0), rows.count()

    for inside in combinations(range(blocks), blocks // 2):
        value, trades = performance(inside)
        value = value[trades >= min_trades]
        if value.empty:
            continue
        outside, _ = performance(sorted(set(range(blocks)) - set(inside)))
        best = value.round(12).idxmax()
        rank = outside.round(12).rank(method="average")[best] / (len(outside) + 1.0)
        found.append((np.log(rank / (1.0 - rank)), value[best], outside[best], best))
    return [np.array(column) for column in zip(*found, strict=True)]


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_ffn(seed):
    import ffn

    r = days_of_r(60, 12, seed, skill=0.1 * seed)
    r[:, 3] = r[:, 5]  # they tie wherever they are
    expected = ffn.core.calc_prob_backtest_overfitting(pd.DataFrame(r), 6, full_output=True)
    found = pbo(r, 6)
    assert found.logits == pytest.approx(expected["logits"].to_numpy(), abs=1e-9)
    assert found.probability == pytest.approx(expected["pbo"], abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(("blocks", "min_trades"), [(2, 0), (4, 2), (6, 25), (6, 33)])
def test_equals_the_paper_computed_naively(measure, blocks, min_trades):
    r = with_gaps(days_of_r(100, 40, 7, skill=0.2), 8)
    r[:, 10:14] = r[:, 20:24]
    r[:, 30] = np.nan  # never trades
    r[:, 31] = np.where(np.arange(100) == 60, 1.5, np.nan)  # once
    found = pbo(r, blocks, measure=measure, min_trades=min_trades)
    logits, inside, outside, best = naive(r, blocks, measure, min_trades)
    assert found.best.number.tolist() == best.tolist()
    assert found.logits == pytest.approx(logits, abs=1e-9)
    assert found.best.in_sample == pytest.approx(inside, abs=1e-9)
    assert found.best.out_of_sample == pytest.approx(outside, abs=1e-9)
    assert found.probability == np.mean(logits <= 1e-12)
    assert found.loss_probability == np.mean(outside < 0)
    if len(set(inside)) > 1:
        assert found.slope == pytest.approx(np.polyfit(inside, outside, 1)[0], abs=1e-9)
    assert found.combinations == 40


@given(cuts=st.lists(st.integers(0, 90), max_size=4), measure=st.sampled_from(MEASURES))
def test_chunks_make_no_difference(cuts, measure):
    sums = sums_of(with_gaps(days_of_r(60, 90, 3), 4), 6)
    sums[:, :, 40:50] = sums[:, :, 60:70]  # ties across chunks
    borders = [0, *sorted(cuts), 90]
    pieces = [sums[:, :, low:high] for low, high in pairwise(borders) if high > low]
    whole = overfitting(lambda: [sums], measure, 5)
    found = overfitting(lambda: iter(pieces), measure, 5)
    assert found.logits.tolist() == whole.logits.tolist()
    assert found.best.number.tolist() == whole.best.number.tolist()
    assert found.probability == whole.probability


def test_sixteen_blocks_make_12870_splits_in_complementary_order():
    inside = splits(16)
    assert inside.shape == (12_870, 16)
    assert (inside.sum(axis=1) == 8).all()
    assert (inside == ~inside[::-1]).all()
    assert pbo(days_of_r(64, 5, 1), 16).logits.size == 12_870


def test_noise_is_overfitting_half_of_the_time():
    """Also with the structure of a grid: groups that trade alike, one market for all."""
    each, structured = [], []
    for seed in range(60):
        chance = np.random.default_rng(seed)
        each.append(pbo(chance.normal(size=(200, 50)), 8).probability)
        groups = np.repeat(chance.normal(size=(200, 10)), 5, axis=1)
        market = chance.normal(size=(200, 1))
        signs = chance.choice([-1.0, 1.0], (200, 1))
        structured.append(pbo((groups + market) * signs, 8).probability)
    assert np.mean(each) == pytest.approx(0.5, abs=0.05)
    # Ten groups of equals: the best of five in the middle of a tie is at the median's side.
    assert np.mean(structured) == pytest.approx(0.5, abs=0.07)


def test_planted_skill_is_found():
    found = pbo(days_of_r(400, 60, 2, skill=0.5), 10)
    assert found.probability == 0.0
    assert found.loss_probability == 0.0
    assert set(found.best.number.tolist()) == {59}


def test_a_fit_to_the_past_that_turns_against_itself():
    """Whatever wins in one half of the days loses in the other: PBO 1, a falling line."""
    r = np.random.default_rng(3).normal(size=(160, 40))
    r -= r.mean(axis=0)
    found = pbo(r, 8, measure="total_r")
    assert found.probability == 1.0
    assert found.loss_probability == 1.0
    assert found.slope == pytest.approx(-1.0)


def test_equal_combinations_sit_at_the_median():
    found = pbo(np.repeat(days_of_r(80, 1, 4), 9, axis=1), 4)
    assert found.logits.tolist() == [0.0] * 6
    assert found.probability == 1.0, "at the median counts, as with ffn"
    assert (found.best.number == 0).all(), "the first of equals, as in R12"


def test_without_enough_trades_there_is_no_answer():
    r = days_of_r(80, 5, 5)
    assert np.isnan(pbo(r, 4, min_trades=41).probability)
    r[40:] = np.nan  # trades only in the first two of four blocks
    found = pbo(r, 4, min_trades=40)
    assert found.logits.size == 1, "one split has all the trades in sample"


@pytest.mark.parametrize("count", [1, 31, 32, 33, 64, 65])
def test_any_number_of_combinations(count):
    r = days_of_r(60, count, 6)
    logits, _, _, best = naive(r, 4, "sharpe_ratio", 2)
    found = pbo(r, 4)
    assert found.logits == pytest.approx(logits, abs=1e-9)
    assert found.best.number.tolist() == best.tolist()


def test_samples_give_the_mean_and_its_standard_error():
    sums = sums_of(days_of_r(120, 300, 7), 6)
    parts = random_parts(300, 5, seed=1)
    found = sampled_overfitting(sums, parts)
    alone = []
    for numbers in parts:
        columns = sums[:, :, numbers]
        alone.append(overfitting(lambda columns=columns: [columns]).probability)
    assert [one.probability for one in found.samples] == alone
    assert found.probability == pytest.approx(np.mean(alone))
    assert found.standard_error == pytest.approx(np.std(alone, ddof=1) / np.sqrt(5))
    with pytest.raises(ValueError, match="at least two samples"):
        sampled_overfitting(sums, parts[:1])


def test_no_combinations_at_all():
    with pytest.raises(ValueError, match="no combinations"):
        overfitting(list)
