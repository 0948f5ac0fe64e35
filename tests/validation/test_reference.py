"""The best against the reference engine, and what ends without a comparison."""

from dataclasses import replace

import pytest

from params_optimizer.errors import RunError
from params_optimizer.orchestrator.outcome import rank
from params_optimizer.validation.reference import validate

RESULTS = "GER40_full_results.parquet"


def test_the_best_are_those_of_the_reference_engine(finished):
    report = validate(finished.outcome, 2)
    assert (report.combinations, report.equal) == (2, True)
    assert report.trades > 0
    assert report.text().endswith("all equal")


def test_nothing_to_compare_is_no_success(finished):
    study = finished.outcome.study
    settings = study.settings.model_copy(update={"min_trades": 10_000})
    empty = rank(replace(study, settings=settings), finished.folder / RESULTS)
    with pytest.raises(RunError, match="--validate 3: no combination of this run has at least"):
        validate(empty, 3)


def test_a_wrong_figure_and_a_wrong_price_are_named(finished):
    outcome = finished.outcome
    plan, number = outcome.plan, int(outcome.ranking.combination[0])
    [row] = outcome.rows([number])
    wrong = {**row, "total_r": row["total_r"] + 1e-6, "ocae_total_trades": -1}
    result = plan.strategy.verify(plan.bars, plan.space[number], wrong)
    assert [text.split()[0] for text in result.differences] == ["total_r", "ocae_total_trades"]
    assert plan.strategy.verify(plan.bars, plan.space[number], row).differences == ()
