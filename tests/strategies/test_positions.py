"""Trades and equity of wanted positions (docs/strategies.md, P1 to P6)."""

import numpy as np
import pandas as pd
import pytest

from params_optimizer.data.bars import M1, Bars
from params_optimizer.engine.performance import bars_per_year, performance, returns
from params_optimizer.engine.positions import Costs, equity_nb, orders_nb, position_trades_nb
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.positions import costlier
from params_optimizer.strategies.registry import strategy_named
from tests.strategies import plain
from tests.strategies.market import frame_of, walk

COSTS = Costs(commission=0.001, capital=10_000.0, risk_money=100.0)


def bars_of(opens: list[float], closes: list[float]) -> Bars:
    opened, close = np.array(opens, float), np.array(closes, float)
    time = np.arange(opened.size) * 60
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    return Bars.from_arrays("X", M1(time, opened, high, low, close, np.ones(opened.size)))


BARS = bars_of([100, 100, 110, 120, 125, 80], [100, 105, 115, 125, 100, 90])


def rows(bars: Bars, target: list[float], costs: Costs = COSTS) -> list[tuple[float, ...]]:
    trades = position_trades_nb(bars.m1, orders_nb(np.array(target, float)), costs)
    return [tuple(row) for row in zip(*(column.tolist() for column in trades), strict=True)]


def r(profit: float, *traded: float) -> float:
    """R of a profit before costs, and the values of the fills that cost commission."""
    return (profit - 0.001 * sum(traded)) / 100


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ([0, 0, 0, 0, 0, 0], []),
        # decided at the close of bar 1, filled at the open of bar 2, out at the open of bar 4
        (
            [0, 1, 1, 0, 0, 0],
            [(120, 240, 1, 110, 125, r(15 * 10_000 / 110, 10_000, 125 * 10_000 / 110))],
        ),
        # a flip is two fills at one open
        (
            [1, -1, 0, 0, 0, 0],
            [
                (60, 120, 1, 100, 110, r(1_000, 10_000, 11_000)),
                (120, 180, -1, 110, 120, r(-10 * 10_000 / 110, 10_000, 120 * 10_000 / 110)),
            ],
        ),
        # still open at the end: closed at the last close
        ([0, 0, 0, -1, -1, -1], [(240, 300, -1, 125, 90, r(35 * 80, 10_000, 90 * 80))]),
        # opened at the last open, closed at the last close
        ([0, 0, 0, 0, 1, 1], [(300, 300, 1, 80, 90, r(1_250, 10_000, 11_250))]),
        # the target of the last bar is never filled
        ([0, 0, 0, 0, 0, 1], []),
        # half, then all, then a quarter of the capital: one trade at average prices
        (
            [0.5, 1, 0.25, 0, 0, 0],
            [
                (
                    60,
                    240,
                    1,
                    10_000 / (50 + 5_000 / 110),
                    (0.75 * 120 + 0.25 * 125),
                    r(
                        (0.75 * 120 + 0.25 * 125) * (50 + 5_000 / 110) - 10_000,
                        10_000,
                        (0.75 * 120 + 0.25 * 125) * (50 + 5_000 / 110),
                    ),
                )
            ],
        ),
    ],
    ids=["none", "long", "flip", "open end", "last bar", "too late", "sizes"],
)
def test_trades_by_hand(target, expected):
    found = rows(BARS, target)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-12, abs=1e-12)


SPREAD = Costs(commission=0.0, capital=10_000.0, risk_money=100.0, half_spread=0.25)


@pytest.mark.parametrize(
    ("target", "costs", "profits"),
    [
        # 10,000 / 100 units: 1,000 from 100 to 110, less 0.25 points at both fills
        ([1, 0, 0, 0, 0, 0], SPREAD, [1_000 - 100 * 0.5]),
        # a flip crosses the spread twice at the same open, a short pays as a long does
        (
            [1, -1, 0, 0, 0, 0],
            SPREAD,
            [1_000 - 100 * 0.5, -10 * 10_000 / 110 - 10_000 / 110 * 0.5],
        ),
        # closed at the last close: the exit pays its half
        ([0, 0, 0, -1, -1, -1], SPREAD, [35 * 80 - 80 * 0.5]),
        # the commission is added to it
        (
            [1, 0, 0, 0, 0, 0],
            SPREAD._replace(commission=0.001),
            [1_000 - 100 * 0.5 - 0.001 * (10_000 + 11_000)],
        ),
        # half, then all: each unit crosses once on the way in and once on the way out
        (
            [0.5, 1, 0, 0, 0, 0],
            SPREAD,
            [50 * 20 + 5_000 / 110 * 10 - (50 + 5_000 / 110) * 0.5],
        ),
    ],
    ids=["long", "flip", "open end", "commission", "sizes"],
)
def test_half_the_spread_is_paid_at_each_fill(target, costs, profits):
    r_values = [row[5] for row in rows(BARS, target, costs)]
    assert r_values == pytest.approx([profit / 100 for profit in profits], rel=1e-12)
    worth = equity_nb(BARS.m1, orders_nb(np.array(target, float)), costs)
    assert worth[-1] == pytest.approx(10_000 + sum(profits), rel=1e-12)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_bars(count):
    bars = bars_of([100.0] * count, [101.0] * count)
    found = rows(bars, [1.0] * count)
    assert len(found) == (1 if count == 2 else 0)
    assert equity_nb(bars.m1, orders_nb(np.ones(count)), COSTS).size == count


