"""Best and mean over any two factors, against brute force."""

from itertools import combinations
from math import prod

import numpy as np
import pytest

from params_optimizer.analytics.heatmaps import PairTables


def brute_force(sizes, numbers, values, one, other, greatest):
    best = np.full((sizes[one], sizes[other]), np.nan)
    total, count = np.zeros(best.shape), np.zeros(best.shape)
    winner = np.full(best.shape, -1)
    for number, value in zip(numbers, values, strict=True):
        places = np.unravel_index(number, sizes)
        cell = places[one], places[other]
        total[cell] += value
        count[cell] += 1
        kept = best[cell]
        if np.isnan(kept) or (value > kept if greatest else value < kept):
            best[cell], winner[cell] = value, number
    mean = np.divide(total, count, out=np.full(best.shape, np.nan), where=count > 0)
    return best, mean, winner


@pytest.mark.parametrize(
    "sizes", [[3, 2, 4, 2, 3], [1, 5, 1], [2, 2], [7], [2, 1, 3, 1, 1, 4, 2], [1, 1]]
)
@pytest.mark.parametrize("share", [1.0, 0.4, 0.05])
@pytest.mark.parametrize(("levels", "greatest"), [(1000, True), (3, True), (3, False)])
def test_maps_equal_brute_force(sizes, share, levels, greatest):
    chance = np.random.default_rng(prod(sizes) + levels)
    numbers = np.flatnonzero(chance.random(prod(sizes)) < share)
    values = chance.integers(-levels, levels, numbers.size) / 7.0  # few levels make many ties
    tables = PairTables(sizes, greatest=greatest)
    for piece in np.array_split(np.arange(numbers.size), 3):
        tables.add(numbers[piece], values[piece], numbers[piece])
    for one, other in combinations(range(len(sizes)), 2):
        found = tables.pair(one, other)
        best, mean, winner = brute_force(sizes, numbers, values, one, other, greatest)
        np.testing.assert_array_equal(found.best, best)
        np.testing.assert_array_equal(found.number, winner)
        np.testing.assert_allclose(found.mean, mean, rtol=1e-12, atol=1e-12)


def test_nothing_was_counted():
    found = PairTables([2, 3]).pair(0, 1)
    assert np.isnan(found.best).all()
    assert np.isnan(found.mean).all()
    assert (found.number == -1).all()
