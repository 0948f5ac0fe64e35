"""One parameter set on all bars or some days, under each border policy."""

from datetime import date

from params_optimizer.data.days import to_date
from params_optimizer.orchestrator.plan import Dates
from params_optimizer.orchestrator.strategies import day_regimes
from params_optimizer.strategies.ensemble.strategy import Ensemble
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.trades import BORDERS
from params_optimizer.validation.one_set import trades_of_set
from tests.strategies.market import walk

BARS = walk(3000)
STRATEGY = strategy_named("ma_crossover")


def test_all_bars_have_no_border():
    found = trades_of_set(STRATEGY, BARS, {}, Dates(), "UTC")
    assert found.days is None
    assert all(one is found.trades["close"] for one in found.trades.values())


def test_days_have_one():
    first = to_date(int(BARS.m1.time[0]) // 1440)
    found = trades_of_set(
        STRATEGY, BARS, {}, Dates(date.fromordinal(first.toordinal() + 20), None), "UTC"
    )
    assert found.days is not None
    assert found.trades["close"].r.size < STRATEGY.trades(BARS, {}).r.size
    last = Dates(None, date.fromordinal(first.toordinal() + 60))
    sizes = [trades_of_set(STRATEGY, BARS, {}, last, "UTC").trades[one].r.size for one in BORDERS]
    assert sizes[0] == sizes[1] == sizes[2] + 1


def test_regimes_have_one():
    ensemble = Ensemble(regimes=day_regimes(BARS, "trend", "UTC"))
    found = trades_of_set(ensemble, BARS, {"threshold": 0.3}, Dates(), "UTC").trades
    assert len({one.r.sum() for one in found.values()}) == 3
