"""Best and mean of trials over two factors."""

import numpy as np
import pytest

from params_optimizer.analytics.trial_maps import Located, trial_map


@pytest.mark.parametrize("greatest", [True, False])
def test_a_map_holds_best_mean_and_number_of_each_cell(greatest):
    rng = np.random.default_rng(1)
    one, other = rng.integers(0, 3, 50), rng.integers(0, 4, 50)
    values = rng.integers(-5, 6, 50).astype(np.float64)  # equals are frequent
    numbers = rng.permutation(50)
    found = trial_map(Located(one, other, (3, 5), numbers), values, greatest=greatest)
    for (row, column), count in np.ndenumerate(found.trials):
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
