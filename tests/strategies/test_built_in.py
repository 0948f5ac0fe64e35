"""Moving averages, RSI and Bollinger bands equal their rule pages in plain pandas."""

from pathlib import Path

import numpy as np
import pytest

from params_optimizer.data.bars import Bars
from params_optimizer.data.importers import import_file
from params_optimizer.data.ohlc import load_ohlc, resample
from params_optimizer.errors import StrategyError
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.registry import BUILT_IN, strategy_named
from params_optimizer.strategies.trades import first_bars
from tests.strategies import plain
from tests.strategies.market import frame_of, walk

CASES = [
    ("ma_crossover", {"fast": 2, "slow": 3, "direction": "both"}),
    ("ma_crossover", {"fast": 10, "slow": 30, "direction": "long"}),
    ("ma_crossover", {"fast": 5, "slow": 120, "direction": "short"}),
    ("rsi", {"period": 2, "lower": 10.0, "upper": 90.0, "exit_level": 50.0, "direction": "both"}),
    ("rsi", {"period": 14, "lower": 30.0, "upper": 70.0, "exit_level": 50.0, "direction": "long"}),
    ("rsi", {"period": 9, "lower": 45.0, "upper": 55.0, "exit_level": 47.5, "direction": "short"}),
    ("bollinger", {"period": 20, "deviations": 2.0, "direction": "both"}),
    ("bollinger", {"period": 5, "deviations": 0.5, "direction": "long"}),
    ("bollinger", {"period": 100, "deviations": 1.3, "direction": "short"}),
]
PLAIN = {
    "ma_crossover": plain.ma_targets,
    "rsi": plain.rsi_targets,
    "bollinger": plain.bollinger_targets,
}


def assert_as_plain(bars: Bars, name: str, parameters: dict, account: Account) -> int:
    frame = frame_of(bars)
    expected = plain.trades(
        frame,
        PLAIN[name](frame, **parameters),
        account.commission,
        account.initial_capital,
        account.risk_pct,
        account.spread,
    )
    found = strategy_named(name, account).trades(bars, parameters)
    rows = [tuple(row) for row in zip(*(column.tolist() for column in found), strict=True)]
    assert [one[:5] for one in rows] == [one[:5] for one in expected]
    assert [one[5] for one in rows] == pytest.approx([one[5] for one in expected], abs=1e-12)
    return len(rows)


@pytest.mark.parametrize(("name", "parameters"), CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_generated_bars(name, parameters, seed):
    # A coarse price grid makes averages, levels and closes equal again and again.
    bars = walk(1500, seed, tick=[0.01, 0.25][seed - 1])
    account = Account([0.001, 0.0][seed - 1], 5_000.0, risk_pct=2.0, spread=0.02)
    assert assert_as_plain(bars, name, parameters, account) > 3


@pytest.fixture(scope="module")
def hourly(shared: Path) -> Bars:
    files = sorted((shared / "data/raw").glob("XAUUSD*/*.csv"))
    kept = next(path for path in files if "(7)" in path.name)
    imported = load_ohlc(kept, symbol="XAUUSD")
    assert imported.time_frame == 1
    return resample(imported.bars, 60)


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_real_hourly_bars(hourly, name, parameters):
    assert assert_as_plain(hourly, name, parameters, Account()) >= 3


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_two_years_of_real_hourly_bars(shared, name, parameters):
    parts = [
        import_file(path, None).m1 for path in sorted((shared / "data/raw").glob("XAUUSD*/*.csv"))
    ]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    _, first = np.unique(columns[0], return_index=True)
    m1 = type(parts[0])._make(column[first] for column in columns)
    bars = resample(Bars.from_arrays("XAUUSD", m1), 60)
    assert bars.count > 11_000
    assert assert_as_plain(bars, name, parameters, Account()) > 30


@pytest.mark.parametrize("name", BUILT_IN)
def test_defaults_trade_and_lie_in_the_space(name):
    strategy = strategy_named(name)
    assert strategy.trades(walk(600), {}).r.size > 3
    assert strategy.name == name
    assert {"parameters", "constraints"} == set(strategy.space())


@pytest.mark.parametrize("name", BUILT_IN)
def test_bars_cut_off_and_given_back_find_the_same_indicators(name):
    bars, strategy = walk(800), strategy_named(name)
    part = first_bars(bars, 400)
    fresh = Bars.from_arrays("X", part.m1)
    for _ in range(2):
        assert (strategy.targets(part, {}) == strategy.targets(fresh, {})).all()
        assert (strategy.targets(bars, {})[:400] == strategy.targets(part, {})).all()


@pytest.mark.parametrize(
    ("name", "parameters", "told"),
    [
        ("ma_crossover", {"fst": 3}, "has no parameter 'fst'; it has fast, slow, direction"),
        ("ma_crossover", {"fast": 0}, "fast is 0"),
        ("ma_crossover", {"slow": 2.5}, "slow is 2.5"),
        ("ma_crossover", {"slow": float("inf")}, r"slow is inf; .* >= 1 and <= 2147483647"),
        ("ma_crossover", {"slow": float("nan")}, "slow is nan"),
        ("rsi", {"period": 1e308}, r"period is 1e\+308; it must be an integer"),
        ("rsi", {"direction": "up"}, "direction is 'up'; it must be one of long, short, both"),
        ("rsi", {"lower": "low"}, "lower is 'low'"),
        ("bollinger", {"deviations": float("nan")}, "deviations is nan"),
    ],
)
def test_wrong_parameters_are_named(name, parameters, told):
    with pytest.raises(StrategyError, match=told):
        strategy_named(name).trades(walk(50), parameters)
