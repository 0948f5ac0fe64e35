"""PBO of a run's grid: sample, all of it, and in pools, against block sums of its trades."""

from dataclasses import replace

import numpy as np
import pytest

from params_optimizer.strategies.account import Account
from params_optimizer.strategies.batch import Slice
from params_optimizer.strategies.guard import guarded
from params_optimizer.strategies.initial_balance.params import VARIATIONS
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.scopes import ALL, scopes_of
from params_optimizer.validation.overfitting import BLOCKS, overfitting
from params_optimizer.validation.sampling import (
    Blocks,
    block_sums_of,
    daily_r_of,
    sampled_numbers,
)
from params_optimizer.validation.selection_bias import PARTS, pbo_of_plan
from params_optimizer.validation.windows import on_days
from tests.validation.searches import problem
from tests.validation.studies import study_in, trades


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def daily_r(study, numbers, workers=1):
    prefixes = {scope.name: scope.prefix for scope in scopes_of(study.strategy)}
    return daily_r_of(study, np.asarray(numbers), prefixes, workers)


@pytest.fixture(scope="module")
def everything(study):
    """The R of all combinations by scope, shape (days, 288)."""
    return daily_r(study, np.arange(288))


def sums_of_trades(study, numbers) -> np.ndarray:
    """Trades, sum of R and of R^2 by block, from the trade lists."""
    blocks = np.array_split(study.traded_days, BLOCKS)
    out = np.zeros((3, BLOCKS, len(numbers)))
    for at, number in enumerate(numbers):
        made = trades(study, number)
        dates, r = np.array([one.date for one in made]), np.array([one.r for one in made])
        for place, days in enumerate(blocks):
            part = r[np.isin(dates, days)]
            out[:, place, at] = part.size, part.sum(), (part**2).sum()
    return out


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sample_has_the_trades_of_its_combinations(study, everything, workers):
    assert sampled_numbers(study, 10_000, 0).tolist() == list(range(288))
    numbers = sampled_numbers(study, 40, 7)
    assert numbers.size == 40
    part = daily_r(study, numbers, workers)
    assert np.array_equal(part[ALL], everything[ALL][:, numbers], equal_nan=True)
    for number in range(0, 288, 29):
        for scope in (ALL, *VARIATIONS):
            made = [one for one in trades(study, number) if scope in (ALL, one.variation)]
            column = everything[scope][:, number]
            traded = ~np.isnan(column)
            assert study.traded_days[traded].tolist() == [one.date for one in made]
            assert column[traded].tolist() == [one.r for one in made]


def test_a_sample_of_a_space_with_relations_is_uniform_over_its_sets():
    plan = problem()
    numbers = plan.space.allowed(0, len(plan.space))
    assert sampled_numbers(plan, 10_000, 0).tolist() == numbers.tolist()
    counts = np.zeros(len(plan.space))
    for seed in range(300):
        drawn = sampled_numbers(plan, 40, seed)
        assert drawn.size == np.unique(drawn).size == 40
        counts[drawn] += 1
    assert counts.sum() == counts[numbers].sum()
    share = 300 * 40 / numbers.size
    assert np.abs(counts[numbers] - share).max() < 6 * np.sqrt(share)


def test_windows_that_lack_some_days(study):
    """One IB window begins to have bars later than the others."""
    window, *others = study.levels
    later = type(study.levels[window])._make(array[7:] for array in study.levels[window])
    uneven = replace(study, levels={window: later, **{one: study.levels[one] for one in others}})
    found = daily_r(uneven, np.arange(288))[ALL]
    for number in (0, 95, 96, 287):
        made = {one.date: one.r for one in trades(uneven, number)}
        column = found[:, number]
        traded = ~np.isnan(column)
        assert (
            dict(zip(uneven.traded_days[traded].tolist(), column[traded].tolist(), strict=True))
            == made
        )


def test_block_sums_equal_those_of_trades(study, everything):
    numbers = list(range(0, 288, 17))
    expected = sums_of_trades(study, numbers)
    found = block_sums_of(everything[ALL][:, numbers], BLOCKS)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("workers", [1, 2])
def test_full_is_all_of_the_grid_however_it_is_asked_for(study, everything, workers):
    sums = sums_of_trades(study, range(288))
    expected = overfitting(lambda: [sums], min_trades=10)
    found = [
        pbo_of_plan(study, everything[ALL], "sample", workers),
        pbo_of_plan(study, everything[ALL][:, ::9], "full", workers),
    ]
    for one in found:
        assert (one.mode, one.combinations, one.standard_error) == ("full", 288, None)
        assert one.probability == pytest.approx(expected.probability)
        assert one.loss_probability == pytest.approx(expected.loss_probability)
        assert one.slope == pytest.approx(expected.slope)


def test_a_sample_states_its_size_and_standard_error(study, everything):
    found = pbo_of_plan(study, everything[ALL][:, ::3], "sample", 1)
    assert (found.mode, found.combinations, found.samples) == ("sample", 96, PARTS)
    assert 0 <= found.probability <= 1
    assert found.standard_error > 0


def test_why_there_is_no_probability(study, everything):
    days = study.traded_days
    short = on_days(study, days[:31])
    r = everything[ALL]
    assert "too few for 16 blocks" in pbo_of_plan(short, r, "full", 1).note
    one = replace(study, grid=study.grid.only(0))
    assert "nothing to choose" in pbo_of_plan(one, r, "sample", 1).note
    settings = study.settings.model_copy(update={"min_trades": 1000})
    strict = replace(study, settings=settings)
    found = pbo_of_plan(strict, r, "full", 1)
    assert (found.probability, found.loss_probability) == (None, None)
    assert "no combination has 1000 trades in half of the days" in found.note


def test_blocks_of_slices_are_those_of_the_study(study, everything):
    from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices

    blocks, whole = Blocks(study, BLOCKS), block_sums_of(everything[ALL], BLOCKS)
    for piece in PanelSlices(study.grid):
        mine = whole[:, :, piece.first : piece.first + piece.rows]
        numbers = np.arange(piece.first, piece.first + piece.rows)
        assert blocks(piece, numbers) == pytest.approx(mine)


@pytest.mark.parametrize("alone", [False, True])
def test_every_set_of_a_strategy_that_holds_positions(alone):
    """Compiled slices, and a strategy that is asked set by set and only once for each."""
    compiled = strategy_named("ma_crossover", Account(commission=0.0002))
    plan = problem(strategy=guarded("moving", compiled) if alone else compiled)
    assert plan.set_by_set is alone
    numbers = plan.space.allowed(0, len(plan.space))
    days, r = plan.evaluator().daily_r(Slice(0, 0, len(plan.space)), numbers)
    assert np.array_equal(days, plan.traded_days)
    sums = block_sums_of(r, BLOCKS)
    expected = overfitting(lambda: [sums], "sharpe_ratio", 3)
    found = pbo_of_plan(plan, r[:, ::3], "full", 1)
    assert (found.mode, found.combinations) == ("full", numbers.size)
    assert found.probability == pytest.approx(expected.probability)
    assert found.slope == pytest.approx(expected.slope)


def test_a_plan_of_one_set_leaves_nothing_to_choose():
    space = {"parameters": {"fast": {"type": "int", "low": 5, "high": 5}}}
    assert "nothing to choose" in str(
        pbo_of_plan(problem(space=space), np.zeros((40, 1)), "full", 1).note
    )
