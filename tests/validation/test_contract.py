"""The contract suite finds what a strategy must not do, and nothing else."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from params_optimizer.config import Settings
from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.news import NO_NEWS
from params_optimizer.errors import StrategyError
from params_optimizer.strategies.ensemble.strategy import Ensemble
from params_optimizer.strategies.initial_balance.strategy import InitialBalance
from params_optimizer.strategies.protocol import Trades
from params_optimizer.strategies.registry import BUILT_IN, strategy_named
from params_optimizer.strategies.trades import first_bars
from params_optimizer.validation.contract import check, findings, wavy_bars
from tests.grids import grid_of

GENERATED = Path(__file__).parents[1] / "golden" / "generated"
CALLS = []


def honest(bars, n=5):
    close = bars.to_pandas().close
    return np.sign(close - close.rolling(n).mean()).fillna(0)


def next_close(bars, n=5):
    close = bars.to_pandas().close
    return np.sign(close.shift(-1) - close.rolling(n).mean()).fillna(0)


def whole_mean(bars, n=5):
    return np.sign(bars.close - bars.close.mean()) * (np.arange(bars.count) > n)


def filled_back(bars, n=5):
    close = bars.to_pandas().close
    return np.sign(close - close.rolling(n).mean()).where(bars.close > 100).bfill().fillna(0)


def chance(bars, n=5):
    return np.sign(np.random.default_rng().normal(size=bars.count))


def remembering(bars, n=5):
    CALLS.append(n)
    return honest(bars, n + len(CALLS) % 2)


def writing(bars, n=5):
    bars.m1.close[0] += 1e-9
    return honest(bars, n)


def forcing(bars, n=5):
    memory = bars.close if bars.close.base is None else bars.close.base
    memory.setflags(write=True)
    memory[-1] += 1e-9
    return honest(bars, n)


def careless(bars, n=5):
    return honest(bars, n) * 0 + bars.close[40] / bars.close.max()


def silent(bars, n=5):
    return np.zeros(bars.count)


def raising(bars, n=5):
    return 1 / (n - n)


class Late:
    """Trades of its own, entered where the price will rise."""

    name = "late"

    def space(self):
        return {"parameters": {"n": {"type": "int", "low": 1, "high": 3}}}

    def trades(self, bars, parameters):
        rises = np.flatnonzero(np.diff(bars.close, append=0) > 0)
        rises = rises[(rises > 5) & (rises + 3 < bars.count)][:: parameters["n"] * 10]
        entry, leave = bars.close[rises], bars.close[rises + 3]
        time = bars.m1.time
        ones = np.ones(rises.size, np.int64)
        return Trades(time[rises], time[rises + 3], ones, entry, leave, leave - entry)


class Later(Late):
    """Leaves out what is closed within the last 500 bars, however far those are away."""

    def trades(self, bars, parameters):
        found = super().trades(bars, parameters)
        keep = found.exit_time < bars.m1.time[max(bars.count - 500, 0)]
        return Trades._make(column[keep] for column in found)


@pytest.mark.parametrize("strategy", [honest, *BUILT_IN])
def test_honest_strategies_pass(strategy):
    check(strategy, sets=4)


def test_an_ensemble_passes():
    check(Ensemble(), sets=3)


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        (next_close, r"with n=\d+ reads later bars: its position at the close of 20.* is"),
        (whole_mean, "reads later bars"),
        (filled_back, "reads later bars"),
        (chance, "makes other trades when asked again"),
        (remembering, "makes other trades when asked again"),
        (writing, r"test_contract\.py, line \d+: ValueError: .*read-only"),
        (forcing, "changes the bars"),
        (careless, "with 1 bars only: .*IndexError"),
        (silent, "made no trade with 6 parameter sets on 2,000 bars"),
        (raising, r"test_contract\.py, line \d+: ZeroDivisionError"),
        (Late(), "late with n=. reads later bars: the trade entered at 20.* is missing"),
        (Later(), "reads later bars: the trade entered at 20"),
        (7, "7: is no strategy"),
        ("rsj", "did you mean 'rsi'"),
    ],
    ids=lambda one: getattr(one, "__name__", None) or getattr(one, "name", None) or str(one),
)
def test_broken_promises_are_told(strategy, told):
    with pytest.raises(StrategyError, match=told):
        check(strategy)


def test_one_fault_is_told_once():
    assert len(findings(next_close)) == 1
    assert len(findings(chance)) == 2  # asked again, and in another process


def test_what_cannot_leave_this_process_is_told():
    def local(bars, n=5):
        return honest(bars, n)

    (told,) = findings(local)
    assert "cannot be sent to worker processes" in told


def test_a_wrong_space_is_told():
    class Odd(Late):
        def space(self):
            return {"parameters": {"n": {"type": "int", "low": 3, "high": 1}}}

    (told,) = findings(Odd())
    assert "space of late: parameters.n" in told


def test_own_bars_are_used():
    bars = wavy_bars(300, 3)
    check(strategy_named("ma_crossover"), bars, sets=2, seed=5)


@pytest.fixture(scope="module")
def minutes():
    table = pq.read_table(GENERATED / "GER40_m1.parquet")
    time = table["time"].cast("timestamp[s]").cast("int64").to_numpy() // 60
    columns = [table[name].to_numpy() for name in M1._fields[1:]]
    return Bars.from_arrays("GER40", M1(time, *columns))


def initial_balance(**changes):
    values = Settings().grids.standard.model_copy(update=changes)
    windows = Settings().symbol("GER40").ib_windows
    return InitialBalance(grid_of(values, windows), 1.5, NO_NEWS)


@pytest.mark.parametrize("rebounds", [(True,), (False,)])
def test_rules_of_the_initial_balance_that_know_more_are_found(minutes, rebounds):
    """R6.4: a later signal voids a REV_RB; R3.6: a later confirmation voids a Reverse."""
    strategy = initial_balance(rev_rb_enabled=rebounds, rev_rb_pct=(0.1,))
    (told,) = findings(strategy, first_bars(minutes, 9000))
    assert "reads later bars: a trade entered at" in told
