"""The Initial Balance as a strategy: the metrics of the panel, the space of a grid."""

import pickle
from dataclasses import asdict
from datetime import date

import numpy as np
import pytest

from params_optimizer.config import Settings
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import StrategyError
from params_optimizer.orchestrator.plan import Dates
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.params import VARIATIONS
from params_optimizer.strategies.initial_balance.strategy import (
    InitialBalance,
    parsed_window,
    window_text,
)
from params_optimizer.strategies.protocol import Canonical, Strategy, canonical
from tests.grids import grid_of, params_of, space_of
from tests.strategies import random_cases
from tests.strategies.panels import differences, panel_columns
from tests.validation.studies import study_in
from tests.validation.studies import trades as trades_of

MARKET = Settings().symbol("GER40")


def as_parameters(params):
    given = asdict(params)
    window = tuple(given.pop(key) for key in ("ib_start", "ib_end", "ib_timezone"))
    return {"ib_window": window_text(window), **given}


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 6, 7])
def test_metrics_equal_those_of_the_panel(seed):
    rng = np.random.default_rng(seed)
    market = random_cases.market(rng)
    axes = random_cases.axes(rng, market.zone)
    grid, strategy = space_of(axes), InitialBalance(space_of(axes), market.spread, market.news)
    columns = panel_columns(market.bars, axes, market.spread, market.news)
    numbers = rng.choice(len(grid), min(len(grid), 40), replace=False)
    traded = 0
    for number in map(int, numbers):
        parameters = as_parameters(params_of(grid, number))
        trades = strategy.trades(market.bars, parameters)
        got = metrics_of_r(trades.r)
        assert not differences(got, {name: columns[name][number] for name in got}), number
        made = backtest(market.bars, params_of(grid, number), market.spread, market.news)
        dates = strategy.trade_dates(market.bars, parameters, trades)
        assert dates.tolist() == [trade.date for trade in made]
        twin = strategy.trades(market.bars, canonical(strategy, parameters))
        assert twin.r.tolist() == trades.r.tolist()
        traded += trades.r.size
    assert traded


def test_the_space_is_that_of_the_grid():
    grid = grid_of(Settings().grids.standard, MARKET.ib_windows)
    strategy = InitialBalance(grid, 1.5, random_cases.market(np.random.default_rng(1)).news)
    assert isinstance(strategy, Strategy)
    assert isinstance(strategy, Canonical)
    space = strategy.space()["parameters"]
    for key, one in space.items():
        if key not in {"ib_window", "stop_mode"}:
            assert one["choices"] == sorted(one["choices"]), key
    number = {key: len(one["choices"]) for key, one in space.items()}
    assert np.prod(list(number.values())) == 34_560 / 6 * 8  # 6 of 8 trailing pairs stay
    for number in (0, len(grid) - 1, 12_345):
        for key, value in as_parameters(params_of(grid, number)).items():
            assert value in space[key]["choices"]


def test_what_means_nothing_has_one_representative():
    grid = grid_of(
        Settings().grids.standard.model_copy(update={"rev_rb_pct": (1.0, 0.5)}), MARKET.ib_windows
    )
    strategy = InitialBalance(grid, 1.5, random_cases.market(np.random.default_rng(1)).news)
    base = as_parameters(params_of(grid, 0))
    off = {**base, "tsl_target": 0.0, "tsl_sl": 1.0, "rev_rb_enabled": False, "rev_rb_pct": 0.5}
    assert strategy.canonical(off) == {**off, "tsl_sl": 0.5, "rev_rb_pct": 1.0}
    on = {**base, "tsl_target": 1.0, "tsl_sl": 1.0, "rev_rb_enabled": True, "rev_rb_pct": 0.5}
    assert strategy.canonical(on) == on


def test_wrong_parameters_and_copies():
    rng = np.random.default_rng(3)
    market = random_cases.market(rng)
    axes = random_cases.axes(rng, market.zone)
    strategy = InitialBalance(space_of(axes), market.spread, market.news)
    given = as_parameters(params_of(space_of(axes), 0))
    first = strategy.trades(market.bars, given)
    copy = pickle.loads(pickle.dumps(strategy))
    assert copy.trades(market.bars, given).r.tolist() == first.r.tolist()
    with pytest.raises(StrategyError, match="has no parameter 'fast'"):
        strategy.params({**given, "fast": 3})
    with pytest.raises(StrategyError, match="needs 'rr_target'"):
        strategy.params({key: value for key, value in given.items() if key != "rr_target"})
    for text in ("", "08:00", "08:00-09:00", "0800 UTC"):
        with pytest.raises(StrategyError, match="write it as 08:00-09:00 Europe/Berlin"):
            parsed_window(text)


def test_a_plan_trades_its_days_each_variation_and_each_day_by_itself(tmp_path):
    study = study_in(tmp_path, dates=Dates(date(2025, 3, 10), date(2025, 4, 20)))
    strategy, traded = study.strategy, 0
    for number in range(0, len(study.grid), 31):
        parameters, made = study.grid[number], trades_of(study, number)
        got = strategy.trades(study.bars, parameters)
        assert got.r.tolist() == [trade.r for trade in made]
        dates = strategy.trade_dates(study.bars, parameters, got)
        assert dates.tolist() == [trade.date for trade in made]
        for name in VARIATIONS:
            alone = strategy.variation(name).trades(study.bars, parameters)
            assert alone.r.tolist() == [trade.r for trade in made if trade.variation == name]
        traded += len(made)
    assert traded
