"""The panel behind the protocol of batch evaluation."""

import numpy as np
import pytest

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.batch import Batch, DaySample
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES
from params_optimizer.strategies.initial_balance.scopes import SCOPES, VARIATION_SCOPES
from params_optimizer.strategies.initial_balance.strategy import Fills, InitialBalance
from params_optimizer.validation.windows import on_days, trading_days
from tests.validation.studies import study_in, trades


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def strategy(study):
    return InitialBalance(study.grid, study.spread, study.news)


def evaluator(study, strategy, days=None):
    return strategy.batch_evaluator(study.bars, study.grid, DaySample("UTC", days))


def test_metrics_are_those_of_the_engine(study, strategy):
    assert isinstance(strategy, Batch)
    panel, engine = evaluator(study, strategy), study.engine()
    for slice_ in strategy.slices(study.grid):
        numbers = np.arange(slice_.first, slice_.first + slice_.rows)
        expected = engine.metrics(slice_)
        assert np.array_equal(panel.metrics(slice_, numbers), expected)
        assert np.array_equal(panel.metrics(slice_, numbers[1::3]), expected[:, 1::3])


def test_samples_of_days_are_what_a_study_of_these_days_finds(study, strategy):
    days = trading_days(study)
    samples = [days[:20], days[10:40:3], days[:0]]
    panel = evaluator(study, strategy, days[:50])
    slice_ = strategy.slices(study.grid)[0]
    numbers = np.arange(slice_.first, slice_.first + slice_.rows)[::5]
    got = panel.sample_metrics(slice_, numbers, samples, "close")
    for place, sample in enumerate(samples):
        expected = on_days(study, sample).engine().metrics(slice_)[:, numbers - slice_.first]
        assert np.array_equal(got[place], expected)
        alone = evaluator(study, strategy, sample).metrics(slice_, numbers)
        assert np.array_equal(got[place], alone)


def test_daily_r_and_block_sums_are_those_of_the_trades(study, strategy):
    panel, slice_ = evaluator(study, strategy), strategy.slices(study.grid)[1]
    numbers = np.arange(slice_.first, slice_.first + slice_.rows)[::11]
    dates, r = panel.daily_r(slice_, numbers)
    for column, number in enumerate(numbers.tolist()):
        made = {trade.date: trade.r for trade in trades(study, number)}
        traded = ~np.isnan(r[:, column])
        assert dict(zip(dates[traded].tolist(), r[traded, column], strict=True)) == made
    parts = [panel.daily_r(slice_, numbers, scope.prefix)[1] for scope in VARIATION_SCOPES]
    assert np.array_equal(np.nansum(parts, axis=0), np.nan_to_num(r))
    blocks = np.array_split(dates[3:], 4)
    sums = panel.block_sums(slice_, numbers, blocks)
    for place, days in enumerate(blocks):
        part = r[np.isin(dates, days)]
        assert np.array_equal(sums[0, place], (~np.isnan(part)).sum(axis=0))
        assert sums[1, place] == pytest.approx(np.nansum(part, axis=0))
        assert sums[2, place] == pytest.approx(np.nansum(part**2, axis=0))


def test_the_panel_is_for_grids_and_plain_fills(study, strategy):
    space = ParameterSpace.parse(strategy.space(), canonical=strategy.canonical)
    assert strategy.batch_evaluator(study.bars, space, DaySample("UTC")) is None
    assert len(strategy.slices(space)) > 0
    worse = strategy.worse()["pessimistic"]
    assert worse.fills == Fills(pessimistic=True)
    assert worse.batch_evaluator(study.bars, study.grid, DaySample("UTC")) is None


def test_columns_are_the_metrics_of_every_scope():
    assert tuple(scope.column(name) for scope in SCOPES for name in METRICS) == MEASURES
