"""Best and mean over any two factors, against brute force."""

from itertools import combinations
from math import prod

import numpy as np
import pytest

from params_optimizer.analytics.heatmaps import Located, PairTables, heat_map


def brute_force(sizes, numbers, values, one, other):
    best = np.full((sizes[one], sizes[other]), np.nan)
    total, count = np.zeros(best.shape), np.zeros(best.shape)
    winner = np.full(best.shape, -1)
    for number, value in zip(numbers, values, strict=True):
        places = np.unravel_index(number, sizes)
        cell = places[one], places[other]
        total[cell] += value
        count[cell] += 1
        if not best[cell] >= value:
            best[cell], winner[cell] = value, number
    mean = np.divide(total, count, out=np.full(best.shape, np.nan), where=count > 0)
    return best, mean, winner


@pytest.mark.parametrize(
    "sizes", [[3, 2, 4, 2, 3], [1, 5, 1], [2, 2], [7], [2, 1, 3, 1, 1, 4, 2], [1, 1]]
)
@pytest.mark.parametrize("share", [1.0, 0.4, 0.05])
@pytest.mark.parametrize("levels", [1000, 3])
def test_maps_equal_brute_force(sizes, share, levels):
    chance = np.random.default_rng(prod(sizes) + levels)
    numbers = np.flatnonzero(chance.random(prod(sizes)) < share)
    values = chance.integers(-levels, levels, numbers.size) / 7.0  # few levels make many ties
    tables = PairTables(sizes)
    for piece in np.array_split(np.arange(numbers.size), 3):
        tables.add(numbers[piece], values[piece])
    for one, other in combinations(range(len(sizes)), 2):
        found = tables.pair(one, other)
        best, mean, winner = brute_force(sizes, numbers, values, one, other)
        np.testing.assert_array_equal(found.best, best)
        np.testing.assert_array_equal(found.number, winner)
        np.testing.assert_allclose(found.mean, mean, rtol=1e-12, atol=1e-12)


def test_nothing_was_counted():
    found = PairTables([2, 3]).pair(0, 1)
    assert np.isnan(found.best).all()
    assert np.isnan(found.mean).all()
    assert (found.number == -1).all()


@pytest.mark.parametrize("greatest", [True, False])
def test_a_map_holds_best_mean_and_number_of_each_cell(greatest):
    rng = np.random.default_rng(1)
    one, other = rng.integers(0, 3, 50), rng.integers(0, 4, 50)
    values = rng.integers(-5, 6, 50).astype(np.float64)  # equals are frequent
    numbers = rng.permutation(50)
    found = heat_map(Located(one, other, (3, 5), numbers), values, greatest=greatest)
    for (row, column), count in np.ndenumerate(found.sets):
        inside = (one == row) & (other == column)
        assert count == inside.sum()
        if not count:
            assert np.isnan(found.best[row, column])
            assert np.isnan(found.mean[row, column])
            assert found.number[row, column] == -1
            continue
        best = values[inside].max() if greatest else values[inside].min()
        assert found.best[row, column] == best
        assert found.mean[row, column] == pytest.approx(values[inside].mean())
        assert found.number[row, column] == numbers[inside & (values == best)].min()
