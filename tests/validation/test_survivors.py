"""How many combinations survive their costs, against separate runs at those costs."""

from dataclasses import replace

import pytest

from params_optimizer.validation.survivors import survivors
from tests.validation.studies import columns


@pytest.mark.parametrize("factor", [1.0, 2.0])
@pytest.mark.parametrize("kind", ["finished", "selected"])
def test_survivors_are_those_of_a_run_at_that_spread(kind, factor, request):
    outcome = request.getfixturevalue(kind).outcome
    study = replace(outcome.study, spread=factor * outcome.study.spread)
    found = columns(study)
    total = found["total_r"][found["total_trades"] >= 10]
    got = survivors(outcome, factor, 1)
    assert (got.spread, got.eligible) == (factor * 1.5, total.size)
    assert (got.profitable, got.best_total_r) == ((total > 0).sum(), total.max())


def test_nobody_with_enough_trades(finished):
    study = finished.outcome.study
    settings = study.settings.model_copy(update={"min_trades": 1000})
    strict = replace(finished.outcome, plan=replace(study, settings=settings))
    for factor in (1.0, 2.0):
        assert survivors(strict, factor, 1)[1:] == (0, 0, None)
