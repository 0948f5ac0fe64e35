"""Distributions over pieces of results."""

import numpy as np
import pytest

from params_optimizer.analytics.distributions import BINS, distribution


def test_pieces_count_as_the_whole():
    values = np.random.default_rng(1).normal(0.3, 2.0, 5000)
    found = distribution(lambda: [values[:10], values[10:10], values[10:]])
    assert found is not None
    np.testing.assert_array_equal(found.counts, np.histogram(values, BINS)[0])
    assert (found.least, found.greatest) == (values.min(), values.max())
    assert (found.above_zero, found.total) == ((values > 0).sum(), values.size)
    assert found.mean == pytest.approx(values.mean())
    assert found.variance == pytest.approx(values.var(ddof=1))


@pytest.mark.parametrize("values", [[2.5], [2.5, 2.5, 2.5]])
def test_equal_values_stand_in_one_bin(values):
    found = distribution(lambda: [np.array(values)])
    assert found is not None
    assert found.counts.tolist() == [len(values)]
    assert found.variance == 0.0
    assert found.least == found.greatest == 2.5


@pytest.mark.parametrize("pieces", [[], [np.zeros(0)]])
def test_no_values(pieces):
    assert distribution(lambda: pieces) is None
