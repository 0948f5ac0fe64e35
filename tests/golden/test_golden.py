"""Every engine reproduces the golden files, of the market and generated (R9, R10)."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from params_optimizer.config import Settings
from params_optimizer.data.days import to_day
from params_optimizer.data.ib_cache import initial_balances
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.study import load_grid
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.reference import backtest as reference
from params_optimizer.strategies.initial_balance.reference import metrics
from params_optimizer.strategies.initial_balance.reference.day import trading_days
from tests.golden.conftest import GOLDEN
from tests.strategies.panels import RATIOS, axes_of, panel_columns

ENGINES = {
    "reference": reference,
    "compiled": lambda *case: backtest(*case[:4], execution=case[4]),
}
GRID_COLUMNS = {
    "ocae_trades": "ocae_total_trades",
    "tcwe_trades": "tcwe_total_trades",
    "reverse_trades": "reverse_total_trades",
    "rev_rb_trades": "rev_rb_total_trades",
}
"""Columns of the golden grid that the results call otherwise."""


@pytest.mark.parametrize("engine", ENGINES)
def test_trades(golden_trades, engine):
    market = golden_trades.market
    for case, params in enumerate(golden_trades.cases):
        trades = ENGINES[engine](
            market.bars, params, market.spread, market.news, golden_trades.execution
        )
        golden_trades.check(case, trades)


@pytest.mark.parametrize("golden_trades", GOLDEN, indirect=True)
def test_levels_of_the_days(golden_trades):
    """By the reference and by the Initial Balances that the compiled engines get."""
    bars, known = golden_trades.market.bars, {}
    for params, rows in zip(golden_trades.cases, golden_trades.rows, strict=True):
        window = (params.ib_start, params.ib_end, params.ib_timezone)
        if window not in known:
            longest = replace(params, ib_wait_minutes=0, trade_window_minutes=1440)
            days = trading_days(bars, longest)
            by_reference = {day.date: (day.ib_high, day.ib_low, day.eq) for day in days}
            columns = zip(*(one.tolist() for one in initial_balances(bars, window)), strict=True)
            known[window] = by_reference, {date: tuple(prices) for date, *prices in columns}
        for row in rows:
            for levels in known[window]:
                prices = levels[to_day(date.fromisoformat(row["date"]))]
                expected = tuple(row[name] for name in ("ibh", "ibl", "eq") if name in row)
                assert prices == (expected or prices), row  # the generated files tell no levels


def test_metrics_by_reference(golden_metrics):
    market, count = golden_metrics.market, len(golden_metrics.cases)
    for case in range(0, count, max(1, count // 40)):  # evenly spread: plain Python is slow
        trades = reference(market.bars, golden_metrics.cases[case], market.spread, market.news)
        golden_metrics.check_trades(case, trades, metrics)


def test_metrics_by_compiled(golden_metrics):
    market = golden_metrics.market
    for case, params in enumerate(golden_metrics.cases):
        trades = backtest(market.bars, params, market.spread, market.news)
        golden_metrics.check_trades(case, trades, lambda values: metrics_of_r(np.array(values)))


def test_metrics_by_panel(golden_metrics):
    market = golden_metrics.market
    for case, params in enumerate(golden_metrics.cases):
        columns = panel_columns(market.bars, axes_of(params), market.spread, market.news)
        golden_metrics.check(case, {name: column[0] for name, column in columns.items()})


def test_standard_grid(golden_grid):
    """All 34,560 combinations and every column of them."""
    import pandas as pd

    (market, expected), settings = golden_grid, Settings()
    grid = load_grid(settings, settings.symbol("XAUUSD"), "standard")
    keys = list(grid.names)
    got = pd.DataFrame(panel_columns(market.bars, GridAxes.of(grid), market.spread, market.news))
    got[keys] = pd.DataFrame([grid[number] for number in range(len(grid))])
    expected = expected.rename(columns=GRID_COLUMNS)
    both = expected.merge(got, on=keys, validate="one_to_one", suffixes=(None, " of ours"))
    assert len(both) == len(got) == len(expected) == 34_560
    for name in expected.columns.drop(keys):
        ours, theirs = both[f"{name} of ours"].to_numpy(), both[name].to_numpy()
        if theirs.dtype.kind == "i":
            np.testing.assert_array_equal(ours, theirs, err_msg=name)
        elif name.endswith(RATIOS):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=0, err_msg=name)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9, err_msg=name)