@pytest.mark.parametrize("seed", range(5))
def test_trades_and_equity_equal_plain_pandas(seed):
    bars = walk(400, seed)
    rng = np.random.default_rng(seed)
    target = pd.Series(np.repeat(rng.integers(-1, 2, 80), 5).astype(float))
    found = rows(bars, target.tolist())
    expected = plain.trades(frame_of(bars), target)
    assert len(found) == len(expected) > 20
    assert [one[:5] for one in found] == [one[:5] for one in expected]
    assert [one[5] for one in found] == pytest.approx([one[5] for one in expected], abs=1e-12)
    orders = orders_nb(target.to_numpy())
    worth = equity_nb(bars.m1, orders, COSTS)
    assert worth == pytest.approx(plain.equity(frame_of(bars), target).to_numpy(), rel=1e-12)
    costs, spread = COSTS._replace(half_spread=0.15), {"spread": 0.3}
    expected = plain.trades(frame_of(bars), target, **spread)
    assert [one[5] for one in rows(bars, target.tolist(), costs)] == pytest.approx(
        [one[5] for one in expected], abs=1e-12
    )
    worth = equity_nb(bars.m1, orders, costs)
    expected = plain.equity(frame_of(bars), target, **spread)
    assert worth == pytest.approx(expected.to_numpy(), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_what_trades_make_is_what_the_account_makes(seed):
    bars = walk(300, seed)
    rng = np.random.default_rng(seed)
    target = np.repeat(np.round(rng.uniform(-1, 1, 100), 1), 3)
    orders = orders_nb(target)
    trades = position_trades_nb(bars.m1, orders, COSTS)
    made = equity_nb(bars.m1, orders, COSTS)[-1] - COSTS.capital
    assert trades.r.sum() * COSTS.risk_money == pytest.approx(made, abs=1e-7)


def test_worse_costs_are_more_commission_and_more_spread():
    account = Account(commission=0.001, spread=0.3)
    dearer = costlier(strategy_named("rsi", account))
    assert {
        name: (rule.account.commission, rule.account.spread) for name, rule in dearer.items()
    } == {
        f"costs_x{name}": pytest.approx((factor * 0.001, factor * 0.3))
        for name, factor in (("1_5", 1.5), ("2", 2.0), ("3", 3.0))
    }
    assert costlier(strategy_named("rsi", Account(commission=0.0))) == {}
    assert len(costlier(strategy_named("rsi", Account(commission=0.0, spread=0.3)))) == 3


def test_figures_are_annualised_by_the_bars_of_a_year():
    time = np.arange(0, 2 * 365.25 * 1440 + 1, 1440, dtype=np.int64)
    assert bars_per_year(time) == pytest.approx(365.25)
    assert bars_per_year(time * 24) == pytest.approx(365.25 / 24)
    assert bars_per_year(time[:1]) == 0.0
    equity = np.array([10_000, 10_100, 10_050, 10_200.0])
    found = performance(equity, time[:4], 10_000.0)
    made = pd.Series([0, 0.01, -0.005, 0.015])
    assert returns(equity, 10_000.0) == pytest.approx(made.to_numpy())
    assert found == pytest.approx(
        {
            "total_return": 0.02,
            "annual_return": made.mean() * 365.25,
            "annual_volatility": made.std() * 365.25**0.5,
            "annual_sharpe": made.mean() / made.std() * 365.25**0.5,
            "max_drawdown": 0.005,
            "bars_per_year": 365.25,
        }
    )
    flat = performance(np.full(5, 10_000.0), time[:5], 10_000.0)
    assert flat["annual_sharpe"] == flat["max_drawdown"] == 0.0
