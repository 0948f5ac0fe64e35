"""How many combinations survive their costs, against separate runs at those costs."""

from dataclasses import replace

import pytest

from params_optimizer.validation.survivors import survivors_at, survivors_in
from tests.validation.studies import columns


@pytest.mark.parametrize("factor", [1.0, 2.0])
@pytest.mark.parametrize("kind", ["finished", "selected"])
def test_survivors_are_those_of_a_run_at_that_spread(kind, factor, request):
    outcome = request.getfixturevalue(kind).outcome
    study = replace(outcome.study, spread=factor * outcome.study.spread)
    found = columns(study)
    total = found["total_r"][found["total_trades"] >= 10]
    strategy = outcome.study.strategy
    dearer = {1.0: strategy, 2.0: strategy.worse()["spread_x2"]}[factor]
    got = survivors_at(outcome.plan, dearer, factor, 1)
    if kind == "finished" and factor == 1.0:
        assert survivors_in(outcome) == got
    assert (got.multiple, got.drawn, got.eligible) == (factor, False, total.size)
    assert (got.profitable, got.best_total_r) == ((total > 0).sum(), total.max())


def test_nobody_with_enough_trades(finished):
    study = finished.outcome.study
    settings = study.settings.model_copy(update={"min_trades": 1000})
    strict = replace(finished.outcome, plan=replace(study, settings=settings))
    for got in (survivors_in(strict), survivors_at(strict.plan, study.strategy, 1.0, 1)):
        assert got[1:] == (0, 0, None, False)
