"""The whole examination of a small run: who is examined, and that its parts fit together."""

from dataclasses import replace

import numpy as np
import pytest

from params_optimizer.analytics.effects import effects, factors
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.outcome import rank
from params_optimizer.strategies.initial_balance.strategy import TOGETHER
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.bootstrap import bootstrap
from params_optimizer.validation.examined_table import ExaminedTable
from params_optimizer.validation.luck import luck_of
from params_optimizer.validation.robustness import robustness
from params_optimizer.validation.sharpe import expected_maximum_sharpe
from params_optimizer.validation.trials import effective_trials
from tests.validation.studies import trades

RESULTS = "GER40_full_results.parquet"


def examined(outcome, top_n=3, mode="sample", workers=1):
    told = []
    run = ExaminedTable.of(outcome, mode, workers, lambda *_: None)
    found = robustness(run, top_n, lambda *step: told.append(step))
    done = [one for _, one, _ in told]
    assert done == sorted(done)
    assert told[-1][1] == told[-1][2]
    return found


@pytest.fixture(scope="module")
def result(finished):
    return examined(finished.outcome)


def test_the_best_of_the_ranking_and_of_each_variation(finished, result):
    outcome = finished.outcome
    best = outcome.ranking.combination[:3].tolist()
    expected = [(ALL, rank, number) for rank, number in enumerate(best, start=1)]
    expected += [(one.variation, 1, int(one.combination[0])) for one in outcome.variations[:3]]
    assert [(one.scope, one.rank, one.number) for one in result.subjects] == expected


def test_figures_are_those_of_the_trades_of_the_scope(finished, result):
    for subject in result.subjects:
        made = [
            one
            for one in trades(finished.outcome.study, subject.number)
            if subject.scope in (ALL, one.variation)
        ]
        r = np.array([one.r for one in made])
        assert subject.figures["total_r"] == pytest.approx(r.sum())
        assert subject.sharpe == pytest.approx(r.mean() / r.std(ddof=1))
        assert subject.bootstrap == bootstrap(r, 0)
        assert sum(one.trades for one in subject.weekdays) == len(made)
        assert sum(one.total_r for one in subject.months) == pytest.approx(r.sum())
        assert subject.stress["as_tested"] == subject.figures


def test_deflation_and_plateau_are_those_of_the_files(finished, result):
    for subject in result.subjects:
        (luck,) = luck_of(finished.outcome, subject.scope, [subject.number])
        assert subject.deflated_sharpe == luck.deflated_sharpe
        assert result.tried[subject.scope].trials == luck.trials
        assert subject.plateau.whole.score == luck.plateau_score
        # Fewer trials ask for less.
        assert subject.deflated_sharpe <= subject.deflated_sharpe_effective
        assert subject.deflated_sharpe_effective <= subject.probabilistic_sharpe


def test_what_was_tried(finished, result):
    outcome, found = finished.outcome, result.tried[ALL]
    parts = [piece["sharpe_ratio"] for piece in outcome.results.pieces(["sharpe_ratio"])]
    ratios = np.concatenate(parts) / np.sqrt(252)
    assert (found.trials, found.eligible) == (288, 288)
    assert found.variance == pytest.approx(ratios.var(ddof=1))
    assert found.best_sharpe == pytest.approx(ratios.max())
    assert found.expected_best == pytest.approx(expected_maximum_sharpe(288, ratios.var(ddof=1)))
    days = {day: at for at, day in enumerate(sorted(day for day in all_days(outcome.study)))}
    daily = np.zeros((len(days), 288))
    for number in range(288):
        for one in trades(outcome.study, number):
            daily[days[one.date], number] = one.r
    assert found.effective.trials == pytest.approx(effective_trials(daily, 288, 0).trials)


def test_independent_trials_of_a_variation_are_those_that_compete_in_it(finished, result):
    study = finished.outcome.study
    days = {day: at for at, day in enumerate(sorted(all_days(study)))}
    lists = []
    for number in range(288):
        made = [one for one in trades(study, number) if one.variation == "TCWE"]
        params = study.params(number)
        if params.tsl_target > 0 and params.rr_target >= 1 and len(made) >= 10:
            lists.append(np.zeros(len(days)))
            lists[-1][[days[one.date] for one in made]] = [one.r for one in made]
    found = result.tried["TCWE"]
    assert found.trials == found.eligible == len(lists) < 288
    expected = effective_trials(np.stack(lists, axis=1), len(lists), 0)
    assert found.effective.combinations == expected.combinations
    assert found.effective.trials == pytest.approx(expected.trials)


def all_days(study) -> set[int]:
    return {int(day) for levels in study.levels.values() for day in levels.date}


def test_effects_are_those_of_the_whole_grid(finished, result):
    outcome = finished.outcome
    for metric, found in result.effects.items():
        values = np.concatenate([piece[metric] for piece in outcome.results.pieces([metric])])
        expected = effects(factors(outcome.study.grid), [(np.arange(288), values)])
        assert found.main == pytest.approx(expected.main)
        assert found.pairs == pytest.approx(expected.pairs)


def test_a_run_that_dropped_rows_is_examined_alike(selected, result):
    found = examined(selected.outcome)
    assert found.effects == {}
    assert "Effects need every combination" in found.notes[0]
    assert found.tried == result.tried
    assert found.survivors == result.survivors
    assert found.pbo == result.pbo
    for one, other in zip(found.subjects, result.subjects, strict=True):
        assert one.number == other.number
        assert one.plateau.whole == pytest.approx(other.plateau.whole)
        assert one.deflated_sharpe_effective == other.deflated_sharpe_effective


def test_the_number_of_workers_changes_nothing(finished, result):
    found = examined(finished.outcome, workers=2)
    assert replace(found, effects={}) == replace(result, effects={})


def test_nothing_to_examine(finished):
    study = finished.outcome.study
    settings = study.settings.model_copy(update={"min_trades": 10_000})
    empty = rank(replace(study, settings=settings), finished.folder / RESULTS)
    with pytest.raises(RunError, match="no combination of this run has at least 10000 trades"):
        examined(empty)


def test_a_run_without_costs_says_that_multiples_of_nothing_are_nothing(finished):
    study = replace(finished.outcome.study, spread=0.0)
    found = examined(replace(finished.outcome, plan=study), top_n=1)
    assert "pays no costs here" in found.notes[0]
    assert found.survivors[1] is None
    assert list(found.subjects[0].stress) == ["as_tested", "slippage", "pessimistic", TOGETHER]
